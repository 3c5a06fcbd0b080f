"""How the status lamp blinks: what somebody in the room sees of the device without any command.

Invariant: a heartbeat means that every sensor has spoken, nothing stands, and 119 is called if it
is meant to be. A lamp that stands still, lit or dark, means that nobody watches: whoever makes it
blink is gone.
"""

from __future__ import annotations

from typing import Literal

from edge.law.policy import Policy
from edge.law.state import State

Lamp = Literal["heartbeat", "slow", "fast"]


def lamp(state: State, policy: Policy) -> Lamp:
    """Return how the lamp blinks.

    Returns:
        ``fast`` while an incident is open, also one that is only remembered; ``slow`` while a
        trouble stands, a sensor has not spoken yet, people keep 119 from being called, or the bell
        is in service or drilled; else ``heartbeat``.
    """
    if state.incident is not None:
        return "fast"
    held_back = state.report_armed and not state.armed
    by_people = state.service is not None or state.drill is not None
    if held_back or by_people or any(trouble.raised for trouble in state.troubles.values()):
        return "slow"
    return "heartbeat" if policy.sensors.keys() <= state.sensors.keys() else "slow"
