"""What happens to a home in a year: drawn from a seed, with trouble where the water is.

Owns how often things come, and together with what. Invariant: every list of a ``Year`` is sorted
and inside the year, and the same seed gives the same year. Faults, kills and outages fall on the
water far oftener than chance would have it, for that is where the bugs are: rates are those of a
bad year, not of a mean one.
"""

from __future__ import annotations

from random import Random
from typing import Final

from tests.world import disturbances
from tests.world.apart import alone, withstood
from tests.world.homes import Home, homes
from tests.world.script import Script, flood_of
from tests.world.timetable import (
    BrokerKind,
    ClockJump,
    Deed,
    DiskKind,
    Flood,
    Kill,
    ModemKind,
    PowerCut,
    Spell,
    Year,
)
from tests.world.water import ALERT_MM, DANGER_MM

__all__ = [
    "BrokerKind",
    "ClockJump",
    "Deed",
    "DiskKind",
    "Flood",
    "Home",
    "Kill",
    "ModemKind",
    "PowerCut",
    "Spell",
    "Year",
    "flood_of",
    "homes",
    "quiet_year",
    "year",
]

_HANDS: Final = (
    Script.press,
    Script.mute,
    Script.service,
    Script.drill,
    Script.disarm,
)

_WORST: Final = (Script.fault, Script.fault, Script.kill, Script.modem_spell)

_COINCIDENCES: Final = (
    *_WORST,
    Script.crash_loop,
    Script.power_cut,
    Script.broker_spell,
    Script.disk_spell,
    Script.clock_jump,
    *_HANDS,
)

_WATCHED_MM: Final = (ALERT_MM, DANGER_MM, DANGER_MM, DANGER_MM, 250.0, 15.0, 130.0)
"""Setpoints, the next episode's depth, and where the deadbands end."""


def year(random: Random, home: Home | None = None) -> Year:
    """Return a year with water: 0 to 3 floods, and everything else that goes wrong.

    Far more goes wrong in it than in a year of a home, and most of it while there is water; it is
    yet sparse enough that many thousands of such years can be lived through.
    """
    script = Script(random, home or random.choice(list(homes().values())))
    script.rain(random.choices(range(4), (8, 8, 2, 1))[0])
    for flood in script.floods:
        if random.random() < 0.5:
            random.choice(_WORST)(script, _moment(random, flood))
        for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
            happens = random.choice(_COINCIDENCES)
            happens(script, _moment(random, flood))
    script.disturb(random.randint(1, 5), (*disturbances.BRIEF, *disturbances.STANDING))
    script.scatter(random.randint(0, 3), (Script.fault,))
    script.scatter(random.randint(0, 2), _HANDS)
    script.outages()
    return script.finished(armed=random.random() < 0.93)


def quiet_year(
    random: Random,
    home: Home | None = None,
    *,
    longest_s: float = disturbances.LONGEST_S,
    rough: bool = False,
) -> Year:
    """Return an armed year without a drop of water: people, cats, mops, faults, kills, outages.

    Args:
        random: Where everything is drawn from.
        home: Which one; any, if left out.
        longest_s: No disturbance that could be water is seen for longer at a stretch.
        rough: Also what design 4.4 does not promise to withstand: somebody before two sensors at
            once, a fault that reads wet beside a cat or with no other working sensor in the home,
            echoes from anywhere, an insect that stays. Without it, each stands alone
            (``apart.withstood``).
    """
    script = Script(random, home or random.choice(list(homes().values())))
    script.disturb(random.randint(5, 20), disturbances.BRIEF, longest_s, together=rough)
    script.scatter(random.randint(2, 8), (Script.fault,))
    if not rough:
        script.disturbances = alone(script.disturbances)
        script.faults = withstood(script.faults, script.disturbances, script.home, longest_s)
    script.scatter(random.randint(1, 4), (Script.drill, Script.service_alone, Script.mute))
    for disturbance in script.disturbances:
        if random.random() < 0.3:
            happens = random.choice((Script.kill, Script.clock_jump, Script.disk_spell))
            happens(script, disturbance.begins_s + random.uniform(-2.0, 20.0))
    script.outages()
    return script.finished(armed=True)


def _moment(random: Random, flood: Flood) -> float:
    """Return a time within a flood: two in three are round the passing of a watched depth."""
    course = random.choice(list(flood.zones.values()))
    watched_mm = random.choice(_WATCHED_MM)
    passes = (*course.rises_past(watched_mm), *course.falls_below(watched_mm))
    if passes and random.random() < 0.67:
        return random.choice(passes) + random.choice(
            (random.uniform(-4.0, 20.0), random.uniform(-60.0, 200.0))
        )
    return random.uniform(flood.begins_s, flood.ends_s)
