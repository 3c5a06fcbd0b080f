"""The clock of an emulated modem, and what the network tells it. Shares no code with the driver.

Source: 3GPP TS 27.007, 8.15 and 8.40; Quectel, EC25&EC21 AT Commands Manual, AT+CTZU and AT+QLTS.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from drivers.emulated.modem_profiles import ModemProfile

_SEOUL = timezone(timedelta(hours=9))
_QUARTERS = 36  # nine hours


def _network_utc() -> datetime:
    return datetime.now(UTC)


class EmulatedClock:
    """What a modem answers when it is asked for the time.

    Attributes:
        network_utc: What time the network thinks it is; a network can be wrong.
    """

    def __init__(self, profile: ModemProfile) -> None:
        self.network_utc: Callable[[], datetime] = _network_utc
        self.follows = False
        self._profile = profile

    def told(self, *, registered: bool) -> list[str]:
        """``AT+CCLK?``."""
        if not (registered and self.follows and self._profile.tells_time):
            return [f'+CCLK: "{self._profile.begins}"', "OK"]
        kept = self.network_utc().astimezone(UTC if self._profile.keeps_utc else _SEOUL)
        return [f'+CCLK: "{kept:%y/%m/%d,%H:%M:%S}+{_QUARTERS}"', "OK"]

    def latest(self, which: str, *, registered: bool) -> list[str]:
        """``AT+QLTS=1`` for UTC, ``=2`` for local time; only some modems know it."""
        if not self._profile.keeps_utc:
            return ["ERROR"]
        if not (registered and self._profile.tells_time):
            return ['+QLTS: ""', "OK"]
        zone = _SEOUL if which == "2" else UTC
        local = self.network_utc().astimezone(zone)
        return [f'+QLTS: "{local:%Y/%m/%d,%H:%M:%S}+{_QUARTERS},0"', "OK"]

    def follow(self, mode: str) -> list[str]:
        """``AT+CTZU``: whether the clock follows the network."""
        self.follows = mode in ("1", "3")
        return ["OK"]
