"""Votes: every combination of opinions, stuck sensors, contacts that count as one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import inf

import pytest

from edge.effects import Purpose
from edge.events import Health
from edge.law.levels import Level, Vote
from edge.law.policy import Policy, SensorPolicy, ZonePolicy
from edge.law.voting import UNCHANGED_S, zone_vote
from tests.edge.law.basement import ONE_SENSOR, Basement

NAMES = ("a", "b", "c")
DAY_S = 86400.0


def of(needed: int, count: int) -> Policy:
    """A home with one zone that votes ``needed`` out of ``count``."""
    names = NAMES[:count]
    return replace(
        ONE_SENSOR,
        sensors={name: SensorPolicy("entrance") for name in names},
        zones={"entrance": ZonePolicy(names, needed=needed)},
    )


def expected(opinions: tuple[Vote, ...], needed: int) -> Vote:
    """What design 4.3 says, told once more: M sinks to the number of those with an opinion."""
    wet, dry = opinions.count(Vote.WET), opinions.count(Vote.DRY)
    if wet == 0:
        return Vote.DRY if dry else Vote.UNKNOWN
    if wet >= min(needed, wet + dry):
        return Vote.WET
    return Vote.DRY


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("level", [Level.ALERT, Level.DANGER])
def test_every_combination_of_opinions_votes_as_the_design_says(count: int, level: Level) -> None:
    for needed in range(1, count + 1):
        policy = of(needed, count)
        for opinions in product(Vote, repeat=count):
            home = Basement(policy=policy)
            for name, opinion in zip(NAMES, opinions, strict=False):
                if opinion is Vote.UNKNOWN:
                    home.lose(name)
                else:
                    home.read(name, 200.0 if opinion is Vote.WET else 0.0)
            vote, wet = zone_vote(home.state, "entrance", level, policy)
            assert vote is expected(opinions, needed), (needed, opinions)
            assert len(wet) == opinions.count(Vote.WET)


def test_a_fault_never_makes_a_wet_zone_dry() -> None:
    """Take any sensor's opinion away: while one is still wet, the zone's delay runs on."""
    for needed, opinions in product((1, 2, 3), product(Vote, repeat=3)):
        if expected(opinions, needed) is not Vote.WET:
            continue
        for faulted in range(3):
            home = Basement(policy=of(needed, 3))
            for name, opinion in zip(NAMES, opinions, strict=True):
                if opinion is Vote.UNKNOWN:
                    home.lose(name)
                else:
                    home.read(name, 200.0 if opinion is Vote.WET else 0.0)
            home.lose(NAMES[faulted])
            vote, wet = zone_vote(home.state, "entrance", Level.DANGER, home.policy)
            if wet:
                assert vote is not Vote.DRY, (needed, opinions, faulted)


def test_a_wet_sensor_that_dies_in_the_delay_does_not_hold_119_back() -> None:
    """Two of three are wet, one of them drowns: the third's dry word does not end the delay."""
    home = Basement(policy=of(2, 3))
    home.run(2, a=0.0, b=0.0, c=0.0)
    home.run(15, a=lambda t: 11 * t, b=lambda t: 11 * t, c=0.0)
    home.lose("a", Health.FAULTED)
    home.run(5, b=180.0, c=0.0)
    assert len(home.reports) == 1


def day_old(policy: Policy, *, hours: float = 24.0) -> Basement:
    """Every sensor has said 0 for so many hours; the door's noise goes on."""
    home = Basement(policy=policy)
    for name in policy.sensors:
        home.read(name, 0.0)
    home.now_s += hours * 3600
    for name in policy.sensors:
        home.read(name, 0.0)
    return home


def test_a_lone_wet_vote_counts_against_a_sensor_that_has_not_changed_for_a_day() -> None:
    home = day_old(of(2, 2))
    home.run(20, a=lambda t: 10 * t, b=0.0)
    began_s = home.now_s - 20 + 15
    home.run(11, a=200.0, b=0.0)
    ((at_s, report),) = home.reports
    assert at_s >= began_s + home.policy.uncorroborated_delay_s, "however well it was seen rising"
    assert at_s <= began_s + home.policy.uncorroborated_delay_s + 0.5
    assert "a 2" in report.reason
    home.run(11, a=200.0, b=0.0)
    assert home.state.troubles["discrepancy"].raised
    assert "said the same for a day" in home.state.troubles["discrepancy"].detail


def test_a_lone_wet_vote_does_not_count_against_a_sensor_that_is_alive() -> None:
    home = day_old(of(2, 2), hours=23.9)
    home.run(20, a=lambda t: 10 * t, b=0.0)
    home.run(60, a=200.0, b=0.0)
    assert home.reports == []
    assert home.state.incident is None


def test_a_stuck_sensor_that_changes_takes_part_again() -> None:
    home = day_old(of(2, 2))
    home.run(20, a=lambda t: 10 * t, b=0.0)
    home.run(3, a=200.0, b=0.0)
    home.run(60, a=200.0, b=1.0)
    assert home.reports == []


def test_two_of_three_with_one_stuck_still_want_two() -> None:
    """One stuck and one alive against one wet: the living one outvotes it."""
    home = day_old(of(2, 3))
    home.run(20, a=lambda t: 10 * t, b=0.0, c=3.0)
    home.run(60, a=200.0, b=0.0, c=4.0)
    assert home.reports == []


def test_two_of_three_with_two_stuck_believe_the_third_after_its_delay() -> None:
    home = day_old(of(2, 3))
    home.run(20, a=lambda t: 10 * t, b=0.0, c=0.0)
    home.run(20, a=200.0, b=0.0, c=0.0)
    assert len(home.reports) == 1


def test_that_a_sensor_was_lost_for_a_while_does_not_make_it_alive() -> None:
    home = day_old(of(2, 2), hours=23.0)
    home.lose("b")
    home.now_s += 3600
    home.read("b", 0.0)
    home.run(20, a=lambda t: 10 * t, b=0.0)
    home.run(20, a=200.0, b=0.0)
    assert len(home.reports) == 1


def test_a_day_of_sameness_survives_a_restart_and_a_power_cut() -> None:
    for gap_s in (1.0, None):
        home = day_old(of(2, 2), hours=23.9)
        home.restart(gap_s)
        home.read("a", 0.5)
        home.read("b", 0.0)
        home.now_s += 3600
        home.run(20, a=lambda t: 10 * t, b=0.0)
        home.run(20, a=200.0, b=0.0)
        assert len(home.reports) == 1, gap_s


LOW_AND_HIGH = replace(
    ONE_SENSOR,
    sensors={
        "door": SensorPolicy("entrance"),
        "low": SensorPolicy("entrance", height_mm=20, two_wire=True),
        "high": SensorPolicy("entrance", height_mm=150, two_wire=True),
    },
    zones={"entrance": ZonePolicy(("door", "low", "high"))},
)


def dry(policy: Policy = LOW_AND_HIGH) -> Basement:
    home = Basement(policy=policy)
    for name, sensor in policy.sensors.items():
        if sensor.height_mm is not None:
            home.bound(name, -inf, sensor.height_mm)
    home.run(5, door=0.0)
    return home


def wet(home: Basement, name: str) -> None:
    height_mm = home.policy.sensors[name].height_mm
    assert height_mm is not None
    home.bound(name, height_mm)


def stand(home: Basement, seconds: float, *names: str, door: float = 0.0) -> None:
    """Contacts stay wet while the door reads on."""
    for _ in range(round(seconds / home.interval_s)):
        home.run(home.interval_s, door=door)
        for name in names:
            wet(home, name)


def test_two_contacts_that_turn_wet_sooner_than_water_climbs_count_as_one() -> None:
    """A junction box fills with water: both close at once, and the door sees a dry floor."""
    home = dry()
    wet(home, "low")
    wet(home, "high")
    stand(home, 60, "low", "high")
    assert home.stands_at(Level.DANGER), "it sounds and tells people"
    assert home.told(Purpose.DANGER)
    assert home.reports == [], "but does not call 119 against the door's word"
    assert home.state.troubles["discrepancy"].raised


def test_two_contacts_that_turn_wet_as_water_climbs_are_two() -> None:
    home = dry()
    wet(home, "low")
    stand(home, 10, "low")
    wet(home, "high")
    stand(home, 15, "low", "high")
    assert len(home.reports) == 1


def test_a_higher_contact_before_the_lower_one_is_no_second_witness() -> None:
    home = dry()
    wet(home, "high")
    stand(home, 1, "high")
    wet(home, "low")
    stand(home, 60, "low", "high")
    assert home.reports == []


def test_two_contacts_at_one_height_in_two_rooms_are_two() -> None:
    policy = replace(
        LOW_AND_HIGH,
        sensors={
            "door": SensorPolicy("entrance"),
            "low": SensorPolicy("bedroom", height_mm=150, two_wire=True),
            "high": SensorPolicy("entrance", height_mm=150, two_wire=True),
        },
        zones={
            "entrance": ZonePolicy(("door", "high"), needed=1),
            "bedroom": ZonePolicy(("low",), needed=1),
        },
    )
    home = dry(policy)
    wet(home, "low")
    stand(home, 1.2, "low")
    wet(home, "high")
    stand(home, 4, "low", "high")
    assert home.stands_at(Level.DANGER), "each confirms the other: no waiting"


def test_a_contact_that_has_been_wet_since_yesterday_confirms_no_cat() -> None:
    home = dry()
    home.bound("low", 20.0)
    home.now_s += UNCHANGED_S + 60
    home.bound("low", 20.0)
    home.run(5, door=0.0)
    assert home.stands_at(Level.ALERT)
    home.run(8, door=400.0)
    home.run(20, door=0.0)
    assert home.reports == []


def test_a_contact_that_has_just_turned_wet_confirms() -> None:
    home = dry()
    wet(home, "low")
    home.run(4, door=400.0)
    assert len(home.reports) == 1


def test_a_sensor_without_health_confirms_nothing() -> None:
    home = dry()
    wet(home, "low")
    home.lose("low", Health.FAULTED)
    home.run(8, door=400.0)
    home.run(20, door=0.0)
    assert home.reports == []
