"""Every effect says why, in words that a person can read: they go into the log and `incidents`."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from edge.effects import Log, Notice, Purpose, Report
from edge.law.policy import SensorPolicy, ZonePolicy
from tests.edge.law.basement import DOOR_AND_FLOAT, DOOR_AND_WINDOW, Basement
from tests.edge.law.test_law_voting import of


def test_water_that_was_seen_coming_is_told_with_depth_setpoint_time_and_witness() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    home.run(2, door=0.0)
    home.bound("float", -inf, 20.0)
    home.run(3, door=lambda t: 10 * t)
    home.bound("float", 20.0)
    home.run(17, door=lambda t: 30 + 10 * t)
    ((_, report),) = home.reports
    assert report.reason == "door 180 mm ≥ 150 mm for 3.0 s, seen rising, confirmed by float"
    (alert,) = home.notices(Purpose.ALERT)
    assert alert.reason == "door 70 mm, float 20 mm ≥ 20 mm for 5.0 s, seen rising"


def test_a_jump_that_nobody_else_saw_says_so() -> None:
    home = Basement()
    home.run(2, door=0.0)
    home.run(11, door=163.0)
    ((_, report),) = home.reports
    assert report.reason == "door 163 mm ≥ 150 mm for 10.0 s, a jump, seen alone"


def test_a_jump_that_another_zone_confirms_names_who() -> None:
    home = Basement(policy=DOOR_AND_WINDOW)
    home.run(2, door=0.0, window=0.0)
    home.run(6, door=163.0, window=30.0)
    ((_, report),) = home.reports
    assert report.reason == "door 163 mm ≥ 150 mm for 3.0 s, a jump, confirmed by window"


def test_a_level_that_the_clock_raised_says_that_its_sensor_was_lost() -> None:
    home = Basement()
    home.run(2, door=0.0)
    home.run(16, door=lambda t: 10 * t)
    home.lose("door")
    home.run(4)
    ((_, report),) = home.reports
    assert report.reason == "door lost while wet ≥ 150 mm for 3.0 s, seen rising"


def test_two_of_two_names_both() -> None:
    home = Basement(policy=of(2, 2))
    home.run(2, a=0.0, b=0.0)
    home.run(19, a=lambda t: 10 * t, b=lambda t: 10 * t + 1)
    ((_, report),) = home.reports
    assert report.reason == "a 180 mm, b 179 mm ≥ 150 mm for 3.0 s, seen rising"


def test_a_deeper_flood_says_by_how_much_it_passed_the_last_report() -> None:
    home = Basement()
    home.flood(to_mm=200)
    home.run(15, door=lambda t: 200 + 10 * t)
    last = home.reports[-1][1]
    assert last.reason.startswith("door 3")
    assert last.reason.endswith("for 3.0 s: 100 mm above the last report")


def test_a_held_level_names_who_holds_it() -> None:
    home = Basement()
    home.flood(to_mm=200)
    home.lose("door")
    home.run(15)
    assert home.state.troubles["held"].detail == "the level is held by door"


def test_falling_and_closing_say_why() -> None:
    home = Basement()
    home.flood(to_mm=60)
    home.interval_s = 20.0
    home.run(13 * 3600, door=0.0)
    (receded,) = home.logs("receded")
    assert receded.reason == "every wet sensor has read clear of alert for its off-delay"
    (closed,) = home.logs("incident_closed")
    assert closed.reason == "clear for as long as the latch asks"
    assert closed.fields["peak_mm"] == 60


def test_a_withheld_report_says_what_it_would_have_said_and_why_it_did_not() -> None:
    home = Basement()
    home.arm(armed=False)
    home.run(2, door=0.0)
    home.run(11, door=163.0)
    (withheld,) = home.logs("report_withheld")
    assert withheld.reason == "door 163 mm ≥ 150 mm for 10.0 s, a jump, seen alone; not armed"


def test_a_contested_contact_says_what_contests_it() -> None:
    policy = replace(
        DOOR_AND_FLOAT,
        sensors={
            "door": SensorPolicy("entrance"),
            "high": SensorPolicy("entrance", height_mm=150, two_wire=True),
        },
        zones={"entrance": ZonePolicy(("door", "high"))},
    )
    home = Basement(policy=policy)
    home.run(2, door=0.0)
    home.bound("high", 150.0)
    for _ in range(55):
        home.run(0.2, door=0.0)
        home.bound("high", 150.0)
    (withheld,) = home.logs("report_withheld")
    assert withheld.reason == (
        "high 150 mm ≥ 150 mm for 10.0 s, a jump, seen alone; "
        "a two-wire contact alone, and another sensor sees no water"
    )


def test_no_effect_is_without_a_reason() -> None:
    home = Basement()
    home.flood(to_mm=300)
    home.press()
    home.trouble("modem", "gone")
    home.lose("door")
    home.run(200)
    home.mend("modem")
    home.run(3000, door=0.0)
    told = [e for _, e in home.effects if isinstance(e, (Notice, Report, Log))]
    assert len(told) > 20
    assert not [
        e for e in told if not e.reason and not (isinstance(e, Log) and "repeat" in e.fields)
    ]
