"""What is stored and taken up again, field by field and to the second (design 4.11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.law import incident_memory, memory, recall, set_by_hand
from edge.law.levels import Level
from edge.law.state import (
    Disarmed,
    Incident,
    Raising,
    ReportState,
    SensorState,
    Service,
    Siren,
    State,
    Trouble,
)
from tests.edge.law.basement import DOOR_AND_WINDOW, ONE_SENSOR

NOW_S = 5000.0
RUNNING = Raising("entrance", Level.DANGER, NOW_S - 1.0, 3, rise=True, sensor="door")
FLOOD = Incident("i7", NOW_S, latched=Level.DANGER)


def taken_up(state: State, gap_s: float | None = 0.0, **changed: Any) -> State:
    """Store, change what is stored, and take up so many seconds later."""
    stored = memory.dump(state, NOW_S) | changed
    return memory.load(stored, NOW_S + (gap_s or 0.0), ONE_SENSOR, gap_s=gap_s)[0]


# The siren


@pytest.mark.parametrize(
    ("level", "siren", "sounds"),
    [
        (Level.DANGER, Siren(on=True, since_s=NOW_S), True),
        (Level.DANGER, Siren(), True),
        (Level.DANGER, Siren(silenced=True), False),
        (Level.DANGER, Siren(cut_off=True), False),
        (Level.ALERT, Siren(), False),
    ],
)
def test_the_siren_sounds_again_at_danger_unless_it_was_stopped(
    level: Level, siren: Siren, sounds: bool
) -> None:
    after = taken_up(State(level=level, siren=siren, incident=FLOOD)).siren
    assert after == replace(siren, on=sounds, since_s=NOW_S if sounds else None)


# A delay


@pytest.mark.parametrize(
    ("rise", "lone", "ran_s", "left_off_s"),
    [
        (True, False, 1.0, 2.0),  # 3 s in all, at least 1 s left
        (True, True, 8.5, 9.0),  # 10 s in all
        (False, False, 8.5, 9.0),
        (True, True, 2.0, 3.0),
    ],
)
def test_a_delay_goes_on_with_what_was_left_and_at_least_a_second(
    rise: bool, lone: bool, ran_s: float, left_off_s: float
) -> None:
    running = replace(RUNNING, first_wet_s=NOW_S - ran_s, rise=rise, lone=lone)
    (after,) = taken_up(State(raising=(running,)), 1.0).raising
    assert after == replace(running, first_wet_s=NOW_S + 1.0 - left_off_s, wet_readings=0)


def test_a_delay_that_has_just_begun_begins_anew_and_none_goes_on_after_a_minute() -> None:
    state = State(raising=(replace(RUNNING, first_wet_s=NOW_S),))
    assert taken_up(state).raising[0].first_wet_s == NOW_S
    assert taken_up(state, 60.0).raising
    assert taken_up(state, 60.5).raising == ()


def test_a_delay_whose_zone_or_sensor_has_left_the_settings_is_over() -> None:
    for gone in (replace(RUNNING, zone="attic"), replace(RUNNING, sensor="attic-1")):
        assert taken_up(State(raising=(gone,))).raising == ()


def test_what_an_earlier_version_did_not_store_is_as_if_it_had_not_been() -> None:
    state = State(sensors={"door": SensorState(deep=True)}, raising=(RUNNING,))
    stored = memory.dump(state, NOW_S)
    del stored["sensors"]["door"]["deep"], stored["raising"][0]["lone"], stored["report_armed"]
    after, _ = memory.load(stored, NOW_S, ONE_SENSOR, gap_s=0.0)
    assert after.remembered["door"].deep is False
    assert after.raising[0].lone is False
    assert after.report_armed is False


# What is worth a write


@pytest.mark.parametrize(
    ("changed", "stored"),
    [
        ({"level": Level.ALERT}, True),
        ({"siren": Siren(silenced=True)}, True),
        ({"incident": replace(FLOOD, alerts=1)}, True),
        ({"incident": None}, True),
        ({"incident": replace(FLOOD, peak_mm=9.0, crest_mm=9.0, deeper_since_s=9.0)}, False),
        ({"zone": "entrance"}, False),  # never changes alone
    ],
)
def test_what_is_stored_at_once_is_what_has_changed_for_good(
    changed: dict[str, Any], stored: bool
) -> None:
    before = State(level=Level.DANGER, incident=FLOOD)
    assert memory.differs(before, replace(before, **changed)) is stored


# An incident


FULL = Incident(
    "i7",
    NOW_S - 100.0,
    latched=Level.DANGER,
    bell=True,
    pressed_s=NOW_S - 50.0,
    episode=3,
    alerts=2,
    peak_mm=210.0,
    reported_mm=200.0,
    zone="entrance",
    acknowledged=True,
    recedings=1,
    wet_alert=frozenset({"door", "window"}),
    wet_danger=frozenset({"door"}),
    contested=("window",),
    danger_zones=frozenset({"entrance"}),
    crest_mm=190.0,
    blind_since=(("bedroom", NOW_S - 20.0),),
    drowned_told=(("bedroom", None), ("entrance", NOW_S - 10.0)),
    drowned_tellings=2,
    drowned=frozenset({"bedroom"}),
    service=True,
    reports=(
        ReportState(1, "water", NOW_S - 90.0, 150.0, 1, next_s=NOW_S + 30.5, accepted=1),
        ReportState(2, "bell", NOW_S - 50.0, 0.0, 2, waiting=True, unreached=True, reason="bell"),
        ReportState(3, "water", NOW_S - 40.0, 150.0, acknowledged=True, withheld=True),
    ),
)


def again(incident: Incident, away_s: float = 0.0, **changed: Any) -> Incident:
    stored = {**incident_memory.dump(incident, NOW_S), **changed}
    after = incident_memory.load(
        {name: value for name, value in stored.items() if value != "gone"},
        NOW_S + away_s,
        DOOR_AND_WINDOW,
        away_s,
        same_boot=True,
    )
    assert after is not None
    return after


@pytest.mark.parametrize("away_s", [0.0, 30.0])
def test_an_incident_goes_on_as_it_was(away_s: float) -> None:
    assert again(FULL, away_s) == replace(FULL, normal_since_s=NOW_S + away_s)


def test_a_repeat_that_was_due_while_nobody_was_there_is_due_now() -> None:
    soon = replace(FULL, reports=(replace(FULL.reports[0], next_s=NOW_S + 0.5),))
    assert again(soon).reports[0].next_s == NOW_S + 0.5
    assert again(soon, 2.0).reports[0].next_s == NOW_S + 2.0
    late = replace(FULL, reports=(replace(FULL.reports[0], next_s=NOW_S - 0.5),))
    assert incident_memory.dump(late, NOW_S)["reports"][0]["next_in_s"] == 0.0


def test_an_incident_that_has_just_been_opened_was_opened_now() -> None:
    assert again(replace(FULL, opened_s=NOW_S)).opened_s == NOW_S


def test_an_incident_of_an_earlier_version_goes_on_too() -> None:
    older = again(FULL, drowned_tellings="gone", crest_mm="gone", drowned_told="gone")
    assert (older.drowned_tellings, older.crest_mm, older.drowned_told) == (0, 210.0, ())


# Troubles


TOLD = Trouble("power", "b", NOW_S - 9.1235, raised_s=NOW_S - 5.0, texted_s=NOW_S - 4.0)


def test_what_was_told_and_is_not_seen_again_within_two_minutes_is_over() -> None:
    (stored,) = recall.dump({"power": TOLD}, NOW_S)
    assert stored["for_s"] == 9.123
    after = recall.load([stored], NOW_S, 0.0, ONE_SENSOR)["power"]
    assert after == replace(TOLD, since_s=NOW_S - 9.123, gone_s=NOW_S + 120.0)
    assert recall.is_presumed(after, NOW_S + 119.9)
    assert not recall.is_presumed(after, NOW_S + 120.0)


@pytest.mark.parametrize(
    ("raised", "texted", "known"),
    [
        (False, False, None),
        (True, False, (NOW_S - 9.0, None)),
        (True, True, (NOW_S - 9.0, NOW_S - 9.0)),
    ],
)
def test_a_trouble_of_an_earlier_version_says_only_whether_it_was_told(
    raised: bool, texted: bool, known: tuple[float, float | None] | None
) -> None:
    stored = {"cause": "power", "detail": "b", "for_s": 9.0, "raised": raised, "texted": texted}
    after = recall.load([stored], NOW_S, 0.0, ONE_SENSOR)
    if known is None:
        assert after == {}
    else:
        assert (after["power"].raised_s, after["power"].texted_s) == known
        assert after["power"].unstable is False


# Set by hand


def test_what_people_have_set_is_stored_to_the_millisecond_and_never_as_less_than_over() -> None:
    disarmed = Disarmed(NOW_S - 1.1234, NOW_S - 1.0, "kim")
    assert set_by_hand.dump_disarmed(disarmed, NOW_S) == {
        "for_s": 1.123,
        "left_s": 0.0,
        "by": "kim",
    }
    service = Service(NOW_S + 0.1234, "kim", warned=True)
    stored = set_by_hand.dump_service(service, NOW_S)
    assert stored == {"left_s": 0.123, "by": "kim", "warned": True}
    assert set_by_hand.load_service(stored, NOW_S, 0.0) == replace(service, until_s=NOW_S + 0.123)
    assert set_by_hand.load_service(stored, NOW_S, 5.0) == replace(service, until_s=NOW_S)


def test_a_disarming_goes_on_with_what_was_left_of_it() -> None:
    stored = set_by_hand.dump_disarmed(Disarmed(NOW_S - 10.0, NOW_S + 20.0, "kim"), NOW_S)
    after = set_by_hand.load_disarmed(stored, NOW_S + 5.0, 5.0)
    assert after == Disarmed(NOW_S - 10.0, NOW_S + 20.0, "kim")
    over = set_by_hand.load_disarmed(stored, NOW_S + 30.0, 30.0)
    assert over == Disarmed(NOW_S - 10.0, NOW_S + 30.0, "kim")


def test_who_is_armed_after_a_restart_is_who_was_and_is_not_disarmed() -> None:
    disarmed = Disarmed(NOW_S - 10.0, None, "kim")
    for armed, by_hand, after in (
        (True, None, True),
        (True, disarmed, False),
        (False, None, False),
        (False, disarmed, False),
    ):
        state = State(report_armed=armed, disarmed=by_hand)
        assert taken_up(state).armed is after
    told = Trouble("unarmed", "a", NOW_S - 9.0, raised_s=NOW_S - 8.0)
    state = taken_up(State(report_armed=True, troubles={"unarmed": told}))
    assert state.troubles["unarmed"].gone_s == NOW_S
