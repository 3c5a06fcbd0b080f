"""What the law remembers does not grow with time: a bell lives for years."""

from __future__ import annotations

import json
from dataclasses import replace

from edge.events import Hand
from edge.law import memory
from edge.law.reports import KEPT_REPORTS
from tests.edge.law.basement import DOOR_AND_FLOAT, Basement


def size(home: Basement) -> int:
    return len(json.dumps(memory.dump(home.state, home.now_s)))


def a_day_of_everything(home: Basement) -> None:
    """A flood, the bell, faults of every kind, a service and a reset."""
    home.effects.clear()
    home.interval_s = 1.0
    home.flood(to_mm=300)
    home.press()
    home.lose("door")
    home.run(100)
    for cause in ("modem", "store", "broker", "sensor:door", "credential:x"):
        home.trouble(cause, f"broken at {home.now_s}")
        home.run(11)
        home.mend(cause)
    home.run(2000, door=0.0)
    assert home.hand(Hand.RESET) == ""
    assert home.hand(Hand.SERVICE_ON) == ""
    home.run(10, door=0.0)
    assert home.hand(Hand.SERVICE_OFF) == ""
    home.interval_s = 3600.0
    home.run(86400, door=1.0)


def test_the_state_is_no_larger_after_many_floods_than_after_two() -> None:
    home = Basement()
    for _ in range(2):
        a_day_of_everything(home)
    after_two = size(home)
    for _ in range(6):
        a_day_of_everything(home)
    assert size(home) <= after_two + 40, "digits of a number may come and go"


def test_a_bell_that_is_pressed_a_thousand_times_in_one_incident_does_not_grow_it() -> None:
    home = Basement()
    for _ in range(1000):
        home.now_s += 30.0
        home.press()
        home.effects.clear()
    assert home.state.incident is not None
    assert len(home.state.incident.reports) <= KEPT_REPORTS + 5, "and those with repeats to come"


def test_withheld_presses_do_not_pile_up_either() -> None:
    home = Basement()
    home.arm(armed=False)
    for _ in range(300):
        home.now_s += 30.0
        home.press()
        home.effects.clear()
    assert home.state.incident is not None
    assert len(home.state.incident.reports) <= 2


def test_water_that_comes_and_goes_for_months_in_one_incident_does_not_grow_it() -> None:
    """Its latch never goes, since it never stays clear for so long."""
    home = Basement(policy=replace(DOOR_AND_FLOAT, latch_clear_s=1e9))
    home.interval_s = 1.0
    for _ in range(12):
        home.flood(to_mm=200)
        home.interval_s = 600.0
        home.run(6000, door=0.0)
        home.interval_s = 1.0
        home.effects.clear()
    incident = home.state.incident
    assert incident is not None
    assert incident.episode >= 12
    assert len(incident.reports) <= KEPT_REPORTS + 2
