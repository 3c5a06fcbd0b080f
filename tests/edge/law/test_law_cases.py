"""The cases that were argued over, each by its name (design 4)."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from edge.effects import Purpose
from edge.events import Attempted, Hand, Health, Outcome, Tick
from edge.law.levels import Level
from edge.law.policy import SensorPolicy, TroublePolicy, ZonePolicy
from tests.edge.law.basement import (
    DOOR_AND_FLOAT,
    DOOR_AND_WINDOW,
    ONE_SENSOR,
    WITH_HIGH_CONTACT,
    Basement,
)


def test_a_dry_floor_tells_nobody_anything() -> None:
    home = Basement()
    home.run(600, door=lambda t: 3.0 if int(t) % 2 else -2.0)
    assert home.effects == []


def test_two_centimetres_tell_the_four_and_not_the_technician() -> None:
    home = Basement()
    home.flood(to_mm=60)
    assert home.stands_at(Level.ALERT)
    assert home.told(Purpose.ALERT) == {"mother", "home", "kim", "office"}
    assert home.reports == []


def test_fifteen_centimetres_report_to_119_within_the_on_delay_of_a_seen_rise() -> None:
    home = Basement()
    home.run(2, door=0.0)
    home.run(30, door=lambda t: 10.0 * t)
    crossed_s = 1002.0 + 15.0
    first_s, report = home.reports[0]
    assert first_s - crossed_s <= 3.0 + 2 * home.interval_s
    assert report.origin == "water"
    assert "seen rising" in report.reason


def test_a_jump_seen_alone_waits_for_corroboration_and_then_reports() -> None:
    home = Basement()
    home.run(5, door=0.0)
    home.run(9, door=200.0)
    assert home.effects == []
    home.run(2, door=200.0)
    assert [round(t - 1005.0, 1) for t, _ in home.reports] == [10.2]


def test_a_jump_that_another_sensor_confirms_does_not_wait() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    home.run(5, door=0.0)
    home.bound("float", 20)
    home.run(4, door=200.0)
    assert home.reports
    assert "confirmed by float" in home.reports[0][1].reason


def test_a_cat_under_the_sensor_for_eight_seconds_reaches_nobody() -> None:
    home = Basement()
    home.run(60, door=lambda t: 250.0 if 20 <= t < 28 else 0.0)
    assert home.effects == []


def test_a_cat_that_comes_back_within_a_second_is_still_a_jump() -> None:
    """Its first visit explains nothing about its second, over a floor that reads a little noisy."""
    home = Basement()

    def depth_mm(t: float) -> float:
        if 20 <= t < 20.3 or 21 <= t < 29:
            return 250.0
        return (-1.0, 0.0, 1.0)[round(t / home.interval_s) % 3]

    home.run(60, door=depth_mm)
    assert home.effects == []


def test_mopping_that_stays_below_two_centimetres_reaches_nobody() -> None:
    home = Basement()
    home.run(300, door=lambda t: 12.0 if int(t) % 7 < 3 else 1.0)
    assert home.effects == []


def test_ripples_of_noise_round_the_setpoint_do_not_begin_the_delay_again() -> None:
    home = Basement()
    home.flood(to_mm=140)
    home.run(10, door=lambda t: 155.0 if int(t * 5) % 3 else 146.0)
    assert len(home.reports) == 1


def test_ripples_that_read_dry_by_more_than_noise_do_begin_it_again() -> None:
    home = Basement()
    home.flood(to_mm=140)
    home.run(60, door=lambda t: 155.0 if int(t * 5) % 3 else 145.0)
    assert home.reports == []
    home.run(20, door=160.0)
    assert len(home.reports) == 1


def test_unknown_neither_resets_nor_stops_a_delay_after_three_wet_readings() -> None:
    home = Basement()
    home.run(2, door=0.0)
    home.run(16, door=lambda t: 10.0 * t)  # 160 mm: wet since a second
    home.lose("door")
    home.run(5, door=None)
    assert home.stands_at(Level.DANGER)
    assert len(home.reports) == 1


def test_two_lost_readings_alone_never_raise() -> None:
    home = Basement()
    home.run(2, door=0.0)
    home.read("door", 200.0)
    home.lose("door")
    home.run(60, door=None)
    assert home.stands_at(Level.NORMAL)
    assert home.reports == []


def test_a_cut_wire_alone_sounds_and_tells_but_does_not_call_119() -> None:
    home = Basement(policy=WITH_HIGH_CONTACT)
    home.run(2, door=0.0)
    for _ in range(100):
        home.bound("high", 150)
        home.run(0.2, door=0.0)
    assert home.stands_at(Level.DANGER)
    assert home.reports == []
    assert home.told(Purpose.DANGER) == {"mother", "home", "kim", "office"}
    assert not home.notices(Purpose.DANGER)[0].facts.armed
    assert any(sound.siren for sound in home.sounds())
    home.lose("door", Health.FAULTED)
    assert home.reports == [], "a fault of a moment is no reason to call 119"
    for _ in range(60):
        home.now_s += 0.2
        home.bound("high", 150)
    assert len(home.reports) == 1, "with every other sensor faulted it is believed"


def test_a_mended_wire_is_not_reported_when_the_other_sensor_fails_later() -> None:
    home = Basement(policy=WITH_HIGH_CONTACT)
    home.run(2, door=0.0)
    for _ in range(100):
        home.bound("high", 150)
        home.run(0.2, door=0.0)
    home.bound("high", -inf, 150)
    home.lose("door", Health.FAULTED)
    for _ in range(100):
        home.now_s += 0.2
        home.bound("high", -inf, 150)
    assert home.reports == []


def test_a_cut_wire_is_not_believed_because_it_speaks_first_after_a_restart() -> None:
    home = Basement(policy=WITH_HIGH_CONTACT)
    home.run(2, door=0.0)
    for _ in range(100):
        home.bound("high", 150)
        home.run(0.2, door=0.0)
    home.restart(gap_s=1.0)
    home.bound("high", 150)
    assert home.reports == []


def test_no_setting_of_the_troubles_holds_119_back_behind_a_dead_sensor() -> None:
    patient = replace(WITH_HIGH_CONTACT, trouble=TroublePolicy(on_delay_s=120.0))
    home = Basement(policy=patient)
    home.lose("door")
    for _ in range(80):
        home.now_s += 0.2
        home.bound("high", 150)
    assert len(home.reports) == 1


def test_the_bell_does_not_end_the_contest_of_a_cut_wire() -> None:
    home = Basement(policy=WITH_HIGH_CONTACT)
    home.run(2, door=0.0)
    for _ in range(100):
        home.bound("high", 150)
        home.run(0.2, door=0.0)
    home.press()
    home.run(20, door=lambda t: min(200.0, 20.0 * t))
    assert [r.origin for _, r in home.reports] == ["bell", "water"]


def test_arming_does_not_report_a_test_that_is_over() -> None:
    home = Basement()
    home.arm(armed=False)
    home.press()
    home.flood()
    home.run(3000, door=0.0)
    home.arm(armed=True)
    home.run(5, door=0.0)
    assert home.reports == []


def test_a_sensor_that_left_the_settings_holds_the_level_until_a_reset() -> None:
    home = Basement()
    home.flood()
    home.policy = replace(
        ONE_SENSOR,
        sensors={"new": SensorPolicy("entrance")},
        zones={"entrance": ZonePolicy(("new",))},
    )
    home.restart(gap_s=1.0)
    home.run(4000, new=0.0)
    assert home.stands_at(Level.DANGER)
    assert home.hand(Hand.RESET) == ""


def test_a_lone_switch_at_two_centimetres_has_no_opinion_on_danger() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    for _ in range(200):
        home.bound("float", 20)
        home.run(0.2, door=30.0)
    assert home.stands_at(Level.ALERT)
    assert home.reports == []


def test_the_second_flood_of_the_night_is_reported_too() -> None:
    home = Basement()
    home.flood()
    home.run(400, door=lambda t: max(0.0, 200.0 - t))
    home.run(2000, door=0.0)
    assert home.stands_at(Level.NORMAL)
    assert home.state.incident is not None, "latched"
    first = len(home.reports)
    home.flood()
    assert len(home.reports) > first
    assert home.reports[-1][1].episode == 2
    assert len(home.notices(Purpose.DANGER)) == 2


def test_chatter_round_danger_inside_the_off_delay_is_not_a_new_episode() -> None:
    home = Basement()
    home.flood()
    home.run(900, door=lambda t: 200.0 if int(t) % 60 < 30 else 120.0)
    assert {report.episode for _, report in home.reports} == {1}


def test_a_hundred_millimetres_more_is_a_new_episode() -> None:
    home = Basement()
    home.flood(to_mm=200)
    home.run(10, door=lambda t: 200.0 + 10.0 * t)
    home.run(10, door=300.0)
    assert {report.episode for _, report in home.reports} == {1, 2}


def test_a_level_falls_only_after_the_off_delay_below_the_deadband() -> None:
    home = Basement()
    home.flood()
    home.run(1790, door=135.0)
    assert home.stands_at(Level.DANGER), "135 mm is inside the deadband"
    home.run(1790, door=129.0)
    assert home.stands_at(Level.DANGER)
    home.run(20, door=129.0)
    assert home.stands_at(Level.ALERT)


def test_a_dead_sensor_holds_the_level_and_the_trouble_says_so() -> None:
    home = Basement(policy=DOOR_AND_WINDOW)
    home.run(1, window=0.0)
    home.flood()
    home.lose("door")
    home.interval_s = 2.0
    home.run(10000, window=0.0)
    assert home.stands_at(Level.DANGER)
    assert "held" in home.state.troubles


def test_a_sensor_that_was_drowned_must_read_good_for_the_off_delay() -> None:
    home = Basement()
    home.flood()
    home.lose("door", Health.FAULTED)
    home.run(5, door=None)
    home.run(1700, door=0.0)
    assert home.stands_at(Level.DANGER)
    home.run(120, door=0.0)
    assert home.stands_at(Level.NORMAL)


def test_receding_is_told_once_and_the_latch_stays() -> None:
    home = Basement()
    home.flood()
    home.run(3000, door=0.0)
    assert home.stands_at(Level.NORMAL)
    assert len(home.notices(Purpose.RECEDED)) == 1
    assert home.state.incident is not None
    assert home.state.incident.latched is Level.DANGER


def test_the_latch_goes_by_itself_after_its_time() -> None:
    home = Basement(interval_s=10.0)
    home.run(20, door=0.0)
    home.interval_s = 0.2
    home.flood()
    home.interval_s = 10.0
    home.run(1800 + 43200 + 100, door=0.0)
    assert home.state.incident is None
    assert len(home.logs("incident_closed")) == 1


def test_three_reports_a_minute_apart() -> None:
    home = Basement()
    home.flood()
    home.run(600, door=200.0)
    times = [t for t, _ in home.reports]
    assert len(times) == 3
    assert times[1] - times[0] == pytest.approx(60.0, abs=0.5)
    assert times[2] - times[1] == pytest.approx(60.0, abs=0.5)


def test_an_acknowledgement_ends_the_repeats_and_never_the_first_report() -> None:
    silent = Basement(accepts=False)
    silent.flood()
    assert silent.hand(Hand.ACK) == ""
    assert silent.state.incident is not None
    assert silent.state.incident.reports[0].waiting

    home = Basement()
    home.flood()
    assert home.hand(Hand.ACK) == ""
    home.run(600, door=200.0)
    assert len(home.reports) == 1


def test_an_acknowledgement_from_afar_is_recorded_and_ends_nothing() -> None:
    home = Basement()
    home.flood()
    home.hand(Hand.ACK, local=False)
    home.run(600, door=200.0)
    assert len(home.reports) == 3
    assert home.logs("acknowledged")


def test_people_are_told_to_call_when_119_has_not_accepted_in_a_minute() -> None:
    home = Basement(accepts=False)
    home.flood()
    home.run(70, door=200.0)
    assert home.told(Purpose.CALL_YOURSELF) == {"mother", "home", "kim", "office"}
    assert len(home.logs("report_unreached")) == 1


def test_a_refusal_for_good_tells_people_at_once() -> None:
    home = Basement(accepts=False)
    home.flood()
    key = home.reports[0][1].key
    home.event(Attempted(key, "modem", Outcome.REFUSED, "+CMS ERROR: 28"))
    assert home.notices(Purpose.CALL_YOURSELF)


def test_unarmed_nothing_is_asked_of_119_and_the_texts_say_so() -> None:
    home = Basement()
    home.arm(armed=False)
    home.flood()
    home.press()
    home.run(120, door=200.0)
    assert home.reports == []
    assert {log.fields["origin"] for log in home.logs("report_withheld")} == {"water", "bell"}
    assert all(not notice.facts.armed for notice in home.notices(Purpose.DANGER))


def test_arming_while_water_stands_reports_it() -> None:
    home = Basement()
    home.arm(armed=False)
    home.flood()
    home.arm(armed=True)
    assert len(home.reports) == 1


def test_the_bell_calls_119_at_once_and_tells_everybody_but_the_resident() -> None:
    home = Basement()
    home.run(1, door=0.0)
    home.press()
    assert home.reports[0][1].origin == "bell"
    assert home.told(Purpose.BELL) == {"mother", "kim", "office"}
    assert home.state.incident is not None


def test_the_bell_pressed_again_is_a_new_episode() -> None:
    home = Basement()
    home.press()
    home.run(5, door=0.0)
    home.press()
    assert [report.episode for _, report in home.reports] == [1, 2]


def test_danger_withdraws_the_alert_that_has_not_left() -> None:
    home = Basement()
    home.flood()
    assert any(Purpose.ALERT in withdrawn.purposes for withdrawn in home.withdrawn())


def test_reset_is_refused_while_a_zone_is_wet_or_blind() -> None:
    home = Basement()
    home.flood()
    assert "wet" in home.hand(Hand.RESET)
    home.lose("door")
    assert "blind" in home.hand(Hand.RESET)
    home.read("door", 0.0)
    assert home.hand(Hand.RESET) == ""
    assert home.state.incident is None
    assert home.stands_at(Level.NORMAL)


def test_silence_stops_the_sound_and_a_new_episode_ends_it() -> None:
    home = Basement()
    home.flood()
    home.hand(Hand.SILENCE)
    assert not home.state.siren.on
    home.run(10, door=lambda t: 200.0 + 10 * t)
    home.run(5, door=300.0)
    assert home.state.siren.on


def test_the_sounder_cuts_off_after_its_time() -> None:
    home = Basement()
    home.flood()
    home.run(1200, door=200.0)
    assert not home.state.siren.on
    assert home.stands_at(Level.DANGER)


def test_a_sensor_fault_is_a_trouble_after_its_delay_and_told_to_the_keepers() -> None:
    home = Basement()
    home.run(1, door=0.0)
    home.lose("door")
    home.run(30, door=None)
    assert home.told(Purpose.TROUBLE) == {"office", "tech"}
    causes = {log.fields["cause"] for log in home.logs("trouble_raised")}
    assert causes == {"sensor:door", "blind:entrance"}
    home.run(120, door=0.0)
    assert {log.fields["cause"] for log in home.logs("trouble_cleared")} == causes


def test_a_lost_broker_is_shown_at_once_and_texted_only_after_half_an_hour() -> None:
    home = Basement(interval_s=1.0)
    home.run(5, door=0.0)
    home.trouble("broker")
    home.run(60, door=0.0)
    assert home.logs("trouble_raised")
    assert home.notices(Purpose.TROUBLE) == []
    home.run(1800, door=0.0)
    assert len(home.notices(Purpose.TROUBLE)) == 1


def test_the_incident_goes_on_after_a_kill_and_119_is_not_told_again() -> None:
    home = Basement()
    home.flood()
    before = home.state.incident
    assert before is not None
    reports = len(home.reports)
    home.restart(gap_s=2.0)
    assert home.state.incident is not None
    assert home.state.incident.id == before.id
    assert home.stands_at(Level.DANGER)
    assert home.state.siren.on
    home.run(10, door=200.0)
    assert len(home.reports) == reports


def test_a_wet_run_goes_on_after_a_kill_with_what_was_left() -> None:
    home = Basement()
    home.run(2, door=0.0)
    home.run(17, door=lambda t: 10.0 * t)
    assert not home.reports
    home.restart(gap_s=0.5)
    home.run(2, door=175.0)
    assert len(home.reports) == 1


def test_after_a_power_cut_a_raising_delay_begins_at_zero() -> None:
    home = Basement()
    home.run(2, door=0.0)
    home.run(17, door=lambda t: 10.0 * t)
    home.restart(gap_s=None)
    home.run(9, door=175.0)
    assert not home.reports
    home.run(3, door=175.0)
    assert len(home.reports) == 1


def test_a_restart_never_lowers_a_level() -> None:
    home = Basement()
    home.flood()
    home.run(1700, door=0.0)
    home.restart(gap_s=5.0)
    home.run(1700, door=0.0)
    assert home.stands_at(Level.DANGER), "the off-delay begins again in full"
    home.run(200, door=0.0)
    assert home.stands_at(Level.NORMAL)


def test_two_out_of_two_sinks_to_what_faults_leave() -> None:
    policy = replace(
        DOOR_AND_WINDOW,
        sensors={"door": SensorPolicy("entrance"), "window": SensorPolicy("entrance")},
        zones={"entrance": ZonePolicy(("door", "window"), needed=2)},
    )
    home = Basement(policy=policy)
    home.run(2, door=0.0, window=0.0)
    home.run(30, door=200.0, window=0.0)
    assert home.stands_at(Level.NORMAL)
    home.lose("window", Health.FAULTED)
    home.run(15, door=200.0)
    assert home.stands_at(Level.DANGER)


def test_a_restart_does_not_lower_a_level_before_the_sensors_have_spoken() -> None:
    home = Basement()
    home.flood()
    home.restart(gap_s=1.0)
    home.run(5000)
    home.event(Tick())
    assert home.stands_at(Level.DANGER)


def test_a_power_cut_does_not_lower_a_level_before_the_sensors_have_spoken() -> None:
    home = Basement()
    home.flood()
    home.restart(gap_s=None)
    home.event(Tick())
    assert home.stands_at(Level.DANGER)
