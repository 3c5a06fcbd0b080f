"""The promises of the law, judged by what was seen from outside.

Each judge is given a record and yields what is broken, in words. Those that hang on time say from
when to when: where the machine itself stood still in between, nothing is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.torture.faults.record import (
    BELL,
    DANGER_WORD,
    DISK,
    DRILL_WORD,
    MODEM,
    PROCESS,
    SENSORS,
    WATER,
    Origin,
    Record,
    Spell,
    speaks_of_danger,
)

WITHIN_S: Final = 20.0
"""From true water to the last byte of the report (design 1), with nothing in its way."""

DEAD_WITHIN_S: Final = 200.0
"""A dead sensor or modem is told to the district (design 1)."""

MOST_PER_MINUTE: Final = 3
MOST_PER_HOUR: Final = 12
STARVED_S: Final = 1.5
"""So much standing still of the machine in the time in question, and it is not judged."""

_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3600.0
_BELLS_PER_MINUTE: Final = 2  # drivers/modem/interlock.py
_AHEAD_S: Final = 0.5  # the water was true a little before this process wrote it down


@dataclass(frozen=True)
class Broken:
    """A promise that does not hold; ``begin_s`` to ``end_s`` for those that hang on time."""

    promise: str
    words: str
    begin_s: float | None = None
    end_s: float | None = None

    def __str__(self) -> str:
        return f"{self.promise}: {self.words}"


def in_the_way(record: Record, origin: Origin) -> list[Spell]:
    """Everything that may hold a report of this up."""
    hits = {PROCESS, MODEM} | ({SENSORS} if origin.kind == WATER else set())
    found = [spell for spell in record.spells if spell.hits in hits]
    left = sorted(text.at_s for text in record.reports())
    for most in (MOST_PER_MINUTE, *([_BELLS_PER_MINUTE] if origin.kind == BELL else [])):
        for first_s, last_s in zip(left, left[most - 1 :], strict=False):
            if last_s - first_s < _MINUTE_S:
                found.append(Spell("enough reports", MODEM, last_s, first_s + _MINUTE_S, 1.0))
    return found


def clear_since_s(record: Record, origin: Origin, at_s: float) -> float:
    """Since when nothing has been in the way of this report, at a moment."""
    since_s = origin.true_s
    for spell in in_the_way(record, origin):
        if spell.begin_s > at_s:
            continue
        ended_s = at_s if spell.end_s is None else min(at_s, spell.end_s + spell.grace_s)
        since_s = max(since_s, ended_s)
    return since_s


def promised(record: Record, origin: Origin) -> bool:
    """Whether it must be told: a press while nobody was there to see it is not."""
    if origin.kind == WATER:
        return True
    near = [s for s in record.spells if s.hits == PROCESS]
    moments = (origin.true_s - 2.0, origin.true_s - 1.0, origin.true_s, origin.true_s + 1.0)
    return not any(spell.reaches(at_s) for spell in near for at_s in moments)


def longest_clear_s(record: Record, origin: Origin, until_s: float) -> float:
    """The longest stretch without anything in the way, from when it was true until a moment."""
    edges = sorted(
        (max(origin.true_s, s.begin_s), until_s if s.end_s is None else s.end_s + s.grace_s)
        for s in in_the_way(record, origin)
    )
    longest_s, free_s = 0.0, origin.true_s
    for begin_s, end_s in edges:
        if begin_s >= until_s:
            break
        longest_s = max(longest_s, begin_s - free_s)
        free_s = max(free_s, end_s)
    return max(longest_s, until_s - free_s)


def told_s(record: Record, origin: Origin) -> float | None:
    """When 119 heard of it first."""
    times = (t.at_s for t in record.reports() if t.at_s >= origin.true_s - _AHEAD_S)
    return min(times, default=None)


def reached(record: Record) -> Iterator[Broken]:
    """What is real reaches 119 within 20 s of nothing being in its way."""
    for origin in record.origins:
        if not promised(record, origin):
            continue
        at_s = told_s(record, origin)
        until_s = record.end_s if at_s is None else at_s
        clear_s = longest_clear_s(record, origin, until_s)
        if clear_s > WITHIN_S:
            what = f"{origin.kind} at {origin.true_s - record.began_s:.1f} s"
            when = "never" if at_s is None else f"{at_s - origin.true_s:.1f} s later"
            words = f"{what}: 119 heard {when}, with nothing in the way for {clear_s:.1f} s"
            yield Broken("reached", words, origin.true_s, until_s)


def real(record: Record) -> Iterator[Broken]:
    """119 is never called for nothing."""
    for text in record.reports():
        if not any(_of(origin, text.first_byte_s, text.at_s) for origin in record.origins):
            at_s = text.first_byte_s - record.began_s
            yield Broken("real", f"119 got {text.text!r} at {at_s:.1f} s, and nothing was the case")
    for number in record.dialled:
        if number != "119":
            yield Broken("real", f"{number} was dialled")
        elif not record.origins:
            yield Broken("real", "119 was dialled, and nothing was the case")


def _of(origin: Origin, first_byte_s: float, at_s: float) -> bool:
    closed_s = float("inf") if origin.closed_s is None else origin.closed_s
    return origin.true_s - _AHEAD_S <= first_byte_s and at_s <= closed_s + WITHIN_S


def paced(record: Record) -> Iterator[Broken]:
    """No more than 3 reports in a minute and 12 in an hour."""
    times = sorted(text.at_s for text in record.reports())
    for most, span_s in ((MOST_PER_MINUTE, _MINUTE_S), (MOST_PER_HOUR, _HOUR_S)):
        for first_s, over_s in zip(times, times[most:], strict=False):
            # What leaves the port is paced; the answer of the modem takes its time.
            if over_s - first_s < span_s - 2.0:
                at_s = first_s - record.began_s
                yield Broken("paced", f"{most + 1} reports within {span_s:.0f} s from {at_s:.1f} s")
                break


def once(record: Record) -> Iterator[Broken]:
    """No more reports of a thing than it has, and one for each cut that fell within."""
    by_time = sorted(record.origins, key=lambda origin: origin.true_s)
    ends = [origin.true_s for origin in by_time[1:]] + [float("inf")]
    for origin, end_s in zip(by_time, ends, strict=True):
        mine = [t for t in record.reports() if origin.true_s - _AHEAD_S <= t.at_s < end_s]
        until_s = mine[-1].at_s if mine else origin.true_s
        cuts = [
            spell
            for spell in record.spells
            if spell.hits in (PROCESS, MODEM, DISK)
            and spell.begin_s <= until_s
            and (spell.end_s is None or spell.end_s + spell.grace_s >= origin.true_s)
        ]
        unheard = sum(not text.answered for text in mine)
        earlier = sum(one.true_s < origin.true_s for one in by_time)
        allowed = record.repeats * (1 + earlier) + len(cuts) + unheard
        if len(mine) > allowed:
            words = f"{len(mine)} reports of one {origin.kind}, {len(cuts)} cuts explain {allowed}"
            yield Broken("once", words)


def everybody(record: Record) -> Iterator[Broken]:
    """Nobody is forgotten: each contact has heard of the danger, and nothing waits any more."""
    dangers = [origin for origin in record.origins if origin.kind == WATER]
    if not dangers:
        return
    first_s = min(origin.true_s for origin in dangers)
    for phone in record.phones:
        mine = [t for t in record.texts if t.number == phone and t.at_s >= first_s - _AHEAD_S]
        if not any(speaks_of_danger(text.text) for text in mine):
            yield Broken(
                "everybody", f"{phone} was never told of the danger", first_s, record.end_s
            )
    for words in record.unsettled:
        yield Broken("everybody", words, record.end_s - 60.0, record.end_s)


def quiet(record: Record) -> Iterator[Broken]:
    """Nobody is told of water before there was any."""
    first_s = min((origin.true_s for origin in record.origins), default=float("inf"))
    wet_s = float("inf") if record.wet_s is None else record.wet_s
    for text in record.texts:
        if DRILL_WORD in text.text:
            continue
        if text.at_s < min(first_s, wet_s) - _AHEAD_S and any(w in text.text for w in _OF_WATER):
            yield Broken("quiet", f"{text.number} got {text.text!r} before there was water")
    for at_s, on in record.siren:
        if any(drilled_s <= at_s for drilled_s in record.drilled_s):
            continue  # a drill sounds
        if on and at_s < min(first_s, wet_s) - _AHEAD_S:
            yield Broken("quiet", f"the siren sounded at {at_s - record.began_s:.1f} s")


_OF_WATER: Final = (DANGER_WORD, "경계:", "비상벨이 눌", "비상벨 눌림", "잠겼을")


def sounds(record: Record) -> Iterator[Broken]:
    """The siren sounds whenever there is danger: it waits for no modem and no disk."""
    for origin in record.origins:
        if origin.kind != WATER:
            continue
        until_s = record.end_s if origin.closed_s is None else origin.closed_s
        hits = [s for s in record.spells if s.hits in (PROCESS, SENSORS)]
        blind = Record(record.seed, record.repeats, (), spells=hits)
        on_s = _first_on_s(record, origin.true_s)
        end_s = until_s if on_s is None else min(until_s, on_s)
        if (clear_s := longest_clear_s(blind, origin, end_s)) > WITHIN_S:
            words = f"silent for {clear_s:.1f} s of danger with nothing in the way"
            yield Broken("sounds", words, origin.true_s, end_s)


def _first_on_s(record: Record, from_s: float) -> float | None:
    """When it first sounds from a moment on; at once if it sounds already."""
    before = [on for at_s, on in record.siren if at_s <= from_s]
    if before and before[-1]:
        return from_s
    return min((at_s for at_s, on in record.siren if on and at_s > from_s), default=None)


def lives(record: Record) -> Iterator[Broken]:
    """The process never ends by itself, never hangs, and leaves no traceback."""
    for words in record.exits:
        yield Broken("lives", words)
    for words in record.slow_ends:
        yield Broken("lives", words, record.began_s, record.end_s)
    for words in record.unanswered:
        yield Broken("lives", words, record.began_s, record.end_s)
    for words in record.tracebacks:
        yield Broken("lives", words)


def told(record: Record) -> Iterator[Broken]:
    """What is dead is a trouble at the centre within 200 s."""
    for one in record.standing:
        took_s = (record.end_s if one.heard_s is None else one.heard_s) - one.begin_s
        if one.heard_s is None or took_s > DEAD_WITHIN_S:
            words = f"{one.cause} was dead for {took_s:.0f} s and nobody was told"
            yield Broken("told", words, one.begin_s, record.end_s)


def whole(record: Record) -> Iterator[Broken]:
    """At the centre no number is missing, and none means two things."""
    for words in record.log_faults:
        yield Broken("whole", words)


JUDGES: Final[dict[str, Callable[[Record], Iterator[Broken]]]] = {
    judge.__name__: judge
    for judge in (reached, real, paced, once, everybody, quiet, sounds, lives, told, whole)
}


def judge(record: Record) -> tuple[list[Broken], list[Broken]]:
    """What is broken, and what cannot be judged because the machine stood still."""
    found: list[Broken] = []
    not_judged: list[Broken] = []
    for one in JUDGES.values():
        for broken in one(record):
            timed = broken.begin_s is not None and broken.end_s is not None
            still = timed and record.stood_still_s(broken.begin_s or 0, broken.end_s or 0)
            (not_judged if still and still > STARVED_S else found).append(broken)
    return found, not_judged


def slowest_s(record: Record) -> float:
    """The longest that a report took once nothing was in its way."""
    took = [0.0]
    for origin in record.origins:
        at_s = told_s(record, origin)
        if at_s is not None and promised(record, origin):
            took.append(max(0.0, at_s - clear_since_s(record, origin, at_s)))
    return max(took)


__all__ = ["JUDGES", "Broken", "judge", "longest_clear_s", "slowest_s"]
