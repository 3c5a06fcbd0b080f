"""The status lamp: a heartbeat only if every sensor spoke, nothing stands, and 119 is called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.events import Health
from edge.law.lamp import lamp
from edge.law.state import Disarmed, Drill, Incident, SensorState, Service, State, Trouble
from tests.edge.law.basement import ONE_SENSOR

HEARD = SensorState(at_least_mm=0.0, below_mm=0.0, health=Health.GOOD, read_s=1.0)
WELL = State(sensors=dict.fromkeys(ONE_SENSOR.sensors, HEARD), armed=True, report_armed=True)
FLOOD = Incident(id="i", opened_s=1.0)
TOLD = Trouble("modem", "gone", 1.0, raised_s=2.0)
PENDING = Trouble("modem", "gone", 1.0)


def test_all_well_is_a_heartbeat() -> None:
    assert lamp(WELL, ONE_SENSOR) == "heartbeat"


def test_an_incident_is_fast_whatever_else_stands() -> None:
    assert lamp(replace(WELL, incident=FLOOD), ONE_SENSOR) == "fast"
    assert lamp(replace(WELL, incident=FLOOD, troubles={"modem": TOLD}), ONE_SENSOR) == "fast"


@pytest.mark.parametrize(
    "change",
    [
        {"troubles": {"modem": TOLD}},
        {"armed": False, "disarmed": Disarmed(1.0, None, "kim")},
        {"service": Service(until_s=99.0, by="kim")},
        {"drill": Drill(stage="danger", until_s=99.0, by="kim", contacts=("a",))},
        {"sensors": {}},
    ],
)
def test_what_keeps_the_bell_from_its_work_is_slow(change: dict[str, Any]) -> None:
    assert lamp(replace(WELL, **change), ONE_SENSOR) == "slow"


def test_a_trouble_that_nobody_was_told_of_yet_does_not_show() -> None:
    assert lamp(replace(WELL, troubles={"modem": PENDING}), ONE_SENSOR) == "heartbeat"


def test_a_bell_that_is_not_meant_to_call_119_may_be_well() -> None:
    assert lamp(replace(WELL, armed=False, report_armed=False), ONE_SENSOR) == "heartbeat"
