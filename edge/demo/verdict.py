"""Were the promises kept? Judged from outside, on what was seen and nothing else.

Owns the judgement. Pure: a record in, verdicts out. Invariant: a promise of which nothing was seen
is broken, never kept by default; one that says "nothing happens" is only as good as the record, so
the centre must have heard the daemon at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from edge.demo.people import NUMBER_119, TOLD_OF_TROUBLE, TOLD_OF_WATER, who
from edge.demo.reader import WATER
from edge.demo.record import Published, Record, Text
from edge.demo.scenarios import ALERT_MM, DANGER_MM, Act, Promise
from edge.demo.words import _
from edge.effects import Purpose

REPORT_WITHIN_S: Final = 20.0
"""True water to the last byte of the text. Source: design, first promise."""
TROUBLE_WITHIN_S: Final = 200.0
"""A fault to the district's hearing of it. Source: design, third promise."""
END_WITHIN_S: Final = 5.0
"""SIGTERM to the end. Source: contract 2."""
REPORT_MAX_CHARS: Final = 45
"""Source: contract 4."""

_ALERT_WITHIN_S: Final = 20.0
_SENSOR_FAULT_WITHIN_S: Final = 10.0
"""stale_after_s of the settings (5 s) and as much again."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One promise and what became of it."""

    promise: Promise
    kept: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Told:
    """Who was first told of what, and how long after the water stood at its setpoint.

    Attributes:
        number: As dialled.
        purpose: What the text was about.
        after_s: Seconds from the water truly at the setpoint to the text accepted by the network.
    """

    number: str
    purpose: Purpose
    after_s: float


Finding = tuple[bool, str]


def judge(record: Record) -> tuple[Checked, ...]:
    """Judge every promise of the record's scenario, in its order."""
    return tuple(
        Checked(promise, *_CHECKS[promise](record)) for promise in record.scenario.promises
    )


def open_promises(record: Record) -> tuple[Promise, ...]:
    """The promises not kept so far, without those that only the daemon's end can keep."""
    return tuple(
        one.promise
        for one in judge(record)
        if not one.kept and one.promise is not Promise.DAEMON_ENDED_WELL
    )


def told(record: Record) -> tuple[Told, ...]:
    """Who was told of the water, by the first text of each kind, in the order of the texts."""
    first: dict[tuple[str, Purpose], Told] = {}
    since = {Purpose.ALERT: ALERT_MM, Purpose.DANGER: DANGER_MM, Purpose.REPORT: DANGER_MM}
    for text in record.texts():
        if text.purpose not in since:
            continue
        crossing_s = record.crossing_s(since[text.purpose])
        if crossing_s is not None:
            told_of = Told(text.number, text.purpose, text.at_s - crossing_s)
            first.setdefault((text.number, text.purpose), told_of)
    return tuple(first.values())


def _reported(record: Record) -> Finding:
    crossing_s = record.crossing_s(DANGER_MM)
    return _in_time(_reports(record), crossing_s, record.pace.within_s(REPORT_WITHIN_S))


def _reported_after_return(record: Record) -> Finding:
    back = record.done(Act.FIND_NETWORK)
    since_s = back.at_s if back else None
    return _in_time(_reports(record), since_s, record.pace.within_s(REPORT_WITHIN_S))


def _reports(record: Record) -> list[Text]:
    return list(record.texts(NUMBER_119))


def _in_time(texts: list[Text], since_s: float | None, within_s: float) -> Finding:
    if not texts or since_s is None:
        return False, _("never")
    after_s = texts[0].at_s - since_s
    # A text before its cause is a fault too: something else than the water must have sent it.
    return 0 <= after_s <= within_s, _("after {after:.1f} s of {within:.0f} s").format(
        after=after_s, within=within_s
    )


def _report_fits(record: Record) -> Finding:
    reports = _reports(record)
    longest = max((len(text.body) for text in reports), default=0)
    parts = max((text.parts for text in reports), default=0)
    fits = bool(reports) and longest <= REPORT_MAX_CHARS and parts == 1
    return fits, _("{chars} characters of {allowed}, {parts} part").format(
        chars=longest, allowed=REPORT_MAX_CHARS, parts=parts
    )


def _report_first(record: Record) -> Finding:
    of_danger = (Purpose.REPORT, Purpose.DANGER)
    first = next((text for text in record.texts() if text.purpose in of_danger), None)
    if first is None:
        return False, _("never")
    return first.purpose is Purpose.REPORT, _("first: {who}").format(who=who(first.number))


def _report_repeated(record: Record) -> Finding:
    count = len(_reports(record))
    return count == record.pace.repeats, _("{count} of {wanted}").format(
        count=count, wanted=record.pace.repeats
    )


def _people_alerted(record: Record) -> Finding:
    crossing_s = record.crossing_s(ALERT_MM)
    return _all_told(record, Purpose.ALERT, crossing_s, record.pace.within_s(_ALERT_WITHIN_S))


def _people_warned(record: Record) -> Finding:
    return _all_told(record, Purpose.DANGER, record.crossing_s(DANGER_MM), None)


def _receded_told(record: Record) -> Finding:
    firsts = [next(_texts(record, person.phone, Purpose.RECEDED), None) for person in TOLD_OF_WATER]
    count = len([text for text in firsts if text is not None])
    return count == len(firsts), _("{count} of {wanted}").format(count=count, wanted=len(firsts))


def _all_told(
    record: Record, kind: Purpose, since_s: float | None, within_s: float | None
) -> Finding:
    """Whether all whom water concerns got such a text; the slowest of them counts."""
    firsts = [
        next((text.at_s for text in _texts(record, person.phone, kind)), None)
        for person in TOLD_OF_WATER
    ]
    reached = [at_s for at_s in firsts if at_s is not None]
    if len(reached) < len(firsts) or since_s is None:
        return False, _("{count} of {wanted}").format(count=len(reached), wanted=len(firsts))
    slowest_s = max(reached) - since_s
    kept = min(reached) >= since_s and (within_s is None or slowest_s <= within_s)
    return kept, _("all {count}, the last after {after:.1f} s").format(
        count=len(reached), after=slowest_s
    )


def _texts(record: Record, number: str, kind: Purpose) -> Iterator[Text]:
    return (text for text in record.texts(number) if text.purpose is kind)


def _alarm_says(stage: str, setpoint_mm: float) -> Callable[[Record], Finding]:
    def check(record: Record) -> Finding:
        crossing_s = record.crossing_s(setpoint_mm)
        said = next((one for one in record.published("alarm") if _stage(one) == stage), None)
        if said is None or crossing_s is None:
            return False, _("never")
        after_s = said.at_s - crossing_s
        latest = list(record.published("alarm"))[-1].payload
        kept = record.kept is None or _same_alarm(record.kept.get("alarm"), latest)
        timely = 0 <= after_s <= record.pace.within_s(REPORT_WITHIN_S)
        detail = _("after {after:.1f} s").format(after=after_s)
        return kept and timely, detail if kept else _("the broker keeps another one")

    return check


def _same_alarm(kept: dict[str, Any] | None, latest: dict[str, Any]) -> bool:
    """Whether both say the same; depth and time may have moved while the broker was asked."""
    if kept is None:
        return False
    return all(kept.get(key) == latest.get(key) for key in ("stage", "latched", "incident"))


def _stage(alarm: Published) -> str:
    return str(alarm.payload.get("stage"))


def _alarm_normal(record: Record) -> Finding:
    stages = [_stage(one) for one in record.published("alarm")]
    return bool(stages) and set(stages) == {"normal"}, ", ".join(dict.fromkeys(stages)) or _(
        "never"
    )


def _nothing_to_119(record: Record) -> Finding:
    count = len(_reports(record))
    heard = next(record.published("status"), None) is not None
    return heard and not count, _("{count} texts to 119").format(count=count)


def _no_water_texts(record: Record) -> Finding:
    # A text whose words nobody knows is counted too: it has no business here.
    count = sum(text.purpose in (*WATER, None) for text in record.texts())
    heard = next(record.published("status"), None) is not None
    return heard and not count, _("{count} texts about water").format(count=count)


def _sensor_fault_shown(record: Record) -> Finding:
    muted = record.done(Act.MUTE_SENSOR)
    shown = (
        one.at_s
        for one in record.published("sensors/door")
        if one.payload.get("quality") in ("faulted", "stale")
    )
    return _after(muted.at_s if muted else None, shown, record, _SENSOR_FAULT_WITHIN_S)


def _trouble_published(record: Record) -> Finding:
    raised = (one.at_s for one in record.events("trouble_raised"))
    return _after(_fault_s(record), raised, record, TROUBLE_WITHIN_S)


def _trouble_texted(record: Record) -> Finding:
    firsts = [
        next((text.at_s for text in _texts(record, person.phone, Purpose.TROUBLE)), None)
        for person in TOLD_OF_TROUBLE
    ]
    reached = [at_s for at_s in firsts if at_s is not None]
    if len(reached) < len(firsts):
        return False, _("{count} of {wanted}").format(count=len(reached), wanted=len(firsts))
    return _after(_fault_s(record), iter([max(reached)]), record, TROUBLE_WITHIN_S)


def _trouble_cleared(record: Record) -> Finding:
    back = record.done(Act.UNMUTE_SENSOR)
    cleared = (one.at_s for one in record.events("trouble_cleared"))
    return _after(back.at_s if back else None, cleared, record, TROUBLE_WITHIN_S)


def _fault_s(record: Record) -> float | None:
    faults = (record.done(Act.MUTE_SENSOR), record.done(Act.LOSE_NETWORK))
    return next((fault.at_s for fault in faults if fault), None)


def _after(
    since_s: float | None, moments: Iterator[float], record: Record, promised_s: float
) -> Finding:
    """Whether something came after its cause and in time."""
    if since_s is None:
        return False, _("never")
    first_s = next((at_s for at_s in moments if at_s >= since_s), None)
    if first_s is None:
        return False, _("never")
    within_s = record.pace.within_s(promised_s)
    return first_s - since_s <= within_s, _("after {after:.1f} s of {within:.0f} s").format(
        after=first_s - since_s, within=within_s
    )


def _nothing_missing(record: Record) -> Finding:
    """Both logs are there from 1 to their last number, and reach beyond any outage."""
    readings = [row for one in record.published("readings") for row in _rows(one)]
    numbers = {
        "readings": {int(row["seq"]) for row in readings},
        "events": {int(one.payload["seq"]) for one in record.published("events")},
    }
    missing = sum(max(seen, default=1) - len(seen) for seen in numbers.values())
    detail = _("{readings} readings, {events} events, {missing} missing").format(
        readings=len(numbers["readings"]), events=len(numbers["events"]), missing=missing
    )
    taken_away, caught_up = _outage(record, [_taken(row) for row in readings])
    if taken_away is not None:
        detail += ", " + _("{count} taken while the broker was away").format(count=taken_away)
    return all(numbers.values()) and not missing and caught_up, detail


def _rows(message: Published) -> list[dict[str, Any]]:
    rows = message.payload.get("readings")
    return rows if isinstance(rows, list) else []


def _taken(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(row["ts"]))


def _outage(record: Record, taken: list[datetime]) -> tuple[int | None, bool]:
    """How many readings were taken while the broker was away, and whether all has arrived since."""
    stopped, started = record.done(Act.STOP_BROKER), record.done(Act.START_BROKER)
    if stopped is None or started is None:
        return None, stopped is None
    away = sum(stopped.wall < at < started.wall for at in taken)
    newest = max(taken, default=stopped.wall)
    return away, away > 0 and newest > started.wall - timedelta(seconds=1)


def _daemon_ended_well(record: Record) -> Finding:
    kept = record.exit_status == 0 and record.ended_in_s <= END_WITHIN_S
    return kept, _("exit {status} after {after:.1f} s").format(
        status=record.exit_status, after=record.ended_in_s
    )


_CHECKS: Final[dict[Promise, Callable[[Record], Finding]]] = {
    Promise.PEOPLE_ALERTED: _people_alerted,
    Promise.REPORTED: _reported,
    Promise.REPORTED_AFTER_RETURN: _reported_after_return,
    Promise.REPORT_FITS: _report_fits,
    Promise.REPORT_FIRST: _report_first,
    Promise.REPORT_REPEATED: _report_repeated,
    Promise.PEOPLE_WARNED: _people_warned,
    Promise.RECEDED_TOLD: _receded_told,
    Promise.ALARM_ALERT: _alarm_says("alert", ALERT_MM),
    Promise.ALARM_DANGER: _alarm_says("danger", DANGER_MM),
    Promise.NOTHING_TO_119: _nothing_to_119,
    Promise.NO_WATER_TEXTS: _no_water_texts,
    Promise.ALARM_NORMAL: _alarm_normal,
    Promise.SENSOR_FAULT_SHOWN: _sensor_fault_shown,
    Promise.TROUBLE_PUBLISHED: _trouble_published,
    Promise.TROUBLE_TEXTED: _trouble_texted,
    Promise.TROUBLE_CLEARED: _trouble_cleared,
    Promise.NOTHING_MISSING: _nothing_missing,
    Promise.DAEMON_ENDED_WELL: _daemon_ended_well,
}
