"""Measures floodbell against a bare paho loop, row by row: ``python -m tests.bench``.

Prints a table and writes ``docs/benchmarks.md``. Every time is also a ratio to the bare loop,
measured in turn in the same session: absolute figures mean little on a shared machine. Exits 1 when
a "must" is missed or a row could not be measured. A part or a quick run prints only.
"""

from __future__ import annotations

import argparse
import dataclasses
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tests.bench import machine, report
from tests.bench.figures import MISSED
from tests.bench.session import QUICK, ROOT, Plan, Session
from tests.bench.subjects import SUBJECTS, measured

_COLUMNS = 132  # where no terminal says how wide it is


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, measure, print, write, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", help=f"some of {','.join(SUBJECTS)}, with commas between")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="shorter, and less to be trusted")
    asked = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing that was begun stays behind
    names = asked.only.split(",") if asked.only else list(SUBJECTS)
    if unknown := set(names) - set(SUBJECTS):
        parser.error(f"{', '.join(sorted(unknown))}: there is {', '.join(SUBJECTS)}")
    plan = dataclasses.replace(QUICK if asked.quick else Plan(), runs=asked.runs)
    began_s, before = time.monotonic(), machine.load()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        session = Session(Path(folder), plan)
        try:
            rows, failed = measured(session, names)
        finally:
            session.close()
    run = report.Run(
        rows,
        plan,
        before,
        machine.load(),
        (time.monotonic() - began_s) / 60,
        datetime.now(UTC).date().isoformat(),
    )
    console = Console(width=None if sys.stdout.isatty() else _COLUMNS)
    console.print(report.table(run), report.about(run), sep="\n")
    if not (asked.only or asked.quick or failed):
        (ROOT / "docs/benchmarks.md").write_text(report.page(run), encoding="utf-8")
        console.print("docs/benchmarks.md is made")
    missed = [one for one in rows if one.verdict == MISSED]
    for one in missed:
        console.print(f"[red]missed:[/red] {one.row.words}: {' · '.join(one.cells()[2:5])}")
    for name, why in failed.items():
        console.print(f"not measured: {name}: {why[:400]}", style="red", markup=False)
    return 1 if missed or failed else 0


if __name__ == "__main__":
    sys.exit(main())
