"""Asking an RS-485 line for pressure probes.

Owns the questions: each reads registers, none writes one. A line is asked only when a person wants
it, for a slave of another kind may be on it. A unit that answers and whose registers fit no preset
is told as one whose map has to be named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drivers.errors import BadFrame, NoResponse
from drivers.ports.rs485 import Line, Rs485
from drivers.sensors.modbus_maps import DECIMALS, PRESETS, UNIT_CODES, PresetName
from drivers.sensors.modbus_rtu import READ_HOLDING, Answer, AnswerReader, Registers, question

UNITS: Final = range(1, 9)
"""Probes leave the works with address 1; a home has a few at most."""

ANSWER_S: Final = 0.15
"""A unit answers within some 100 ms at 9600 baud (``modbus_level``)."""

QDY30A: Final[PresetName] = "qdy30a"
AT_1003: Final[PresetName] = "level_at_1003"


@dataclass(frozen=True, slots=True)
class FoundUnit:
    """A slave that answers; ``preset`` is None where no map fits."""

    unit_id: int
    baud: int
    preset: PresetName | None = None


def find_units(path: str, units: range = UNITS, answer_s: float = ANSWER_S) -> list[FoundUnit]:
    """Ask each address at each speed that a preset has.

    Args:
        path: The port.
        units: Addresses.
        answer_s: How long each may take.

    Raises:
        PortGone: The port cannot be opened now, or went away.
        WrongWiring: It can never be opened.
    """
    return list(_found(path, units, answer_s))


def _found(path: str, units: range, answer_s: float) -> Iterator[FoundUnit]:
    seen: set[int] = set()  # no unit listens at two speeds
    for baud in sorted({preset.baud for preset in PRESETS.values()}, reverse=True):
        line = Rs485(path, Line(baud))
        try:
            for unit in (one for one in units if one not in seen):
                if (found := _ask_unit(line, unit, baud, answer_s)) is not None:
                    seen.add(unit)
                    yield found
        finally:
            line.close()


def _ask_unit(line: Rs485, unit: int, baud: int, answer_s: float) -> FoundUnit | None:
    map_ = PRESETS[QDY30A]
    assert map_.unit_register is not None  # noqa: S101  the map of this class has both
    first, last = map_.unit_register, map_.register
    answer = _ask(line, unit, first, last - first + 1, answer_s)
    if answer is None:
        return None
    if isinstance(answer, Registers):
        code, decimals, _level = answer.values
        if code in UNIT_CODES and decimals in DECIMALS:
            return FoundUnit(unit, baud, QDY30A)
    other = PRESETS[AT_1003]
    if baud == other.baud and isinstance(_ask(line, unit, other.register, 1, answer_s), Registers):
        return FoundUnit(unit, baud, AT_1003)
    return FoundUnit(unit, baud)


def _ask(line: Rs485, unit: int, first: int, count: int, answer_s: float) -> Answer | None:
    reader = AnswerReader(unit, READ_HOLDING, count)
    asked = question(unit, READ_HOLDING, first, count)
    try:
        return line.ask(asked, reader, answer_s, 1.0)
    except (NoResponse, BadFrame):
        return None
