"""Who may do what on the broker: the table that all rule files are held against.

``{site}`` is the name in the bell's own certificate, ``+`` any one level, ``#`` everything below.
Source: the topics of contract 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.config.shipped import matches

Who = Literal["device", "centre", "operator"]
May = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that one kind of client may do."""

    who: Who
    may: May
    topic: str


OWN = "floodbell/v1/+/{site}"
PUBLISHED = ("status", "alarm", "sensors/+", "readings", "events", "health", "cap")
RULES = frozenset(
    {
        *(Rule("device", "write", f"{OWN}/{topic}") for topic in PUBLISHED),
        Rule("device", "write", f"{OWN}/doctor"),
        Rule("device", "read", f"{OWN}/doctor"),
        Rule("device", "read", f"{OWN}/cmd/+"),
        Rule("device", "write", f"{OWN}/cmd/+/reply"),
        Rule("device", "write", "floodbell/reply/+/{site}"),
        Rule("device", "write", "homeassistant/device/{site}/config"),
        Rule("centre", "read", "floodbell/#"),
        Rule("centre", "write", "floodbell/v1/+/+/cmd/+"),
        Rule("centre", "read", "homeassistant/#"),
        Rule("centre", "read", "$SYS/#"),
        Rule("operator", "read", "floodbell/#"),
        Rule("operator", "read", "homeassistant/#"),
    }
)


def allowed(who: Who, name: str, may: May, topic: str) -> bool:
    """Whether the table lets a client do that.

    Args:
        who: What it is.
        name: Its certificate's name; fills ``{site}``.
        may: What it wants to do.
        topic: Without wildcards.
    """
    # Rules of bells count for whoever's name fills them: of a role they lead nowhere.
    return any(
        rule.may == may
        and rule.who in (who, "device")
        and matches(rule.topic.replace("{site}", name), topic)
        for rule in RULES
    )
