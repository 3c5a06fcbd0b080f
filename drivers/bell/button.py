"""The bell's button on its pin.

Owns the pin and the waiting. Invariant: an edge wakes the waiter at once, and the level is looked
at anyway, so that an edge that the kernel or gpiozero lost costs a moment and never a press. Bounce
is judged by ``press``, on our own timestamps: a back end's debouncing differs from chip to chip.

Wiring: between the pin and ground, the pin's own pull-up on.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from drivers.bell.press import PressDetector, PressEvent
from drivers.ports.pins import pin_errors, release

if TYPE_CHECKING:
    from drivers.ports import Ports

POLL_CLOSED_S: Final = 0.05
POLL_IDLE_S: Final = 1.0
_MAX_EDGES: Final = 256  # a storm of noise: the oldest edges go, the level says the rest


class Button:
    """The button; one thread waits, gpiozero's thread tells of edges."""

    def __init__(self, pin: int, hold_s: float, ports: Ports) -> None:
        """Claim the pin.

        Args:
            pin: BCM number.
            hold_s: How long a press is held.
            ports: Where the pins are.

        Raises:
            WrongWiring: The pin is taken, or does not exist.
            PortGone: The GPIO chip cannot be reached.
        """
        self._pin = pin
        self._detector = PressDetector(hold_s)
        self._edges: deque[tuple[bool, float]] = deque(maxlen=_MAX_EDGES)
        self._woken = threading.Event()
        self._last_s = time.monotonic()
        factory = ports.pins()
        with pin_errors(pin):
            from gpiozero import DigitalInputDevice  # noqa: PLC0415 - only where one is configured

            self._device: Any = DigitalInputDevice(pin, pull_up=True, pin_factory=factory)
            # The level first: an edge alone would not say what was before it.
            self._at_start = self._feed(bool(self._device.is_active), self._last_s)
            self._device.when_activated = self._on_closed
            self._device.when_deactivated = self._on_open

    def wait(self, timeout_s: float) -> list[PressEvent]:
        """Wait until something has happened to the button, or the time is over.

        Args:
            timeout_s: Longest wait.

        Returns:
            What happened, oldest first; empty if nothing did. A button that was closed when its pin
            was claimed is stuck.

        Raises:
            WrongWiring: The pin is closed, or cannot be read.
            PortGone: The GPIO chip cannot be reached.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            events = self._look()
            now_s = time.monotonic()
            if events or now_s >= deadline_s:
                return events
            self._woken.wait(min(deadline_s, self._next_look_s(now_s)) - now_s)
            self._woken.clear()

    def close(self) -> None:
        """Release the pin and wake the waiter; safe to call twice, never raises."""
        release(self._device)
        self._woken.set()

    def _look(self) -> list[PressEvent]:
        events, self._at_start = self._at_start, []
        while self._edges:
            closed, at_s = self._edges.popleft()
            events += self._feed(closed, at_s)
        with pin_errors(self._pin):
            closed = bool(self._device.is_active)
        return events + self._feed(closed, time.monotonic())

    def _feed(self, closed: bool, at_s: float) -> list[PressEvent]:
        # An edge may be told after the level that it led to was seen.
        self._last_s = max(self._last_s, at_s)
        return self._detector.feed(closed, self._last_s)

    def _next_look_s(self, now_s: float) -> float:
        poll_s = POLL_CLOSED_S if self._detector.closed else POLL_IDLE_S
        due_s = self._detector.due_s
        return now_s + poll_s if due_s is None else max(now_s, min(now_s + poll_s, due_s))

    def _on_closed(self) -> None:
        self._edges.append((True, time.monotonic()))
        self._woken.set()

    def _on_open(self) -> None:
        self._edges.append((False, time.monotonic()))
        self._woken.set()
