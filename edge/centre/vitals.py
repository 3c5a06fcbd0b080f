"""The payload of ``health``: what an operator needs to see a device dying (contract 3).

Called on the broker's thread; it reads only values that are replaced as a whole, never changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from drivers.host.asking import Asker, Unanswered
from drivers.host.board import BoardHealth, board_health
from drivers.host.clock import clock_state
from edge.law.troubles import standing

if TYPE_CHECKING:
    from edge.loop.app import App

_ASKER: Final = Asker()
_DISK_ANSWERS_WITHIN_S: Final = 1.0
_NOWHERE: Final = Path("/proc/none")
_HOUR_S: Final = 3600.0
_DAY_S: Final = 86400.0


class Certified(Protocol):
    """What knows the certificates of the link."""

    @property
    def valid_until_s(self) -> Mapping[str, float]:
        """Until when they are valid, in seconds since 1970, by whose they are."""


class Way(Certified, Protocol):
    """What is asked of the broker's thread."""

    @property
    def unheard(self) -> int:
        """How many messages the broker took though nobody listened."""

    @property
    def connects(self) -> int:
        """How many connections there were."""

    @property
    def last_loss(self) -> str | None:
        """Why the last one ended."""

    @property
    def commands_heard(self) -> bool | None:
        """Whether the broker sends us requests."""

    def losses(self, within_s: float) -> int:
        """How many connections were lost lately."""

    @property
    def extras_detail(self) -> str:
        """What became of discovery."""


class Counter(Protocol):
    """What is asked of the desk where requests come in."""

    taken: int
    refused: int


def health(
    app: App, disk: Path, way: Way | None = None, desk: Counter | None = None
) -> dict[str, Any]:
    """Return the state of modem, store, link, board and threads, and what troubles stand.

    Args:
        app: The loop.
        disk: The state directory, whose free space counts.
        way: The broker's thread.
        desk: Where requests come in.
    """
    now_s = app.parts.clocks.now_s()
    route = app.routes.get("modem")
    store = app.parts.store.health()
    stamp, source = app.stamp(), app.parts.clocks.source()
    return {
        **stamp,
        "troubles": standing(app.state, now_s),
        "modem": route
        and {
            "up": route.up,
            "detail": route.detail,
            "sim": route.sim,
            "operator": route.operator,
        },
        "registered": route.registered if route else None,
        "signal_dbm": route.signal_dbm if route else None,
        "store": {
            "ok": store.ok,
            "detail": store.detail,
            "bytes": store.size_bytes,
            "pending": store.pending,
        },
        "backlog": store.backlog,
        "waiting": len(app.parts.sender.outbox.waiting()),
        "broker": {
            "connects": way.connects if way else 0,
            "last_loss": way.last_loss if way else None,
            "losses_1h": way.losses(_HOUR_S) if way else 0,
        },
        "unheard": way.unheard if way else 0,
        "commands": {
            "heard": way.commands_heard if way else None,
            "taken": desk.taken if desk else 0,
            "refused": desk.refused if desk else 0,
        },
        "discovery": way.extras_detail if way else "",
        "certificate_days": certificate_days(way, app.parts.clocks.wall_utc()),
        "uptime_s": round(now_s - app.started_s, 1),
        "starts": app.parts.starts,
        "hung": sorted(app.parts.beats.hung(now_s)),
        "clock": {**asdict(clock_state()), "synced": stamp["clock_synced"], "source": source},
        **app.powering.in_short(now_s),
        **asdict(_board(disk)),
    }


def _board(disk: Path) -> BoardHealth:
    """How the board is; a disk that has died does not keep the alarm behind it from the broker."""
    try:
        return _ASKER.ask(lambda: board_health(disk), _DISK_ANSWERS_WITHIN_S)
    except Unanswered:
        return board_health(_NOWHERE)


def certificate_days(
    way: Certified | None, wall_utc: datetime, ends: tuple[str, ...] = ("device", "broker")
) -> float | None:
    """Days until the first certificate of the link ends, negative if it has; None without any.

    Args:
        way: The broker's thread.
        wall_utc: The time of day.
        ends: Whose count: ``device``, ``broker``.
    """
    until_s = [way.valid_until_s[end] for end in ends if end in way.valid_until_s] if way else []
    if not until_s:
        return None
    return round((min(until_s) - wall_utc.timestamp()) / _DAY_S, 1)
