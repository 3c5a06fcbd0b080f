"""The topics of one bell as a table (contract 3): what lies where, how it is kept, how long.

Owns addresses, retention and expiry as a centre reads of them; ``centre`` publishes so, and the
tests hold it to this table. For the command line and the tests only: the daemon never loads this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from drivers.broker.settings import MqttSettings
from edge.centre import topics
from edge.centre.requests import REQUESTS

BASE: Final = topics.base("{district}", "{site}")

QOS: Final = 1

Kind = Literal["state", "log"]


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic that the bell publishes on.

    Attributes:
        name: In the document.
        topic: Below the base.
        messages: Names of the schemas of what comes there; none for what is not JSON.
        kind: ``state`` is retained and only the newest counts; of a ``log`` every message counts.
        summary: What it tells.
        description: What to know besides.
    """

    name: str
    topic: str
    messages: tuple[str, ...]
    kind: Kind
    summary: str
    description: str

    @property
    def expires_s(self) -> int | None:
        """Message Expiry Interval (MQTT 5) with the default heartbeat, None for never."""
        return topics.expiry_s(self.topic, MqttSettings.model_fields["heartbeat_s"].default)

    @property
    def retained(self) -> bool:
        """Whether the broker keeps the newest."""
        return self.kind == "state"

    @property
    def address(self) -> str:
        """The whole topic, with its parameters."""
        return f"{BASE}/{self.topic}"


CHANNELS: Final = (
    Channel(
        "status",
        "status",
        ("status", "will"),
        "state",
        "Whether the bell is there.",
        "The first message of every connection; the will is its opposite, and what a goodbye says."
        " Never expires: a bell that is gone stays gone.",
    ),
    Channel(
        "alarm",
        "alarm",
        ("alarm",),
        "state",
        "What stands in this home now.",
        "Goes before everything else, waits for no disk and no backlog. Never expires: an alarm"
        " stands until the bell says otherwise; whether the bell is there, status says.",
    ),
    Channel(
        "sensor",
        "sensors/{sensor}",
        ("sensor",),
        "state",
        "What one sensor tells now.",
        "A change goes at once, the same again at most once a second and at least once a minute."
        " Expires after 180 s: what a dead bell last saw must not look like a dry home.",
    ),
    Channel(
        "readings",
        "readings",
        ("readings",),
        "log",
        "The readings log: what was measured, thinned out while nothing changes.",
        "Rows in the order of their numbers, many to a message after an outage. Numbers that are"
        " missing for good are named by an event readings_thinned.",
    ),
    Channel(
        "events",
        "events",
        ("event",),
        "log",
        "The events log: what happened, who was told when.",
        "One event to a message, in the order of their numbers; none is ever missing. A type, or a"
        " field, that is not described here comes from a newer bell: keep it.",
    ),
    Channel(
        "health",
        "health",
        ("health",),
        "state",
        "How the device is: troubles, modem, store, board.",
        "Every heartbeat_s (30 s by default). Expires after 180 s, or three heartbeats where that"
        " is longer.",
    ),
    Channel(
        "cap",
        "cap",
        (),
        "log",
        "A CAP 1.2 document for each change of what stands.",
        "XML of OASIS's schema urn:oasis:names:tc:emergency:cap:1.2; its order is in its own"
        " references.",
    ),
)

COMMANDS: Final = tuple(REQUESTS)
"""The last segment of ``cmd/{command}``; nobody is told twice what each does: see its model."""
