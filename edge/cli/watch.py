"""``floodbell watch``: the bell as it is, live, for a technician who pours water.

Owns the asking once a second, the keyboard, and the end. When the bell falls silent the last
answer stays, said to be old, until it answers again. Without a terminal it prints a line whenever
something has changed; with ``--json`` a document a line.
"""

from __future__ import annotations

import json
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from math import inf
from typing import Any, Final

import click
from rich.console import Group
from rich.live import Live

from drivers.errors import DriverError
from drivers.host.control import ControlClient
from edge.cli import screen
from edge.cli.daemon_link import ask, socket_path
from edge.cli.options import Asked, reporting
from edge.cli.status import depth_words, interlock_words, level, quality_words
from edge.cli.store_link import place
from edge.cli.watch_view import OLD_S, lines
from edge.diagnose.remedies import name_of
from edge.locale import _

LEAST_INTERVAL_S: Final = 0.2
REDRAWN_S: Final = 0.5
"""A window that was resized is filled anew so soon, and the age of an answer goes on."""

SILENT_AFTER_S: Final = 2.0
_QUIT: Final = frozenset(b"qQ\x03\x04")
"""q, and what a terminal sends for Ctrl-C and Ctrl-D where it does not make a signal of it."""


@click.command(help=_("Show the bell live until you press q."))
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(LEAST_INTERVAL_S, 60.0),
    default=1.0,
    help=_("Seconds between two looks [default: 1]"),
)
@click.option("--times", type=click.IntRange(min=1), help=_("Look so often, then end"))
@reporting
def watch(asked: Asked, interval_s: float, times: int | None) -> int:
    """Ask again and again, and show what comes."""
    first = ask(asked, "watch")  # a bell that is off is exit 3, as for every command
    looks = _Looks(asked, first, interval_s, times)
    try:
        if asked.as_json:
            _as_json(looks)
        elif sys.stdout.isatty():
            _live(looks, place(asked.config).zone)
        else:
            _plain(looks)
    except KeyboardInterrupt:
        pass  # the usual way out of what shows things live
    return 0


class _Looks:
    """The answers, each with its age; waits between them unless somebody quits."""

    def __init__(
        self, asked: Asked, first: dict[str, Any], interval_s: float, times: int | None
    ) -> None:
        self._client = ControlClient(socket_path(asked.config), SILENT_AFTER_S)
        self._answer = first
        self._came_s = time.monotonic()
        self._interval_s = interval_s
        self._left = times

    def each(self, redrawn_s: float = inf) -> Iterator[tuple[dict[str, Any], float]]:
        """Yield each answer and its age in seconds, again after ``redrawn_s`` at the latest."""
        look_s = time.monotonic() + self._interval_s
        with self._client:
            while True:
                yield self._answer, time.monotonic() - self._came_s
                if self._left == 1:
                    return
                if _quits(min(redrawn_s, max(0.0, look_s - time.monotonic()))):
                    return
                if time.monotonic() >= look_s:
                    self._look()
                    look_s = time.monotonic() + self._interval_s

    def _look(self) -> None:
        self._left = None if self._left is None else self._left - 1
        try:
            self._answer = self._client.ask("watch")
            self._came_s = time.monotonic()
        except (DriverError, OSError):
            return  # the age of the last answer says so


def _quits(within_s: float) -> bool:
    """Wait; return True at once if a key ends it."""
    if not sys.stdin.isatty():
        time.sleep(within_s)
        return False
    ends_s = time.monotonic() + within_s
    while True:
        left_s = max(0.0, ends_s - time.monotonic())
        if not select.select([sys.stdin], [], [], left_s)[0]:
            return False
        keys = os.read(sys.stdin.fileno(), 64)
        if not keys or not _QUIT.isdisjoint(keys):
            return True


@contextmanager
def _keys() -> Iterator[None]:
    """Let single keys through without return, and put the terminal back afterwards."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _live(looks: _Looks, zone: tzinfo | None) -> None:
    console = screen.screen()
    with _keys(), Live(console=console, screen=True, auto_refresh=False) as live:
        for answer, age_s in looks.each(REDRAWN_S):
            size = console.size
            picture = lines(answer, age_s=age_s, width=size.width, height=size.height, zone=zone)
            live.update(Group(*picture), refresh=True)


def _plain(looks: _Looks) -> None:
    last = ""
    for answer, age_s in looks.each():
        words = _one_line(answer, age_s)
        if words != last:
            last = words
            screen.say(words)
            sys.stdout.flush()


def _one_line(answer: dict[str, Any], age_s: float) -> str:
    """Everything that matters in one line; it changes only when something does."""
    if age_s > OLD_S:
        return _("NO ANSWER: what was said before is old")
    parts = [level(answer)[0]]
    if answer.get("bell"):
        parts.append(_("THE BELL WAS PRESSED: somebody asks for help"))
    parts.append(interlock_words(answer))
    sensors = answer.get("sensors") or {}
    parts += [f"{sensor_id} {_water(sensor)}" for sensor_id, sensor in sensors.items()]
    troubles = [name_of(str(trouble.get("cause"))) for trouble in answer.get("troubles") or []]
    if troubles:
        parts.append(_("troubles: {causes}").format(causes=", ".join(troubles)))
    return "; ".join(parts)


def _water(sensor: dict[str, Any]) -> str:
    if sensor.get("quality") in ("good", "suspect"):
        return depth_words(sensor)
    return quality_words(sensor)


def _as_json(looks: _Looks) -> None:
    for answer, age_s in looks.each():
        document = {"age_s": round(age_s, 3), **answer}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
        sys.stdout.flush()
