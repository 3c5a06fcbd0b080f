"""The ``[power]`` table: which lines of a UPS board tell of mains and of its battery.

Importing this imports no gpiozero; that two things share a pin is checked with all other settings.

The lines are what data sheets of UPS boards call PLD, AC OK or power good. Which level means what
differs even between boards of one maker, so it has no default: a Geekworm X728 drives its line high
when mains are gone, an X1200 low (docs/power.md has them with their sources).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from drivers.declaring import BaseModel, ConfigDict, Field

Level = Literal["high", "low"]

SUPPLIES = Path("/sys/class/power_supply")
"""Source: kernel documentation, ABI sysfs-class-power."""


class PowerSettings(BaseModel):
    """Pins by their BCM number; what has no pin is not there.

    ``mains_level`` and ``battery_low_level`` are the active levels of their lines.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    mains_pin: int | None = Field(
        default=None, ge=0, le=27, description="line of a UPS board that tells of mains (PLD)"
    )
    mains_level: Level | None = Field(
        default=None, description="level of mains_pin while mains are there"
    )
    battery_low_pin: int | None = Field(
        default=None, ge=0, le=27, description="line that tells of a battery that runs out"
    )
    battery_low_level: Level | None = Field(
        default=None, description="level of battery_low_pin while the battery is low"
    )
    supplies: Annotated[Path, Field(strict=False)] = Field(
        default=SUPPLIES, description="where the kernel shows batteries and mains"
    )

    @property
    def pins(self) -> dict[str, int]:
        """The pins in use, by key."""
        named = {"mains_pin": self.mains_pin, "battery_low_pin": self.battery_low_pin}
        return {key: pin for key, pin in named.items() if pin is not None}

    def contradictions(self) -> Iterator[tuple[str, str, str]]:
        """Say which level is missing, or has no pin: the key, what was found, what is allowed."""
        for name, meaning in (("mains", "mains are there"), ("battery_low", "the battery is low")):
            pin, level = getattr(self, f"{name}_pin"), getattr(self, f"{name}_level")
            if pin is not None and level is None:
                allowed = f'"high" or "low": the level of {name}_pin while {meaning}'
                yield f"{name}_level", "nothing", allowed
            if pin is None and level is not None:
                yield f"{name}_level", level, f"nothing without {name}_pin"
