"""Topics and payloads of the contract that the broker's thread makes itself. Pure.

Invariant: strict JSON, but for CAP documents, which are XML; rows of the logs go out exactly as
they were stored, JSON with its number in front; nothing longer than the broker takes. What
``alarm`` and ``sensors/{id}`` say is decided in ``edge.centre.front``; names and phone numbers
never come here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from edge.messages import cap
from edge.store.rows import to_json

if TYPE_CHECKING:
    from edge.centre.interface.payloads import Will

PUBLISH_OVERHEAD_BYTES: Final = 64
"""Fixed header, topic length, packet id and properties of a PUBLISH of ours, generously."""

_KEPT_OF_A_GIANT: Final = ("type", "sensor", "incident", "episode", "ts", "clock_synced", "session")
_KEPT_CHARACTERS: Final = 80

LIVE_S: Final = 180
"""Source: domain 3.2: a device of which nothing was heard for 180 s counts as dead."""

Row = tuple[int, str]


def base(district: str, site: str) -> str:
    """The topic under which everything of this device lies."""
    return f"floodbell/v1/{district}/{site}"


def expiry_s(topic: str, heartbeat_s: float) -> int | None:
    """After how long the broker forgets a retained topic that is not published again.

    What a dead bell last measured must not look like a dry home for ever. ``alarm`` stays: a bell
    that drowned was right; ``status`` says that it is gone.

    Args:
        topic: Below the base.
        heartbeat_s: Between two ``health``.

    Returns:
        Seconds, or None for never.
    """
    if topic.startswith("sensors/"):
        return LIVE_S
    return max(LIVE_S, round(3 * heartbeat_s)) if topic == "health" else None


def timestamp(wall_utc: datetime) -> str:
    """RFC 3339, UTC, milliseconds."""
    return wall_utc.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def will(session: str) -> bytes:
    """What ``status`` says when the device is gone, whether it said goodbye or not."""
    payload: Will = {"online": False, "session": session}
    return to_json(payload).encode()


def status(session: str, ts: str, fields: Mapping[str, Any]) -> bytes:
    """What ``status`` says while the device is there.

    Args:
        session: ``{boot_id}:{start counter}``.
        ts: Of now: it is made anew for each connection.
        fields: ``version``, ``armed``, ``service``, ``config_sha256``.
    """
    return to_json({"online": True, "session": session, "ts": ts, **fields}).encode()


def event(log_id: str, row: Row) -> bytes:
    """One event of the log, as ``events`` carries it."""
    seq, body = row
    return _with(f'{{"log":"{log_id}","seq":{seq}', body).encode()


def readings(log_id: str, rows: Sequence[Row]) -> bytes:
    """Some readings of the log, as ``readings`` carries them."""
    listed = ",".join([_with(f'{{"seq":{seq}', body) for seq, body in rows])
    return f'{{"log":"{log_id}","readings":[{listed}]}}'.encode()


def _with(head: str, body: str) -> str:
    """The fields of a stored object behind those of ``head``, without parsing it."""
    return f"{head}}}" if body == "{}" else f"{head},{body[1:]}"


def stub(row: Row) -> Row:
    """A row in short, for a broker that does not take it whole: its number is not missing."""
    seq, body = row
    fields = json.loads(body)
    kept = {
        name: value[:_KEPT_CHARACTERS] if isinstance(value, str) else value
        for name in _KEPT_OF_A_GIANT
        if isinstance(value := fields.get(name), str | bool | int | None) and name in fields
    }
    return seq, to_json({**kept, "cut": True})


def short_document(row: Row) -> Row:
    """A CAP document in short, for a broker that does not take it whole: still valid CAP."""
    return row[0], cap.shortened(row[1])
