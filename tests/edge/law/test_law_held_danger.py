"""A danger that is only held, or only said by a contact, hides no other flood (4.4, 4.5)."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from edge.effects import Facts, Purpose, Withdraw
from edge.events import Attempted, Hand, Outcome
from edge.law import due_s
from edge.law.levels import Level
from edge.law.policy import Policy, SensorPolicy, ZonePolicy
from tests.edge.law.basement import DOOR_AND_WINDOW, ONE_SENSOR, WITH_HIGH_CONTACT, Basement
from tests.edge.law.test_law_voting import of

TWO_ROOMS = replace(
    WITH_HIGH_CONTACT,
    sensors={**WITH_HIGH_CONTACT.sensors, "window": SensorPolicy("bedroom")},
    zones={**WITH_HIGH_CONTACT.zones, "bedroom": ZonePolicy(("window",))},
)


def cut(policy: Policy = TWO_ROOMS) -> Basement:
    """The high contact's wire is cut on a dry floor: it sounds, and 119 is not called."""
    home = Basement(policy=policy)
    home.bound("high", -inf, 150.0)
    home.run(5, **dict.fromkeys(others(policy), 0.0))
    stand(home, 15, 0.0)
    assert home.stands_at(Level.DANGER)
    assert home.reports == []
    return home


def others(policy: Policy) -> list[str]:
    return [name for name in policy.sensors if name != "high"]


def stand(home: Basement, seconds: float, depth_mm: float, **more: float) -> None:
    """The contact stays as it is while the others read on."""
    depths = {**dict.fromkeys(others(home.policy), depth_mm), **more}
    for _ in range(round(seconds / home.interval_s)):
        home.bound("high", 150.0)
        home.run(home.interval_s, **depths)


def test_water_in_the_room_of_a_cut_wire_is_reported() -> None:
    home = cut()
    home.effects.clear()
    stand(home, 12, 0.0, door=200.0)
    assert len(home.reports) == 1
    assert home.told(Purpose.DANGER)
    assert home.sounds()[0].siren, "and it sounds again"


def test_water_in_another_room_than_a_cut_wire_is_reported() -> None:
    home = cut()
    stand(home, 12, 0.0, window=200.0)
    assert len(home.reports) == 1


def test_water_after_a_short_that_dried_within_the_off_delay_is_reported() -> None:
    home = cut()
    home.bound("high", -inf, 150.0)
    home.run(60, door=0.0, window=0.0)
    home.run(12, door=200.0, window=0.0)
    assert len(home.reports) == 1


def test_a_sensor_that_drowns_beside_a_cut_wire_counts() -> None:
    home = cut(replace(TWO_ROOMS, zones={**TWO_ROOMS.zones, "bedroom": ZonePolicy(("window",))}))
    home.run(30, door=0.0, window=lambda t: 4 * t)
    home.run(30, door=0.0, window=120.0)
    home.lose("window")
    home.run(65, door=0.0)
    assert len(home.reports) == 1
    assert "drowned" in home.reports[0][1].reason


def test_a_cat_beside_a_cut_wire_waits_as_ever() -> None:
    home = cut()
    stand(home, 8, 0.0, door=300.0)
    stand(home, 60, 0.0)
    stand(home, 4, 0.0, window=300.0)
    stand(home, 60, 0.0)
    assert home.reports == []


def test_one_reading_of_water_beside_a_cut_wire_is_no_witness() -> None:
    home = cut()
    stand(home, 0.2, 0.0, door=25.0)
    stand(home, 60, 0.0)
    assert home.reports == []


def test_texts_leave_while_a_cut_wire_is_contested() -> None:
    from edge.law import line_seized  # noqa: PLC0415 - the one question of this test

    home = cut()
    stand(home, 60, 0.0)
    assert not line_seized(home.state, home.now_s, home.policy)


def test_a_dead_sensor_that_holds_danger_does_not_hide_the_next_flood_in_another_room() -> None:
    home = Basement(policy=DOOR_AND_WINDOW)
    home.run(5, door=0.0, window=0.0)
    home.run(20, door=lambda t: 10 * t, window=0.0)
    home.run(200, door=200.0, window=0.0)
    asked = len(home.reports)
    home.lose("door")
    home.interval_s = 10.0
    home.run(2 * 86400, window=0.0)
    assert home.stands_at(Level.DANGER), "held"
    home.interval_s = 0.2
    home.effects.clear()
    home.run(20, window=lambda t: 10 * t)
    home.run(5, window=200.0)
    assert len(home.reports) == 1
    assert asked == 3
    assert home.told(Purpose.DANGER)
    assert home.sounds()[0].siren


def test_two_rooms_in_one_flood_are_one_danger() -> None:
    home = Basement(policy=DOOR_AND_WINDOW)
    home.run(5, door=0.0, window=0.0)
    home.run(20, door=lambda t: 10 * t, window=0.0)
    home.run(10, door=200.0, window=0.0)
    home.run(20, door=200.0, window=lambda t: 10 * t)
    home.run(300, door=200.0, window=200.0)
    assert [r.episode for _, r in home.reports] == [1, 1, 1]


def test_a_room_that_chatters_inside_its_off_delay_is_one_danger() -> None:
    home = Basement(policy=DOOR_AND_WINDOW)
    home.flood(to_mm=200)
    for _ in range(3):
        home.run(100, door=100.0, window=0.0)
        home.run(30, door=lambda t: 100 + 4 * t, window=0.0)
        home.run(30, door=220.0, window=0.0)
    assert {r.episode for _, r in home.reports} == {1}


def test_a_bell_whose_incident_runs_out_does_not_end_a_delay_that_runs() -> None:
    home = Basement()
    home.run(5, door=0.0)
    home.press()
    home.interval_s = 60.0
    home.run(home.policy.bell_incident_s - 65, door=0.0)
    home.interval_s = 0.2
    end_s = home.state.incident.pressed_s + home.policy.bell_incident_s  # type: ignore[union-attr,operator]
    home.run(end_s - home.now_s - 5, door=0.0)
    home.effects.clear()
    home.run(11, door=200.0)
    assert [r.origin for _, r in home.reports] == ["water"]
    assert home.logs("incident_closed") == []


def test_nothing_is_due_for_ever_when_the_first_of_two_witnesses_is_lost() -> None:
    home = Basement(policy=of(2, 3))
    home.run(2, a=0.0, b=0.0, c=0.0)
    for _ in range(20):
        home.run(0.2, a=200.0, b=200.0, c=0.0)
    home.lose("a")
    assert due_s(home.state, home.policy) > home.now_s


def test_after_a_kill_a_contact_that_speaks_before_the_other_breaks_nothing() -> None:
    policy = replace(
        ONE_SENSOR,
        sensors={
            "low": SensorPolicy("entrance", height_mm=20, two_wire=True),
            "high": SensorPolicy("entrance", height_mm=150, two_wire=True),
        },
        zones={"entrance": ZonePolicy(("low", "high"))},
    )
    home = Basement(policy=policy)
    home.bound("low", 20.0)
    home.now_s += 10
    home.bound("high", 150.0)
    home.restart(1.0)
    home.bound("low", 20.0)
    home.bound("high", 150.0)
    for _ in range(60):
        home.now_s += 0.2
        home.bound("low", 20.0)
        home.bound("high", 150.0)
    assert len(home.reports) == 1


def test_the_bell_pressed_anew_while_a_repeat_waits_is_reported_of_its_own() -> None:
    home = Basement(accepts=False)
    home.press()
    first = home.reports[0][1]
    home.event(Attempted(first.key, "modem", Outcome.ACCEPTED, reference=1))
    home.run(61, door=0.0)
    assert [r.repeat for _, r in home.reports] == [1, 2]
    home.run(100, door=0.0)
    home.press()
    assert (home.reports[-1][1].episode, home.reports[-1][1].repeat) == (2, 1)
    home.run(61, door=0.0)
    assert home.notices(Purpose.CALL_YOURSELF), "and it is told when 119 does not take it"


def test_a_press_after_an_acknowledgement_is_not_acknowledged() -> None:
    home = Basement(accepts=False)
    home.press()
    home.hand(Hand.ACK)
    home.press()
    assert [r.episode for _, r in home.reports] == [1, 2]


def test_a_report_that_the_gate_holds_for_long_is_told_as_not_accepted() -> None:
    home = Basement(accepts=False)
    home.press()
    key = home.reports[0][1].key
    home.event(Attempted(key, "modem", Outcome.WITHHELD, "12 left in the hour", wait_s=3300.0))
    home.run(61, door=0.0)
    assert home.notices(Purpose.CALL_YOURSELF)


def test_people_are_not_asked_to_call_once_119_has_accepted() -> None:
    home = Basement(accepts=False)
    home.press()
    home.run(61, door=0.0)
    assert home.notices(Purpose.CALL_YOURSELF)
    home.event(Attempted(home.reports[0][1].key, "modem", Outcome.ACCEPTED, reference=1))
    gone = [w for w in home.withdrawn() if Purpose.CALL_YOURSELF in w.purposes]
    assert gone[-1].reason == "119 has accepted the report"


def test_disarming_says_at_once_what_119_will_not_hear() -> None:
    home = Basement(accepts=False)
    home.flood(to_mm=200)
    assert home.notices(Purpose.CALL_YOURSELF) == []
    assert home.hand(Hand.DISARM) == ""
    assert home.told(Purpose.CALL_YOURSELF) == {"home", "mother", "kim", "office"}


def test_arming_reports_no_water_that_has_gone_though_its_level_is_held() -> None:
    home = Basement()
    assert home.hand(Hand.DISARM) == ""
    home.flood(to_mm=200)
    home.run(570, door=0.0)
    assert home.stands_at(Level.DANGER)
    assert home.hand(Hand.ARM) == ""
    home.run(60, door=0.0)
    assert home.reports == []


def test_a_reset_from_afar_takes_no_report_away_that_119_has_not_had() -> None:
    home = Basement(accepts=False)
    home.run(5, door=0.0)
    home.press()
    assert home.hand(Hand.RESET, local=False) == "119 has not accepted the report yet"
    assert home.hand(Hand.RESET, local=True) == ""


def test_from_afar_positively_dry_means_below_the_deadband() -> None:
    home = Basement()
    home.flood(to_mm=60)
    home.run(5, door=18.0)
    assert "not positively dry" in home.hand(Hand.RESET, local=False)
    home.run(5, door=14.0)
    assert home.hand(Hand.RESET, local=False) == ""


def test_water_that_comes_back_takes_back_that_it_had_gone() -> None:
    home = Basement()
    home.flood(to_mm=60)
    home.run(700, door=0.0)
    home.flood(to_mm=60)
    last = [e for _, e in home.effects if isinstance(e, Withdraw)][-1]
    assert (last.purposes, last.reason) == ((Purpose.RECEDED,), "the water is back")


def test_what_is_quoted_is_the_deepest_water_and_the_peak_of_this_rise() -> None:
    home = Basement(policy=DOOR_AND_WINDOW)
    home.run(5, door=0.0, window=0.0)
    home.run(16, door=lambda t: 10 * t, window=0.0)
    home.run(30, door=160.0, window=lambda t: 9 * t)
    about = notice_facts(home)
    assert about.depth_mm is not None
    assert about.depth_mm >= 250


def notice_facts(home: Basement) -> Facts:
    from edge.law.notices import facts  # noqa: PLC0415 - asked of the present state only

    return facts(home.state, home.policy)


def test_the_second_flood_is_not_told_with_the_peak_of_the_first() -> None:
    home = Basement()
    home.flood(to_mm=400)
    home.interval_s = 5.0
    home.run(2000, door=0.0)
    assert home.stands_at(Level.NORMAL)
    home.interval_s = 0.2
    home.flood(to_mm=180)
    assert notice_facts(home).peak_mm is not None
    assert notice_facts(home).peak_mm < 200  # type: ignore[operator]
    assert home.state.incident is not None
    assert home.state.incident.peak_mm == 400, "which the incident remembers"


def test_one_wild_reading_is_no_peak() -> None:
    home = Basement()
    home.flood(to_mm=60)
    home.run(0.2, door=300.0)
    home.run(10, door=60.0)
    assert notice_facts(home).peak_mm == 60


def test_after_missed_samples_a_cat_is_no_rise() -> None:
    home = Basement(interval_s=1.0)
    for depth_mm in (-8.0, -2.0, 4.0):
        home.run(1, door=depth_mm)
    home.now_s += 3.0
    home.run(5, door=180.0)
    home.run(60, door=0.0)
    assert home.reports == []


def test_a_sensor_that_drowns_hours_after_it_flapped_is_told_again() -> None:
    home = Basement()
    home.flood(to_mm=60)
    home.lose("door")
    home.run(10)
    home.interval_s = 5.0
    home.run(7200, door=90.0)
    home.lose("door")
    home.run(20)
    assert len(home.notices(Purpose.DROWNED)) == 2


def test_waves_on_rising_water_are_not_falling() -> None:
    home = Basement(interval_s=1.0)
    home.flood(to_mm=120)
    home.run(65, door=lambda t: 125 + t / 10 + (12 if int(t) % 7 < 3 else -12))
    home.lose("door")
    home.run(65)
    assert len(home.reports) == 1


def test_reset_lets_go_of_a_doubt_about_a_sensor_that_has_not_spoken_since_the_start() -> None:
    home = Basement(policy=DOOR_AND_WINDOW)
    home.flood(to_mm=60)
    home.lose("door")
    home.restart(1.0)
    assert home.state.remembered["door"].doubted
    home.read("door", 0.0)
    home.read("window", 0.0)
    home.run(5, door=0.0, window=0.0)
    assert home.hand(Hand.RESET) == ""
    assert not any(s.doubted for s in home.state.remembered.values())
