"""The last gate before the port: may this number be written to?

Owns the two questions that a report must answer, armed and live, and how many reports may leave.
Invariant: whatever the rest of the program believes, no text reaches an emergency number unless the
device is armed and water or the bell has caused it, and never more than three in a minute and
twelve in an hour, of which the bell may use two and nine: however it is hammered, water still gets
through. It decides nothing about when or what to send.

Source: design 4.7 and 4.8; ITU-T E.164 for what can be a subscriber's number.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from typing import Final

from drivers.errors import ReportWithheld

WATER: Final = "water"
BELL: Final = "bell"
LIVE_ORIGINS: Final = frozenset({WATER, BELL})
MOST_PER_MINUTE: Final = 3
MOST_PER_HOUR: Final = 12
MOST_OF_BELL_PER_MINUTE: Final = 2
"""Each press that follows an accepted report has a report of its own, so three presses in 15 s
would use up the minute, and water that turns dangerous then would wait 45 s: too long for its 20 s.
119 has heard of this home twice when the third press of the minute waits; nobody is missed."""

MOST_OF_BELL_PER_HOUR: Final = 9
"""Three presses of three reports; a stuck or hammered bell leaves one whole report of water."""

MOST_CALLS_PER_MINUTE: Final = 2
MOST_CALLS_PER_HOUR: Final = 20
"""Two episodes of ten tries each, the standard's number (domain 2.2); ringing for 30 s and more, no
more than two begin in a minute anyway."""

_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3600.0
_LIMITS: Final = ((MOST_PER_MINUTE, _MINUTE_S), (MOST_PER_HOUR, _HOUR_S))
_CALL_LIMITS: Final = ((MOST_CALLS_PER_MINUTE, _MINUTE_S), (MOST_CALLS_PER_HOUR, _HOUR_S))
_BELLS_SHARE: Final = ((MOST_OF_BELL_PER_MINUTE, _MINUTE_S), (MOST_OF_BELL_PER_HOUR, _HOUR_S))
_COUNTRY: Final = re.compile(r"^(?:\+|00)?82")
# No subscriber anywhere has fewer digits than this with the country code, so what is shorter is a
# short code: 119 and 112, but also 02-119, which rings at the fire service in Seoul.
_SHORTEST_SUBSCRIBER: Final = 7


class TooManyReports(ReportWithheld):
    """Enough reports have left for now: the same report may go after ``wait_s`` seconds."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def _canonical(number: str) -> str:
    """Strip what people write around a number: blanks, country code, leading zeros."""
    written = unicodedata.normalize("NFKC", number)
    kept = "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in written
        if character.isdecimal() or character == "+"
    )
    return _COUNTRY.sub("", kept, count=1).lstrip("+0")


def refuse_all_but_people(number: str, report_number: str) -> None:
    """The gate of every way out that may never reach 119, whatever is armed.

    A text by the internet has no cell, so 119 could not tell where it came from (design 4.7).

    Args:
        number: Destination, as configured or as it will be written.
        report_number: ``report.number`` of the settings.

    Raises:
        ReportWithheld: It is the report number or a short code, however it is written.
    """
    canonical = _canonical(number)
    if canonical == _canonical(report_number) or len(canonical) < _SHORTEST_SUBSCRIBER:
        raise ReportWithheld("not a person's number: 119 and short numbers go by the modem only")


class Interlock:
    """Asked by the modem immediately before it writes a destination.

    Attributes:
        armed: Set by the main thread, read by the modem's; starts False.
    """

    def __init__(self, report_number: str) -> None:
        self._report_number = report_number
        self._canonical_report = _canonical(report_number)
        self._left: deque[tuple[float, str | None]] = deque(maxlen=4 * MOST_PER_HOUR)
        self._called: deque[tuple[float, str | None]] = deque(maxlen=4 * MOST_CALLS_PER_HOUR)
        self.armed = False

    def is_report(self, number: str) -> bool:
        """Whether ``number``, however it is written, is the report number."""
        return _canonical(number) == self._canonical_report

    def permit(self, number: str, live_origin: str | None, now_s: float) -> bool:
        """Let a text to ``number`` leave, and count it if it is a report.

        Args:
            number: Destination as it will be encoded.
            live_origin: ``water`` or ``bell``; None for drills, tests and everything to people.
            now_s: Monotonic seconds, the same clock as ``remember``.

        Returns:
            Whether it was counted as a report.

        Raises:
            ReportWithheld: It may not leave; ``TooManyReports`` if it may later.
        """
        self.judge(number, live_origin)
        if not self.is_report(number):
            return False
        self._refuse_too_many(now_s, [left_s for left_s, _ in self._left], _LIMITS)
        if live_origin == BELL:
            self._refuse_too_many(now_s, [s for s, by in self._left if by != WATER], _BELLS_SHARE)
        self.remember(now_s, live_origin)
        return True

    def judge(self, number: str, live_origin: str | None) -> None:
        """Ask the two questions without counting; for a second look just before the last byte.

        Raises:
            ReportWithheld: It may not leave.
        """
        if not self.is_report(number):
            self._refuse_short(number)
            return
        if not self.armed:
            raise ReportWithheld(f"not armed: nothing is sent to {self._report_number}")
        if live_origin not in LIVE_ORIGINS:
            raise ReportWithheld(
                f"neither water nor the bell caused it (origin {live_origin!r}): "
                f"nothing is sent to {self._report_number}"
            )

    def remember(self, now_s: float, live_origin: str | None = None) -> None:
        """Count a report that left at ``now_s``; at start, those the journal tells of.

        One of unknown origin counts as the bell's too, so that water never waits for a guess.
        """
        self._left.append((now_s, live_origin))

    def take_back(self, now_s: float) -> None:
        """Uncount the report permitted at ``now_s``: the modem said that it was not sent.

        Without this a modem that refuses three times would hold the fourth attempt for a minute.
        """
        taken = next((left for left in self._left if left[0] == now_s), None)
        if taken is not None:
            self._left.remove(taken)

    def permit_call(self, number: str, live_origin: str | None, now_s: float) -> None:
        """Let a number be dialled, and count it: the report number, for what is live, or none.

        Raises:
            ReportWithheld: It may not be dialled; ``TooManyReports`` if it may later.
        """
        if not self.is_report(number):
            raise ReportWithheld(f"nothing but {self._report_number} is ever dialled")
        self.judge(number, live_origin)
        self._refuse_too_many(now_s, [called_s for called_s, _ in self._called], _CALL_LIMITS)
        self._called.append((now_s, live_origin))

    def remember_call(self, now_s: float) -> None:
        """Count a call that began at ``now_s``; at start, those the journal tells of."""
        self._called.append((now_s, None))

    def take_back_call(self, now_s: float) -> None:
        """Uncount the call permitted at ``now_s``: the modem said that it did not come about."""
        taken = next((called for called in self._called if called[0] == now_s), None)
        if taken is not None:
            self._called.remove(taken)

    def _refuse_short(self, number: str) -> None:
        if len(_canonical(number)) < _SHORTEST_SUBSCRIBER:
            raise ReportWithheld(
                f"{number!r} is a short number and not the report number {self._report_number}"
            )

    def _refuse_too_many(
        self, now_s: float, left_s: list[float], limits: tuple[tuple[int, float], ...]
    ) -> None:
        for most, span_s in limits:
            # One from the future is of another boot's clock: it must not hold a report back.
            recent = sorted(at_s for at_s in left_s if now_s - span_s < at_s <= now_s)
            if len(recent) >= most:
                wait_s = recent[-most] + span_s - now_s
                share = " of the bell" if limits is _BELLS_SHARE else ""
                raise TooManyReports(
                    f"{len(recent)} reports{share} left in the last {span_s:.0f} s, the next may in"
                    f" {wait_s:.0f} s",
                    wait_s,
                )
