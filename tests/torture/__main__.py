"""``python -m tests.torture --minutes 20 --seed 7``: everything that can go wrong, for so long.

Fuzz of every parser, fault schedules on the real daemon, kill -9 within incidents, abuse of the
control socket: all at once, each in processes of its own. Prints a line for each part that ends, a
table at the end, and for each finding the command that repeats it alone. Exit code 1 if there was
any violation, crash or hang.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.torture.fuzzing.names import NAMES
from tests.torture.pieces import Outcome, Runner, last_json, tail

PIECES: Final = ("fuzz", "faults", "kills", "door")
LONGEST_SCHEDULE_S: Final = 420.0
"""Quiet, floods, a standing fault of up to 200 s, and everything settled."""
TYPICAL_SCHEDULE_S: Final = 130.0
_START_S: Final = 30.0


class Torture:
    """One run: what is planned, and what has come of it."""

    def __init__(self, asked: argparse.Namespace, runner: Runner) -> None:
        self.asked = asked
        self.runner = runner
        self.outcomes: list[Outcome] = []
        self.crashes: list[str] = []
        self._lock = threading.Lock()
        self._began_s = time.monotonic()
        self._ends_s = self._began_s + 60.0 * asked.minutes
        self._next = asked.seed

    def left_s(self) -> float:
        """How long the run still has."""
        return 0.0 if self.runner.ended.is_set() else self._ends_s - time.monotonic()

    def lanes(self) -> list[Callable[[], None]]:
        """What goes on side by side."""
        piece, _, name = self.asked.only.partition(":")
        if self.asked.only and piece not in PIECES:
            raise SystemExit(f"--only takes one of {', '.join(PIECES)}, or fuzz:NAME")
        if piece == "fuzz":
            names = [name] if name else list(NAMES)
            return [lambda: self._fuzz(names)]
        if piece == "faults":
            lanes = min(self.asked.homes, self.asked.schedules)
            return [lambda: self._faults(once=True) for _ in range(lanes)]
        if piece in ("kills", "door"):
            return [lambda: self._for_a_while(piece, self.left_s())]
        half_s = self.left_s() / 2
        others = [lambda: self._kills_and_door(half_s)]
        faults = [lambda: self._faults(once=False) for _ in range(self.asked.homes)]
        return [lambda: self._fuzz(list(NAMES)), *others, *faults]

    # The lanes

    def _fuzz(self, names: list[str]) -> None:
        random.Random(self.asked.seed).shuffle(names)
        for place, name in enumerate(names):
            left_s = self.left_s()
            share_s = left_s / (len(names) - place) - 1.5
            if share_s < 1.0:
                break
            self._take(self._fuzzed(name, share_s))

    def _fuzzed(self, name: str, seconds: float) -> Outcome:
        folder = self.runner.folder / f"fuzz-{name}"
        module = ["tests.torture.fuzzing", name, "--folder", str(folder)]
        module += ["--seconds", f"{seconds:.0f}", "--seed", str(self.asked.seed)]
        if self.asked.once:
            module.append("--once")
        if self.asked.input:
            module += ["--input", str(self.asked.input)]
        began_s = time.monotonic()
        code, words = self.runner.run(module, seconds * 1.5 + 120.0, nice=10)
        told = last_json(words) or _of_libfuzzer(words)
        outcome = Outcome("fuzz", name, runs=int(told.get("runs", 0)))
        outcome.took_s = time.monotonic() - began_s
        outcome.more = {"engine": told.get("engine", "?")}
        if code is None:
            outcome.found.append(f"hung: no end within {seconds * 1.5 + 120.0:.0f} s")
        elif code != 0:
            outcome.found.append(str(told.get("found") or tail(words)))
        if outcome.found:
            outcome.again = self._again_for(name, told, folder)
        return outcome

    def _again_for(self, name: str, told: dict[str, Any], folder: Path) -> str:
        left = sorted(folder.glob("crash-*")) + sorted(folder.glob("timeout-*"))
        if left:
            kept = Path(tempfile.gettempdir()) / f"floodbell-torture-{name}-{left[0].name[:14]}"
            shutil.copyfile(left[0], kept)
            return f'make torture TORTURE="--only fuzz:{name} --input {kept}"'
        seed = told.get("seed", self.asked.seed)
        return f'make torture TORTURE="--only fuzz:{name} --once --seed {seed}"'

    def _faults(self, *, once: bool) -> None:
        last = self.asked.seed + self.asked.schedules - 1
        while not self.runner.ended.is_set() and (once or self.left_s() > TYPICAL_SCHEDULE_S):
            with self._lock:
                seed, self._next = self._next, self._next + 1
            if once and seed > last:
                break
            self._take(self._child("faults", f"seed {seed}", ["--seed", str(seed)], seed))

    def _kills_and_door(self, half_s: float) -> None:
        self._for_a_while("kills", half_s)
        self._for_a_while("door", max(0.0, self.left_s() - 5.0))

    def _for_a_while(self, piece: str, seconds: float) -> None:
        if seconds < 5.0:
            return
        more = ["--seconds", f"{seconds:.0f}", "--seed", str(self.asked.seed)]
        self._take(self._child(piece, f"{seconds:.0f} s", more, self.asked.seed, seconds))

    def _child(
        self, piece: str, name: str, more: list[str], seed: int, seconds: float = 0.0
    ) -> Outcome:
        module = [f"tests.torture.{piece}", *more]
        began_s = time.monotonic()
        limit_s = seconds + LONGEST_SCHEDULE_S
        code, words = self.runner.run(module, limit_s, mounts=piece == "faults")
        outcome = Outcome(piece, name, took_s=time.monotonic() - began_s)
        outcome.again = f'make torture TORTURE="--only {piece} --seed {seed}"'
        told = last_json(words)
        if self.runner.ended.is_set():
            return outcome
        if code is None:
            outcome.found.append(f"hung: no end within {limit_s:.0f} s\n{tail(words)}")
        elif told is None:
            outcome.found.append(f"ended with {code} and no verdict\n{tail(words)}")
        else:
            outcome.runs = int(told["runs"])
            outcome.found += told["found"]
            outcome.not_judged += told["not_judged"]
            outcome.more = told.get("more", {})
            if code and not outcome.found:
                outcome.found.append(f"ended with {code}\n{tail(words)}")
        if outcome.found or outcome.not_judged:
            kept = Path(tempfile.gettempdir()) / f"floodbell-torture-{piece}-{seed}.log"
            kept.write_text(words, "utf-8")
            outcome.again += f"  # its story and its log: {kept}"
        return outcome

    # What came of it

    def _take(self, outcome: Outcome) -> None:
        with self._lock:
            self.outcomes.append(outcome)
            verdict = "VIOLATION" if outcome.found else "ok"
            if outcome.not_judged and not outcome.found:
                verdict = f"ok, {len(outcome.not_judged)} not judged"
            at_s = time.monotonic() - self._began_s
            more = " ".join(f"{key}={value}" for key, value in outcome.more.items())
            print(
                f"{at_s:6.0f} s  {outcome.piece:6} {outcome.name:12} {outcome.runs:>9,} runs"
                f" {outcome.took_s:6.0f} s  {verdict}  {more}",
                flush=True,
            )
            for words in outcome.found:
                print("    " + words.replace("\n", "\n    "), flush=True)
                print(f"    again: {outcome.again}", flush=True)
            for words in outcome.not_judged:
                print(f"    not judged: {words}", flush=True)


def _of_libfuzzer(words: str) -> dict[str, Any]:
    told: dict[str, Any] = {"engine": "atheris"}
    for line in words.splitlines():
        if line.startswith("stat::number_of_executed_units:"):
            told["runs"] = int(line.split(":")[-1])
    return told


def table(outcomes: list[Outcome], took_s: float) -> list[str]:
    """What came of the whole run, a line for each kind of part."""
    rows = [f"{'part':20} {'runs':>12} {'found':>6} {'not judged':>11}"]
    parts: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        name = f"fuzz {outcome.name}" if outcome.piece == "fuzz" else outcome.piece
        parts.setdefault(name, []).append(outcome)
    for name in sorted(parts):
        some = parts[name]
        runs, found = sum(o.runs for o in some), sum(len(o.found) for o in some)
        rows.append(f"{name:20} {runs:>12,} {found:>6} {sum(len(o.not_judged) for o in some):>11}")
    schedules = parts.get("faults", [])
    faults = sum(int(one.more.get("faults", 0)) for one in schedules)
    dangers = sum(int(one.more.get("dangers", 0)) for one in schedules)
    if schedules:
        slowest = max(float(one.more.get("slowest_s", 0.0)) for one in schedules)
        rows.append(
            f"{len(schedules)} schedules: {faults} faults, {dangers} dangers and presses,"
            f" the slowest report {slowest:.1f} s after the last thing that was in its way"
        )
    rows.append(f"{took_s / 60:.1f} min, {os.cpu_count()} processors")
    return rows


def main() -> int:
    """Run; 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6))
    parser.add_argument("--only", default="", help="fuzz, fuzz:NAME, faults, kills or door")
    parser.add_argument("--homes", type=int, default=3, help="fault schedules side by side")
    parser.add_argument("--schedules", type=int, default=1, help="with --only faults: so many")
    parser.add_argument("--once", action="store_true", help="with fuzz:NAME: this seed only")
    parser.add_argument("--input", type=Path, help="with fuzz:NAME: this input only")
    asked = parser.parse_args()
    print(f"torture: {asked.minutes:g} min, seed {asked.seed}", flush=True)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(
        prefix="floodbell-torture-", ignore_cleanup_errors=True
    ) as folder:
        runner = Runner(Path(folder))
        torture = Torture(asked, runner)
        lanes = [threading.Thread(target=lane, daemon=True) for lane in torture.lanes()]
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            for lane in lanes:
                lane.start()
            for lane in lanes:
                while lane.is_alive():
                    lane.join(1.0)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        finally:
            runner.end_all()
    rows = table(torture.outcomes, time.monotonic() - began_s)
    print("\n" + "\n".join(rows))
    found = [outcome for outcome in torture.outcomes if outcome.found]
    for outcome in found:
        print(f"{outcome.piece} {outcome.name}: {outcome.found[0].splitlines()[0]}")
        print(f"    {outcome.again}")
    ran = bool(torture.outcomes)
    print("0 violations, 0 crashes, 0 hangs" if ran and not found else f"{len(found)} findings")
    return 0 if ran and not found else 1


if __name__ == "__main__":
    sys.exit(main())
