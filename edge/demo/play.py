"""One demo from start to end: opens the house, plays the script, shows it, judges it, tidies up.

Owns the order of things and the exit code. Invariant: whatever ends it, a signal included, the
house is closed before it returns.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final, Protocol

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text as Words

from drivers.errors import DriverError
from edge.demo.board import Board, Line
from edge.demo.house import House
from edge.demo.pace import Pace
from edge.demo.plain import Plain
from edge.demo.reader import Reader
from edge.demo.record import Record, Seen
from edge.demo.scenarios import SCENARIOS, Scenario
from edge.demo.summary import exit_code, what_was_checked, who_was_told
from edge.demo.verdict import judge, open_promises, told
from edge.demo.view import MIN_HEIGHT, MIN_WIDTH, View, fits
from edge.demo.words import _
from edge.locale import language_of, use
from edge.messages import texts
from edge.messages.words import TextsError

EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130
"""128 + SIGINT, as a shell reports it."""

_MARK_WIDTH: Final = 6
_FRAME_S: Final = 0.1
_GRACE_S: Final = 15.0
"""How long after the script a promise may still be kept; the demo ends as soon as all are."""
_SETTLE_S: Final = 1.0
"""How long it goes on when all are kept: long enough to see it, and for a late text to spoil it."""

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Show(Protocol):
    """Where the demo is shown."""

    def open(self) -> None:
        """Begin."""

    def lines(self, new: list[Line]) -> None:
        """Take new lines of the time line."""

    def refresh(self, board: Board, at_s: float) -> None:
        """Show the state of now."""

    def close(self) -> None:
        """End; safe to call twice."""


@dataclass(frozen=True, slots=True)
class Cast:
    """What was asked for, checked."""

    scenario: Scenario
    pace: Pace
    language: str
    plain: bool


def run(*, speed: float, scenario: str, plain: bool, lang: str | None) -> int:
    """See ``edge.demo.main``."""
    # The command line has chosen already, and says so the way gettext does (locale.use).
    language = language_of(lang or os.environ.get("LANGUAGE"), None)
    use(language)
    if scenario not in SCENARIOS:
        return _refuse(_("no such scenario: {name}").format(name=scenario))
    try:
        pace = Pace(speed)
    except ValueError as error:
        return _refuse(str(error))
    cast = Cast(SCENARIOS[scenario], pace, language, plain or not _live_possible())
    with _ended_by_signals():
        try:
            return _play(cast)
        except KeyboardInterrupt:
            _say(_("stopped; nothing is left running"))
            return EXIT_INTERRUPTED
        except (DriverError, TextsError, OSError) as error:
            print(str(error), file=sys.stderr)
            return 1


def _live_possible() -> bool:
    console = Console()
    if not sys.stdout.isatty() or console.is_dumb_terminal:
        return False
    if not fits(console):
        here = _("the live view needs a window of {width} × {height} characters: lines instead")
        _say(here.format(width=MIN_WIDTH, height=MIN_HEIGHT))
        return False
    return True


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return EXIT_USAGE


def _play(cast: Cast) -> int:
    record = Record(cast.scenario, cast.pace)
    reader = Reader(texts.load(texts.find(cast.language)))
    with _uninterrupted():
        house = House(cast.scenario, cast.pace, cast.language, reader)
    code = None
    try:
        _announce(cast, house)
        house.open()
        show: Show = Plain() if cast.plain else View(Console())
        try:
            show.open()
            _watch(house, record, show)
        finally:
            show.close()
        record.kept = house.kept()
        record.exit_status, record.ended_in_s = house.end_daemon()
        code = _sum_up(record)
    finally:
        with _uninterrupted():
            house.close(keep_files=code == 1)
    if code == 1:
        _say(_("the daemon's log is kept in {path}").format(path=house.directory))
    return code


def _announce(cast: Cast, house: House) -> None:
    _say(f"floodbell demo: {cast.scenario.name}. {_(cast.scenario.story)}")
    _say(_("settings: {path}").format(path=house.settings))
    _say(_("broker: {name}").format(name=house.broker_name))


def _watch(house: House, record: Record, show: Show) -> None:
    """Let the script run to its end, and until its promises are kept, but not for ever."""
    board = Board(record.scenario, record.pace)
    script_end_s = record.pace.clock_s(record.scenario.duration_s)
    house.begin()
    show.lines(board.begin())
    end_s = script_end_s + _GRACE_S
    while (at_s := house.at_s) < end_s:
        house.step()
        show.lines(board.take(at_s, _note(house, record)))
        show.refresh(board, at_s)
        if at_s >= script_end_s and end_s > at_s + _SETTLE_S and not open_promises(record):
            end_s = at_s + _SETTLE_S
        time.sleep(_FRAME_S)
    _note(house, record)


def _note(house: House, record: Record) -> list[Seen]:
    news = house.news()
    record.seen.extend(news)
    return news


def _sum_up(record: Record) -> int:
    checked = judge(record)
    _say("")
    told_lines = list(who_was_told(told(record)))
    if told_lines:
        _say(_("Who was told of the water:"), "bold")
        for line in told_lines:
            _say(f"  {line}")
    _say(_("What was promised:"), "bold")
    for kept, line in what_was_checked(checked):
        mark = set_cell_size(_("kept") if kept else _("BROKEN"), _MARK_WIDTH)
        _say(f"  {mark}  {line}", "green" if kept else "bold red")
    return exit_code(checked)


def _say(words: str, style: str = "") -> None:
    if sys.stdout.isatty():
        Console(highlight=False).print(Words(words, style=style), soft_wrap=True)
    else:
        print(words, flush=True)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the demo like Ctrl-C, so that it tidies up after them as well.

    SIGINT too: a shell that starts the demo in the background has told it to ignore that one.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupt) for one in _ENDING}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Signals wait until the block is over: what is half laid or half tidied up is left to nobody.

    Only for blocks whose every step has an end, and that start no process: it would inherit this.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
