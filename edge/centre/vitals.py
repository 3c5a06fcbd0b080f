"""The payload of ``health``: what an operator needs to see a device dying (contract 3).

Called on the broker's thread; it reads only values that are replaced as a whole, never changed.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.host.board import board_health
from edge.law.troubles import standing

if TYPE_CHECKING:
    from edge.loop.app import App


def health(app: App, disk: Path, unheard: int) -> dict[str, Any]:
    """Return the state of modem, store, board and threads, and what troubles stand."""
    now_s = app.parts.clocks.now_s()
    route = app.routes.get("modem")
    store = app.parts.store.health()
    stamp = app.stamp(now_s)
    return {
        **stamp,
        "troubles": standing(app.state, now_s),
        "modem": None if route is None else {"up": route.up, "detail": route.detail},
        "registered": route.registered if route else None,
        "signal_dbm": route.signal_dbm if route else None,
        "store": {"ok": store.ok, "detail": store.detail, "bytes": store.size_bytes},
        "backlog": store.backlog,
        "waiting": len(app.parts.sender.outbox.waiting()),
        "unheard": unheard,
        "uptime_s": round(now_s - app.started_s, 1),
        "starts": app.parts.starts,
        **asdict(board_health(disk)),
    }
