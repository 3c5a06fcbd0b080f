"""A look into the store: the readings that somebody wants to see, and what stands beside them.

Invariant: every pass reads the rows anew, one at a time, for there may be more than memory; what a
pass has seen is summed up in ``tallies``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Final

from edge.cli import beside, history_book, moments, store_link
from edge.cli.beside import Beside, Line
from edge.cli.history_book import DAY_S, Found, Row, Tally, Wanted
from edge.cli.history_words import at

if TYPE_CHECKING:
    from pathlib import Path

    from edge.cli.course import Course, Setpoints
    from edge.cli.history_course import Frame
    from edge.store.reader import Reader

INTERVAL_S: Final = 60.0
"""How often a reading is logged, if the settings do not say (contract 1, ``[log]``)."""

_ONE_DAY_S: Final = 1.5 * DAY_S
_FEW_DAYS_S: Final = 8 * DAY_S
_MOST_OF_A_YEAR_S: Final = 300 * DAY_S
_MINUTES_S: Final = 900.0


@dataclass
class View:
    """What was found in a store.

    Args:
        reader: The open store.
        where: Which store, and which settings.
        wanted: What was asked for.
        found: The rows.
        now_s: The present, in seconds since 1970.
    """

    reader: Reader
    where: store_link.Place
    wanted: Wanted
    found: Found
    now_s: float
    tallies: dict[str, Tally] = field(default_factory=dict)

    @property
    def interval_s(self) -> float:
        """A sensor that is alive is logged at least so often."""
        value = self.where.table("log").get("interval_s")
        if isinstance(value, int | float) and isfinite(value) and value > 0:
            return float(value)
        return INTERVAL_S

    @property
    def begins_s(self) -> float:
        """Where the time begins that is looked at: with the log, if that is younger."""
        since_s, found = self.wanted.since_s, self.found
        return since_s if since_s is not None and found.older else found.begins_s

    @property
    def ends_s(self) -> float:
        """Where it ends: without ``--until`` now, or with the log if nothing was asked for."""
        if self.wanted.until_s is not None:
            return max(min(self.wanted.until_s, self.now_s), self.found.ends_s)
        return self.found.ends_s if self.wanted.last_s else max(self.now_s, self.found.ends_s)

    def rows(self) -> Iterator[Row]:
        """Pass over the readings of all sensors, and sum up those wanted."""
        self.tallies.clear()
        found = self.found
        if not found.count:
            return
        rows = store_link.rows(self.reader, "readings", found.first_seq - 1, found.last_seq)
        for row in history_book.readings(rows, found):
            if self.wanted.takes(row):
                self.tallies.setdefault(row.sensor, Tally()).add(row)
            yield row

    def chosen(self) -> Iterator[Row]:
        """Pass over the readings wanted."""
        return filter(self.wanted.takes, self.rows())

    @cached_property
    def beside(self) -> Beside:
        """What happened in the same time."""
        if not self.found.count:
            return Beside()
        level = beside.level_of(self.reader.state())
        return beside.look_beside(
            lambda: store_link.newest_first(self.reader, "events"),
            self.found,
            level,
            begins_s=self.begins_s,
            ends_s=self.ends_s,
        )

    def woven(self) -> Iterator[Line]:
        """Pass over the readings wanted, with what happened in between."""
        return beside.woven(self.chosen(), self.beside.marks, self.found.timeline, self.interval_s)

    def course(self, setpoints: Setpoints | None) -> Course:
        """Make a picture of it."""
        from edge.cli import history_course

        return history_course.course(
            self.rows(), self.beside, self._frame(), self.wanted, setpoints
        )

    def _frame(self) -> Frame:
        from edge.cli.history_course import Frame

        zone = self.where.zone
        form = axis_form(self.ends_s - self.begins_s)
        midnight = datetime.fromtimestamp(self.begins_s).astimezone(zone)
        midnight = midnight.replace(hour=0, minute=0, second=0, microsecond=0)
        return Frame(
            begins_s=self.begins_s,
            ends_s=self.ends_s,
            interval_s=self.interval_s,
            told=lambda at_s: at(at_s, zone, form),
            zero_s=midnight.timestamp(),
        )

    def title(self) -> str:
        """From when to when, in digits: no font lacks them."""
        begins, ends = (
            at(moment, self.where.zone, moments.TO_THE_MINUTE)
            for moment in (self.begins_s, self.ends_s)
        )
        return f"{begins} - {ends}"


def axis_form(span_s: float) -> str:
    """How moments are written on an axis of so many seconds: as short as tells them apart."""
    if span_s < _MINUTES_S:
        return "%H:%M:%S"
    if span_s <= _ONE_DAY_S:
        return "%H:%M"
    if span_s <= _FEW_DAYS_S:
        return "%m-%d %H:%M"
    return "%m-%d" if span_s <= _MOST_OF_A_YEAR_S else "%Y-%m-%d"


def setpoints(config: Path) -> Setpoints | None:
    """Return the setpoints of the settings; None if those cannot be used."""
    from edge.cli.course import Setpoints
    from edge.settings import SettingsError, load

    try:
        alarm = load(config).alarm
    except SettingsError:
        return None
    return Setpoints(alarm.alert.setpoint_mm, alarm.danger.setpoint_mm)
