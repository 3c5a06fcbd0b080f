"""The basement in cross-section: sensor, setpoints, water, and whoever walks in.

Owns the picture. Pure: figures in, styled rows out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.text import Text

from edge.demo.scenarios import ALERT_MM, DANGER_MM, MOUNT_MM
from edge.demo.words import _

_SCALE: Final = 5
"""Columns for the setpoints' figures at the left."""
_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_WATER: Final = "#3d8bff"
_SETPOINTS: Final = ((ALERT_MM, "yellow"), (DANGER_MM, "red"))

Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sight:
    """What is to be drawn.

    Attributes:
        depth_mm: The true depth of the water.
        cover_mm: Height of a thing under the sensor; 0 if there is none.
        thing: ``cat``, ``mop`` or nothing.
        muted: Whether the sensor is silent.
    """

    depth_mm: float
    cover_mm: float = 0.0
    thing: str = ""
    muted: bool = False


def basement(sight: Sight, width: int, height: int) -> Text:
    """Draw the room ``width`` columns wide and ``height`` rows high, ceiling included."""
    room = width - _SCALE
    per_row_mm = MOUNT_MM / (height - 1)
    middle = room // 2
    rows = [
        _row(sight, room, (height - 2 - row) * per_row_mm, per_row_mm) for row in range(height - 1)
    ]
    _beam(rows, sight, middle, per_row_mm)
    if sight.cover_mm > 0:
        _visitor(rows, sight, middle, per_row_mm)
    picture = _ceiling(room, middle, muted=sight.muted)
    for index, row in enumerate(rows):
        picture.append("\n")
        picture.append(*_label((height - 2 - index) * per_row_mm, per_row_mm))
        for character, style in row:
            picture.append(character, style)
    return picture


def _ceiling(room: int, middle: int, *, muted: bool) -> Text:
    text = Text(" " * _SCALE)
    text.append("▀" * (middle - 1), "bright_black")
    text.append("▐█▌", "bold red" if muted else "bold cyan")
    text.append("▀" * (room - middle - 2), "bright_black")
    return text


def _row(sight: Sight, room: int, low_mm: float, per_row_mm: float) -> list[Cell]:
    eighths = round(8 * (sight.depth_mm - low_mm) / per_row_mm)
    # A film of water that rounds to nothing is still shown, at the floor.
    if low_mm <= 0 < sight.depth_mm:
        eighths = max(eighths, 1)
    if eighths > 0:
        return [(_EIGHTHS[min(eighths, 8)], _WATER)] * room
    for setpoint_mm, colour in _SETPOINTS:
        if low_mm <= setpoint_mm < low_mm + per_row_mm:
            return [("┄", f"dim {colour}")] * room
    return [(" ", "")] * room


def _label(low_mm: float, per_row_mm: float) -> tuple[str, str]:
    for setpoint_mm, colour in _SETPOINTS:
        if low_mm <= setpoint_mm < low_mm + per_row_mm:
            return f"{setpoint_mm / 10:.0f}cm".rjust(_SCALE - 1) + " ", f"bold {colour}"
    return " " * _SCALE, ""


def _beam(rows: list[list[Cell]], sight: Sight, middle: int, per_row_mm: float) -> None:
    """The way of the sound from the sensor's face to whatever it meets, with its length."""
    if sight.muted:
        _put(rows[0], middle + 2, _("silent"), "bold red")
        return
    surface_mm = max(sight.depth_mm, sight.cover_mm)
    open_rows = max(0, int((MOUNT_MM - surface_mm) / per_row_mm))
    for row in rows[:open_rows]:
        row[middle] = ("┊", "cyan")
    if open_rows > 1:
        _put(rows[open_rows // 2], middle + 2, f"{MOUNT_MM - surface_mm:.0f} mm", "cyan")


def _visitor(rows: list[list[Cell]], sight: Sight, middle: int, per_row_mm: float) -> None:
    tall = max(1, round(sight.cover_mm / per_row_mm))
    if sight.thing == "mop":
        for row in rows[: len(rows) - 1]:
            row[middle + 3] = ("│", "yellow")
        _put(rows[-1], middle - 2, "▟▒▒▒▒▒▙", "yellow")
        return
    picture = [r" /\_/\ ", "( o.o )", *["(     )"] * max(0, tall - 3), '(")_(")'][: max(tall, 2)]
    for row, words in zip(rows[-len(picture) :], picture, strict=True):
        _put(row, middle - 3, words, "bold white")


def _put(row: list[Cell], column: int, words: str, style: str) -> None:
    # A wide character fills two cells: the second stays empty, so that the row keeps its width.
    at = column
    for character in words:
        wide = Text(character).cell_len == 2
        if at + wide >= len(row):
            return
        row[at] = (character, style)
        if wide:
            row[at + 1] = ("", "")
        at += 1 + wide
