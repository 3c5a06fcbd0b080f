"""When a blind zone is told, told again, and counts: exactly at its times (design 4.3)."""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Log, Notice
from edge.events import Health
from edge.law import drowning
from edge.law.levels import Level
from edge.law.policy import SensorPolicy, ZonePolicy
from edge.law.state import Incident, SensorState, State
from tests.edge.law.basement import DOOR_AND_WINDOW, ONE_SENSOR

SEES = SensorState(at_least_mm=60.0, below_mm=60.0, health=Health.GOOD)
BLIND = SensorState(health=Health.FAULTED, reason="no echo", last_mm=60.0)
TWO = replace(
    ONE_SENSOR,
    sensors={"door": SensorPolicy("entrance"), "wall": SensorPolicy("entrance")},
    zones={"entrance": ZonePolicy(("door", "wall"))},
)


def at_alert(sensors: dict[str, SensorState], **incident: object) -> State:
    opened = Incident("i", 0.0, latched=Level.ALERT, zone="entrance", **incident)  # type: ignore[arg-type]  # a test's shorthand
    return State(sensors=sensors, level=Level.ALERT, zone="entrance", incident=opened)


def advanced(state: State, now_s: float) -> tuple[Incident, list[Effect]]:
    out: list[Effect] = []
    incident = drowning.advance(state, now_s, TWO, out).incident
    assert incident is not None
    return incident, out


def test_people_are_told_of_a_blind_zone_after_three_seconds() -> None:
    state = at_alert({"door": BLIND, "wall": BLIND}, blind_since=(("entrance", 100.0),))
    assert drowning.due_s(state, TWO) == 103.0
    assert advanced(state, 102.9)[1] == []
    incident, out = advanced(state, 103.0)
    (notice,) = out
    assert isinstance(notice, Notice)
    assert notice.reason == (
        "zone entrance is blind while the home is at alert: water may have drowned door, wall"
    )
    assert incident.drowned_told == (("entrance", None),)


def test_people_are_told_again_of_a_zone_that_has_seen_for_ten_minutes_between() -> None:
    told = at_alert({"door": SEES, "wall": SEES}, drowned_told=(("entrance", None),))
    seeing, _ = advanced(told, 100.0)
    assert seeing.drowned_told == (("entrance", 100.0),)
    still, _ = advanced(replace(told, incident=seeing), 200.0)
    assert still.drowned_told == (("entrance", 100.0),)
    blind = replace(told, sensors={"door": BLIND, "wall": BLIND}, incident=still)
    assert advanced(blind, 699.9)[0].drowned_told == (("entrance", None),)
    assert advanced(blind, 700.0)[0].drowned_told == ()


def test_a_zone_that_was_blind_before_a_restart_is_so_until_all_its_sensors_have_spoken() -> None:
    since = (("entrance", 100.0),)
    for heard, blind_since in (
        ({}, since),
        ({"door": SEES}, since),
        ({"door": SEES, "wall": SEES}, ()),
    ):
        told = (("entrance", None),)
        state = at_alert(heard, blind_since=since, drowned_told=told)
        assert advanced(state, 105.0)[0].blind_since == blind_since


def test_a_second_zone_is_told_of_by_what_the_first_has_drowned_at() -> None:
    policy = DOOR_AND_WINDOW
    incident = Incident(
        "i",
        0.0,
        crest_mm=120.0,
        drowned=frozenset({"entrance"}),
        blind_since=(("bedroom", 100.0),),
    )
    state = State(
        sensors={"door": SEES, "window": BLIND},
        level=Level.DANGER,
        zone="entrance",
        incident=incident,
    )
    for door, depth_mm in ((SEES, 60.0), (BLIND, 120.0)):
        out: list[Effect] = []
        drowning.advance(state.with_sensor("door", door), 103.0, policy, out)
        (notice,) = [e for e in out if isinstance(e, Notice)]
        assert (notice.facts.zone, notice.facts.depth_mm) == ("bedroom", depth_mm)


def test_all_that_was_seen_of_a_drowned_zone_is_said() -> None:
    deep = replace(BLIND, last_mm=120.0, deep=True)
    told = (("entrance", None),)
    state = at_alert(
        {"door": deep, "wall": replace(deep, last_mm=110.0)},
        blind_since=(("entrance", 100.0),),
        drowned_told=told,
    )
    assert drowning.due_s(state, TWO) == 160.0
    assert advanced(state, 159.9)[1] == []
    stage = next(e for e in advanced(state, 160.0)[1] if isinstance(e, Log))
    assert stage.reason == (
        "zone entrance blind for 60 s; last seen door 120 mm, wall 110 mm ≥ 100 mm, "
        "not falling: drowned"
    )
