"""What can be measured, by name and in the order in which it is."""

from __future__ import annotations

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


def measured(session: Session, names: Sequence[str]) -> list[Measured]:
    """The rows of these subjects. Cards are watched beside all the others."""
    if "disk" in names:
        disk.begin(session)
    found = []
    for name, subject in SUBJECTS.items():
        if name in names:
            session.say(name)
            rows = subject.measure(session)
            assert [one.row for one in rows] == list(subject.rows), name
            found += rows
    return found
