"""For each invariant, a bug planted into a part of the device: the invariant of that name finds it.

A test of the judges: one that never says no is no judge. Each world here is small, of one home and
one night, with the one thing in it that the bug spoils; the same world without the bug is clean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest

from drivers.modem.interlock import Interlock
from edge.events import Attempted, BellPressed, Measured, SensorFailed
from edge.law.policy import Policy
from edge.law.state import State
from edge.loop.inbox import InboxEvent
from edge.messages.sending import Sender
from edge.store.journal import Entry
from edge.store.rows import MessageRow, Recovered
from tests.world.device import Build
from tests.world.disk import Disk
from tests.world.homes import homes
from tests.world.invariants import INVARIANTS
from tests.world.sensors import Fault, FaultKind
from tests.world.timetable import (
    BrokerKind,
    Deed,
    DiskKind,
    Flood,
    Kill,
    ModemKind,
    Spell,
    Year,
)
from tests.world.water import Course, Disturbance
from tests.world.world import Violation, live

HOUR_S = 3600.0
T = 2 * HOUR_S

ONE = homes()["one sensor"]
TWO = homes()["door and window"]
FLOOD = Course(
    "flash flood", (T, T + 60, T + 1800, T + 2400, T + 2401), (0.0, 300.0, 300.0, 1.0, 0.0)
)
SHALLOW = Course("seep", (T, T + 60, T + 600, T + 900), (0.0, 100.0, 100.0, 0.0))


def night(course: Course | None = FLOOD, *, hours: float = 8, **more: Any) -> Year:
    home = more.pop("home", ONE)
    floods = (Flood(course, {"entrance": course}),) if course else ()
    return replace(Year(11, home, armed=True, floods=floods, length_s=hours * HOUR_S), **more)


def alike(**changes: Any) -> Callable[[Policy], Policy]:
    """A law that got its settings wrong: judged by the right ones."""
    return lambda policy: replace(policy, **changes)


def low_danger(policy: Policy) -> Policy:
    return replace(policy, danger=replace(policy.danger, mm=50.0))


def no_off_delay(policy: Policy) -> Policy:
    return replace(policy, danger=replace(policy.danger, off_delay_s=1.0))


def slow_danger(policy: Policy) -> Policy:
    return replace(policy, danger=replace(policy.danger, on_delay_s=40.0))


def eager(policy: Policy) -> Policy:
    alert = replace(policy.alert, on_delay_s=0.0)
    danger = replace(policy.danger, on_delay_s=0.0)
    return replace(policy, alert=alert, danger=danger, uncorroborated_delay_s=0.0)


def no_trouble(policy: Policy) -> Policy:
    trouble = replace(policy.trouble, on_delay_s=1e9, broker_text_after_s=1e9)
    return replace(policy, trouble=trouble)


def fault_is_dry(event: InboxEvent) -> InboxEvent:
    if isinstance(event, SensorFailed):
        return Measured(event.sensor_id, 0.0, 0.0)
    return event


class AlwaysYes(Interlock):
    """A gate that stands open."""

    def permit(self, number: str, live_origin: str | None, now_s: float) -> bool:
        del live_origin, now_s
        return self.is_report(number)

    def judge(self, number: str, live_origin: str | None) -> None:
        pass


class Hasty(Sender):
    """A sender that believes no answer to a report, and tries again at once."""

    def settle(self, event: Attempted, now_s: float) -> Attempted | None:
        if "/report/" not in event.key:
            return super().settle(event, now_s)
        message = self.outbox.messages[event.key]
        self.outbox = replace(
            self.outbox,
            flying={},
            messages={**self.outbox.messages, event.key: replace(message, not_before_s=now_s)},
        )
        return None


class Forgetful(Sender):
    """A sender that takes up no message after a restart."""

    def restore(
        self,
        waiting: Iterable[MessageRow],
        accepted: Iterable[MessageRow],
        journal: Iterable[Entry],
        state: State,
        now_s: float,
    ) -> tuple[Attempted, ...]:
        del waiting
        return super().restore((), accepted, journal, state, now_s)


class EmptyDisk(Disk):
    """A store that gives nothing back."""

    def open(self) -> Recovered:
        super().open()
        return Recovered()


def rings_late() -> Callable[[Callable[[], None]], None]:
    """A siren whose pin is set a call too late."""
    waiting: list[Callable[[], None]] = []

    def ring(now: Callable[[], None]) -> None:
        waiting.append(now)
        if len(waiting) > 1:
            waiting.pop(0)()

    return ring


NO_NETWORK = Spell(ModemKind.NO_NETWORK, T + 30, T + HOUR_S)
SILENT = Fault(FaultKind.UNPLUGGED, "door", T + 900, T + 900 + 2 * HOUR_S)

CASES: dict[str, tuple[Year, Build]] = {
    "S1": (night(SHALLOW), Build(policy=low_danger)),
    "S2": (night(armed=False), Build(armed=lambda _: True)),
    "S3": (night(faults=(SILENT,)), Build(heard=fault_is_dry)),
    "S4": (night(), Build(sender=Hasty, interlock=AlwaysYes)),
    "S5": (
        night(
            None,
            disturbances=(Disturbance("cat", ("door",), T, T + 4.0, ((0.0, 100.0),)),),
        ),
        Build(policy=eager),
    ),
    "S6": (night(), Build(policy=no_off_delay)),
    "S7": (night(deeds=(Deed(T + 5, BellPressed()),)), Build(siren=rings_late())),
    "L1": (night(), Build(policy=slow_danger)),
    "L2": (
        night(SHALLOW, modem=(NO_NETWORK,), kills=(Kill(T + 1800, 2.0),)),
        Build(sender=Forgetful),
    ),
    "L3": (
        night(
            None,
            home=TWO,
            faults=(Fault(FaultKind.UNPLUGGED, "door", T, T + HOUR_S),),
            broker=(Spell(BrokerKind.GONE, T - 60, T + 2 * HOUR_S),),
            disk=(Spell(DiskKind.SLOW, T + 10, T + 20),),
        ),
        Build(policy=no_trouble),
    ),
    "L4": (night(SHALLOW, hours=25), Build(policy=alike(latch_clear_s=inf))),
    "L5": (night(kills=(Kill(T + 2 * HOUR_S, 2.0),)), Build(disk=EmptyDisk)),
}


@pytest.mark.parametrize("invariant", CASES)
def test_a_planted_bug_is_found_by_the_invariant_that_it_breaks(
    invariant: str, tmp_path: Path
) -> None:
    year, build = CASES[invariant]
    (judge,) = (j for j in INVARIANTS if j.name == invariant)
    with pytest.raises(Violation) as found:
        live(year, tmp_path, build=build, judges=(judge,))
    assert found.value.invariant == invariant, found.value


@pytest.mark.parametrize("invariant", CASES)
def test_the_same_night_without_the_bug_is_clean(invariant: str, tmp_path: Path) -> None:
    year, _ = CASES[invariant]
    live(year, tmp_path)
