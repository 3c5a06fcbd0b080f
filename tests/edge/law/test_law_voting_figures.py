"""Votes, witnesses and contradictions exactly at every figure (design 4.3, 4.4)."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from edge.events import Health
from edge.law.levels import Level, Vote
from edge.law.policy import Policy, SensorPolicy, ZonePolicy
from edge.law.state import Incident, SensorState, State
from edge.law.voting import (
    contradicted,
    contradiction,
    corroborated,
    has_no_opinion,
    is_lone,
    only_contacts,
    zone_vote,
)
from tests.edge.law.basement import DOOR_AND_WINDOW, ONE_SENSOR, WITH_HIGH_CONTACT

NOW_S = 100_000.0


def says(at_least_mm: float, below_mm: float, changed_s: float = NOW_S - 100) -> SensorState:
    return SensorState(
        at_least_mm=at_least_mm,
        below_mm=below_mm,
        health=Health.GOOD,
        read_s=NOW_S,
        changed_s=changed_s,
        last_mm=at_least_mm,
    )


def reads(depth_mm: float, changed_s: float = NOW_S - 100) -> SensorState:
    return says(depth_mm, depth_mm, changed_s)


def wet_from(height_mm: float, changed_s: float = NOW_S - 100) -> SensorState:
    return says(height_mm, inf, changed_s)


def dry_below(height_mm: float, changed_s: float = NOW_S - 100) -> SensorState:
    return says(-inf, height_mm, changed_s)


def two_of(*names: str, needed: int = 2) -> Policy:
    return replace(
        ONE_SENSOR,
        sensors={name: SensorPolicy("entrance") for name in names},
        zones={"entrance": ZonePolicy(names, needed=needed)},
    )


def contacts(**of: SensorPolicy) -> Policy:
    sensors = {"door": SensorPolicy("entrance"), **of}
    return replace(ONE_SENSOR, sensors=sensors, zones={"entrance": ZonePolicy(tuple(sensors))})


def contact(height_mm: float, cable: str | None = None) -> SensorPolicy:
    return SensorPolicy("entrance", height_mm=height_mm, two_wire=True, cable=cable)


@pytest.mark.parametrize(
    ("last_mm", "opinion"), [(150.0, Vote.UNKNOWN), (149.9, Vote.DRY), (100.0, Vote.DRY)]
)
def test_a_sensor_that_was_at_the_setpoint_when_it_was_lost_keeps_the_zone_undecided(
    last_mm: float, opinion: Vote
) -> None:
    lost = SensorState(health=Health.FAULTED, doubted=True, last_mm=last_mm)
    state = State(sensors={"a": reads(200.0), "b": lost, "c": reads(0.0)})
    assert zone_vote(state, "entrance", Level.DANGER, two_of("a", "b", "c")) == (opinion, ("a",))


def test_a_vote_is_lone_at_the_level_that_it_is_asked_for() -> None:
    state = State(sensors={"a": reads(100.0), "b": reads(0.0, changed_s=0.0)})
    assert is_lone(state, "entrance", Level.ALERT, two_of("a", "b"))
    assert not is_lone(state, "entrance", Level.DANGER, two_of("a", "b"))


def test_a_switch_that_hangs_dry_at_danger_knows_nothing_of_alert_and_has_an_opinion() -> None:
    policy = replace(
        ONE_SENSOR,
        sensors={"door": SensorPolicy("entrance"), "high": SensorPolicy("entrance", 150)},
        zones={"entrance": ZonePolicy(("door", "high"))},
    )
    state = State(sensors={"high": dry_below(150.0)})
    assert not has_no_opinion(state, "entrance", policy)


# Contacts that count as one


@pytest.mark.parametrize(
    ("low_mm", "high_mm", "low_s", "high_s", "one"),
    [
        (20, 120, 0.0, 2.0, False),  # 100 mm at 50 mm/s
        (20, 120, 0.0, 1.9, True),
        (20, 60, 1.0, 1.0, True),
        (150, 150, 1.0, 1.0, True),  # side by side and at once: one short
        (150, 150, 1.9, 1.0, True),
        (150, 150, 2.0, 1.0, False),
    ],
)
def test_two_contacts_are_two_if_water_had_the_time_to_climb(
    low_mm: float, high_mm: float, low_s: float, high_s: float, one: bool
) -> None:
    policy = contacts(low=contact(low_mm), high=contact(high_mm))
    state = State(sensors={"low": wet_from(low_mm, low_s), "high": wet_from(high_mm, high_s)})
    for names in (("low", "high"), ("high", "low")):
        assert only_contacts(names, state, policy) is one


def test_contacts_on_two_cables_are_two_and_on_one_cable_one() -> None:
    state = State(sensors={"x": wet_from(150.0, 3.0), "y": wet_from(150.0, 9.0)})
    assert only_contacts(("x", "y"), state, contacts(x=contact(150, "c"), y=contact(150, "c")))
    assert not only_contacts(("x", "y"), state, contacts(x=contact(150, "c"), y=contact(150, "d")))


# Witnesses


def test_another_sensor_confirms_from_the_alert_setpoint_on() -> None:
    for depth_mm, witness in ((20.0, "window"), (19.9, None)):
        state = State(sensors={"door": reads(200.0), "window": reads(depth_mm)})
        assert corroborated(state, ("door",), DOOR_AND_WINDOW) == witness


def test_a_switch_confirms_at_its_own_height_even_below_alert() -> None:
    policy = contacts(low=SensorPolicy("entrance", height_mm=10))
    state = State(sensors={"door": reads(200.0), "low": wet_from(10.0)})
    assert corroborated(state, ("door",), policy) == "low"


def test_a_contact_that_is_wet_since_yesterday_does_not_hide_who_else_is_wet() -> None:
    policy = contacts(low=contact(20), window=SensorPolicy("entrance"))
    sensors = {"door": reads(200.0), "low": wet_from(20.0, 0.0), "window": reads(30.0)}
    assert corroborated(State(sensors=sensors), ("door",), policy) == "window"


def test_a_contested_contact_confirms_nobody_and_whoever_else_is_wet_is_the_witness() -> None:
    contested = Incident("i7", 0.0, contested=("high",))
    deep = {"high": wet_from(150.0), "door": reads(200.0)}
    state = State(sensors=deep, incident=contested)
    assert corroborated(state, ("high", "door"), WITH_HIGH_CONTACT) is None
    damp = State(sensors={**deep, "door": reads(30.0)}, incident=contested)
    assert corroborated(damp, ("high",), WITH_HIGH_CONTACT) == "door"


# Contradictions


@pytest.mark.parametrize("began_s", [0.0, NOW_S])
def test_a_sensor_that_does_not_speak_may_say_dry_for_ten_seconds(began_s: float) -> None:
    never = State(sensors={"high": wet_from(150.0)}, started_s=began_s)
    lost = SensorState(health=Health.STALE, lost_s=began_s)
    silent = State(sensors={"door": lost, "high": wet_from(150.0)}, started_s=-inf)
    for state in (never, silent):
        assert contradicted(state, ("high",), began_s + 9.9, WITH_HIGH_CONTACT)
        assert not contradicted(state, ("high",), began_s + 10.0, WITH_HIGH_CONTACT)


LOW_AND_HIGH = contacts(low=contact(20), high=contact(150))


def test_a_contact_that_hangs_dry_is_no_second_wet_one() -> None:
    sensors = {"door": reads(0.0), "low": dry_below(20.0, NOW_S - 5000), "high": wet_from(150.0)}
    assert contradicted(State(sensors=sensors), ("high",), NOW_S, LOW_AND_HIGH)


def test_a_lower_contact_that_hangs_dry_speaks_against_a_higher_one() -> None:
    """Its own wire cut, it would read wet; a normally open one would not, and is not believed."""
    lost = SensorState(health=Health.FAULTED, lost_s=0.0)
    sensors = {"door": lost, "low": dry_below(20.0), "high": wet_from(150.0)}
    state = State(sensors=sensors)
    assert contradicted(state, ("high",), NOW_S, LOW_AND_HIGH)
    low = replace(LOW_AND_HIGH.sensors["low"], cut_reads_dry=True)
    open_low = replace(LOW_AND_HIGH, sensors={**LOW_AND_HIGH.sensors, "low": low})
    assert not contradicted(state, ("high",), NOW_S, open_low)


def test_a_contradiction_is_told_in_words() -> None:
    together = {"door": reads(0.0), "low": wet_from(20.0), "high": wet_from(150.0)}
    assert contradiction(State(sensors=together), NOW_S, LOW_AND_HIGH) == (
        "low, high wet, and a sensor that should see it sees no water"
    )
    one_hangs = {"door": reads(0.0), "low": dry_below(20.0, 0.0), "high": wet_from(150.0)}
    assert contradiction(State(sensors=one_hangs), NOW_S, LOW_AND_HIGH) == (
        "high wet, and a sensor that should see it sees no water"
    )
    two = {"a": reads(200.0), "b": reads(200.0), "c": reads(0.0, changed_s=0.0)}
    assert contradiction(State(sensors=two), NOW_S, two_of("a", "b", "c", needed=3)) == (
        "a, b wet alone: the others have said the same for a day"
    )
    # At alert they agree; what they do not agree on is danger.
    one = {"a": reads(200.0), "b": reads(100.0, changed_s=0.0)}
    assert contradiction(State(sensors=one), NOW_S, two_of("a", "b")) == (
        "a wet alone: the others have said the same for a day"
    )
    assert contradiction(State(sensors={"a": reads(0.0)}), NOW_S, two_of("a")) == ""
