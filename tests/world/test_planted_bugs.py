"""For each invariant, bugs planted into a part of the device: the invariant of that name finds it.

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
from edge.effects import Effect, Purpose
from edge.events import Attempted, BellPressed, Measured, Outcome, SensorFailed
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


def troubles(**changes: float) -> Callable[[Policy], Policy]:
    return lambda policy: replace(policy, trouble=replace(policy.trouble, **changes))


def one_is_enough(policy: Policy) -> Policy:
    zones = {name: replace(zone, needed=1) for name, zone in policy.zones.items()}
    return replace(policy, zones=zones)


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
        self._book.outbox = replace(
            self.outbox,
            flying={},
            messages={**self.outbox.messages, event.key: replace(message, not_before_s=now_s)},
        )
        return None


class Deaf(Sender):
    """A sender that never counts how often a report was answered by silence."""

    def settle(self, event: Attempted, now_s: float) -> Attempted | None:
        after = super().settle(event, now_s)
        message = self.outbox.messages.get(event.key)
        if message is not None:
            uncounted = replace(message, ambiguous=0, silences_before=0)
            messages = {**self.outbox.messages, event.key: uncounted}
            self._book.outbox = replace(self.outbox, messages=messages)
        return after


class Impatient(Sender):
    """A sender that repeats at once what may have been sent."""

    def settle(self, event: Attempted, now_s: float) -> Attempted | None:
        after = super().settle(event, now_s)
        message = self.outbox.messages.get(event.key)
        if message is not None and event.outcome is Outcome.AMBIGUOUS:
            messages = {**self.outbox.messages, event.key: replace(message, not_before_s=now_s)}
            self._book.outbox = replace(self.outbox, messages=messages)
        return after


class Resigned(Sender):
    """A sender that tries a report once."""

    def settle(self, event: Attempted, now_s: float) -> Attempted | None:
        after = super().settle(event, now_s)
        message = self.outbox.messages.get(event.key)
        if message is not None and "/report/" in event.key:
            messages = {**self.outbox.messages, event.key: replace(message, not_before_s=inf)}
            self._book.outbox = replace(self.outbox, messages=messages)
        return after


class Undigested(Sender):
    """A sender that drafts no digest."""

    def perform(self, effects: Iterable[Effect], state: State, now_s: float) -> None:
        kept = [e for e in effects if getattr(e, "purpose", None) is not Purpose.DIGEST]
        super().perform(kept, state, now_s)


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
SWALLOWED = Spell(ModemKind.SWALLOWED, T - 60, T + HOUR_S)
ERRORS = Spell(ModemKind.ERRORS, T - 60, T + 300)
NO_BROKER = Spell(BrokerKind.GONE, T, T + 3 * HOUR_S)
SILENT_SEED = 14
"""With it no late answer comes to the first eleven attempts."""
LOW = Course("one episode", (T, T + 60, T + 3000, T + 3600), (0, 200, 200, 0))
STANDING = Course("standing", (T, T + 60, T + 40 * HOUR_S, T + 41 * HOUR_S), (0, 100, 100, 0))
BOX = Disturbance("box", ("door",), T, T + 120.0, ((0.0, 300.0),))
SILENT = Fault(FaultKind.UNPLUGGED, "door", T + 900, T + 900 + 2 * HOUR_S)


def unplugged(begins_s: float, lasts_s: float) -> Fault:
    return Fault(FaultKind.UNPLUGGED, "door", begins_s, begins_s + lasts_s)


CASES: dict[str, tuple[Year, Build]] = {
    "S1": (night(SHALLOW), Build(policy=low_danger)),
    "S1, one vote of two": (
        night(None, home=homes()["two of two"], disturbances=(BOX,)),
        Build(policy=one_is_enough),
    ),
    "S2": (night(armed=False), Build(armed=lambda _: True)),
    "S3": (night(faults=(SILENT,)), Build(heard=fault_is_dry)),
    "S4": (night(), Build(sender=Hasty, interlock=AlwaysYes)),
    "S4, eleven silences": (
        night(LOW, modem=(SWALLOWED,), seed=SILENT_SEED),
        Build(sender=Deaf),
    ),
    "S4, too soon after silence": (night(modem=(SWALLOWED,)), Build(sender=Impatient)),
    "S5, three times an hour": (
        night(None, faults=tuple(unplugged(T + n * 600, 120) for n in range(3))),
        Build(policy=troubles(repeat_s=0.0)),
    ),
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
    "L2, a report": (night(modem=(ERRORS,)), Build(sender=Resigned)),
    "L3, that it is over": (
        night(None, home=TWO, faults=(unplugged(T, 600),)),
        Build(policy=troubles(off_delay_s=1e9)),
    ),
    "L3, no broker for an hour": (
        night(None, broker=(NO_BROKER,)),
        Build(policy=troubles(broker_text_after_s=1e9)),
    ),
    "L3, no broker for a minute": (
        night(None, broker=(NO_BROKER,)),
        Build(policy=troubles(broker_text_after_s=60.0)),
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
    "L4, unnamed": (night(STANDING, hours=38), Build(sender=Undigested)),
    "L5": (night(kills=(Kill(T + 2 * HOUR_S, 2.0),)), Build(disk=EmptyDisk)),
}


@pytest.mark.parametrize("bug", CASES)
def test_a_planted_bug_is_found_by_the_invariant_that_it_breaks(bug: str, tmp_path: Path) -> None:
    year, build = CASES[bug]
    name = bug.partition(",")[0]
    (judge,) = (j for j in INVARIANTS if j.name == name)
    with pytest.raises(Violation) as found:
        live(year, tmp_path, build=build, judges=(judge,))
    assert found.value.invariant == name, found.value


@pytest.mark.parametrize("bug", CASES)
def test_the_same_night_without_the_bug_is_clean(bug: str, tmp_path: Path) -> None:
    year, _ = CASES[bug]
    live(year, tmp_path)


def test_every_invariant_has_a_planted_bug() -> None:
    assert {bug.partition(",")[0] for bug in CASES} >= {j.name for j in INVARIANTS} - {"L0"}
