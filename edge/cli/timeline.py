"""Where the rows of a log lie in time, though the clock of a bell jumps. Pure.

A Pi has no clock battery: after a power cut its clock stands where it was, or in 1970, and is set
minutes or days later. The numbers of a log always have the right order. So rows are placed from
the newest back:

- one whose clock was set lies where it says, if that is not behind the row after it;
- any other lies as far before the row after it as the clock counted between the two;
- and where the clock was set between them, directly before it: how long nothing was measured
  there, nobody knows, but the time that is missing then opens up before the restart, where it was.

Rows that no set clock follows lie behind the last one that has it. Invariant: a place never lies
behind that of a higher number, and while the clock is set and runs forward it is what was logged.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Final

JUMP_S: Final = 180.0
"""The clock was set, if it went forward by more than this as it became believable: a reading is
logged once a minute (contract 1, ``[log]``)."""


@dataclass(slots=True)
class Stretch:
    """Rows between which the clock was not set; seconds since 1970 as logged.

    ``shift_s`` leads from the logged time to the place.
    """

    first_seq: int
    begins_s: float
    ends_s: float
    shift_s: float
    synced: bool


class Timeline:
    """Places the rows of one log; is built newest row first, by ``back``.

    Args:
        shift_s: From the logged time of the newest row to its place, see ``begun``.
    """

    def __init__(self, shift_s: float = 0.0) -> None:
        self._shift_s = shift_s
        self._newest_first: list[Stretch] = []
        self._from: list[int] | None = None
        self._oldest_first: list[Stretch] = []

    def back(self, seq: int, logged_s: float, *, synced: bool) -> float:
        """Take the row before the last one taken, and return its place.

        Args:
            seq: Its number in the log.
            logged_s: The time that it bears, in seconds since 1970.
            synced: Whether the clock was set then.
        """
        self._from = None
        last = self._newest_first[-1] if self._newest_first else None
        shift_s = self._shift_s if last is None else _shift_s(last, logged_s, synced=synced)
        if last is not None and shift_s == last.shift_s and synced == last.synced:
            last.first_seq, last.begins_s = seq, logged_s
        else:
            self._newest_first.append(Stretch(seq, logged_s, logged_s, shift_s, synced))
        return logged_s + shift_s

    def place_s(self, seq: int, logged_s: float) -> float:
        """Return where a row lies that was taken by ``back``, in seconds since 1970."""
        return logged_s + self._stretch(seq).shift_s

    def _stretch(self, seq: int) -> Stretch:
        if self._from is None:
            self._oldest_first = self._newest_first[::-1]
            self._from = [stretch.first_seq for stretch in self._oldest_first]
        return self._oldest_first[max(0, bisect_right(self._from, seq) - 1)]

    def set_by_s(self, before_seq: int, seq: int) -> float:
        """Return by how much the clock was set between two rows; 0 where it was not."""
        return self._stretch(before_seq).shift_s - self._stretch(seq).shift_s

    def beside_s(self, logged_s: float, near_s: float, *, synced: bool) -> float | None:
        """Return where something lies that another log says of the same clock.

        Args:
            logged_s: The time that it bears.
            near_s: Where it lies at a guess; the nearest that fits is taken.
            synced: Whether the clock was set then.

        Returns:
            Its place; None if no stretch of this log has such a time.
        """
        places = (
            logged_s + stretch.shift_s
            for stretch in self._newest_first
            if stretch.synced == synced
            and stretch.begins_s - JUMP_S <= logged_s <= stretch.ends_s + JUMP_S
        )
        return min(places, key=lambda place_s: abs(place_s - near_s), default=None)


def begun(rows: Iterable[tuple[int, float, bool]]) -> Timeline:
    """Return the timeline of a log, empty yet, with the place of its newest row.

    Args:
        rows: Number, logged second and whether the clock was set; newest first, taken only down to
            the first whose clock was.
    """
    scratch = Timeline()
    later_s = inf
    for seq, logged_s, synced in rows:
        if synced:
            # A millionth of a second for the rounding: it must not lie before this row.
            return Timeline(max(0.0, logged_s - later_s + 1e-6))
        later_s = scratch.back(seq, logged_s, synced=synced)
    return Timeline()


def _shift_s(later: Stretch, logged_s: float, *, synced: bool) -> float:
    """From the logged time of the row before a stretch to its place."""
    later_s = later.begins_s + later.shift_s
    if synced and logged_s <= later_s:
        return 0.0
    step_s = later.begins_s - logged_s
    if step_s < 0 or (later.synced and not synced and step_s > JUMP_S):
        return later_s - logged_s
    return later.shift_s
