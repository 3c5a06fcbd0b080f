"""What the centre asks of us, as it came: nothing of it is believed yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 256
_TREE: Final = "floodbell/v1/"


@dataclass(frozen=True, slots=True)
class Command:
    """A request on ``cmd/{name}``.

    Attributes:
        name: The last segment of the topic.
        payload: Raw bytes.
        reply_to: Topic for the answer.
        correlation: Correlation Data to send back (MQTT 5), else None.
        user_properties: Name and value pairs (MQTT 5).
        retained: It lay at the broker: whoever asked, asked long ago.
    """

    name: str
    payload: bytes
    reply_to: str
    correlation: bytes | None = None
    user_properties: tuple[tuple[str, str], ...] = ()
    retained: bool = False


def reply_topic(base: str, name: str, wanted: str | None) -> str:
    """Where the answer goes: where it is wanted, unless that would forge a bell's own topic.

    Args:
        base: The device's own base topic.
        name: The command.
        wanted: The Response Topic of the request.
    """
    own = f"{base}/cmd/{name}/reply"
    if not wanted or len(wanted) > _LONGEST or set(wanted) & set("+#\0"):
        return own
    if wanted.startswith("$"):
        return own
    if wanted.startswith(_TREE) and not f"{wanted}/".startswith(f"{own}/"):
        return own  # another bell's topics as well
    return wanted
