"""A technician's service, case by case (design 4.9): the bucket, the bell, the end, the restart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.effects import Chirp, Facts, Origin, Purpose
from edge.events import Hand, Health
from edge.law import memory
from edge.law.levels import Level
from edge.law.notices import notice
from edge.law.policy import Policy, Role
from edge.law.state import Incident
from tests.edge.law.basement import DOOR_AND_FLOAT, DOOR_AND_WINDOW, ONE_SENSOR, Basement

WATER = (Purpose.ALERT, Purpose.DANGER, Purpose.DROWNED, Purpose.RECEDED, Purpose.CALL_YOURSELF)


def at_work(policy: Policy = ONE_SENSOR, minutes: float | None = None) -> Basement:
    """A basement whose technician has just begun."""
    basement = Basement(policy)
    basement.run(3, **dict.fromkeys(policy.sensors, 0.0))
    assert basement.ask(Hand.SERVICE_ON, minutes) == ""
    return basement


def test_water_in_service_reaches_the_technician_only_and_marked() -> None:
    basement = at_work()
    basement.flood(200.0)
    assert basement.stands_at(Level.DANGER)
    assert basement.sounds()[-1].siren
    notices = [n for p in WATER for n in basement.notices(p)]
    assert {name for n in notices for name in n.contacts} == {"tech"}
    assert {n.facts.mark for n in notices} == {"service"}
    assert basement.told(Purpose.DANGER) == {"tech"}
    assert basement.reports == []


def test_a_report_withheld_in_service_is_logged_once_an_episode() -> None:
    basement = at_work()
    basement.flood(200.0)
    basement.run(120, door=200.0)
    withheld = basement.logs("report_withheld")
    assert len(withheld) == 1
    assert "in service" in withheld[0].reason
    basement.run(20, door=lambda t: 200.0 + min(120.0, 10.0 * t))
    basement.run(10, door=320.0)
    assert len(basement.logs("report_withheld")) == 2
    assert basement.told(Purpose.CALL_YOURSELF) == set()


def test_receding_in_service_is_told_to_the_technician_only() -> None:
    basement = at_work(minutes=120)
    basement.flood(60.0)
    basement.interval_s = 1.0
    basement.run(700, door=0.0)
    assert basement.told(Purpose.RECEDED) == {"tech"}


def test_without_a_technician_in_the_settings_nobody_is_told_of_the_bucket() -> None:
    nobody = {n: r for n, r in ONE_SENSOR.contacts.items() if r is not Role.TECHNICIAN}
    basement = at_work(replace(ONE_SENSOR, contacts=nobody))
    basement.flood(200.0)
    assert [n for p in WATER for n in basement.notices(p)] == []
    assert basement.reports == []


@pytest.mark.parametrize("minutes", [0, -5, 120.1, 10000])
def test_service_of_no_time_or_too_long_is_refused(minutes: float) -> None:
    basement = Basement()
    assert "minutes" in basement.ask(Hand.SERVICE_ON, minutes)
    assert basement.state.service is None


def test_service_cannot_begin_from_afar() -> None:
    basement = Basement()
    assert "at the device" in basement.ask(Hand.SERVICE_ON, 30, local=False)
    assert basement.state.service is None


def test_service_cannot_begin_while_an_incident_is_open() -> None:
    basement = Basement()
    basement.flood(60.0)
    assert "i1 is open" in basement.ask(Hand.SERVICE_ON)
    basement.press()
    assert "is open" in basement.ask(Hand.SERVICE_ON)


def test_service_cannot_begin_while_a_water_delay_runs() -> None:
    """Else a real flood that is two seconds old would be taken for the technician's bucket."""
    basement = Basement()
    basement.run(2, door=0.0)
    basement.run(2, door=160.0)
    assert "entrance is wet" in basement.ask(Hand.SERVICE_ON)
    basement.run(15, door=160.0)
    assert len(basement.reports) == 1


def test_service_ends_a_drill() -> None:
    basement = Basement()
    assert basement.ask(Hand.DRILL, stage="danger", contacts=("mother",)) == ""
    assert basement.ask(Hand.SERVICE_ON) == ""
    assert basement.state.drill is None
    assert not basement.state.siren.on
    assert len(basement.logs("drill_ended")) == 1


def test_the_technician_is_warned_five_minutes_before_the_end() -> None:
    basement = at_work(minutes=10)
    basement.interval_s = 1.0
    basement.run(299, door=0.0)
    assert basement.notices(Purpose.SERVICE_ENDS) == []
    basement.run(2, door=0.0)
    assert basement.told(Purpose.SERVICE_ENDS) == {"tech"}
    [chirp] = [e for _, e in basement.effects if isinstance(e, Chirp)]
    assert chirp.reason == "service ends in 5 min"
    basement.run(298, door=0.0)
    assert len(basement.notices(Purpose.SERVICE_ENDS)) == 1
    assert basement.state.service is not None
    basement.run(2, door=0.0)
    assert basement.state.service is None
    assert len(basement.logs("service_off")) == 1


def test_a_service_shorter_than_its_warning_is_not_warned_of() -> None:
    basement = at_work(minutes=4)
    basement.interval_s = 1.0
    basement.run(250, door=0.0)
    assert basement.notices(Purpose.SERVICE_ENDS) == []
    assert basement.state.service is None


def test_a_technician_who_needs_longer_moves_the_end_with_the_bucket_in_place() -> None:
    basement = at_work(minutes=10)
    basement.flood(200.0)
    basement.interval_s = 1.0
    basement.run(400, door=200.0)
    assert basement.ask(Hand.SERVICE_ON, 60) == ""
    basement.run(1000, door=200.0)
    assert basement.state.service is not None
    assert len(basement.logs("service_on")) == 2
    assert basement.reports == []


def test_nobody_moves_the_end_of_service_while_somebody_rings() -> None:
    basement = at_work()
    basement.press()
    assert "is open" in basement.ask(Hand.SERVICE_ON, 60)


def test_a_forgotten_service_with_a_bucket_that_was_emptied_reports_nothing() -> None:
    basement = at_work(minutes=30)
    basement.flood(200.0)
    basement.interval_s = 2.0
    basement.run(2000, door=0.0)
    assert basement.state.service is None
    assert basement.state.incident is None
    assert basement.stands_at(Level.NORMAL)
    assert basement.reports == []
    assert {name for p in WATER for name in basement.told(p)} <= {"tech"}


@pytest.mark.parametrize("policy", [ONE_SENSOR, DOOR_AND_WINDOW], ids=["one", "two"])
def test_a_bucket_forgotten_through_the_end_is_reported_within_20_s(policy: Policy) -> None:
    basement = at_work(policy, minutes=10)
    basement.flood(200.0)
    others = dict.fromkeys(policy.sensors, 0.0)
    basement.interval_s = 1.0
    basement.run(600, **{**others, "door": 200.0})
    assert basement.state.service is None
    ended_s = next(t for t, e in basement.effects if getattr(e, "type", "") == "service_off")
    basement.run(20, **{**others, "door": 200.0})
    assert [t - ended_s <= 20 for t, _ in basement.reports] == [True]
    assert basement.told(Purpose.DANGER) >= {"mother", "home", "kim", "office"}


def test_danger_in_service_followed_at_once_by_the_end_is_reported_within_20_s() -> None:
    basement = at_work()
    basement.flood(200.0)
    assert basement.ask(Hand.SERVICE_OFF) == ""
    ended_s = basement.now_s
    basement.run(20, door=200.0)
    assert [t - ended_s <= 20 for t, _ in basement.reports] == [True]
    danger = basement.notices(Purpose.DANGER)[-1]
    assert danger.facts.mark == ""
    assert danger.incident == "i2"


def test_a_slow_dry_sensor_is_heard_before_a_wet_contact_calls_119_after_service() -> None:
    """The contact hangs in the bucket; the sensor that sees a dry floor speaks only 8 s later."""
    basement = at_work(DOOR_AND_FLOAT)
    basement.run(2, door=0.0)
    for _ in range(10):
        basement.bound("float", 20.0)
        basement.run(1, door=0.0)
    assert basement.ask(Hand.SERVICE_OFF) == ""
    for _ in range(40):
        basement.bound("float", 20.0)
        basement.run(0.2)
    basement.run(20, door=0.0)
    assert basement.reports == []


def test_the_end_drops_level_latch_siren_and_what_was_not_sent() -> None:
    basement = at_work()
    basement.flood(200.0)
    assert basement.ask(Hand.SERVICE_OFF) == ""
    state = basement.state
    assert (state.level, state.incident, state.raising) == (Level.NORMAL, None, ())
    assert not state.siren.on
    assert basement.sounds()[-1].strobe is False
    dropped = [w for w in basement.withdrawn() if w.incident == "i1"]
    assert {Purpose.DANGER, Purpose.ALERT} <= {p for w in dropped for p in w.purposes}
    assert len(basement.logs("incident_closed")) == 1


def test_service_may_be_ended_from_afar() -> None:
    basement = at_work()
    assert basement.ask(Hand.SERVICE_OFF, local=False) == ""
    assert basement.state.service is None
    assert basement.ask(Hand.SERVICE_OFF, local=False) == "not in service"


def test_a_faulted_sensor_stays_faulted_when_service_ends() -> None:
    basement = at_work(DOOR_AND_WINDOW)
    basement.lose("door", Health.FAULTED)
    basement.run(30, window=0.0)
    assert "sensor:door" in basement.state.troubles
    basement.ask(Hand.SERVICE_OFF)
    basement.run(120, window=0.0)
    for cause in ("sensor:door", "blind:entrance"):
        assert basement.state.troubles[cause].gone_s is None
    assert basement.notices(Purpose.TROUBLE_CLEARED) == []


def test_a_trouble_while_working_is_told_as_always() -> None:
    basement = at_work()
    basement.lose("door")
    basement.run(30)
    assert basement.told(Purpose.TROUBLE) == {"office", "tech"}


def test_the_wet_test_of_a_service_counts_after_it() -> None:
    basement = at_work()
    basement.flood(200.0)
    wet_s = basement.state.sensors["door"].wet_s
    basement.ask(Hand.SERVICE_OFF)
    basement.run(1, door=0.0)
    assert basement.state.sensors["door"].wet_s == wet_s


# The bell passes


def test_the_bell_in_service_calls_119_and_everybody() -> None:
    basement = at_work()
    basement.press()
    assert [r.origin for _, r in basement.reports] == ["bell"]
    assert basement.told(Purpose.BELL) == {"mother", "kim", "office"}
    assert {n.facts.mark for n in basement.notices(Purpose.BELL)} == {""}


def test_the_bell_in_a_service_with_water_passes_and_the_water_does_not() -> None:
    basement = at_work()
    basement.flood(200.0)
    basement.press()
    basement.run(130, door=200.0)
    assert [r.origin for _, r in basement.reports] == ["bell"] * 3
    assert basement.told(Purpose.DANGER) == {"tech"}


def test_the_bell_outlives_service_and_its_water_does_not() -> None:
    basement = at_work()
    basement.flood(200.0)
    basement.press()
    assert basement.ask(Hand.SERVICE_OFF) == ""
    incident = basement.state.incident
    assert incident is not None
    assert (incident.bell, incident.service, incident.latched) == (True, False, Level.NORMAL)
    assert basement.stands_at(Level.NORMAL)
    assert basement.state.siren.on
    basement.run(130, door=0.0)
    assert [(r.origin, r.repeat) for _, r in basement.reports] == [("bell", n) for n in (1, 2, 3)]
    assert basement.logs("incident_closed") == []


def test_water_that_stands_after_service_is_reported_in_the_incident_of_the_bell() -> None:
    basement = at_work()
    basement.press()
    basement.flood(200.0)
    assert [r.origin for _, r in basement.reports if r.origin == "water"] == []
    basement.ask(Hand.SERVICE_OFF)
    ended_s = basement.now_s
    basement.run(20, door=200.0)
    water = [(t, r) for t, r in basement.reports if r.origin == "water"]
    assert len(water) == 1
    assert water[0][0] - ended_s <= 20
    assert water[0][1].incident == "i1"
    keys = [r.key for _, r in basement.reports]
    assert len(keys) == len(set(keys))


def test_a_bell_that_119_did_not_accept_in_service_tells_people_to_call() -> None:
    basement = at_work()
    basement.accepts = False
    basement.press()
    basement.run(70, door=0.0)
    assert basement.told(Purpose.CALL_YOURSELF) == {"home", "mother", "kim", "office"}


def test_the_bell_outlives_a_service_whose_water_has_gone_already() -> None:
    basement = at_work(minutes=120)
    basement.flood(60.0)
    basement.press()
    basement.interval_s = 1.0
    basement.run(700, door=0.0)
    assert basement.stands_at(Level.NORMAL)
    before = len(basement.logs("stage_changed"))
    basement.ask(Hand.SERVICE_OFF)
    assert basement.state.incident is not None
    assert basement.state.incident.bell
    assert len(basement.logs("stage_changed")) == before


def test_arming_in_service_withholds_the_water_without_another_word() -> None:
    basement = at_work()
    basement.ask(Hand.DISARM)
    basement.flood(200.0)
    assert basement.ask(Hand.ARM) == ""
    basement.run(10, door=200.0)
    assert basement.reports == []
    assert len(basement.logs("report_withheld")) == 1


def test_nobody_is_asked_to_call_119_for_the_water_of_a_service() -> None:
    bucket = Incident("i1", 0.0, service=True)
    origins: tuple[tuple[Origin, int], ...] = (("water", 0), ("bell", 1))
    for origin, told in origins:
        notices = notice(
            Purpose.CALL_YOURSELF,
            ONE_SENSOR,
            "119 not reached",
            incident=bucket,
            episode=1,
            about=Facts(),
            origin=origin,
        )
        assert len(notices) == told


# Restarts


def test_service_keeps_its_remainder_over_a_restart() -> None:
    basement = at_work(minutes=20)
    basement.run(60, door=0.0)
    basement.restart(gap_s=240.0)
    assert basement.state.service is not None
    assert basement.state.service.until_s - basement.now_s == pytest.approx(900.0)
    assert basement.state.service.by == "tester"


def test_service_keeps_its_remainder_over_a_power_cut() -> None:
    basement = at_work(minutes=20)
    basement.run(60, door=0.0)
    basement.restart(gap_s=None)
    assert basement.state.service is not None
    assert basement.state.service.until_s - basement.now_s == pytest.approx(1140.0)


def test_water_of_a_service_stays_the_technicians_after_a_restart() -> None:
    basement = at_work()
    basement.flood(200.0)
    basement.restart(gap_s=5.0)
    basement.run(60, door=200.0)
    assert basement.reports == []
    assert {name for p in WATER for name in basement.told(p)} <= {"tech"}
    basement.ask(Hand.SERVICE_OFF)
    basement.run(20, door=200.0)
    assert len(basement.reports) == 1


def test_a_service_that_ran_out_while_the_process_was_gone_ends_at_once() -> None:
    basement = at_work(minutes=10)
    basement.flood(200.0)
    basement.restart(gap_s=1000.0)
    basement.run(20, door=200.0)
    assert basement.state.service is None
    assert len(basement.logs("service_off")) == 1
    assert len(basement.reports) == 1


def test_a_state_of_before_there_was_service_can_be_taken_up() -> None:
    basement = Basement()
    basement.flood(60.0)
    stored = memory.dump(basement.state, basement.now_s)
    for key in ("service", "disarmed", "report_armed"):
        stored.pop(key)
    stored["incident"].pop("service")
    state, _ = memory.load(stored, basement.now_s, basement.policy, gap_s=1.0)
    assert state.service is None
    assert state.disarmed is None
    assert state.incident is not None
    assert state.incident.service is False
