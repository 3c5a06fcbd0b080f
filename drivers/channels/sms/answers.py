"""What an HTTP status and a provider's code mean for a text: the one table of all providers.

Owns the mapping to our error types, so that whoever retries decides by type. Invariant: any answer
gives an outcome, and none is better than what was said: what is not known to be permanent is tried
again, what may have been taken is never called unsent. A provider's own sentence is not repeated in
an error: it may quote a number or the text. Pure.

    ==========================  ===========================================================
    2xx, understood             accepted
    2xx, not understood         SubmitAmbiguous
    3xx                         SubmitFailed: the address is set wrong
    401 402 403 407, a code     RouteRefused: key, account or sender
    4xx and a clock that is     ClockRefused
    off, or a code
    4xx, a code                 NumberRefused
    4xx otherwise               SubmitFailed
    429 503                     SubmitFailed; Throttled if it says until when
    5xx otherwise, 1xx          SubmitAmbiguous: the text may have been taken before it broke
    ==========================  ===========================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from drivers.channels.answer import Answer
from drivers.errors import (
    ClockRefused,
    DriverError,
    NumberRefused,
    RouteRefused,
    SubmitAmbiguous,
    SubmitFailed,
    Throttled,
)

SKEW_S: Final = 300.0
"""A clock further off than this is why a signed request was refused.

Source: SENS refuses above five minutes (domain 0, fact 6), Solapi above fifteen (docs.solapi.com,
authentication/api-key).
"""

LONGEST_WAIT_S: Final = 300.0
"""However long a service wants to be left alone: a danger text is asked about again by then."""

_NOT_US: Final = frozenset({401, 402, 403, 407})
_CODE: Final = re.compile(r"(?!.*[0-9]{7})[A-Za-z0-9_.-]{1,40}")  # never a telephone number


@dataclass(frozen=True, slots=True)
class Codes:
    """A provider's own codes for what must not be told by the status alone; lower case."""

    number: frozenset[str] = frozenset()
    route: frozenset[str] = frozenset()
    clock: frozenset[str] = frozenset()


def refusal(answer: Answer, code: str, codes: Codes, behind_s: float | None) -> DriverError:
    """Return what an answer other than an understood 2xx means.

    Args:
        answer: The answer.
        code: The provider's own code in it; empty if it has none.
        codes: What the provider's codes mean.
        behind_s: How far this device's clock is behind the service's; None if that is not known, or
            if the provider does not look at it.
    """
    status = answer.status
    seen = f"HTTP {status}" + (f", code {code}" if _CODE.fullmatch(code) else "")
    if status in (429, 503):
        return _not_now(answer, seen)
    if status < 300 or status >= 500:
        return SubmitAmbiguous(f"{seen}: it may have been sent")
    if status < 400:
        return SubmitFailed(f"{seen}: not sent, the address leads elsewhere: check http_sms.url")
    return _client_error(status, seen, code.lower(), codes, behind_s)


def _client_error(
    status: int, seen: str, code: str, codes: Codes, behind_s: float | None
) -> DriverError:
    if code in codes.number:
        return NumberRefused(f"{seen}: the service refuses this number")
    if code in codes.clock or (behind_s is not None and abs(behind_s) > SKEW_S):
        return ClockRefused(f"{seen}: {clock_words(behind_s)}")
    if status in _NOT_US or code in codes.route:
        return RouteRefused(f"{seen}: check key, secret, balance and sender of [http_sms]")
    return SubmitFailed(f"{seen}: not sent")


def _not_now(answer: Answer, seen: str) -> SubmitFailed:
    wait_s = _retry_after_s(answer)
    if wait_s is None:
        return SubmitFailed(f"{seen}: the service takes no texts now")
    return Throttled(f"{seen}: the service takes no texts for {wait_s:.0f} s", wait_s)


def _retry_after_s(answer: Answer) -> float | None:
    """Source: RFC 9110, 10.2.3: seconds, or a date, here by the service's own clock."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(LONGEST_WAIT_S, max(1.0, float(value[:9])))
    until, now = _date(value), _date(answer.headers.get("date", ""))
    if until is None or now is None:
        return None
    return min(LONGEST_WAIT_S, max(1.0, (until - now).total_seconds()))


def _date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def behind_s(answer: Answer, wall_utc: datetime) -> float | None:
    """Return how far our clock is behind the service's, negative if ahead; None if it is silent."""
    theirs = _date(answer.headers.get("date", ""))
    return None if theirs is None else (theirs - wall_utc).total_seconds()


def clock_words(behind: float | None) -> str:
    """Say that the clock is why: what a technician reads first thing after a power cut."""
    why = "signed requests are refused until it is set; texts go by the modem"
    if behind is None or abs(behind) <= SKEW_S:
        return f"the service says that this device's clock is wrong: {why}"
    where = "behind" if behind > 0 else "ahead of"
    return f"this device's clock is {_span(abs(behind))} {where} the service's: {why}"


def _span(seconds: float) -> str:
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
