"""The thread at the bell's button: presses, and a button that is stuck, also across a restart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from drivers.ports import Ports
from edge.events import BellPressed, TroubleGone, TroubleSeen
from edge.loop.bell_watch import CAUSE, BellWatch
from tests.edge.by_hand import Told

HOLD_S = 0.15


class ShortedPin(MockPin):  # type: ignore[misc] # gpiozero has no types
    """A pin that something pulls to ground, whatever its own pull-up does."""

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self._change_state(False)


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = MockFactory(pin_class=ShortedPin)
    yield factory
    factory.close()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def watch(pins: Any, told: Told) -> Iterator[BellWatch]:
    """Not started yet: what the contact does before the daemon begins is up to the test."""
    made = BellWatch(5, HOLD_S, Ports(pins), put=told, beat=lambda: None)
    yield made
    made.stop()
    assert made.join(5.0)


def test_a_button_that_is_closed_at_start_is_a_trouble_and_no_press(
    pins: Any, told: Told, watch: BellWatch
) -> None:
    """As after a restart while it is stuck: the trouble goes on, and nobody is called."""
    watch.start()
    events = told.await_(lambda es: len(es) >= 2)
    assert events[0] == TroubleGone(CAUSE), "the pin can be read"
    assert isinstance(events[1], TroubleSeen)
    pins.pin(5).drive_high()
    events = told.await_(lambda es: len(es) >= 3)
    assert events[2] == TroubleGone(CAUSE)
    assert not any(isinstance(event, BellPressed) for event in events)


def test_a_button_that_was_stuck_presses_once_it_was_let_go(
    pins: Any, told: Told, watch: BellWatch
) -> None:
    watch.start()
    told.of(TroubleSeen)
    pins.pin(5).drive_high()
    told.of(TroubleGone, 2)
    pins.pin(5).drive_low()
    assert told.of(BellPressed) == [BellPressed()]
