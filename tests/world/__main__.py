"""``python -m tests.world``: thousands of device-years, and what never happened in them.

Owns the command line only. Every year has a number; the same seed and number give the same year,
and a violation prints the command that lives through it again with a trace.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.world.invariants import INVARIANTS, Violation
from tests.world.many import Lived, live_some, year_of
from tests.world.passing import table
from tests.world.world import live

CHUNK_YEARS = 10
MEMORY_DISK = Path("/dev/shm")
SAME_HASHES = "0"


def replay(seed: int, number: int, folder: Path, *, dry: bool) -> int:
    """Live through one year with a trace."""
    try:
        live(year_of(seed, number, dry=dry), folder, trace=print)
    except Violation as violation:
        print(violation)
        if violation.__cause__ is not None:
            raise violation.__cause__ from None
        return 1
    return 0


def run(asked: argparse.Namespace, folder: Path) -> int:
    """Live through many years; return the exit code."""
    began_s = time.monotonic()
    ends = asked.first + asked.years
    chunks = [
        (asked.seed, at, min(CHUNK_YEARS, ends - at), str(folder), asked.dry)
        for at in range(asked.first, ends, CHUNK_YEARS)
    ]
    lived = Lived()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it sums up, too
    try:
        for some in _spread(chunks, asked.processes):
            lived.add(some)
            _tell(some, asked)
            if sys.stderr.isatty():
                took_s = time.monotonic() - began_s
                print(f"\r{lived.years} years, {took_s:.0f} s", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:  # what was lived through until now counts
        print("interrupted")
    _sum_up(lived, time.monotonic() - began_s)
    return 1 if lived.violations else 0


def _tell(some: Lived, asked: argparse.Namespace) -> None:
    dry = " --dry" if asked.dry else ""
    for number, invariant, words in some.violations:
        print(f"VIOLATION of {invariant} in year {number}: {words}", flush=True)
        print(f"    python -m tests.world --seed {asked.seed}{dry} --replay {number}", flush=True)


def _spread(chunks: list[tuple[int, int, int, str, bool]], processes: int) -> Iterator[Lived]:
    if processes == 1:
        yield from map(live_some, chunks)
        return
    with ProcessPoolExecutor(processes) as pool:
        waiting = [pool.submit(live_some, chunk) for chunk in chunks]
        for one in as_completed(waiting):
            yield one.result()


def _sum_up(lived: Lived, took_s: float) -> None:
    names = ", ".join(judge.name for judge in INVARIANTS)
    print(
        f"{lived.years} device-years in {took_s:.0f} s, {lived.years / took_s * 60:.0f} a minute: "
        f"{lived.lives} starts, {lived.texts} texts taken, {lived.reports} of them by 119"
    )
    print(f"{len(lived.violations)} violations of {names}")
    for invariant, count in Counter(v[1] for v in lived.violations).most_common():
        print(f"    {invariant}: {count}")


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, and do it."""
    parser = argparse.ArgumentParser(prog="python -m tests.world", description=__doc__)
    parser.add_argument("--years", type=int, default=100, help="how many device-years")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--first", type=int, default=0, help="number of the first year")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", type=int, metavar="YEAR", help="one year, with a trace")
    parser.add_argument(
        "--dry", action="store_true", help="years without water: 119 may not be told at all"
    )
    parser.add_argument(
        "--disturbances", action="store_true", help="what of which length reaches 119, dry"
    )
    asked = parser.parse_args(arguments)
    disk = MEMORY_DISK if MEMORY_DISK.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="floodbell-world-", dir=disk) as folder:
        if asked.replay is not None:
            return replay(asked.seed, asked.replay, Path(folder), dry=asked.dry)
        if asked.disturbances:
            return table(asked.seed, asked.years, Path(folder))
        return run(asked, Path(folder))


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != SAME_HASHES:
        # Sets of names are walked in the order of their hashes: the same trace needs the same ones.
        os.environ["PYTHONHASHSEED"] = SAME_HASHES
        os.execv(sys.executable, [sys.executable, "-m", "tests.world", *sys.argv[1:]])  # noqa: S606
    sys.exit(main())
