"""The corners of the law that no ordinary flood walks into, each by its name (design 4)."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf

import pytest

from edge.effects import Purpose, Sound
from edge.events import (
    Attempted,
    Hand,
    Handled,
    Health,
    Outcome,
    Reading,
    Tick,
)
from edge.law import (
    drowning,
    due_s,
    episodes,
    falling,
    incidents,
    line_seized,
    memory,
    reports,
    siren,
    step,
)
from edge.law.levels import Level
from edge.law.policy import SensorPolicy, ZonePolicy
from edge.law.state import SensorState, State
from tests.edge.law.basement import (
    DOOR_AND_FLOAT,
    DOOR_AND_WINDOW,
    ONE_SENSOR,
    WITH_HIGH_CONTACT,
    Basement,
)


def contested() -> Basement:
    """A home in danger by one contact alone, over a floor that the other sensor sees dry."""
    home = Basement(policy=WITH_HIGH_CONTACT)
    home.run(2, door=0.0)
    for _ in range(100):
        home.bound("high", 150)
        home.run(0.2, door=0.0)
    assert home.stands_at(Level.DANGER)
    return home


# Silence never looks like safety


def test_a_sensor_that_was_silent_from_the_start_is_a_trouble_too() -> None:
    home = Basement()
    home.lose("door", Health.STALE)
    home.now_s += 30
    home.event(Tick())
    causes = {log.fields["cause"] for log in home.logs("trouble_raised")}
    assert causes == {"sensor:door", "blind:entrance"}


def test_a_zone_is_not_blind_before_all_its_able_sensors_have_been_heard() -> None:
    home = Basement(policy=WITH_HIGH_CONTACT)
    home.lose("door", Health.FAULTED)
    assert "blind:entrance" not in home.state.troubles
    home.lose("high", Health.FAULTED)
    assert "blind:entrance" in home.state.troubles


def test_a_wet_floor_switch_leaves_its_zone_blind_for_danger_when_the_other_is_gone() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    home.run(1, door=0.0)
    home.bound("float", 20)
    home.lose("door")
    assert "blind:entrance" in home.state.troubles


def test_a_zone_that_need_not_decide_danger_is_blind_when_nothing_in_it_is_well() -> None:
    policy = replace(ONE_SENSOR, zones={"entrance": ZonePolicy(("door",), danger=False)})
    home = Basement(policy=policy)
    home.run(1, door=0.0)
    home.lose("door")
    assert set(home.state.troubles) == {"sensor:door", "blind:entrance"}
    assert "water" in home.state.troubles["blind:entrance"].detail
    home.run(61, door=0.0)
    assert home.state.troubles == {}


def test_a_trouble_that_ends_before_it_was_told_is_forgotten() -> None:
    home = Basement()
    home.trouble("broker")
    home.now_s += 5
    home.mend("broker")
    home.mend("broker")
    assert home.state.troubles == {}
    assert home.logs("trouble_raised") == []


def test_a_trouble_that_comes_back_while_it_clears_stands_on() -> None:
    home = Basement()
    home.trouble("modem")
    home.mend("modem")
    home.now_s += 30
    home.trouble("modem", "gone again")
    home.now_s += 300
    home.event(Tick())
    assert home.logs("trouble_cleared") == []
    assert home.state.troubles["modem"].detail == "gone again"


def test_a_cleared_trouble_takes_back_what_was_not_told_and_tells_its_end() -> None:
    home = Basement()
    home.trouble("modem")
    home.event(Tick())
    home.mend("modem")
    home.now_s += 61
    home.event(Tick())
    withdrawn = [w for w in home.withdrawn() if w.cause == "modem"][-1]
    assert withdrawn.purposes == (Purpose.TROUBLE,)
    assert home.told(Purpose.TROUBLE_CLEARED) == {"office", "tech"}


def test_a_trouble_that_was_never_texted_is_cleared_without_a_text() -> None:
    home = Basement()
    home.trouble("broker")
    home.now_s += 60
    home.event(Tick())
    home.mend("broker")
    home.now_s += 61
    home.event(Tick())
    assert home.logs("trouble_cleared")
    assert home.notices(Purpose.TROUBLE_CLEARED) == []


def test_nobody_to_tell_makes_no_notice() -> None:
    home = Basement(policy=replace(ONE_SENSOR, contacts={}))
    home.flood()
    assert home.reports
    assert [e for _, e in home.effects if type(e).__name__ == "Notice"] == []


def test_a_sensor_that_the_settings_do_not_name_is_not_listened_to() -> None:
    home = Basement()
    home.read("ghost", 500.0)
    assert home.effects == []
    assert home.state.sensors == {}


# 119


def test_a_withheld_outcome_is_logged_and_the_report_goes_on_waiting() -> None:
    home = Basement(accepts=False)
    home.flood()
    home.event(Attempted(home.reports[0][1].key, "modem", Outcome.WITHHELD, "too many"))
    assert home.logs("report_withheld")[0].reason == "too many"
    assert home.state.incident is not None
    assert home.state.incident.reports[0].waiting


def test_a_report_that_the_gate_paces_is_not_told_as_not_reached() -> None:
    """119 has heard of this home three times in the minute: nobody is to call in its place."""
    home = Basement(accepts=False)
    home.press()
    key = home.reports[-1][1].key
    home.event(Attempted(key, "modem", Outcome.WITHHELD, "3 reports left", wait_s=55.0))
    (paced,) = home.logs("report_paced")
    assert paced.reason == "3 reports left"
    assert home.logs("report_withheld") == []
    home.run(100, door=0.0)
    assert home.notices(Purpose.CALL_YOURSELF) == []
    home.run(20, door=0.0)
    assert home.notices(Purpose.CALL_YOURSELF), "a minute after it might have left"


def test_an_outcome_of_something_else_changes_nothing() -> None:
    home = Basement(accepts=False)
    home.event(Attempted("k", "modem", Outcome.ACCEPTED))
    home.flood()
    before = home.state
    home.event(Attempted("another key", "modem", Outcome.ACCEPTED))
    home.event(Attempted(home.reports[0][1].key, "modem", Outcome.FAILED, "busy"))
    assert home.state.incident == before.incident


def test_an_acknowledgement_withdraws_a_repeat_that_has_not_left() -> None:
    home = Basement()
    home.flood()
    home.accepts = False
    home.run(61, door=200.0)
    assert len(home.reports) == 2
    home.hand(Hand.ACK)
    assert any(Purpose.REPORT in w.purposes for w in home.withdrawn())
    home.accepts = True
    home.run(300, door=200.0)
    assert len(home.reports) == 2


def test_an_acknowledgement_withdraws_no_first_report_of_another_episode() -> None:
    home = Basement()
    home.flood()
    home.accepts = False
    home.run(61, door=200.0)
    home.run(10, door=lambda t: 200.0 + 10.0 * t)
    home.run(5, door=300.0)
    assert [(r.episode, r.repeat) for _, r in home.reports] == [(1, 1), (1, 2), (2, 1)]
    home.hand(Hand.ACK)
    (withdrawn,) = [w for w in home.withdrawn() if Purpose.REPORT in w.purposes]
    assert withdrawn.keys == (home.reports[1][1].key,)


def test_arming_again_after_an_acknowledgement_does_not_bring_the_repeats_back() -> None:
    home = Basement()
    home.flood()
    home.arm(armed=False)
    home.run(61, door=200.0)
    assert home.logs("report_withheld")
    home.hand(Hand.ACK)
    home.arm(armed=True)
    home.run(200, door=200.0)
    assert len(home.reports) == 1


def test_arming_again_without_an_acknowledgement_brings_the_repeats_back() -> None:
    home = Basement()
    home.flood()
    home.arm(armed=False)
    home.run(61, door=200.0)
    home.arm(armed=True)
    home.run(200, door=200.0)
    assert [report.repeat for _, report in home.reports] == [1, 2, 3]


def test_arming_twice_says_so_once() -> None:
    home = Basement()
    home.arm(armed=False)
    home.arm(armed=False)
    home.arm(armed=True)
    assert len(home.logs("disarmed")) == 1
    assert len(home.logs("armed")) == 1


def test_a_report_that_never_left_is_withdrawn_when_its_incident_closes_by_itself() -> None:
    """Design 4.7: one a minute until accepted or the incident closes."""
    home = Basement(accepts=False)
    home.flood()
    home.interval_s = 30.0
    home.run(1800 + 43200 + 100, door=0.0)
    assert home.state.incident is None
    (closed_s,) = [t for t, e in home.effects if getattr(e, "type", "") == "incident_closed"]
    assert any(
        t == closed_s and Purpose.REPORT in getattr(e, "purposes", ()) for t, e in home.effects
    )


def test_119_has_the_line_while_a_danger_delay_runs() -> None:
    home = Basement()
    home.run(2, door=0.0)
    assert not line_seized(home.state, home.now_s, home.policy)
    home.read("door", 200.0)
    assert line_seized(home.state, home.now_s, home.policy)
    home.read("door", 0.0)
    assert not line_seized(home.state, home.now_s, home.policy)


def test_a_delay_that_nobody_decides_does_not_hold_the_texts_for_ever() -> None:
    home = Basement()
    home.run(2, door=0.0)
    home.read("door", 200.0)
    home.lose("door")
    assert line_seized(home.state, home.now_s, home.policy)
    home.now_s += 15.0
    assert not line_seized(home.state, home.now_s, home.policy)


def test_a_contest_that_a_second_sensor_settles_is_reported() -> None:
    home = contested()
    assert home.reports == []
    assert "discrepancy" in home.state.troubles
    home.read("door", 30.0)
    assert home.reports == [], "one reading is no witness"
    sounded = len(home.sounds())
    for _ in range(52):
        home.run(0.2, door=30.0)
        home.bound("high", 150.0)
    assert len(home.reports) == 1
    assert any(sound.siren for sound in home.sounds()[sounded:])
    assert "no sensor sees a dry floor" in home.reports[0][1].reason


def test_two_contacts_on_one_cable_count_as_one() -> None:
    policy = replace(
        WITH_HIGH_CONTACT,
        sensors={
            "door": SensorPolicy("entrance"),
            "high": SensorPolicy("entrance", height_mm=150, two_wire=True, cable="c"),
            "higher": SensorPolicy("entrance", height_mm=160, two_wire=True, cable="c"),
        },
        zones={"entrance": ZonePolicy(("door", "high", "higher"))},
    )
    home = Basement(policy=policy)
    home.run(2, door=0.0)
    for _ in range(100):
        home.bound("high", 150)
        home.bound("higher", 160)
        home.run(0.2, door=0.0)
    assert home.stands_at(Level.DANGER)
    assert home.reports == [], "one cut cable is one witness"


def test_a_contact_wet_from_an_alert_on_does_not_hold_back_what_it_did_not_cause() -> None:
    home = Basement(policy=WITH_HIGH_CONTACT)
    home.flood(to_mm=60)
    for _ in range(60):
        home.bound("high", 150)
        home.run(0.2, door=60.0)
    assert home.stands_at(Level.DANGER)
    assert len(home.reports) == 1, "the other sensor sees water as well"


# Falling


def test_a_drowned_sensor_is_a_bound_that_raises_and_holds() -> None:
    home = Basement()
    home.run(2, door=0.0)
    home.run(30, door=lambda t: 10.0 * t)
    for _ in range(50):
        home.now_s += 60
        home.event(Reading("door", 370.0, inf, Health.SUSPECT, "too near"))
    assert home.stands_at(Level.DANGER)
    assert home.state.depth() == (370.0, True, "door")


def test_a_sensor_that_went_too_near_and_jumps_back_to_dry_is_not_believed_at_once() -> None:
    """Design 4.2: it clears only after readings that fell no faster than water does."""
    home = Basement()
    home.flood()
    home.event(Reading("door", 370.0, inf, Health.SUSPECT, "too near"))
    home.run(1, door=0.0)
    assert home.state.sensors["door"].doubted
    home.run(1700, door=0.0)
    assert home.stands_at(Level.DANGER)


def test_a_level_goes_through_alert_on_its_way_down_when_only_danger_is_clear() -> None:
    home = Basement()
    home.flood()
    home.interval_s = 10.0
    home.run(1900, door=60.0)
    assert home.stands_at(Level.ALERT)
    assert home.notices(Purpose.RECEDED) == []
    home.run(700, door=0.0)
    assert home.stands_at(Level.NORMAL)
    assert len(home.notices(Purpose.RECEDED)) == 1


def test_a_bell_incident_ends_six_hours_after_the_last_press() -> None:
    home = Basement(interval_s=30.0)
    home.run(30, door=0.0)
    home.press()
    home.run(7200, door=0.0)
    home.press()
    home.run(21000, door=0.0)
    assert home.state.incident is not None
    home.run(1000, door=0.0)
    assert home.state.incident is None
    assert home.sounds()[-1] == Sound(
        siren=False, strobe=False, reason="clear for as long as the latch asks"
    )


def test_a_bell_in_a_flood_does_not_end_the_floods_latch_sooner() -> None:
    home = Basement()
    home.flood()
    home.press()
    home.interval_s = 60.0
    home.run(1900 + 21600 + 600, door=0.0)
    assert home.state.incident is not None
    assert home.state.incident.latched is Level.DANGER
    home.run(22000, door=0.0)
    assert home.state.incident is None


def test_without_an_incident_nothing_is_due() -> None:
    calm = State()
    assert due_s(calm, ONE_SENSOR) == inf
    assert reports.due_s(calm, ONE_SENSOR) == inf
    assert falling.due_s(calm, ONE_SENSOR) == inf
    assert falling.latch_clear_due_s(calm, ONE_SENSOR) == inf
    assert falling.holds(calm) == ()
    assert falling.lowered_level(calm, 5.0, ONE_SENSOR) is Level.NORMAL
    assert falling.note_wet(calm, ONE_SENSOR) is calm


def test_without_an_incident_nothing_can_fall_close_deepen_or_begin() -> None:
    calm, out = State(), []  # type: ignore[var-annotated]
    assert incidents.fall(calm, Level.NORMAL, 5.0, ONE_SENSOR, "why", out) is calm
    assert incidents.close(calm, 5.0, "why", out) is calm
    assert episodes.deepen(calm, 5.0, ONE_SENSOR, out) is calm
    assert episodes.begin(calm, "water", 5.0, ONE_SENSOR, reason="", out=out) is calm
    assert episodes.settle_contest(calm, 5.0, ONE_SENSOR, out) is calm
    assert drowning.advance(calm, 5.0, ONE_SENSOR, out) is calm
    assert siren.cut_off(calm, 5.0, ONE_SENSOR, out) is calm
    assert reports.advance(calm, 5.0, ONE_SENSOR, out) is calm
    assert reports.armed_again(calm, 5.0, ONE_SENSOR) is calm
    assert reports.disarmed(calm, ONE_SENSOR, out) is calm
    assert out == []


def test_depth_is_the_deepest_and_a_measurement_goes_before_a_bound() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    assert home.state.depth() == (None, False, None)
    home.bound("float", 20)
    assert home.state.depth() == (20.0, True, "float")
    home.read("door", 20.0)
    assert home.state.depth() == (20.0, False, "door")
    assert SensorState().depth_mm is None
    assert SensorState(at_least_mm=7.0, below_mm=7.0).depth_mm == 7.0


# A person's hands


def test_hands_say_why_they_do_nothing_on_a_calm_day() -> None:
    home = Basement()
    assert "no incident" in home.hand(Hand.ACK)
    assert "nothing sounds" in home.hand(Hand.SILENCE)
    assert "no incident" in home.hand(Hand.RESET)
    assert home.effects == []


def test_a_hand_in_the_inbox_does_the_same_as_one_that_waits_for_the_answer() -> None:
    home = Basement()
    home.flood()
    home.event(Handled(Hand.SILENCE, "tester"))
    assert not home.state.siren.on
    assert home.state.siren.silenced


def test_reset_from_afar_wants_every_zone_positively_dry() -> None:
    home = Basement(policy=DOOR_AND_WINDOW)
    home.run(1, window=0.0)
    home.flood()
    home.read("door", 0.0)
    home.lose("window")
    assert "blind" in home.hand(Hand.RESET, local=False)
    home.read("window", 0.0)
    assert home.hand(Hand.RESET, local=False) == ""


def test_reset_from_afar_is_refused_over_a_zone_without_an_opinion() -> None:
    policy = replace(
        DOOR_AND_WINDOW,
        zones={"entrance": ZonePolicy(("door",)), "bedroom": ZonePolicy(("window",), danger=False)},
    )
    home = Basement(policy=policy)
    home.run(1, window=0.0)
    home.press()
    home.run(1, door=0.0)
    home.lose("window")
    assert "not positively dry" in home.hand(Hand.RESET, local=False)
    assert home.hand(Hand.RESET, local=True) == ""


def test_reset_withdraws_what_has_not_left() -> None:
    home = Basement(accepts=False)
    home.flood()
    home.read("door", 0.0)
    assert home.hand(Hand.RESET) == ""
    gone = {purpose for w in home.withdrawn() for purpose in w.purposes}
    assert {Purpose.REPORT, Purpose.DANGER, Purpose.CALL_YOURSELF} <= gone


# Across a restart


def test_a_form_that_is_not_known_is_refused_not_guessed() -> None:
    stored = memory.dump(State(), 5.0) | {"form": 99}
    with pytest.raises(ValueError, match="form 99"):
        memory.load(stored, 5.0, ONE_SENSOR, gap_s=None)


def test_what_left_the_settings_is_forgotten_and_the_rest_goes_on() -> None:
    home = Basement(policy=DOOR_AND_WINDOW)
    home.run(1, window=0.0)
    home.flood(sensor="door")
    home.read("window", 30.0)
    stored = json.loads(json.dumps(memory.dump(home.state, home.now_s)))
    stored["raising"] = [
        {"zone": zone, "level": "danger", "for_s": 1, "wet_readings": 3, "rise": True, "sensor": s}
        for zone, s in (("entrance", "door"), ("gone", "door"), ("bedroom", "window"))
    ]
    only_window = replace(
        DOOR_AND_WINDOW,
        sensors={"window": SensorPolicy("bedroom")},
        zones={"bedroom": ZonePolicy(("window",))},
    )
    state, effects = memory.load(stored, home.now_s, only_window, gap_s=1.0)
    assert state.zone is None
    assert state.level is Level.DANGER
    assert state.incident is not None
    assert state.incident.wet_alert == {"door", "window"}, "only a reset lets go of the door"
    assert [r.zone for r in state.raising] == ["bedroom"]
    assert effects == (Sound(siren=True, strobe=True, reason="restart within an incident"),)


def test_a_silenced_siren_stays_silent_across_a_restart() -> None:
    home = Basement()
    home.flood()
    home.hand(Hand.SILENCE)
    home.restart(gap_s=1.0)
    assert not home.state.siren.on
    assert home.sounds()[-1].strobe


def test_nothing_sounds_after_a_restart_on_a_calm_day() -> None:
    home = Basement()
    home.run(5, door=0.0)
    home.restart()
    assert home.effects == []


@pytest.mark.parametrize("ran_s", [1.0, 2.6])
def test_a_wet_run_that_is_taken_up_waits_at_least_a_second(ran_s: float) -> None:
    home = Basement()
    home.run(2, door=0.0)
    home.run(15 + ran_s, door=lambda t: 10.0 * t)
    assert home.state.raising
    assert home.state.raising[0].rise
    home.restart(gap_s=5.0)
    home.run(0.6, door=190.0)
    assert home.reports == []
    home.run(1.0, door=190.0)
    assert len(home.reports) == 1


def test_a_dry_reading_of_another_sensor_does_not_end_a_run_that_was_just_taken_up() -> None:
    """Whoever saw the water has not spoken yet: the zone cannot be dry."""
    home = Basement(policy=DOOR_AND_FLOAT)
    home.bound("float", -inf, 20)
    home.run(2, door=0.0)
    home.run(9.6, door=200.0)
    assert home.state.raising
    home.restart(gap_s=1.0)
    home.bound("float", -inf, 20)
    home.run(2, door=200.0)
    assert len(home.reports) == 1


def test_the_process_may_be_killed_in_every_second_of_a_delay_and_119_hears_in_time() -> None:
    """Design 4: 15 cm reaches 119 within 20 s, also when the process was just killed."""
    for killed_s in range(1, 11):
        home = Basement(policy=DOOR_AND_FLOAT)
        home.bound("float", -inf, 20)
        home.run(2, door=0.0)
        wet_s = home.now_s
        home.run(killed_s - 0.1, door=200.0)
        home.restart(gap_s=2.0)
        home.bound("float", -inf, 20)
        home.run(15, door=200.0)
        assert home.reports[0][0] - wet_s <= 14.0, killed_s


def test_a_repeat_waits_out_its_minute_across_a_restart_of_the_same_boot() -> None:
    home = Basement()
    home.flood()
    accepted_s = home.reports[0][0]
    home.restart(gap_s=5.0)
    home.run(120, door=200.0)
    assert home.reports[1][0] - accepted_s >= 59.0


def test_a_repeat_is_due_at_once_after_a_power_cut() -> None:
    home = Basement()
    home.flood()
    home.restart(gap_s=None)
    home.run(1, door=200.0)
    assert len(home.reports) == 2


def test_what_differs_is_what_is_written_down() -> None:
    home = Basement()
    home.run(2, door=0.0)
    calm = home.state
    assert not memory.differs(calm, calm)
    home.read("door", 1.0)
    assert not memory.differs(calm, home.state), "readings are not stored"
    home.read("door", 200.0)
    assert not memory.differs(calm, home.state), "a wet run is told by wet_runs"
    home.run(15, door=200.0)
    assert memory.differs(calm, home.state), "a level is"


def test_a_second_call_at_the_same_moment_changes_nothing() -> None:
    home = Basement()
    home.flood()
    state, effects = step(home.state, Tick(), home.now_s, home.policy)
    assert effects == ()
    assert state == home.state
