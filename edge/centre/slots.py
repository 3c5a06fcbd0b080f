"""Retained topics as mail slots: one truth each, the newest.

Invariant: ``alarm`` goes before everything, ``status`` next; a change goes at once, an unchanged
repeat no sooner than it may; after a connection all go again. Safe for one thread that puts and one
that takes.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

_FIRST: Final = ("alarm", "status")


def _rank(topic: str) -> tuple[int, str]:
    """Alarm, status, sensors, whatever else."""
    if topic in _FIRST:
        return _FIRST.index(topic), topic
    return (2 if topic.startswith("sensors/") else 3), topic


@dataclass(slots=True)
class _Slot:
    payload: bytes
    due_s: float | None = None
    taken_s: float = field(default=float("-inf"))
    held_until_s: float = field(default=float("-inf"))

    @property
    def goes_s(self) -> float:
        """When it may go; infinity if there is nothing to publish."""
        return float("inf") if self.due_s is None else max(self.due_s, self.held_until_s)


class Slots:
    """The retained topics of this device.

    Args:
        repeat_s: An unchanged repeat goes no sooner after the last time.
    """

    def __init__(self, repeat_s: float = 1.0) -> None:
        self._repeat_s = repeat_s
        self._lock = threading.Lock()
        self._slots: dict[str, _Slot] = {}
        self._next_s = float("inf")

    def renewed(self) -> Slots:
        """Return the same truths, none of them shown yet; for a thread that takes ours' place."""
        fresh = Slots(self._repeat_s)
        with self._lock:
            fresh._slots = {topic: _Slot(slot.payload) for topic, slot in self._slots.items()}
        return fresh

    def put(self, topic: str, payload: bytes, now_s: float, *, repeat: bool = False) -> bool:
        """Put the newest truth in; returns whether the taker must look sooner than it knows."""
        with self._lock:
            slot = self._slots.setdefault(topic, _Slot(payload))
            slot.payload = payload
            if topic in _FIRST and not repeat:  # a new alarm waits for no retry timer (design 6)
                slot.held_until_s = float("-inf")
            due_s = max(now_s, slot.taken_s + self._repeat_s) if repeat else now_s
            slot.due_s = due_s if slot.due_s is None else min(slot.due_s, due_s)
            before_s = self._next_s
            self._look()
            return self._next_s < before_s

    def slow_down(self, repeat_s: float, now_s: float) -> None:
        """Let an unchanged repeat wait for so long from now on; what waits for longer is due."""
        with self._lock:
            sooner, self._repeat_s = repeat_s < self._repeat_s, repeat_s
            if sooner:
                self._bring_forward(now_s)

    def along(self, now_s: float) -> None:
        """Something goes anyway: let what waits go with it."""
        with self._lock:
            self._bring_forward(now_s)

    def _bring_forward(self, now_s: float) -> None:
        for slot in self._slots.values():
            if slot.due_s is not None:
                slot.due_s = min(slot.due_s, now_s)
        self._look()

    def again(self, topic: str, due_s: float) -> None:
        """Publish it once more, as it is then, at ``due_s``."""
        with self._lock:
            slot = self._slots.get(topic)
            if slot is not None:
                slot.due_s = due_s if slot.due_s is None else min(slot.due_s, due_s)
            self._look()

    def hold(self, topic: str, until_s: float) -> None:
        """The broker refused it: again at ``until_s``, over a new connection too, not before."""
        with self._lock:
            slot = self._slots.get(topic)
            if slot is not None:
                slot.due_s = slot.held_until_s = until_s
            self._look()

    def all_again(self, due_s: float) -> None:
        """A new connection: the broker may have forgotten, or never have heard, any of it."""
        with self._lock:
            for slot in self._slots.values():
                slot.due_s = due_s
            self._look()

    @property
    def next_s(self) -> float:
        """Monotonic time at which the next one is due, infinity for none."""
        return self._next_s

    def take(self, now_s: float) -> tuple[str, bytes] | None:
        """The most urgent topic that is due, with its payload; it counts as published."""
        with self._lock:
            due = [topic for topic, slot in self._slots.items() if slot.goes_s <= now_s]
            taken = None
            if due:
                topic = min(due, key=_rank)
                slot = self._slots[topic]
                slot.due_s, slot.taken_s = None, now_s
                taken = topic, slot.payload
            self._look()
            return taken

    def _look(self) -> None:
        self._next_s = min((slot.goes_s for slot in self._slots.values()), default=float("inf"))
