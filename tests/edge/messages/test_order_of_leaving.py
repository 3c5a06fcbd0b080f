"""Five people and 119 at a modem that takes five seconds for each text: who hears when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from edge.events import Attempted, BellPressed, Measured, Outcome, TroubleSeen
from edge.law.policy import Role
from edge.messages.drafting import Addressee
from tests.edge.by_hand import DESK, HandMade
from tests.edge.law.basement import ONE_SENSOR

TEXT_S = 5.0
FIVE = replace(ONE_SENSOR, contacts={**ONE_SENSOR.contacts, "kang": Role.PARTNER})
DESK_OF_FIVE = replace(
    DESK,
    addressees={**DESK.addressees, "kang": Addressee("partner", "+821012340006", ("modem",))},
)
BY_ROLE = ["home", "kang", "kim", "mother", "office"]
"""Nearest to the water first; within a role by name."""


class SlowLine(HandMade):
    """A modem that takes five seconds for each text, on the clock moved by hand."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, policy=FIVE, desk=DESK_OF_FIVE)
        self.left: list[tuple[float, str, str]] = []
        self._done_s = 0.0

    def run(self, seconds: float, depth_mm: float) -> None:
        """Let time pass in steps of a fifth of a second, with readings."""
        end_s = self.clock.at_s + seconds
        while self.clock.at_s < end_s:
            self.clock.at_s += 0.2
            self.put(Measured("door", depth_mm, depth_mm))
            self._deliver()

    def _deliver(self) -> None:
        key = self.sender.outbox.flying.get("modem")
        if key is None:
            self._done_s = 0.0
        elif not self._done_s:
            self._done_s = self.clock.at_s + TEXT_S
        elif self.clock.at_s >= self._done_s:
            message = self.sender.outbox.messages[key]
            self.left.append((self.clock.at_s, message.purpose.value, message.contact))
            self._done_s = 0.0
            self.put(Attempted(key, "modem", Outcome.ACCEPTED, reference=1))

    def order(self) -> list[tuple[str, str]]:
        return [(purpose, contact) for _, purpose, contact in self.left]


@contextmanager
def slow_line(folder: Path) -> Iterator[SlowLine]:
    with SlowLine(folder) as line:
        line.run(3.0, 0.0)
        yield line


def test_119_is_first_and_then_the_people_by_their_nearness(tmp_path: Path) -> None:
    with slow_line(tmp_path) as line:
        began_s = line.clock.at_s
        line.run(100.0, 200.0)
        dangers = [("danger", name) for name in BY_ROLE]
        assert line.order()[:6] == [("report", "119"), *dangers]
        assert line.left[0][0] - began_s <= 20.0
        # The second report is due a minute after the first: it goes before whatever waits then.
        assert line.order()[6:7] == [("report", "119")]


def test_a_danger_overtakes_the_alerts_that_wait_and_they_are_dropped(tmp_path: Path) -> None:
    with slow_line(tmp_path) as line:
        for depth_mm in range(0, 60, 10):  # seen coming
            line.run(1.0, float(depth_mm))
        for depth_mm in range(60, 210, 10):
            line.run(0.4, float(depth_mm))
        began_s = line.clock.at_s
        line.run(60.0, 200.0)
        order = line.order()
        first = order.index(("report", "119"))
        told = [contact for _, contact in order[:first]]
        assert {purpose for purpose, _ in order[:first]} == {"alert"}
        assert 0 < len(told) < len(BY_ROLE), "some have heard of the alert"
        assert order[first + 1 : first + 6] == [("danger", name) for name in BY_ROLE]
        assert line.left[first][0] - began_s <= 20.0
        dropped = {event["contact"] for event in line.events("notice_withdrawn")}
        assert dropped == set(BY_ROLE) - set(told)


def test_the_bell_goes_before_an_alert_and_behind_a_danger(tmp_path: Path) -> None:
    with slow_line(tmp_path) as line:
        line.put(TroubleSeen("store", "the disk is slow"))
        line.put(BellPressed())
        line.run(6.0, 0.0)
        line.run(90.0, 200.0)
        purposes = [purpose for purpose, _ in line.order()]
        assert purposes.count("report") >= 2
        last_danger = max(n for n, p in enumerate(purposes) if p == "danger")
        bells = [n for n, purpose in enumerate(purposes) if purpose == "bell"]
        assert sum(n > last_danger for n in bells) >= len(bells) - 2, "but for what had left before"
