"""What the settings say that the law needs: plain frozen values, made once at start.

The law never sees the settings models, so it can be read, tested and simulated without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.effects import Origin
from edge.law.levels import Level, Setpoint


class Role(StrEnum):
    """Who a contact is to the home (contract 1, ``[contacts]``)."""

    RESIDENT = "resident"
    GUARDIAN = "guardian"
    PARTNER = "partner"
    OFFICE = "office"
    TECHNICIAN = "technician"


@dataclass(frozen=True, slots=True)
class SensorPolicy:
    """What the law must know of a sensor.

    ``height_mm`` is where a switch turns over (None for a sensor that measures). ``two_wire`` is a
    contact without end-of-line resistor, which cannot tell water from a cut or a short. Two
    contacts on one ``cable`` count as one. ``cut_reads_dry`` is a normally open contact: with its
    wire cut it says "dry" for ever, so it saves no zone from blindness.
    """

    zone: str
    height_mm: float | None = None
    two_wire: bool = False
    cable: str | None = None
    cut_reads_dry: bool = False

    @property
    def switch(self) -> bool:
        """Whether it knows one height only."""
        return self.height_mm is not None

    def decides(self, setpoint_mm: float) -> bool:
        """Whether this sensor, while healthy, always has an opinion on that setpoint.

        A lower switch has none while it is wet, a higher one none while it hangs dry.
        """
        return self.height_mm is None or self.height_mm == setpoint_mm


@dataclass(frozen=True, slots=True)
class ZonePolicy:
    """A place with its sensors; ``needed`` of them must be wet (the M of MooN)."""

    sensors: tuple[str, ...]
    needed: int = 1
    danger: bool = True


@dataclass(frozen=True, slots=True)
class ReportPolicy:
    """The 119 report: how often, and when people are told that 119 was not reached.

    ``voice`` are the origins whose first report is followed by a call.

    Source: three reports 60 s apart, the Korean standard for automatic fire-report units (domain
    2.2).
    """

    repeats: int = 3
    repeat_interval_s: float = 60.0
    unreached_after_s: float = 60.0
    voice: frozenset[Origin] = frozenset()


@dataclass(frozen=True, slots=True)
class SelfTestPolicy:
    """Who is texted how often, to see that texts still leave."""

    contact: str
    every_s: float = 86400.0


@dataclass(frozen=True, slots=True)
class TroublePolicy:
    """When a fault becomes a trouble, and when it is over (design 4.10)."""

    on_delay_s: float = 10.0
    off_delay_s: float = 60.0
    repeat_s: float = 3600.0
    broker_text_after_s: float = 1800.0


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything the law decides by."""

    alert: Setpoint
    danger: Setpoint
    sensors: Mapping[str, SensorPolicy]
    zones: Mapping[str, ZonePolicy]
    contacts: Mapping[str, Role]
    report: ReportPolicy = ReportPolicy()
    trouble: TroublePolicy = TroublePolicy()
    self_test: SelfTestPolicy | None = None
    max_rise_mm_s: float = 50.0
    uncorroborated_delay_s: float = 10.0
    latch_clear_s: float = 43200.0
    siren_cutoff_s: float = 1200.0
    bell_incident_s: float = 21600.0
    episode_step_mm: float = 100.0

    def setpoint(self, level: Level) -> Setpoint:
        """Return the setpoint of ``ALERT`` or ``DANGER``."""
        return self.danger if level is Level.DANGER else self.alert
