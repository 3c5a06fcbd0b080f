"""Where which class of Modbus probes keeps what, and what its numbers mean. Data, without a port.

Owns register maps, units and number formats. A probe that is not here is described in the settings,
key by key; one that many have is worth a preset.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final, Literal

from drivers.errors import OutOfRange
from drivers.sensors.immersed import MM_PER_KPA

Unit = Literal["mm", "cm", "m", "mmH2O", "mH2O", "Pa", "kPa", "MPa", "mbar", "bar", "psi", "kg/cm2"]
Data = Literal["int16", "uint16", "int32", "uint32", "float32"]
PresetName = Literal["qdy30a", "level_at_0", "level_at_1003"]

MM_PER_UNIT: Final[dict[Unit, float]] = {
    "mm": 1.0,
    "cm": 10.0,
    "m": 1000.0,
    "mmH2O": 1.0,
    "mH2O": 1000.0,
    "Pa": MM_PER_KPA / 1000,
    "kPa": MM_PER_KPA,
    "MPa": MM_PER_KPA * 1000,
    "mbar": MM_PER_KPA / 10,
    "bar": MM_PER_KPA * 100,
    "psi": MM_PER_KPA * 6.894757,
    "kg/cm2": 10_000.0,
}
"""Head of water at 1 kg/l. Source: NIST SP 811 (psi); a kilogram-force on a square centimetre is
ten metres of water by definition."""

UNIT_CODES: Final[dict[int, Unit]] = {
    9: "MPa",
    10: "kPa",
    11: "Pa",
    12: "bar",
    13: "mbar",
    14: "kg/cm2",
    15: "psi",
    16: "mH2O",
    17: "mmH2O",
}
"""What a unit register holds. Source: register map of the QDY30A class (domain 4.3)."""

FORMATS: Final[dict[Data, str]] = {
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "float32": ">f",
}

DECIMALS: Final = range(5)
"""Decimal places that such probes have, 0 to 4. Source: domain 4.3."""


@dataclass(frozen=True, slots=True)
class Map:
    """Where a class of probes keeps what; a key of the settings goes before it."""

    register: int
    function: Literal[3, 4] = 3
    data: Data = "int16"
    baud: int = 9600
    unit_register: int | None = None
    decimals_register: int | None = None


PRESETS: Final[dict[PresetName, Map]] = {
    "qdy30a": Map(register=4, unit_register=2, decimals_register=3),
    "level_at_0": Map(register=0),
    "level_at_1003": Map(register=1003, baud=4800),
}
"""Maps that were seen. The last two say nothing of unit and decimals: name those.

Source: domain 4.3: QDY30A class (unit 2, decimals 3, value 4), a clone with the level at 0, one
with an integer at 1003 and 4800 baud.
"""


def width(data: Data) -> int:
    """Return how many registers a number takes."""
    return struct.calcsize(FORMATS[data]) // 2


def decoded(words: tuple[int, ...], data: Data, word_order: Literal["big", "little"]) -> float:
    """Return the number in one or two registers.

    Args:
        words: Registers in the order of their addresses.
        data: What they hold.
        word_order: Which of two holds the higher half.

    Raises:
        OutOfRange: Not a number.
    """
    ordered = words if word_order == "big" else words[::-1]
    raw = b"".join(word.to_bytes(2, "big") for word in ordered)
    number = float(struct.unpack(FORMATS[data], raw)[0])
    if not math.isfinite(number):
        raise OutOfRange(f"registers {raw.hex(' ')} hold no number")
    return number
