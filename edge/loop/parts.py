"""What the loop works with: its parts, and what it asks of each.

The loop sees ports only through these, so that tests bring clocks and sirens of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from edge.conditioning import Mounting
from edge.events import Reading
from edge.law.lamp import Lamp
from edge.law.policy import Policy
from edge.law.state import State
from edge.loop.announcer import Announcer
from edge.loop.supervisor import Beats
from edge.messages.sending import Sender
from edge.reading_log import ReadingLog, Wanted
from edge.shedding import Pace
from edge.store.rows import Recovered
from edge.store.store import Store

if TYPE_CHECKING:
    from edge.loop.app import App
    from edge.loop.bench import Bench
    from edge.loop.inbox import Question


class Siren(Protocol):
    """What the loop needs of ``drivers.bell.outputs.Outputs``."""

    def claim(self) -> None:
        """Take the pins that are configured."""

    def set(
        self, *, siren: bool | None = None, strobe: bool | None = None, lamp: Lamp | None = None
    ) -> None:
        """Switch at once."""

    def chirp(self) -> None:
        """Chirp a few times in the background, unless the siren sounds."""


class Front(Protocol):
    """Where the centre sees the device: see ``edge.centre.front``."""

    def reading(self, reading: Reading, stamp: Mapping[str, Any], *, log: Wanted) -> None:
        """A reading was accepted."""

    def alarm(self, state: State, stamp: Mapping[str, Any], since: str) -> None:
        """The alarm may look different now."""

    def look_round(self, now_s: float) -> None:
        """Keep what expires at the broker alive."""

    def slow_down(self, pace: Pace) -> None:
        """Show what says the same less often, or as ever."""


class Clocks(Protocol):
    """The machine's clocks; tests bring their own."""

    def now_s(self) -> float:
        """Monotonic seconds."""

    def wall_utc(self) -> datetime:
        """What time it probably is, in UTC."""

    def wall_is_synced(self) -> bool:
        """Whether the wall clock was set from a time server, and so can be believed."""

    def told(self) -> tuple[datetime, bool]:
        """``wall_utc`` and ``wall_is_synced``, both of one moment."""

    def source(self) -> str:
        """Who says what ``wall_utc`` returns: ``ntp``, ``rtc``, ``nitz`` or ``none``."""

    def steps(self) -> int:
        """How often the wall clock has been set since the start."""

    def newest_utc(self) -> datetime | None:
        """The newest time that is certain to have been."""


@dataclass(frozen=True, slots=True)
class Site:
    """What answers say of the site: never an address, a name or a number of a person."""

    id: str
    drivers: Mapping[str, str]
    modem: bool
    config_sha256: str = ""
    modem_port: str | None = None
    power_pin: int | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the loop works with."""

    policy: Policy
    mountings: Mapping[str, Mounting]
    siren: Siren
    store: Store
    sender: Sender
    front: Front
    clocks: Clocks
    beats: Beats
    reading_log: ReadingLog
    new_id: Callable[[], str]
    site: Site
    session: str
    starts: int
    boot_id: str
    broker_state: Callable[[], dict[str, Any] | None]
    set_armed: Callable[[bool], None]
    expect_callers: Callable[[State, float | None], None]
    answer: Callable[[App, Question], None]
    look_round: Callable[[App, float], None]
    judge_settings: Callable[[], None]
    remember_late: Callable[[App, Recovered], None]
    set_by_hand: Callable[[State, State, float], None]
    bench: Bench
    announcer: Announcer | None = None  # nobody wants CAP documents
    private: tuple[str, ...] = ()  # names, and the address: what must not leave in words of others
    put_up: Callable[[], tuple[str, ...]] = tuple  # retained topics that lie at the broker
