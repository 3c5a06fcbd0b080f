"""How a history is shown: a line a reading, what happened in between, and what it comes to.

Owns the columns. They are laid out before the first line is known, for a log may be as large as the
disk allows and passes by line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.text import Text

from edge.cli import moments, screen
from edge.cli.beside import ClockSet, Line, Mark, Silence
from edge.cli.event_words import what_words
from edge.cli.history_book import Row, Tally
from edge.cli.status import span
from edge.locale import _

_NARROW: Final = 60
"""Columns below which the day stands on a line of its own, and a bound is a sign."""

_STANDS_OUT: Final = "* "
_WIDEST: Final = "999.9"
_QUALITY_STYLE: Final = {"suspect": "yellow", "faulted": "red", "stale": "red"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How wide the columns are, in cells, and the words in them.

    ``day`` is False where days have lines of their own. The words are looked up once: gettext looks
    for its files at each call, and a log has a hundred thousand rows.
    """

    zone: ZoneInfo | None
    form: str
    day: bool
    time: int
    sensor: int
    depth: int
    at_least: str
    below: str
    unknown: str
    qualities: Mapping[str, str]


def layout(zone: ZoneInfo | None, sensors: Iterable[str], *, bounded: bool, unset: bool) -> Layout:
    """Lay the columns out for a terminal, or for a file, where there is room.

    Args:
        zone: In which times are told.
        sensors: Whose readings come.
        bounded: Whether some are bounds.
        unset: Whether for some the clock was not set.
    """
    out = screen.screen()
    day = not out.is_terminal or out.width >= _NARROW
    form = moments.WHOLE if not out.is_terminal else moments.TO_THE_SECOND if day else "%H:%M:%S"
    at_least = _("at least {depth} mm") if day else "≥ {depth} mm"
    below = _("below {depth} mm") if day else "< {depth} mm"
    unknown = _("unknown")
    samples = ["{depth} mm", *((at_least, below, unknown) if bounded else ())]
    return Layout(
        zone=zone,
        form=form,
        day=day,
        time=len(at(0.0, zone, form)) + (2 if unset else 0),
        sensor=max(map(cell_len, (_("sensor"), *sensors))),
        depth=max(cell_len(sample.format(depth=_WIDEST)) for sample in samples),
        at_least=at_least,
        below=below,
        unknown=unknown,
        qualities={
            "good": _("good"),
            "suspect": _("suspect"),
            "faulted": _("faulted"),
            "stale": _("stale"),
        },
    )


def lines(woven: Iterable[Line], look: Layout) -> Iterator[Text]:
    """Return the lines of a table, with its heads."""
    heads = (_("time"), _("sensor"), _("water"), _("quality"))
    yield Text(_columns(look, heads), style="bold")
    today = ""
    for line in woven:
        if not look.day and (day := _when(line, look, "%Y-%m-%d").removesuffix(" ?")) != today:
            today = day
            yield Text(day, style="dim")
        when = _when(line, look, look.form)
        if isinstance(line, Row):
            quality = look.qualities.get(line.quality, line.quality)
            cells = (when, line.sensor, depth_words(line, look), quality)
            yield Text(_columns(look, cells), style=_QUALITY_STYLE.get(line.quality, ""))
        else:
            words, style = _beside(line)
            yield Text(
                f"{when.ljust(look.time)}{'  ' if look.day else ' '}{_STANDS_OUT}{words}",
                style=style or "bold",
            )


def _columns(look: Layout, cells: tuple[str, str, str, str]) -> str:
    time, sensor, depth, quality = cells
    parts = (
        time + " " * (look.time - cell_len(time)),
        sensor + " " * (look.sensor - cell_len(sensor)),
        " " * (look.depth - cell_len(depth)) + depth,
        quality,
    )
    return ("  " if look.day else " ").join(parts)


def _when(line: Line, look: Layout, form: str) -> str:
    """The time of a line as it was logged."""
    if isinstance(line, Silence | ClockSet):
        return at(line.from_s if isinstance(line, Silence) else line.at_s, look.zone, form)
    ts, synced = _stamp(line)
    return moments.told(ts, look.zone, form, synced=synced)


def _stamp(line: Row | Mark) -> tuple[str, bool]:
    if isinstance(line, Row):
        return line.ts, line.clock_synced
    return str(line.event.get("ts")), line.event.get("clock_synced") is not False


def at(at_s: float, zone: ZoneInfo | None, form: str) -> str:
    """Write a place in time as the people of the home read it."""
    return f"{datetime.fromtimestamp(at_s).astimezone(zone):{form}}"


def _beside(line: Mark | Silence | ClockSet) -> tuple[str, str]:
    """What stands between the readings, and its style."""
    if isinstance(line, Silence):
        words = _("nothing measured for {span}").format(span=span(line.to_s - line.from_s))
        return words, "yellow"
    if isinstance(line, ClockSet):
        words = (
            _("the clock jumped {span} forward")
            if line.by_s > 0
            else _("the clock jumped {span} back")
        )
        return words.format(span=span(abs(line.by_s))), "dim"
    words, style = what_words(line.event)
    about = ", ".join(_about(line.event))
    return (f"{words} ({about})" if about else words), style


def _about(event: Mapping[str, Any]) -> Iterator[str]:
    """Where and how deep, who, how many: whatever the event knows of it."""
    for name in ("zone", "sensor", "by"):
        if isinstance(value := event.get(name), str) and value:
            yield value
    for name in ("depth_mm", "peak_mm"):
        if isinstance(value := event.get(name), int | float):
            yield f"{_number(value)} mm"
    if isinstance(count := event.get("count"), int):
        yield str(count)


def depth_words(row: Row, look: Layout) -> str:
    """What a reading says of the water: a depth, a bound, or nothing."""
    if row.depth_mm is not None:
        return f"{_number(row.depth_mm)} mm"
    if row.at_least_mm is not None:
        return look.at_least.format(depth=_number(row.at_least_mm))
    if row.below_mm is not None:
        return look.below.format(depth=_number(row.below_mm))
    return look.unknown


def _number(mm: float) -> str:
    """Tenths where there are any: 149.6 is not yet the setpoint of 150."""
    return f"{round(mm, 1):g}" if abs(mm) < 100_000 else f"{mm:.0f}"


def tally_words(sensor: str, tally: Tally | None, zone: ZoneInfo | None) -> str:
    """What the readings of a sensor come to, in one sentence."""
    if tally is None or tally.last is None:
        return _("{sensor}: no reading in this time").format(sensor=sensor)
    if tally.reached_mm is not None:
        return _with_water(sensor, tally, tally.reached_mm, zone)
    if tally.last.below_mm is not None:
        words = _("{sensor}: {count} reading(s), no water")
    else:
        words = _("{sensor}: {count} reading(s), none of them of the water")
    return words.format(sensor=sensor, count=tally.count)


def _with_water(sensor: str, tally: Tally, reached_mm: float, zone: ZoneInfo | None) -> str:
    if tally.lowest_mm is None or tally.deepest_mm is None or tally.deepest_mm < reached_mm:
        words = _("{sensor}: {count} reading(s), at least {deepest} mm at {time}")
    elif tally.lowest_mm == tally.deepest_mm:
        words = _("{sensor}: {count} reading(s), {deepest} mm throughout")
    else:
        words = _("{sensor}: {count} reading(s), {lowest} to {deepest} mm, deepest at {time}")
    return words.format(
        sensor=sensor,
        count=tally.count,
        lowest=_number(tally.lowest_mm or 0.0),
        deepest=_number(reached_mm),
        time=at(tally.reached_s, zone, moments.TO_THE_SECOND),
    )


def silent_words(last: Row, now_s: float, zone: ZoneInfo | None) -> str:
    """That nothing has come from a sensor for too long."""
    return _("{sensor}: nothing since {time}, for {span}").format(
        sensor=last.sensor,
        time=at(last.at_s, zone, moments.TO_THE_SECOND),
        span=span(now_s - last.at_s),
    )


def thinned_words(count: int) -> str:
    """That readings are missing, and why."""
    words = _(
        "{count} reading(s) of this time were thinned away when the store was full; the lowest and"
        " the highest of each eight are kept."
    )
    return words.format(count=count)
