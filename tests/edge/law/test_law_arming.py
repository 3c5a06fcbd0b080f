"""Armed and disarmed, case by case (design 4.8): what the settings say and what a person did."""

from __future__ import annotations

import pytest

from edge.effects import Purpose
from edge.events import Attempted, Hand, Health, Outcome
from edge.law import due_s
from edge.law.state import State
from tests.edge.law.basement import DOOR_AND_WINDOW, Basement


def disarmed(minutes: float | None = None) -> Basement:
    basement = Basement()
    basement.run(3, door=0.0)
    assert basement.ask(Hand.DISARM, minutes) == ""
    return basement


def test_a_disarmed_device_calls_nobody_and_says_so_in_its_texts() -> None:
    basement = disarmed()
    basement.flood(200.0)
    assert basement.reports == []
    assert [n.facts.armed for n in basement.notices(Purpose.DANGER)] == [False]
    assert len(basement.logs("report_withheld")) == 1


def test_a_disarming_with_minutes_ends_by_itself() -> None:
    basement = disarmed(10)
    basement.interval_s = 1.0
    basement.run(599, door=0.0)
    assert not basement.state.armed
    basement.run(2, door=0.0)
    assert basement.state.armed
    assert basement.state.disarmed is None
    assert "time of the disarming" in basement.logs("armed")[-1].reason
    assert due_s(basement.state, basement.policy) > basement.now_s


def test_water_that_stands_when_it_arms_itself_is_reported() -> None:
    basement = disarmed(10)
    basement.flood(200.0)
    basement.interval_s = 1.0
    basement.run(600, door=200.0)
    assert [r.origin for _, r in basement.reports][:1] == ["water"]
    assert basement.reports[0][0] == pytest.approx(1003.0 + 600.0, abs=1.0)


def test_water_that_came_and_went_while_disarmed_is_not_reported_when_armed() -> None:
    basement = disarmed(120)
    basement.flood(200.0)
    basement.interval_s = 5.0
    basement.run(7300, door=0.0)
    assert basement.state.armed
    assert basement.reports == []


def test_a_test_of_the_button_while_disarmed_stays_a_test() -> None:
    basement = disarmed(10)
    basement.press()
    basement.interval_s = 1.0
    basement.run(700, door=0.0)
    assert basement.state.armed
    assert basement.reports == []


def test_a_disarming_without_minutes_stays_until_somebody_arms() -> None:
    basement = disarmed()
    basement.interval_s = 60.0
    basement.run(86400, door=0.0)
    assert not basement.state.armed
    assert basement.ask(Hand.ARM) == ""
    assert basement.state.armed
    assert basement.logs("armed")[-1].fields["by"] == "tester"


@pytest.mark.parametrize("minutes", [0, -1, 480.5])
def test_disarming_for_no_time_or_too_long_is_refused(minutes: float) -> None:
    basement = Basement()
    assert "480 minutes" in basement.ask(Hand.DISARM, minutes)
    assert basement.state.armed


def test_nothing_arms_or_disarms_from_afar() -> None:
    basement = Basement()
    assert "at the device" in basement.ask(Hand.DISARM, 10, local=False)
    assert basement.state.armed
    basement.ask(Hand.DISARM)
    assert "at the device" in basement.ask(Hand.ARM, local=False)
    assert not basement.state.armed


def test_disarming_twice_is_refused_with_who_did_it() -> None:
    basement = disarmed(30)
    assert basement.ask(Hand.DISARM, 60) == "disarmed already by tester, for 30 min more"
    assert "until it is armed again" in _asked_twice(Basement())


def _asked_twice(basement: Basement) -> str:
    basement.ask(Hand.DISARM)
    return basement.ask(Hand.DISARM)


def test_settings_that_do_not_arm_leave_nothing_to_arm_or_disarm() -> None:
    basement = Basement(state=State())
    assert "report.armed is not true" in basement.ask(Hand.DISARM)
    assert "report.armed is not true" in basement.ask(Hand.ARM)


def test_arming_what_is_armed_is_no_mistake() -> None:
    basement = Basement()
    basement.run(1, door=0.0)
    assert basement.ask(Hand.ARM) == ""
    assert basement.effects == []


def test_who_arms_an_armed_device_is_told_what_119_lacks_and_it_stays_armed() -> None:
    basement = Basement()
    assert basement.ask(Hand.ARM) == (
        "it is armed, but could not call 119: zone entrance has no healthy sensor that can decide"
        " danger"
    )
    basement.run(1, door=0.0)
    basement.trouble("modem", "no SIM")
    assert basement.ask(Hand.ARM) == "it is armed, but could not call 119: modem: no SIM"
    assert basement.state.armed


def test_arming_is_refused_without_a_sensor_that_sees_danger() -> None:
    basement = Basement(DOOR_AND_WINDOW)
    basement.run(3, door=0.0, window=0.0)
    basement.ask(Hand.DISARM)
    basement.lose("window", Health.FAULTED)
    assert basement.ask(Hand.ARM) == "zone bedroom has no healthy sensor that can decide danger"
    basement.run(1, door=0.0, window=0.0)
    assert basement.ask(Hand.ARM) == ""


@pytest.mark.parametrize("cause", ["modem", "store"])
def test_arming_is_refused_without_modem_or_store(cause: str) -> None:
    basement = disarmed()
    basement.trouble(cause, "no SIM")
    assert basement.ask(Hand.ARM) == f"{cause}: no SIM"
    basement.mend(cause)
    assert basement.ask(Hand.ARM) == ""


@pytest.mark.parametrize("cause", ["broker", "sensor:other", "siren"])
def test_arming_is_not_refused_for_what_119_does_not_need(cause: str) -> None:
    basement = disarmed()
    basement.trouble(cause)
    assert basement.ask(Hand.ARM) == ""


def test_it_arms_itself_whatever_is_broken() -> None:
    basement = disarmed(1)
    basement.trouble("modem")
    basement.run(61, door=0.0)
    assert basement.state.armed


def test_a_disarming_outlives_what_the_settings_say() -> None:
    basement = disarmed()
    basement.arm(True)
    assert not basement.state.armed
    basement.arm(False)
    basement.arm(True)
    assert not basement.state.armed
    assert basement.logs("armed") == []


def test_a_disarming_that_ends_under_unarmed_settings_arms_nothing() -> None:
    basement = disarmed(1)
    basement.arm(False)
    basement.run(61, door=0.0)
    assert basement.state.disarmed is None
    assert not basement.state.armed
    basement.arm(True)
    assert basement.state.armed


@pytest.mark.parametrize(("gap_s", "left_s"), [(120.0, 480.0), (None, 600.0)])
def test_a_disarming_keeps_its_remainder_over_a_restart(gap_s: float | None, left_s: float) -> None:
    basement = disarmed(10)
    basement.restart(gap_s)
    assert basement.state.disarmed is not None
    assert basement.state.disarmed.until_s is not None
    assert basement.state.disarmed.until_s - basement.now_s == pytest.approx(left_s)
    assert not basement.state.armed


def test_a_disarming_without_an_end_outlives_a_power_cut() -> None:
    basement = disarmed()
    basement.restart(None)
    basement.flood(200.0)
    assert basement.reports == []
    assert basement.state.disarmed is not None
    assert basement.state.disarmed.until_s is None


def test_a_disarming_that_ran_out_while_the_process_was_gone_is_over() -> None:
    basement = disarmed(10)
    basement.restart(700.0)
    basement.run(1, door=0.0)
    assert basement.state.armed


def test_a_disarmed_device_is_a_trouble_until_it_is_armed() -> None:
    basement = disarmed()
    assert basement.state.troubles["unarmed"].gone_s is None
    basement.restart()
    assert basement.state.troubles["unarmed"].gone_s is None
    assert "no healthy sensor" in basement.ask(Hand.ARM)
    basement.run(1, door=0.0)
    assert basement.ask(Hand.ARM) == ""
    assert "unarmed" not in basement.state.troubles


def test_a_disarming_over_within_a_visit_is_told_to_nobody() -> None:
    basement = disarmed(60)
    basement.interval_s = 10.0
    basement.run(3700, door=0.0)
    assert basement.notices(Purpose.TROUBLE) == []


def test_a_forgotten_disarming_is_told_after_two_hours() -> None:
    basement = disarmed()
    basement.interval_s = 10.0
    basement.run(7150, door=0.0)
    assert basement.notices(Purpose.TROUBLE) == []
    basement.run(100, door=0.0)
    assert basement.told(Purpose.TROUBLE) == {"office", "tech"}


def test_a_report_on_its_way_when_somebody_disarms_goes_on_when_armed() -> None:
    basement = Basement(accepts=False)
    basement.flood(200.0)
    [(_, report)] = basement.reports
    basement.ask(Hand.DISARM)
    for _ in range(5):
        basement.event(Attempted(report.key, "modem", Outcome.WITHHELD, "not armed"))
        basement.run(20, door=200.0)
    assert len(basement.logs("report_withheld")) == 1
    assert basement.told(Purpose.CALL_YOURSELF) >= {"mother", "home"}
    basement.ask(Hand.ARM)
    basement.event(Attempted(report.key, "modem", Outcome.ACCEPTED))
    basement.accepts = True
    basement.run(130, door=200.0)
    assert [r.repeat for _, r in basement.reports] == [1, 2, 3]
