"""What a reset asks for, at the device and from afar (design 4.9); what the digest names."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from edge.events import Hand, Handled, Health
from edge.law import digest
from edge.law.hands import handle
from edge.law.policy import Policy, SensorPolicy, ZonePolicy
from edge.law.state import Disarmed, Incident, ReportState, SensorState, State
from tests.edge.law.basement import DOOR_AND_FLOAT, ONE_SENSOR

CLEAR = SensorState(at_least_mm=0.0, below_mm=0.0, health=Health.GOOD)
WET = SensorState(at_least_mm=60.0, below_mm=60.0, health=Health.GOOD)
HANGS = SensorState(at_least_mm=-inf, below_mm=20.0, health=Health.GOOD)
LOST = SensorState(health=Health.FAULTED, reason="no echo")


def reset(
    policy: Policy, *, local: bool, reports: tuple[ReportState, ...] = (), **sensors: SensorState
) -> str:
    state = State(sensors=sensors, incident=Incident("i7", 0.0, reports=reports))
    return handle(state, Handled(Hand.RESET, "kim", local=local), 9.0, policy, [])[1]


@pytest.mark.parametrize(
    ("report", "refusal"),
    [
        ({"waiting": True}, "119 has not accepted the report yet"),
        ({"waiting": True, "accepted": 1}, ""),
        ({"withheld": True}, ""),
    ],
)
def test_nobody_resets_from_afar_what_119_has_not_heard_of(
    report: dict[str, bool], refusal: str
) -> None:
    waiting = replace(ReportState(1, "bell", 1.0, 0.0), **report)  # type: ignore[arg-type]  # flags
    assert reset(ONE_SENSOR, local=False, reports=(waiting,), door=CLEAR) == refusal
    assert reset(ONE_SENSOR, local=True, reports=(waiting,), door=CLEAR) == ""
    wet = reset(ONE_SENSOR, local=False, reports=(waiting,), door=WET)
    assert wet == "zone entrance is wet (door)", "the water goes before"


def test_a_wet_sensor_refuses_a_reset_even_where_two_are_needed() -> None:
    two = replace(
        ONE_SENSOR,
        sensors={name: SensorPolicy("entrance") for name in ("a", "b")},
        zones={"entrance": ZonePolicy(("a", "b"), needed=2)},
    )
    assert reset(two, local=True, a=WET, b=CLEAR) == "zone entrance is wet (a)"
    assert reset(two, local=True, a=WET, b=WET) == "zone entrance is wet (a, b)"


def test_a_float_that_hangs_dry_is_clear_and_a_lost_sensor_is_asked_nothing() -> None:
    assert reset(DOOR_AND_FLOAT, local=False, door=CLEAR, float=HANGS) == ""
    assert reset(DOOR_AND_FLOAT, local=False, door=CLEAR, float=LOST) == ""
    damp = replace(CLEAR, at_least_mm=16.0, below_mm=16.0)
    refusal = reset(DOOR_AND_FLOAT, local=False, door=damp, float=HANGS)
    assert refusal == "zone entrance is not positively dry"


def test_the_digest_names_that_119_is_not_called_whoever_saw_to_it() -> None:
    disarmed = Disarmed(0.0, None, "kim")
    assert "unarmed" in digest.standing(State(disarmed=disarmed))
    assert "unarmed" in digest.standing(State(report_armed=True, armed=False))
    assert digest.standing(State(report_armed=True, armed=True)) == ()
    assert digest.standing(State()) == ()
