"""What can be measured, by name and in the order in which it is."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.figures import Measured, Row
from tests.bench.rows import backlog, cpu, danger, disk, drain, latency, law, memory, start
from tests.bench.session import Session


@dataclass(frozen=True, slots=True)
class Subject:
    """Some rows, and how they come by their figures: one for each row, in the same order."""

    rows: Sequence[Row]
    measure: Callable[[Session], list[Measured]]


SUBJECTS: Final = {
    "start": Subject(start.ROWS, start.measure),
    "memory": Subject(memory.ROWS, memory.measure),
    "cpu": Subject(cpu.ROWS, cpu.measure),
    "latency": Subject(latency.ROWS, latency.measure),
    "danger": Subject(danger.ROWS, danger.measure),
    "drain": Subject(drain.ROWS, drain.measure),
    "backlog": Subject(backlog.ROWS, backlog.measure),
    "law": Subject(law.ROWS, law.measure),
    "disk": Subject(disk.ROWS, disk.measure),
}


def measured(session: Session, names: Sequence[str]) -> tuple[list[Measured], dict[str, str]]:
    """The rows of these subjects, and of which ones there are none, with the reason.

    Cards are watched beside all the others. A quarter of an hour is not lost for one that fails.
    """
    if "disk" in names:
        disk.begin(session)
    found: list[Measured] = []
    failed: dict[str, str] = {}
    for name in (one for one in SUBJECTS if one in names):
        session.say(name)
        try:
            rows = SUBJECTS[name].measure(session)
            assert [one.row for one in rows] == list(SUBJECTS[name].rows), name
        except Exception as error:  # noqa: BLE001 - told at the end, and the exit code says it
            traceback.print_exc()
            failed[name] = f"{type(error).__name__}: {error}"
        else:
            found += rows
    return found, failed
