"""Messages across a restart: to and from JSON. Pure.

Monotonic seconds are meaningful within one boot, so they are kept as they are and marked with the
boot; after another boot what is waiting is due at once, and ages begin anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from math import inf
from typing import Any

from edge.effects import Facts, Purpose
from edge.messages.message import Message, Status

_MESSAGE = tuple(one.name for one in fields_of(Message))
_FACTS = tuple(one.name for one in fields_of(Facts))


def dump(message: Message, boot_id: str) -> str:
    """Return a message as JSON."""
    # dataclasses.asdict copies deeply, which takes as long as the rest of a commit.
    fields = {name: getattr(message, name) for name in _MESSAGE}
    fields["facts"] = {name: getattr(message.facts, name) for name in _FACTS}
    fields["boot"] = boot_id
    del fields["not_before_s"]  # what waits is due at once after a restart
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def load(body: str, *, boot_id: str, now_s: float) -> Message:
    """Return the message as it is to go on after a restart: what waits is due now.

    Raises:
        ValueError: Not a message that this version wrote.
    """
    try:
        fields: dict[str, Any] = json.loads(body)
        same_boot = fields.pop("boot") == boot_id
        message = _message(fields)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a stored message ({error!r}): {body[:80]}") from error
    message = replace(message, not_before_s=-inf, route=0)
    if message.recalled and message.status is Status.WAITING:
        message = replace(message, status=Status.WITHDRAWN, last_error=message.recalled)
    if same_boot:
        return message
    accepted_s = None if message.accepted_s is None else now_s
    # The modem has counted on since: a status report with this number is of something else.
    return replace(message, decided_s=now_s, accepted_s=accepted_s, submit_reference=None)


def _message(fields: Mapping[str, Any]) -> Message:
    known = dict(fields)
    known["purpose"] = Purpose(known["purpose"])
    known["status"] = Status(known["status"])
    known["facts"] = Facts(**known["facts"])
    known["routes"] = tuple(known["routes"])
    return Message(**known)
