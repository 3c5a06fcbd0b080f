"""What happens, as values: their words are stored and published, so they stay as they are."""

from __future__ import annotations

import inspect
from dataclasses import FrozenInstanceError, is_dataclass
from math import inf

import pytest

from edge import effects, events
from edge.events import (
    Armed,
    Attempted,
    Delivered,
    Echoed,
    Hand,
    Handled,
    Health,
    Outcome,
    Reading,
    RouteState,
    SensorFailed,
    Tick,
)

VALUES = [
    value
    for module in (events, effects)
    for value in vars(module).values()
    if inspect.isclass(value) and is_dataclass(value)
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_no_value_can_be_changed_on_its_way_through_the_queues(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]  # every dataclass has it
    assert hasattr(value, "__slots__"), "thousands of them are on their way"
    if value is Tick:
        with pytest.raises((FrozenInstanceError, TypeError)):
            Tick().later = 1  # type: ignore[attr-defined]  # that is the point


def test_the_words_of_events_are_as_they_are_stored_and_published() -> None:
    assert [str(health) for health in Health] == ["good", "suspect", "faulted", "stale"]
    assert [str(outcome) for outcome in Outcome] == [
        "accepted",
        "refused",
        "failed",
        "ambiguous",
        "withheld",
        "undelivered",
    ]
    assert [str(hand) for hand in Hand] == [
        "ack",
        "silence",
        "reset",
        "service_on",
        "service_off",
        "drill",
        "drill_end",
        "arm",
        "disarm",
        "modem_test",
    ]


def test_good_and_suspect_sensors_vote_and_no_others() -> None:
    assert [health for health in Health if health.votes] == [Health.GOOD, Health.SUSPECT]


def test_a_reading_has_a_depth_only_where_its_bounds_meet() -> None:
    assert Reading("door", 12.0, 12.0, Health.GOOD).depth_mm == 12.0
    assert Reading("door", 20.0, inf, Health.GOOD).depth_mm is None


def test_what_an_event_does_not_say_is_nothing() -> None:
    assert Echoed("door", (450,)) == Echoed("door", (450,), too_near=0)
    assert SensorFailed("door", "why") == SensorFailed("door", "why", silent=False)
    assert Reading("door", 1.0, 1.0, Health.GOOD).reason == ""
    assert Attempted("k", "modem", Outcome.FAILED) == Attempted(
        "k", "modem", Outcome.FAILED, detail="", reference=None, registered=True, wait_s=None
    )
    assert Delivered("modem", 3, True) == Delivered("modem", 3, True, detail="")
    assert RouteState("modem", up=True) == RouteState(
        "modem", up=True, detail="", registered=None, signal_dbm=None, operator=None, sim=None
    )
    assert Handled(Hand.ACK, "kim") == Handled(
        Hand.ACK, "kim", local=True, minutes=None, stage="", contacts=()
    )
    assert Armed(armed=True, reason="r") == Armed(armed=True, reason="r", by="settings")
