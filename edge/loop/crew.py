"""The threads of the house: who serves where, and who is replaced by whom (design 3).

Owns which generation of each thread counts. Invariant: of each post at most one thread is heard;
one that hangs or has ended unasked is a trouble at once, is fenced before it is replaced, and never
counts again, whenever it comes back; no post leaves more than ``MOST_LEFT`` hung threads behind,
the house no more than ``MOST_LEFT_IN_ALL``. What a thread does, and how its port is taken from it,
is its maker's business; ending the process is the loop's.

For the main thread, but for ``Shift``, whose ``beat`` and ``put`` are the thread's own.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from drivers.errors import DriverError, in_our_words
from edge.loop.supervisor import END_AFTER_REPORT_WAITS_S, END_AFTER_S, HUNG_AFTER_S, Beats

if TYPE_CHECKING:
    from edge.loop.inbox import InboxEvent

_log = logging.getLogger(__name__)

REPLACED_WITHIN_S: Final = END_AFTER_S - HUNG_AFTER_S
REPLACED_WITHIN_REPORT_WAITS_S: Final = END_AFTER_REPORT_WAITS_S - HUNG_AFTER_S
"""How long a vital thread's successor may take to prove itself (design 3)."""

WELL_AFTER_S: Final = 60.0
"""A successor that has beaten for so long ends the trouble: sooner it may hang as the last did."""

PAUSES_S: Final = (0.0, 10.0, 60.0, 300.0)
"""Before the first, second … replacement within ``REMEMBERED_S``; the last for all that follow."""

VITAL_PAUSES_S: Final = (0.0, 1.0, 2.0)
"""The same for a vital thread, which has no time."""

REPLACED: Final = "; it was replaced"

REMEMBERED_S: Final = 1800.0

MOST_LOSSES: Final = 5
"""So many losses of one vital thread within ``REMEMBERED_S``: another process may do better."""

MOST_LEFT: Final = 3
MOST_LEFT_IN_ALL: Final = 8
"""Hung threads that are left behind: each holds a stack of some 100 KiB, and maybe a descriptor."""

_ROOT: Final = Path(__file__).parents[2]


class Hand(Protocol):
    """A thread that serves at a post."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """Ask it to end; returns at once."""

    def join(self, timeout_s: float) -> bool:
        """Wait for it; True if it has ended."""

    def abandon(self) -> None:
        """Take its port from it, and let it end should it ever come back; returns at once."""

    @property
    def thread(self) -> threading.Thread:
        """The thread itself."""


class Shift:
    """The time in which one thread is heard: until it is over, its beats and its events count.

    Attributes:
        turns: How often it has beaten.
        last_s: When it did so last.
        over: Whether it is heard no more.
    """

    def __init__(
        self, name: str, clock: Callable[[], float], put: Callable[[InboxEvent], None]
    ) -> None:
        self.name = name
        self.turns = 0
        self.last_s = clock()
        self.over = False
        self._clock = clock
        self._put = put
        self._gate = threading.Lock()

    def beat(self) -> None:
        """The thread is alive."""
        if not self.over:
            self.last_s = self._clock()
            self.turns += 1

    def put(self, event: InboxEvent) -> None:
        """Let an event in, unless the shift is over."""
        with self._gate:
            if not self.over:
                self._put(event)

    def end(self) -> None:
        """Hear it no more: when this returns, nothing of it gets in."""
        held = self._gate.acquire(timeout=1.0)  # whoever holds it is about to let go
        self.over = True
        if held:
            self._gate.release()


@dataclass(frozen=True, slots=True)
class Post:
    """Where one thread at a time serves.

    Attributes:
        name: Of its thread; its trouble is ``thread:NAME``.
        make: Makes a thread that is heard as long as its shift lasts. A ``DriverError`` or
            ``OSError`` says that it cannot be made now; its maker tells of that.
        vital: Without it nobody is told: it may not stay unmanned.
        left: Told once its thread has been fenced; for what it had in hand.
        put: Takes the events of its thread, if not the inbox itself; must not block.
    """

    name: str
    make: Callable[[Shift], Hand]
    vital: bool = False
    left: Callable[[str], None] = lambda _why: None
    put: Callable[[InboxEvent], None] | None = None


@dataclass(slots=True)
class _Member:
    """How it stands with one post."""

    post: Post
    shift: Shift
    hand: Hand | None = None
    words: str | None = None
    since_s: float = float("-inf")  # its present thread serves so long
    unmanned_s: float | None = None  # nobody has proved able to serve since then
    try_s: float = float("inf")
    misses: int = 0  # so often in a row it could not be made
    losses_s: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_LOSSES))
    left: list[Hand] = field(default_factory=list)


class Crew:
    """Mans the posts of the house.

    Args:
        beats: Where the beats of the present generation are seen by others.
        put: The inbox.
    """

    def __init__(self, beats: Beats, put: Callable[[InboxEvent], None]) -> None:
        self._beats = beats
        self._put = put
        self._members: dict[str, _Member] = {}
        self._going = False

    def shift(self, name: str, put: Callable[[InboxEvent], None] | None = None) -> Shift:
        """Begin a shift; for a thread that is made before its post is."""
        shift = Shift(name, self._beats.clock, put or self._put)
        self._beats.take_over(name, shift)
        return shift

    def hire(self, post: Post) -> None:
        """Make the thread of a post; it begins with ``start``, or at once if that was."""
        member = self._members[post.name] = _Member(post, self.shift(post.name, post.put))
        self._man(member, self._beats.clock(), member.shift)

    def adopt(self, post: Post, shift: Shift, hand: Hand) -> None:
        """Take charge of a thread that was made by somebody else, and serves already."""
        member = self._members[post.name] = _Member(post, shift, hand)
        member.since_s = self._beats.clock()

    def start(self) -> None:
        """Let every thread begin."""
        self._going = True
        for member in self._members.values():
            if member.hand is not None and member.hand.thread.ident is None:
                member.hand.start()

    def stop(self, timeout_s: float) -> None:
        """Ask every thread to end before waiting for any: together they have one deadline."""
        hands = [hand for hand in self._hands() if hand.thread.ident is not None]
        for hand in hands:
            hand.stop()
        end_s = self._beats.clock() + timeout_s
        for hand in hands:
            if not hand.join(max(0.0, end_s - self._beats.clock())):
                _log.warning("%s has not ended in time and is left behind", hand.thread.name)

    def _hands(self) -> Iterator[Hand]:
        # In reverse: whoever was hired last needs the others, not they it.
        members = reversed(self._members.values())
        return (member.hand for member in members if member.hand is not None)

    def forgive(self, span_s: float) -> None:
        """Count nothing of a time in which no thread could do anything: all of us stood still."""
        self._beats.forgive(span_s)
        for member in self._members.values():
            if member.unmanned_s is not None:
                member.unmanned_s += span_s

    def look(self, now_s: float) -> dict[str, str | None]:
        """Find out who hangs or has ended, replace whom we can.

        Returns:
            By the name of the thread, what is wrong with it, or None for one that is well.
        """
        for member in self._members.values():
            self._look_at(member, now_s)
        return {name: member.words for name, member in self._members.items()}

    def beyond_mending(self, now_s: float, *, report_waits: bool) -> Iterator[tuple[str, str]]:
        """Tell which vital threads are gone for good, and why."""
        within_s = REPLACED_WITHIN_REPORT_WAITS_S if report_waits else REPLACED_WITHIN_S
        for name, member in self._members.items():
            if not member.post.vital:
                continue
            if member.unmanned_s is not None and now_s >= member.unmanned_s + within_s:
                yield name, f"{name} hangs"
            elif (losses := _of_late(member, now_s)) >= MOST_LOSSES:
                yield name, f"{name} was lost {losses} times in {REMEMBERED_S / 60:.0f} min"

    def _look_at(self, member: _Member, now_s: float) -> None:
        member.left = [hand for hand in member.left if hand.thread.is_alive()]
        if member.hand is not None and (why := self._fault(member.hand, member.shift, now_s)):
            self._lose(member, member.hand, why, now_s)
        if member.hand is None and now_s >= member.try_s:
            self._replace(member, now_s)
        if member.hand is not None and member.shift.turns > 1:
            member.unmanned_s = None
            if now_s >= member.since_s + WELL_AFTER_S:
                member.words = None

    def _fault(self, hand: Hand, shift: Shift, now_s: float) -> str | None:
        """What is wrong with a thread, in words; None if nothing is."""
        if not self._going or hand.thread.ident is None:
            return None
        if not hand.thread.is_alive():
            return "ended by itself"
        silent_s = now_s - shift.last_s
        return f"has not answered for {silent_s:.0f} s" if silent_s >= HUNG_AFTER_S else None

    def _lose(self, member: _Member, hand: Hand, why: str, now_s: float) -> None:
        """Fence a thread, and take its port from it."""
        name = member.post.name
        member.shift.end()
        place = _place_of(hand.thread)
        _log.error("%s %s%s", name, why, f", in {place}" if place else "")
        hand.abandon()
        if hand.thread.is_alive():
            member.left.append(hand)
        member.hand = None
        member.words = f"{name} {why}"
        if member.unmanned_s is None:
            member.unmanned_s = now_s
        member.losses_s.append(now_s)
        pauses_s = VITAL_PAUSES_S if member.post.vital else PAUSES_S
        member.try_s = now_s + pauses_s[min(_of_late(member, now_s), len(pauses_s)) - 1]
        member.post.left(member.words)

    def _replace(self, member: _Member, now_s: float) -> None:
        left, all_left = len(member.left), sum(len(m.left) for m in self._members.values())
        if left >= MOST_LEFT or all_left >= MOST_LEFT_IN_ALL:
            member.words = (
                f"{member.post.name} cannot be replaced: {max(left, all_left)} threads that hang"
                " were left behind already"
            )
            return
        self._man(member, now_s, self.shift(member.post.name, member.post.put))
        if member.hand is not None:
            _log.warning("%s was replaced", member.post.name)
            member.words = f"{(member.words or '').partition(REPLACED)[0]}{REPLACED}"

    def _man(self, member: _Member, now_s: float, shift: Shift) -> None:
        """Make a thread, and let it begin if the house is open."""
        try:
            member.hand = member.post.make(shift)
        except (DriverError, OSError) as error:
            _log.warning("%s cannot be made: %s", member.post.name, in_our_words(error))
            shift.end()
            self._beats.forget(member.post.name)
            member.misses += 1
            member.try_s = now_s + PAUSES_S[min(member.misses, len(PAUSES_S) - 1)]
            return
        member.misses = 0
        member.shift, member.since_s, member.try_s = shift, now_s, float("inf")
        if self._going:
            member.hand.start()


def _of_late(member: _Member, now_s: float) -> int:
    """How often it was lost lately."""
    return sum(now_s - lost_s < REMEMBERED_S for lost_s in member.losses_s)


def _place_of(thread: threading.Thread) -> str:
    """Where in the program a thread is now, for whoever is to find out why; empty if it ended."""
    frame = sys._current_frames().get(thread.ident or 0)
    place = ""
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        at = f"{file.name}:{frame.f_lineno} {frame.f_code.co_name}"
        if file.is_relative_to(_ROOT) and "site-packages" not in file.parts:
            return f"{place} < {at}" if place else at
        place = place or at
        frame = frame.f_back
    return place
