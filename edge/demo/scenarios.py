"""What happens in the house while the demo runs: water, animals, mops and broken parts, as data.

Owns the scripts and the promises that each puts to the proof. Pure: script seconds in, millimetres
out; it starts nothing and judges nothing. Script time runs ``speed`` times as fast as the clock on
the wall, see ``pace``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from edge.demo.words import N_

Points = tuple[tuple[float, float], ...]
"""(script second, millimetre) pairs, seconds rising; straight lines between, level outside."""

ALERT_MM: Final = 20.0
DANGER_MM: Final = 150.0
MOUNT_MM: Final = 600.0
"""Sensor face above the floor, as in the example settings."""


class Act(StrEnum):
    """What is done to the parts, apart from the water."""

    MUTE_SENSOR = "mute sensor"
    UNMUTE_SENSOR = "unmute sensor"
    STOP_BROKER = "stop broker"
    START_BROKER = "start broker"
    LOSE_NETWORK = "lose network"
    FIND_NETWORK = "find network"


class Promise(StrEnum):
    """What floodbell owes, as far as this demo can see it from outside."""

    PEOPLE_ALERTED = "people alerted"
    REPORTED = "reported in time"
    REPORTED_AFTER_RETURN = "reported after the network returned"
    REPORT_FITS = "report fits"
    REPORT_FIRST = "report first"
    REPORT_REPEATED = "report repeated"
    PEOPLE_WARNED = "people warned of danger"
    RECEDED_TOLD = "receded told"
    ALARM_ALERT = "alarm topic says alert"
    ALARM_DANGER = "alarm topic says danger"
    NOTHING_TO_119 = "nothing to 119"
    NO_WATER_TEXTS = "nobody told of water"
    ALARM_NORMAL = "alarm topic stayed normal"
    SENSOR_FAULT_SHOWN = "sensor fault shown"
    TROUBLE_PUBLISHED = "trouble published"
    TROUBLE_TEXTED = "trouble texted"
    TROUBLE_CLEARED = "trouble cleared"
    NOTHING_MISSING = "no number missing"
    DAEMON_ENDED_WELL = "daemon ended well"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One script.

    Attributes:
        name: What ``--scenario`` calls it.
        title: A message id: what it is called on the screen.
        story: A message id: one sentence of what is going to happen.
        duration_s: Script seconds until nothing more happens.
        promises: What is put to the proof, in the order in which it is told.
        water: Depth of the water above the floor: the truth.
        cover: Height of anything else that comes under the sensor.
        thing: What that is: ``cat``, ``mop`` or nothing.
        acts: (script second, what is done), seconds rising.
    """

    name: str
    title: str
    story: str
    duration_s: float
    promises: tuple[Promise, ...]
    water: Points = ((0.0, 0.0),)
    cover: Points = ((0.0, 0.0),)
    thing: str = ""
    acts: tuple[tuple[float, Act], ...] = ()

    def depth_mm(self, script_s: float) -> float:
        """Depth of the water at a script second, in millimetres."""
        return _along(self.water, script_s)

    def cover_mm(self, script_s: float) -> float:
        """Height of whatever else stands under the sensor, 0 if nothing does."""
        return _along(self.cover, script_s)

    def seen_mm(self, script_s: float) -> float:
        """Height above the floor of what the sensor's beam meets first."""
        return max(self.depth_mm(script_s), self.cover_mm(script_s))

    def crossing_s(self, setpoint_mm: float) -> float | None:
        """The script second at which the water first reaches the setpoint, or None."""
        if self.water[0][1] >= setpoint_mm:
            return 0.0
        for (from_s, from_mm), (to_s, to_mm) in pairwise(self.water):
            if from_mm < setpoint_mm <= to_mm:
                return from_s + (to_s - from_s) * (setpoint_mm - from_mm) / (to_mm - from_mm)
        return None


def _along(points: Points, at_s: float) -> float:
    if at_s <= points[0][0]:
        return points[0][1]
    for (from_s, from_mm), (to_s, to_mm) in pairwise(points):
        if at_s < to_s:
            return from_mm + (to_mm - from_mm) * (at_s - from_s) / (to_s - from_s)
    return points[-1][1]


def _visits(*visits: tuple[float, float, float]) -> Points:
    """Something comes under the sensor at a second, stands so high, and is gone at another."""
    points: list[tuple[float, float]] = [(0.0, 0.0)]
    for from_s, to_s, height_mm in visits:
        points += [(from_s, 0.0), (from_s + 0.1, height_mm), (to_s - 0.1, height_mm), (to_s, 0.0)]
    return tuple(points)


# Four, then ten, millimetres a second: quick for a basement, and far below max_rise_mm_s, so that
# the law sees a rise and not a jump.
_FLOOD: Final[Points] = (
    (0.0, 0.0),
    (4.0, 0.0),
    (9.0, 24.0),
    (23.0, 165.0),
    (30.0, 205.0),
    (38.0, 205.0),
    (48.0, 0.0),
)

_REPORT: Final = (Promise.REPORT_FITS, Promise.REPORT_FIRST, Promise.PEOPLE_WARNED)
_NOTHING: Final = (
    Promise.NO_WATER_TEXTS,
    Promise.NOTHING_TO_119,
    Promise.ALARM_NORMAL,
    Promise.NOTHING_MISSING,
    Promise.DAEMON_ENDED_WELL,
)

_ALL: Final = (
    Scenario(
        name="flash-flood",
        title=N_("flash flood"),
        story=N_("Rain runs down the steps: twenty centimetres in half a minute."),
        duration_s=60.0,
        water=_FLOOD,
        promises=(
            Promise.PEOPLE_ALERTED,
            Promise.REPORTED,
            *_REPORT,
            Promise.REPORT_REPEATED,
            Promise.RECEDED_TOLD,
            Promise.ALARM_DANGER,
            Promise.NOTHING_MISSING,
            Promise.DAEMON_ENDED_WELL,
        ),
    ),
    Scenario(
        name="slow-rise",
        title=N_("slow rise"),
        story=N_("Water seeps through the wall and stays at five centimetres: alert, not danger."),
        duration_s=60.0,
        water=((0.0, 0.0), (3.0, 0.0), (43.0, 48.0), (50.0, 52.0)),
        promises=(
            Promise.PEOPLE_ALERTED,
            Promise.NOTHING_TO_119,
            Promise.ALARM_ALERT,
            Promise.NOTHING_MISSING,
            Promise.DAEMON_ENDED_WELL,
        ),
    ),
    Scenario(
        name="mopping",
        title=N_("mopping the floor"),
        story=N_(
            "A wet floor, a mop under the sensor, a bucket knocked over: nobody is to be told."
        ),
        duration_s=45.0,
        water=(
            (0.0, 0.0),
            (5.0, 0.0),
            (6.0, 3.0),
            (14.0, 4.0),
            (14.3, 27.0),
            (16.0, 22.0),
            (17.5, 5.0),
            (40.0, 1.0),
        ),
        cover=_visits((8.0, 8.8, 45.0), (21.0, 22.0, 60.0), (23.0, 23.8, 50.0), (31.0, 33.0, 55.0)),
        thing="mop",
        promises=_NOTHING,
    ),
    Scenario(
        name="cat",
        title=N_("cat under the sensor"),
        story=N_(
            "A cat walks by, sits down under the sensor, and walks by again: 119 stays in bed."
        ),
        duration_s=40.0,
        # It leaves for half a second and comes back: its first visit must not explain the second.
        cover=_visits(
            (6.0, 7.5, 240.0), (13.0, 13.5, 255.0), (14.0, 20.5, 260.0), (29.0, 30.0, 235.0)
        ),
        thing="cat",
        promises=_NOTHING,
    ),
    Scenario(
        name="dead-sensor",
        title=N_("dead sensor"),
        story=N_("The sensor falls silent on a dry floor: silence must not look like safety."),
        duration_s=58.0,
        acts=((8.0, Act.MUTE_SENSOR), (36.0, Act.UNMUTE_SENSOR)),
        promises=(
            Promise.SENSOR_FAULT_SHOWN,
            Promise.TROUBLE_PUBLISHED,
            Promise.TROUBLE_TEXTED,
            Promise.TROUBLE_CLEARED,
            Promise.NO_WATER_TEXTS,
            Promise.NOTHING_TO_119,
            Promise.NOTHING_MISSING,
            Promise.DAEMON_ENDED_WELL,
        ),
    ),
    Scenario(
        name="broker-away",
        title=N_("broker away"),
        story=N_("The centre's broker is gone while the water comes: 119 is told all the same."),
        duration_s=60.0,
        water=_FLOOD,
        acts=((12.0, Act.STOP_BROKER), (36.0, Act.START_BROKER)),
        promises=(
            Promise.PEOPLE_ALERTED,
            Promise.REPORTED,
            *_REPORT,
            Promise.NOTHING_MISSING,
            Promise.DAEMON_ENDED_WELL,
        ),
    ),
    Scenario(
        name="modem-away",
        title=N_("modem away"),
        story=N_("No mobile network while the water rises: 119 is told first once it returns."),
        duration_s=60.0,
        water=_FLOOD,
        acts=((3.0, Act.LOSE_NETWORK), (34.0, Act.FIND_NETWORK)),
        promises=(
            Promise.REPORTED_AFTER_RETURN,
            *_REPORT,
            Promise.TROUBLE_PUBLISHED,
            Promise.ALARM_DANGER,
            Promise.NOTHING_MISSING,
            Promise.DAEMON_ENDED_WELL,
        ),
    ),
)

SCENARIOS: Final = {scenario.name: scenario for scenario in _ALL}
"""Every script by its name; the first is what the demo shows by default."""
