"""Sensors that may have died in silence: unchanged for a day, untested for a year (design 4.2).

A stuck sensor goes on saying "dry", so nothing but its sameness gives it away; a float that has not
been wet for a year may be stuck in dust. Both are troubles and change no vote by themselves.
"""

from __future__ import annotations

from typing import Final

from edge.law import troubles
from edge.law.policy import Policy
from edge.law.state import State
from edge.law.voting import unchanged

WET_TEST_S: Final = 365 * 86400.0
"""A sensor must have been wet, in a flood or in a test, so often (design 4.2)."""


def of_sensor(state: State, sensor_id: str, now_s: float, policy: Policy) -> State:
    """Keep the troubles that follow from how long a sensor has said the same, and been dry."""
    sensor = state.sensors[sensor_id]
    stuck = not policy.sensors[sensor_id].switch and sensor.health.votes and unchanged(sensor)
    tested_s = now_s if sensor.wet_s is None else sensor.wet_s
    untested = now_s >= tested_s + WET_TEST_S
    state = _judge(state, f"unchanged:{sensor_id}", "not one changed value in a day", stuck, now_s)
    return _judge(state, f"untested:{sensor_id}", "no wet test in a year", untested, now_s)


def _judge(state: State, cause: str, detail: str, stands: bool, now_s: float) -> State:
    if stands:
        return troubles.seen(state, cause, detail, now_s)
    return troubles.gone(state, cause, now_s) if cause in state.troubles else state
