"""``python -m tests.vm.crash_disks``: disks as a power cut with a volatile cache could leave them.

A flood is lived through in a machine that records every write and flush of its disk. From the
record the rig builds disks: all up to the last flush before a random instant, of what came later
each 4 KiB or not. Each is given to ``crash_look``. A message of which a text had been taken by the
modem at that instant had been committed before: it must be there.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib.machinery import SourceFileLoader
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from drivers.emulated.modem import ReceivedText
from tests.bells import PHONES
from tests.vm.cuts.cut_homes import PatientMachine, furnish
from tests.vm.cuts.told import purpose_of
from tests.vm.home import Home, pause
from tests.vm.machine import ROOT, Machine, rig_program, why_not
from tests.vm.provision import written

FOUND: Final = ROOT / "build" / "crash-disks.json"
_CUT: Final = re.compile(r"cut at (\d+)/\d+, since the last flush \d+ blocks kept and (\d+) lost")
_HEADER_BYTES: Final = 512
"""Of each entry of the record, and of the record itself. Source: Linux, dm-log-writes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of all disks.

    Attributes:
        disks: How many were looked at.
        with_store: In how many there was a store by then.
        set_aside: In how many it was damaged, and set aside.
        not_whole: In how many it could not be used even so.
        lost_blocks: Blocks that were written and lost, in all.
        owed: Messages that had to be there, over all disks.
        forgotten: Those of them that were not.
        flushes: How often the machine flushed its disk.
    """

    disks: int
    with_store: int
    set_aside: int
    not_whole: int
    lost_blocks: int
    owed: int
    forgotten: int
    flushes: int


class RecordedMachine(PatientMachine):
    """The whole machine, cold, with every write recorded."""

    def resume(self) -> None:
        """Boot it; the service is installed as the manual says where the tree does not have it."""
        self.off()
        self.rig("boot", "--log-writes", "--timeout", "600", timeout_s=660.0)
        there = "test -e /usr/lib/systemd/system/floodbell.service && echo there || true"
        if not self.exec("sh", "-c", there).strip():
            self.exec("sh", "-ec", written("3. The service"), timeout_s=300.0)


class Taken:
    """How far the record was when the modem took each text."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self.at: list[tuple[str, int]] = []

    def note(self, text: ReceivedText) -> None:
        """Note it at once, or later: what is noted later is asked of fewer disks."""
        who = {number: name for name, number in PHONES.items()}.get(text.number, text.number)
        part = f"/{purpose_of(text.number, text.text)}/{who}/"
        self.at.append((part, self._record.stat().st_size))


def flood(machine: Machine, texts: int) -> list[tuple[str, int]]:
    """Live through a flood until so many texts are out, then cut the power."""
    with Home(machine) as home:
        furnish(home)
        home.start()
        taken = Taken(machine.folder / "writes.log")
        home.flood(200)
        for number in range(1, texts + 1):
            assert len(home.modem.wait_for_texts(number, 120.0)) >= number, home.log()
            taken.note(home.modem.texts[number - 1])
        pause(3.0)
        home.cut()
        return taken.at


def record_of(file: Path) -> list[tuple[int, int]]:
    """Where each entry of the record ends, and whether it is a flush; by the rig's own code."""
    loader = SourceFileLoader("rig", str(rig_program()))
    spec = importlib.util.spec_from_loader("rig", loader)
    assert spec is not None
    rig: Any = importlib.util.module_from_spec(spec)
    loader.exec_module(rig)
    entries = list(rig.read_log(file))
    sizes = [_HEADER_BYTES + (0 if flags & rig.DISCARD else n) for _, n, flags, _ in entries]
    ends = list(accumulate(sizes, initial=_HEADER_BYTES))[1:]
    return [(end, int(bool(e[2] & rig.FLUSH))) for end, e in zip(ends, entries, strict=True)]


def look_at(machine: Machine, disks: int, seed: int, taken: list[tuple[str, int]]) -> Found:
    """Build the disks and look at each."""
    record = record_of(machine.folder / "writes.log")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "found")
        check = (sys.executable, "-m", "tests.vm.crash_look", str(file))
        said = machine.rig(
            "crash", "-n", str(disks), "--seed", str(seed), "--", *check,
            timeout_s=60.0 + 30.0 * disks, check=False,
        )  # fmt: skip
        looks = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    cuts = [(int(at), int(lost)) for at, lost in _CUT.findall(said)]
    assert len(cuts) == len(looks) == disks, said
    owed = forgotten = 0
    for (at, _), found in zip(cuts, looks, strict=True):
        due = {part for part, size in taken if at < len(record) and size <= record[at][0]}
        owed += len(due)
        forgotten += sum(not any(part in key for key in found["keys"]) for part in due)
    return Found(
        disks=disks,
        with_store=sum(found["there"] for found in looks),
        set_aside=sum(found["aside"] for found in looks),
        not_whole=sum(not found["whole"] for found in looks) + said.count("BAD"),
        lost_blocks=sum(lost for _, lost in cuts),
        owed=owed,
        forgotten=forgotten,
        flushes=sum(flush for _, flush in record),
    )


def main() -> int:
    """Do it all; 1 if a store could not be used, or forgot what had been committed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--disks", type=int, default=100, help="in half there is no store yet")
    parser.add_argument("--texts", type=int, default=7, help="of the flood, before the cut")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    if reason := why_not():
        sys.stderr.write(f"floodbell: no machine: {reason}\n")
        return 2
    os.chdir(ROOT)  # the rig runs crash_look from here
    machine = RecordedMachine()
    taken = flood(machine, asked.texts)
    found = look_at(machine, asked.disks, asked.seed, taken)
    FOUND.parent.mkdir(parents=True, exist_ok=True)
    FOUND.write_text(json.dumps(asdict(found)), encoding="utf-8")
    sys.stdout.write(f"{found}\n")
    return int(bool(found.not_whole or found.forgotten))


if __name__ == "__main__":
    sys.exit(main())
