"""The outbox as the store remembers it, for when no daemon runs to be asked.

Owns the reading; the file is opened read-only and stays as it is. The form is that of the daemon's
answer ``outbox``: what only a running daemon knows (when it is tried next) is None.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from edge.messages import outbox as rules
from edge.messages import outbox_memory
from edge.messages.message import Message
from edge.store.reader import Reader
from edge.store.rows import SETTLED, MessageRow

GIVEN_UP: Final = frozenset({"refused", "withdrawn", "expired"})
GIVEN_UP_SHOWN: Final = 20
MOST_ROWS: Final = 500


def stored_outbox(path: Path, *, boot_id: str, now_s: float, with_words: bool) -> dict[str, Any]:
    """Return what waits in a database, and the last that were given up.

    Args:
        path: The database.
        boot_id: Of this boot: only in it the seconds of a message mean something.
        now_s: Monotonic seconds now.
        with_words: Whether the words are wanted as well.

    Raises:
        UnreadableError: There is none, or it cannot be read.
    """
    with Reader(path) as reader:
        waiting = reader.messages(without=SETTLED, limit_rows=MOST_ROWS)
        given_up = reader.messages(among=GIVEN_UP, limit_rows=GIVEN_UP_SHOWN)

    def rows(stored: list[MessageRow]) -> list[dict[str, Any]]:
        loaded = [one for row in stored if (one := _load(row, boot_id, now_s)) is not None]
        loaded.sort(key=lambda one: rules.order(one[0]))
        return [_row(message, now_s if same else None, with_words) for message, same in loaded]

    shown = rows(waiting)
    return {"waiting": shown, "given_up": rows(given_up), "left_out": len(waiting) - len(shown)}


def _load(row: MessageRow, boot_id: str, now_s: float) -> tuple[Message, bool] | None:
    """Read one row, and whether it is of this boot; None for one of another version."""
    try:
        own_boot = json.loads(row.body_json)["boot"] == boot_id
        return outbox_memory.load(row.body_json, boot_id=boot_id, now_s=now_s), own_boot
    except (ValueError, KeyError, TypeError):
        return None


def _row(message: Message, now_s: float | None, with_words: bool) -> dict[str, Any]:
    words = {"text": message.text or None} if with_words else {}
    return {
        "key": message.key,
        "purpose": message.purpose.value,
        "contact": message.contact,
        "incident": message.incident,
        "route": message.accepted_route or message.routes[message.route],
        "route_down": False,
        "state": message.status.value,
        "attempts": message.attempts,
        "next_s": None,
        "reason": message.last_error,
        "why": message.reason,
        "age_s": None if now_s is None else round(now_s - message.decided_s, 1),
        "part": message.part,
        "parts": message.parts,
        **words,
    }
