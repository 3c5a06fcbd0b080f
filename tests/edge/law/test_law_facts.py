"""What a text says of the water, and of troubles exactly at their times (design 4.6, 4.10)."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from edge.effects import Effect, Facts, Log
from edge.events import Armed, Hand, Health
from edge.law import arming, drill, troubles
from edge.law.levels import Level
from edge.law.notices import facts
from edge.law.policy import ZonePolicy
from edge.law.state import (
    Disarmed,
    Drill,
    Incident,
    Raising,
    ReportState,
    SensorState,
    Service,
    Siren,
    State,
    Trouble,
)
from tests.edge.law.basement import DOOR_AND_FLOAT, ONE_SENSOR, Basement

MEASURED = SensorState(at_least_mm=60.0, below_mm=60.0, health=Health.GOOD)
LOST = SensorState(health=Health.FAULTED, reason="no echo")
WET_FLOAT = SensorState(at_least_mm=20.0, below_mm=inf, health=Health.GOOD)


# Facts


def test_without_an_incident_the_water_is_what_is_measured() -> None:
    state = State(sensors={"door": MEASURED}, armed=True)
    assert facts(state, ONE_SENSOR) == Facts(depth_mm=60.0, armed=True)
    told = facts(state, ONE_SENSOR, setpoint_mm=20.0, detail="water")
    assert told == Facts(depth_mm=60.0, setpoint_mm=20.0, armed=True, detail="water")


def test_a_drowned_zone_is_told_by_the_deepest_that_was_seen() -> None:
    incident = Incident("i7", 0.0, crest_mm=120.0, drowned=frozenset({"entrance"}))
    state = State(sensors={"door": LOST, "float": WET_FLOAT}, zone="entrance", incident=incident)
    drowned = facts(state, DOOR_AND_FLOAT)
    assert drowned == Facts(
        depth_mm=120.0, at_least=True, peak_mm=120.0, zone="entrance", drowned=True
    )
    assert facts(replace(state, sensors={"door": LOST}), DOOR_AND_FLOAT) == drowned
    seen = facts(replace(state, sensors={"door": MEASURED}), DOOR_AND_FLOAT)
    assert seen == Facts(depth_mm=60.0, peak_mm=120.0, zone="entrance")


def test_a_zone_that_has_not_drowned_or_left_the_settings_is_told_by_what_is_measured() -> None:
    incident = Incident("i7", 0.0, crest_mm=120.0, drowned=frozenset({"bedroom"}))
    for zone in ("entrance", "bedroom", None):
        state = State(sensors={"float": WET_FLOAT}, zone=zone, incident=incident)
        told = facts(state, DOOR_AND_FLOAT)
        assert told == Facts(depth_mm=20.0, at_least=True, peak_mm=120.0, zone=zone)


# Troubles


def with_troubles(*them: Trouble, **more: object) -> State:
    return State(troubles={t.cause: t for t in them}, **more)  # type: ignore[arg-type]  # a test's shorthand


def test_what_is_unstable_and_seen_again_while_good_began_anew() -> None:
    told = Trouble("modem", "a", 5.0, raised_s=5.0, gone_s=50.0, unstable=True)
    again = troubles.seen(with_troubles(told), "modem", "a", 50.0).troubles["modem"]
    assert (again.since_s, again.gone_s) == (50.0, None)
    # Good from then on unless seen before: after a restart that lies ahead.
    ahead = troubles.seen(with_troubles(told), "modem", "a", 49.9).troubles["modem"]
    assert ahead.since_s == 5.0
    assert troubles.gone(with_troubles(told), "modem", 50.0).troubles["modem"] is told
    assert troubles.gone(with_troubles(told), "modem", 49.9).troubles["modem"].gone_s == 49.9


def test_a_zone_that_need_not_see_danger_is_blind_when_it_sees_no_water() -> None:
    policy = replace(ONE_SENSOR, zones={"entrance": ZonePolicy(("door",), danger=False)})
    home = Basement(policy)
    home.lose("door")
    assert home.state.troubles["blind:entrance"].detail == "no healthy sensor can see water here"


def test_what_is_told_again_within_the_hour_is_unstable_and_after_it_is_not() -> None:
    for cleared_s, unstable in ((0.0, False), (0.1, True)):
        out: list[Effect] = []
        seen = with_troubles(
            Trouble("modem", "a", 3600.0), cleared_s={"modem": cleared_s, "other": 0.0}
        )
        state = troubles.advance(seen, 3600.0, ONE_SENSOR, out)
        assert state.troubles["modem"].unstable is unstable


def test_what_was_cleared_an_hour_ago_is_forgotten_when_something_is_cleared() -> None:
    over = Trouble("modem", "a", 5.0, raised_s=5.0, gone_s=3540.0)
    state = with_troubles(over, cleared_s={"x": 0.0, "y": 0.1})
    cleared = troubles.advance(state, 3600.0, ONE_SENSOR, []).cleared_s
    assert cleared == {"y": 0.1, "modem": 3600.0}


def test_a_trouble_to_which_nothing_is_due_stays_the_very_same_and_none_is_due_never() -> None:
    waiting = with_troubles(Trouble("power", "a", 5.0))
    assert troubles.advance(waiting, 14.9, ONE_SENSOR, []) is waiting
    assert troubles.due_s(waiting, ONE_SENSOR) == 15.0
    assert troubles.due_s(State(), ONE_SENSOR) == inf


def test_all_who_hold_a_level_are_named_and_what_held_it_is_over_since_now() -> None:
    held = troubles.held(State(level=Level.ALERT), ("door", "window"), 5.0)
    assert held.troubles["held"].detail == "the level is held by door, window"
    told = with_troubles(
        *(Trouble(cause, "a", 1.0, raised_s=2.0) for cause in ("held", "discrepancy"))
    )
    let_go = troubles.held(told, (), 9.0).troubles
    assert (let_go["held"].gone_s, let_go["discrepancy"].gone_s) == (9.0, 9.0)
    quiet = troubles.of_votes(told, 9.0, ONE_SENSOR).troubles
    assert quiet["discrepancy"].gone_s == 9.0


def test_what_stands_is_listed_by_how_long_to_a_tenth_of_a_second() -> None:
    state = with_troubles(
        Trouble("modem", "a", 1.0, raised_s=2.0, gone_s=100.12),
        Trouble("power", "b", 3.0, raised_s=2.5, gone_s=107.0),
        Trouble("young", "c", 99.0),
    )
    listed = {row["cause"]: row for row in troubles.standing(state, 105.68)}
    assert {cause: row["for_s"] for cause, row in listed.items()} == {
        "modem": 104.7,
        "power": 103.2,
    }
    assert {cause: row["well_for_s"] for cause, row in listed.items()} == {
        "modem": 5.6,
        "power": 0.0,
    }


# Arming, drills


def test_what_the_settings_say_is_logged_when_it_changes_and_only_then() -> None:
    home = Basement()
    home.event(Armed(True, "again", "settings"))
    assert home.effects == []
    home.event(Armed(False, "report.armed = false", "settings"))
    home.event(Armed(True, "report.armed = true", "installer"))
    assert [(e.type, e.reason, e.fields) for _, e in home.effects if isinstance(e, Log)] == [
        ("disarmed", "report.armed = false", {"by": "settings"}),
        ("armed", "report.armed = true", {"by": "installer"}),
    ]


def test_what_the_settings_say_once_more_brings_back_no_report() -> None:
    withheld = ReportState(1, "water", 5.0, 150.0, withheld=True)
    incident = Incident("i7", 0.0, reports=(withheld,))
    for now in (True, False):
        state = State(armed=now, report_armed=now, incident=incident)
        again = arming.as_set(state, Armed(now, "again"), 9.0, ONE_SENSOR, [])
        assert again.incident == incident


def test_how_long_a_disarming_lasts_is_said_in_minutes_and_never_none() -> None:
    def words(left_s: float | None) -> str:
        until_s = None if left_s is None else 100.0 + left_s
        return arming.lasts_words(Disarmed(0.0, until_s, "kim"), 100.0)

    assert words(None) == "until it is armed again"
    assert words(30.0) == "for 1 min more"
    assert words(271.0) == "for 5 min more"


def test_nobody_disarms_or_arms_what_the_settings_leave_unarmed() -> None:
    home = Basement(state=State())
    assert home.ask(Hand.DISARM) == "nothing to disarm: report.armed is not true in the settings"
    assert home.ask(Hand.ARM) == "report.armed is not true in the settings"


def test_a_disarming_ends_to_the_second_and_its_trouble_is_over_since_then() -> None:
    told = Trouble("unarmed", "a", 1.0, raised_s=2.0)
    disarmed = State(
        report_armed=True, disarmed=Disarmed(0.0, 100.0, "kim"), troubles={"unarmed": told}
    )
    assert arming.advance(disarmed, 99.9, ONE_SENSOR, []) is disarmed
    armed = arming.advance(disarmed, 100.0, ONE_SENSOR, [])
    assert (armed.armed, armed.disarmed) == (True, None)
    assert armed.troubles["unarmed"].gone_s == 100.0


def test_a_drill_remembers_who_it_is_for_and_sounds_for_twenty_minutes_at_most() -> None:
    home = Basement()
    assert home.ask(Hand.DRILL, stage="danger", contacts=("mother", "kim", "mother")) == ""
    until_s = home.now_s + 600.0
    assert home.state.drill == Drill("danger", until_s, "tester", ("mother", "kim"))
    assert home.state.siren == Siren(on=True, since_s=home.now_s)
    hours = replace(home.policy, siren_cutoff_s=60.0)
    out: list[Effect] = []
    after = drill.advance(home.state, home.now_s + 60.0, hours, out)
    assert not after.siren.on
    assert [type(e).__name__ for e in out] == ["Sound"]


# What the state says of itself


def test_of_two_that_measure_the_same_the_first_is_named_and_a_dry_switch_is_no_depth() -> None:
    dry = SensorState(at_least_mm=-inf, below_mm=20.0, health=Health.GOOD)
    assert State(sensors={"float": dry}).depth() == (None, False, None)
    state = State(sensors={"a": MEASURED, "b": MEASURED, "float": dry})
    assert state.depth() == (60.0, False, "a")
    assert state.depth_of(("b", "float", "gone")) == (60.0, False, "b")
    assert state.depth_of(("float",)) == (None, False, None)


def test_danger_that_only_a_contested_contact_speaks_of_is_disputed() -> None:
    contested = Incident("i7", 0.0, contested=("high",))
    disputed = State(level=Level.DANGER, incident=contested)
    assert disputed.undisputed is Level.ALERT
    assert replace(disputed, level=Level.NORMAL).undisputed is Level.NORMAL
    assert replace(disputed, incident=Incident("i7", 0.0)).undisputed is Level.DANGER
    assert replace(disputed, incident=None).undisputed is Level.DANGER


def test_whatever_has_not_happened_is_false_and_not_unknown() -> None:
    running = Raising("entrance", Level.ALERT, 1.0, 1, rise=True, sensor="door")
    nothing = (SensorState().doubted, SensorState().deep, running.lone)
    assert nothing == (False, False, False)
    assert Service(9.0, "kim").warned is False
