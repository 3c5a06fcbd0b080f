"""What stood on a terminal while ``floodbell demo`` ran, at the moments worth a picture.

Owns the pseudo-terminal and the choice of moments. Invariant: every ``Cell`` comes of bytes that a
real run wrote; whoever asks for ``shots`` gets all of them, of a demo that kept its promises, or an
error. Draws nothing, see ``drawing``.
"""

from __future__ import annotations

import copy
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pexpect
import pyte

from edge.demo.scenarios import ALERT_MM, DANGER_MM, SCENARIOS

COLUMNS: Final = 112
ROWS: Final = 30
"""The smallest window in which each phone has a card of its own (``edge.demo.view``)."""

_ROOT: Final = Path(__file__).resolve().parents[2]
_SCENARIO: Final = next(iter(SCENARIOS.values()))
_SILENCE_S: Final = 20.0
"""The live view draws ten times a second, and before and after it the demo is at work: so long
without a byte is a demo that hangs."""
_TIDYING_S: Final = 3.0
"""A demo that is broken off takes its folder and its processes with it, if it is let."""
_HOME: Final = b"\x1b[H"
"""What the live view writes before each picture: what stands there then is whole."""
_ALTERNATE: Final = 1049
_FAINT: Final = 2
_FIRST_COLOUR: Final = 30
_BRIGHT_BLACK: Final = 90
"""Of SGR (ECMA-48); the last is xterm's. What is faint and coloured keeps its colour."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One character of the screen.

    Attributes:
        glyph: What stands there; empty behind a wide character, which fills two cells.
        ink: Its colour: ``default``, a name of pyte's, or six hexadecimal digits.
        paper: The colour behind it, likewise.
        bold: Whether it is bold.
    """

    glyph: str
    ink: str
    paper: str
    bold: bool


@dataclass(frozen=True, slots=True)
class Shot:
    """The screen at one moment.

    Attributes:
        name: Which moment.
        for_s: How long a picture of it is worth looking at.
        rows: Its cells, from the top.
    """

    name: str
    for_s: float
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class _Moment:
    name: str
    for_s: float
    has_come: Callable[[str, float], bool]
    """By what stands on the screen, and the second of the demo that it shows."""


class DemoFailedError(Exception):
    """The demo did not show what it should: nothing to draw."""


def _moments() -> tuple[_Moment, ...]:
    """In the order in which they come; the end of the demo is one more."""
    danger_s = _SCENARIO.crossing_s(DANGER_MM)
    alert_s = _SCENARIO.crossing_s(ALERT_MM)
    if alert_s is None or danger_s is None:
        raise DemoFailedError(f"{_SCENARIO.name} has no danger")
    return (
        _Moment("calm", 3.0, lambda _words, at_s: at_s >= alert_s - 5.0),
        _Moment("alert", 4.0, lambda _words, at_s: at_s >= danger_s - 1.5),
        _Moment("119 first", 4.0, lambda words, _at_s: "119 ← [" in words and " danger " in words),
        _Moment("warned", 4.0, lambda _words, at_s: at_s >= danger_s + 12.0),
        _Moment("receded", 3.0, lambda _words, at_s: at_s >= _SCENARIO.duration_s - 3.0),
    )


class _Screen(pyte.Screen):
    """A screen with two things that pyte leaves out: the alternate screen, and faint letters."""

    _kept: tuple[Any, Any] | None = None

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        super().set_mode(*modes, **kwargs)
        if _ALTERNATE in modes:
            self._kept = copy.deepcopy(self.buffer), copy.copy(self.cursor)
            self.erase_in_display(2)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        super().reset_mode(*modes, **kwargs)
        if _ALTERNATE in modes and self._kept is not None:
            self.buffer, self.cursor = self._kept

    def select_graphic_rendition(self, *attrs: int) -> None:
        if _FAINT in attrs and all(one < _FIRST_COLOUR for one in attrs):
            attrs = tuple(_BRIGHT_BLACK if one == _FAINT else one for one in attrs)
        super().select_graphic_rendition(*attrs)

    def cells(self) -> tuple[tuple[Cell, ...], ...]:
        return tuple(
            tuple(_cell(self.buffer[row][column]) for column in range(self.columns))
            for row in range(self.lines)
        )


def _cell(one: Any) -> Cell:
    ink, paper = (one.bg, one.fg) if one.reverse else (one.fg, one.bg)
    # A reversed default is no longer the default of its place.
    if one.reverse:
        ink = "paper" if ink == "default" else ink
        paper = "ink" if paper == "default" else paper
    return Cell(one.data, ink, paper, one.bold)


def shots(language: str) -> list[Shot]:
    """Run the demo to its end, in about a minute, and keep its moments.

    Args:
        language: ``en`` or ``ko``.

    Raises:
        DemoFailedError: It broke a promise, hung, or a moment never came.
    """
    screen = _Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    wanted = list(_moments())
    kept: list[Shot] = []
    demo: pexpect.spawn[bytes] = pexpect.spawn(
        sys.executable,
        ["-m", "edge", "--lang", language, "demo", "--scenario", _SCENARIO.name],
        cwd=str(_ROOT),
        env=_surroundings(),
        dimensions=(ROWS, COLUMNS),
        timeout=_SILENCE_S,
    )
    demo.delayafterterminate = _TIDYING_S
    try:
        for piece in _pictures(demo):
            stream.feed(piece)
            words = "\n".join(screen.display)
            second = re.search(r"([0-9.]+) / [0-9]+ s ", words)
            at_s = float(second[1]) if second else -1.0
            if wanted and wanted[0].has_come(words, at_s):
                moment = wanted.pop(0)
                kept.append(Shot(moment.name, moment.for_s, screen.cells()))
        demo.wait()
    finally:
        if demo.isalive():
            demo.terminate(force=True)
        demo.close()
    if wanted or demo.exitstatus != 0:
        never = ", ".join(one.name for one in wanted) or "none"
        last = "\n".join(line.rstrip() for line in screen.display).rstrip()
        raise DemoFailedError(f"exit {demo.exitstatus}; moments that never came: {never}\n{last}")
    return [*kept, Shot("end", 7.0, screen.cells())]


def _surroundings() -> dict[str, str]:
    of_the_caller = ("LC_", "LANG", "COLUMNS", "LINES", "NO_COLOR")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(of_the_caller)}
    colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    return {**kept, "LANG": "C.UTF-8", "PYTHONUTF8": "1", **colours}


def _pictures(demo: pexpect.spawn[bytes]) -> Iterator[bytes]:
    """What the demo writes, cut where a picture is whole."""
    held = b""
    while True:
        try:
            held += demo.read_nonblocking(65536, timeout=_SILENCE_S)
        except pexpect.EOF:
            break
        except pexpect.TIMEOUT:
            raise DemoFailedError(f"the demo wrote nothing for {_SILENCE_S:g} s") from None
        *whole, held = held.split(_HOME)
        for piece in whole:
            yield piece
            yield _HOME
    yield held
