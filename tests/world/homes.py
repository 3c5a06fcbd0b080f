"""The homes of the simulated world: what hangs where, and what the law is told of it.

Owns the catalogue. Invariant: every home passes what ``check-config`` demands (each zone can decide
danger, or says that it does not), has contacts in all five roles, and its policy and its fittings
name the same sensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from edge.conditioning import Mounting
from edge.law.levels import Level, Setpoint
from edge.law.policy import Policy, Role, SensorPolicy, ZonePolicy
from tests.world.sensors import ASSUMED_AIR_C, BLIND_ZONE_MM, Fitting, Kind

PEOPLE: Mapping[str, Role] = {
    "home": Role.RESIDENT,
    "mother": Role.GUARDIAN,
    "kim": Role.PARTNER,
    "office": Role.OFFICE,
    "tech": Role.TECHNICIAN,
}

ALERT = Setpoint(Level.ALERT, 20, 5, 5, 600)
DANGER = Setpoint(Level.DANGER, 150, 20, 3, 1800)
"""The defaults of contract 1, which the field has."""


@dataclass(frozen=True, slots=True)
class Home:
    """One home: its sensors as fitted, what the law knows, how high each zone's floor lies.

    A zone that is not in ``floors_mm`` lies lowest: water gets there first.
    """

    name: str
    policy: Policy
    fittings: Mapping[str, Fitting]
    floors_mm: Mapping[str, float] = field(default_factory=dict)

    @property
    def mountings(self) -> dict[str, Mounting]:
        """How conditioning is told that each sensor hangs."""
        return {name: _mounting(fitting) for name, fitting in self.fittings.items()}

    @property
    def zones(self) -> tuple[str, ...]:
        """The places, as the policy names them."""
        return tuple(self.policy.zones)

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """Return the sensors of some kinds."""
        return tuple(name for name, fitting in self.fittings.items() if fitting.kind in kinds)


@cache
def homes() -> Mapping[str, Home]:
    """Return the catalogue by name."""
    return {home.name: home for home in _catalogue()}


def _catalogue() -> tuple[Home, ...]:
    face = Fitting(Kind.ULTRASONIC, "entrance", 600)
    low = Fitting(Kind.FLOAT, "entrance", 20)
    high = Fitting(Kind.FLOAT, "entrance", 150)
    level = Fitting(Kind.PRESSURE, "entrance", drift_mm_year=4.0)
    window = replace(face, zone="bedroom", height_mm=900, drowned="silent")
    return (
        _home("one sensor", {"door": face}),
        _home("fast sensor", {"door": replace(face, sample_interval_s=0.2, frames=3)}),
        _home("hangs low", {"door": replace(face, height_mm=250, drowned="wild")}),
        _home("level alone", {"level": level}),
        _home("door and float", {"door": face, "float": low}),
        _home("door and high contact", {"door": replace(face, drowned="silent"), "high": high}),
        _home("two of two", {"door": face, "level": level}, needed={"entrance": 2}),
        _home("face and high, two of two", {"door": face, "high": high}, needed={"entrance": 2}),
        _home(
            "two of three",
            {
                "door": face,
                "level": level,
                "stair": replace(face, height_mm=400, drift_mm_year=-5.0),
            },
            needed={"entrance": 2},
        ),
        _home("door and window", {"door": face, "window": window}, floors_mm={"bedroom": 60.0}),
        _home(
            "one cable",
            {"door": face, "low": low, "high": high},
            cables={"low": "entrance-cable", "high": "entrance-cable"},
        ),
        _home("contacts alone", {"low": low, "high": high}),
        _home(
            "bathroom float",
            {"door": face, "bath": replace(low, zone="bathroom")},
            spared=("bathroom",),
            floors_mm={"bathroom": 10.0},
        ),
        _home(
            "not compensated",
            {"door": replace(face, height_mm=300, swing_c=20.0, frames=4), "float": low},
        ),
        _home(
            "everything",
            {
                "door": face,
                "float": low,
                "high": high,
                "window": window,
                "window-level": replace(level, zone="bedroom"),
                "bath": replace(low, zone="bathroom"),
            },
            needed={"bedroom": 2},
            cables={"float": "a", "high": "a"},
            spared=("bathroom",),
            floors_mm={"bedroom": 40.0, "bathroom": 15.0},
        ),
    )


def _home(
    name: str,
    fittings: Mapping[str, Fitting],
    *,
    needed: Mapping[str, int] | None = None,
    cables: Mapping[str, str] | None = None,
    spared: tuple[str, ...] = (),
    floors_mm: Mapping[str, float] | None = None,
) -> Home:
    """Put a home together: every zone that fittings name, 1ooN where nothing is said."""
    zones = dict.fromkeys(fitting.zone for fitting in fittings.values())
    policy = Policy(
        alert=ALERT,
        danger=DANGER,
        sensors={
            sensor: SensorPolicy(
                fitting.zone,
                height_mm=fitting.height_mm if fitting.kind is Kind.FLOAT else None,
                two_wire=fitting.kind is Kind.FLOAT,
                cable=(cables or {}).get(sensor),
            )
            for sensor, fitting in fittings.items()
        },
        zones={
            zone: ZonePolicy(
                tuple(sensor for sensor, fitting in fittings.items() if fitting.zone == zone),
                needed=(needed or {}).get(zone, 1),
                danger=zone not in spared,
            )
            for zone in zones
        },
        contacts=PEOPLE,
    )
    return Home(name, policy, fittings, floors_mm or {})


def _mounting(fitting: Fitting) -> Mounting:
    if fitting.kind is not Kind.ULTRASONIC:
        return Mounting()
    return Mounting(
        height_mm=fitting.height_mm,
        blind_zone_mm=BLIND_ZONE_MM,
        assumed_air_celsius=ASSUMED_AIR_C if fitting.swing_c else None,
    )
