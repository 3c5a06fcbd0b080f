"""``python -m tests.vm.power_cuts``: cut the power of the virtual machine, again and again.

Each cut is a flood of its own in a fresh machine (``tests.vm.cuts``). What was found is appended to
a file, so that a run that was ended goes on where it stood; ``docs/power-cuts.md`` is written
from it. The short form is ``tests/vm/test_vm_power_cuts.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.vm.cuts.cut_homes import CutHome, LightCutHome
from tests.vm.cuts.living import NotBegunError, Outcome, live
from tests.vm.cuts.page import write
from tests.vm.cuts.plan import plan_of
from tests.vm.cuts.told import REPORTS
from tests.vm.home import Home
from tests.vm.machine import ROOT, why_not

PAGE: Final = ROOT / "docs" / "power-cuts.md"
FOUND: Final = ROOT / "build" / "power-cuts.jsonl"
FOUND_LIGHT: Final = ROOT / "build" / "power-cuts-light.jsonl"
DISKS: Final = ROOT / "build" / "crash-disks.json"
_TRIES: Final = 5


def row_of(outcome: Outcome, seed: int, took_s: float) -> dict[str, Any]:
    """An outcome as one line of the file."""
    plan = outcome.plan
    counts = {f"{number} {what}": n for (number, what), n in sorted(outcome.after.items())}
    once = {what: REPORTS if what == "119 report" else 1 for what in counts}
    return {
        "seed": seed,
        "number": plan.number,
        "instant": plan.instant,
        "peak_mm": plan.peak_mm,
        "rise_mm_s": plan.rise_mm_s,
        "cuts": plan.cuts,
        "gone": plan.gone,
        "modem_dies": plan.modem_dies,
        "under_way": outcome.under_way,
        "told_before": sum(outcome.before.values()),
        "told_after": counts,
        "repeated": sum(max(0, n - once[what]) for what, n in counts.items()),
        "active_s": round(outcome.active_s, 1),
        "told_s": None if outcome.told_s is None else round(outcome.told_s, 1),
        "highest_mm": round(outcome.highest_mm),
        "incidents": outcome.incidents,
        "set_aside": outcome.set_aside,
        "wrong": list(outcome.wrong),
        "took_s": round(took_s),
    }


def found_in(file: Path) -> list[dict[str, Any]]:
    """What a file knows, in the order of the cuts."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return sorted(map(json.loads, lines), key=lambda row: (row["seed"], row["number"]))


def cut(home_of: Callable[[], Home], seed: int, number: int) -> dict[str, Any]:
    """Live through one cut; return its row."""
    began_s = time.monotonic()
    plan = plan_of(seed, number)
    try:
        for left in reversed(range(_TRIES)):
            try:
                outcome = live(home_of, plan)
                break
            except NotBegunError as error:
                if not left:
                    raise AssertionError(f"no flood began: {error}") from error
    except AssertionError as error:
        return {
            "seed": seed, "number": number, "instant": plan.instant, "peak_mm": plan.peak_mm,
            "cuts": plan.cuts, "gone": plan.gone, "wrong": [str(error)],
            "took_s": round(time.monotonic() - began_s),
        }  # fmt: skip
    return row_of(outcome, seed, time.monotonic() - began_s)


def main() -> int:
    """Cut as often as asked, write the page; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=50, help="how many floods with a cut each")
    parser.add_argument("--first", type=int, default=1, help="the number of the first")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--light", action="store_true", help="in the container, at native speed")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    parser.add_argument("--page", action="store_true", help="write the page only")
    asked = parser.parse_args()
    if reason := why_not():
        sys.stderr.write(f"floodbell: no machine: {reason}\n")
        return 2
    FOUND.parent.mkdir(parents=True, exist_ok=True)
    found = FOUND_LIGHT if asked.light else FOUND
    if asked.fresh:
        found.unlink(missing_ok=True)
    if not asked.page:
        run(asked, found)
    disks = json.loads(DISKS.read_text(encoding="utf-8")) if DISKS.exists() else None
    write(PAGE, found_in(FOUND), found_in(FOUND_LIGHT), disks)
    return int(any(row["wrong"] for row in found_in(found)))


def run(asked: argparse.Namespace, found: Path) -> None:
    """Live through the cuts that the file does not know yet."""
    known = {row["number"] for row in found_in(found) if row["seed"] == asked.seed}
    home_of = LightCutHome if asked.light else CutHome
    for number in range(asked.first, asked.first + asked.cuts):
        if number in known:
            continue
        row = cut(home_of, asked.seed, number)
        with found.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        verdict = "; ".join(row["wrong"]).splitlines()[0] if row["wrong"] else "good"
        sys.stdout.write(f"cut {number:3} {row['instant']:16} {row['took_s']:4} s: {verdict}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
