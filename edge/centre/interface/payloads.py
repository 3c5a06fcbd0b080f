"""What is in every message on the broker (contract 3), as types: the one description of it.

Owns the fields, their units and ranges. mypy holds the code that builds a payload to its type, and
the JSON Schemas and the AsyncAPI document are made from the same types (``asyncapi``). Invariant:
the daemon never loads this module, only its annotations name it. Leaves to others what a message
means for the law; requests are in ``requests``, events in ``happenings``.

Units stand in the names; a depth is above the floor, negative by noise or by a sensor that was
knocked aside, and never clamped. ``null`` is "not known" or "no bound", never a number.
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypeAliasType, TypedDict  # typing's own: from Python 3.12 on

Stage = Literal["normal", "alert", "danger"]

Timestamp = TypeAliasType(
    "Timestamp",
    Annotated[
        str,
        Field(
            pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
            json_schema_extra={"format": "date-time"},
            description="the bell's wall clock, RFC 3339, UTC with milliseconds",
        ),
    ],
)
ClockSynced = TypeAliasType(
    "ClockSynced",
    Annotated[
        bool, Field(description="whether ts can be believed; false: order events by seq, not by ts")
    ],
)
Session = TypeAliasType(
    "Session",
    Annotated[
        str,
        Field(
            pattern=r"^[^:]+:[0-9]+$",
            description="{boot_id}:{start counter}; another one: the daemon was started anew",
        ),
    ],
)
LogId = TypeAliasType(
    "LogId",
    Annotated[
        str,
        Field(
            pattern=r"^[0-9a-f]{32}$",
            description="random id of the log, made with its database: seq counts within it",
        ),
    ],
)
Seq = TypeAliasType(
    "Seq",
    Annotated[
        int, Field(ge=1, description="counts from 1 by 1 within the log, over restarts and outages")
    ],
)
IncidentId = TypeAliasType(
    "IncidentId",
    Annotated[
        str | None,
        Field(min_length=1, max_length=64, description="the incident; null while none is open"),
    ],
)
SensorId = TypeAliasType(
    "SensorId",
    Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9_-]{1,32}$", description="the sensor's name in the settings"),
    ],
)
DepthMm = TypeAliasType(
    "DepthMm",
    Annotated[
        float | None, Field(description="depth above the floor; null if nothing measures it now")
    ],
)
AtLeastMm = TypeAliasType(
    "AtLeastMm",
    Annotated[
        float | None, Field(description="the water is at least so deep; null: nothing is known")
    ],
)
BelowMm = TypeAliasType(
    "BelowMm",
    Annotated[float | None, Field(description="the water is below that; null: no upper bound")],
)
Quality = TypeAliasType(
    "Quality",
    Annotated[
        Literal["good", "suspect", "faulted", "stale"],
        Field(
            description="how far to believe it: good and suspect count; faulted (the sensor says"
            " that it cannot measure) and stale (nothing came in time) are neither dry nor wet"
        ),
    ],
)
Reason = Annotated[str, Field(description="why, in English words for a log")]
Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Cut = Annotated[
    Literal[True], Field(description="the broker takes no packet as long as the whole row")
]


class Status(TypedDict):
    """The bell is there. Published first on every connection; its opposite is the will."""

    online: Literal[True]
    session: Session
    ts: Timestamp
    version: Annotated[str, Field(min_length=1, description="of floodbell")]
    armed: Annotated[bool, Field(description="whether a report to 119 may leave")]
    service: Annotated[bool, Field(description="a technician is at work: water goes no further")]
    config_sha256: Annotated[
        str, Field(pattern=r"^[0-9a-f]{64}$", description="of the settings file that is in force")
    ]


class Will(TypedDict):
    """The bell is gone: it said goodbye, or the broker lost it. Nobody watches this home."""

    online: Literal[False]
    session: Annotated[Session, Field(description="the session that ended")]


class AlarmView(TypedDict):
    """What stands, without its times."""

    stage: Annotated[Stage, Field(description="the level of the water now")]
    latched: Annotated[Stage, Field(description="the highest of the open incident")]
    bell: Annotated[bool, Field(description="somebody pressed the bell in this incident")]
    acknowledged: bool
    incident: IncidentId
    drill: Annotated[bool, Field(description="a drill is under way; real water ends it")]
    depth_mm: Annotated[
        float | None,
        Field(description="the deepest believable depth, or lower bound; null if there is none"),
    ]
    zone: Annotated[str | None, Field(description="the zone whose level it is; null when normal")]


class Alarm(AlarmView):
    """What stands in this home now. Published on each change; above normal, on each centimetre."""

    since: Annotated[Timestamp, Field(description="since when the stage is what it is")]
    ts: Timestamp
    session: Session


class Bounds(TypedDict):
    """What a sensor tells: bounds on the depth. A switch knows bounds only."""

    depth_mm: DepthMm
    at_least_mm: AtLeastMm
    below_mm: BelowMm
    quality: Quality


class SensorState(Bounds):
    """What one sensor tells now. While it works, at least once in its sample interval."""

    reason: Annotated[str, Field(description="why it is not good, in English; empty if it is")]
    ts: Timestamp


class Reading(Bounds):
    """One row of the readings log."""

    seq: Seq
    sensor: SensorId
    ts: Timestamp
    clock_synced: ClockSynced


class ReadingInShort(TypedDict):
    """A row that the broker does not take whole: its number is not missing."""

    seq: Seq
    sensor: SensorId
    ts: Timestamp
    clock_synced: ClockSynced
    cut: Cut


class Readings(TypedDict):
    """Rows of the readings log, in the order of their numbers."""

    log: LogId
    readings: Annotated[list[Reading | ReadingInShort], Field(min_length=1)]


class Trouble(TypedDict):
    """Something that is wrong with the bell itself, raised and not cleared."""

    cause: Annotated[
        str,
        Field(
            min_length=1,
            description="what it is about, such as modem, store, sensor:{id} or blind:{zone}",
        ),
    ]
    detail: str
    for_s: Annotated[Seconds, Field(description="how long it has stood")]
    unstable: Annotated[bool, Field(description="it comes and goes: told once an hour at most")]
    well_for_s: Annotated[
        Seconds | None,
        Field(description="well again for so long, not cleared yet; null: it is not"),
    ]


class Modem(TypedDict):
    """The modem: ``up`` is whether texts can leave now."""

    up: bool
    detail: str
    sim: Annotated[str | None, Field(description="state of the SIM, such as READY")]
    operator: Annotated[str | None, Field(description="of the mobile network")]


class Store(TypedDict):
    """The database on the bell's disk."""

    ok: bool
    detail: str
    bytes: Annotated[Count, Field(description="size of the file with its write-ahead log")]
    pending: Annotated[Count, Field(description="rows that wait in memory for the disk")]


class Backlog(TypedDict):
    """Rows of each log that the broker has not acknowledged yet."""

    events: Count
    cap: Count
    readings: Count


TimeSource = Annotated[
    Literal["ntp", "rtc", "nitz", "none"],
    Field(
        description="who says what ts says: a time server, a battery clock, the mobile network, or"
        " nobody"
    ),
]


class ClockHealth(TypedDict):
    """How well the machine knows the time; null where the kernel may not be asked."""

    synced: bool
    offset_s: Annotated[float | None, Field(description="what is still to be corrected")]
    max_error_s: Annotated[Seconds | None, Field(description="it can be wrong by so much")]
    source: TimeSource


class Broker(TypedDict):
    """The connection that this message came by."""

    connects: Annotated[Count, Field(description="since the daemon's start")]
    last_loss: Annotated[str | None, Field(description="why it was lost last; null if never")]
    losses_1h: Annotated[Count, Field(description="lost connections in the last hour, to 100")]


class Commands(TypedDict):
    """Requests on ``cmd/…`` since the daemon's start."""

    heard: Annotated[
        bool | None,
        Field(description="the broker lets the bell subscribe to them; null: not known yet"),
    ]
    taken: Count
    refused: Count


class Health(TypedDict):
    """How the device is. A bell that is silent for longer than this expires may be dead."""

    ts: Timestamp
    clock_synced: ClockSynced
    session: Session
    troubles: list[Trouble]
    modem: Annotated[
        Modem | None, Field(description="null: none in the settings, or it has not spoken yet")
    ]
    registered: Annotated[bool | None, Field(description="has a mobile network; null: not known")]
    signal_dbm: Annotated[int | None, Field(ge=-140, le=0, description="of the mobile network")]
    store: Store
    backlog: Backlog
    waiting: Annotated[Count, Field(description="messages to people and to 119 not accepted yet")]
    unheard: Annotated[
        Count, Field(description="publications that nobody had subscribed to (PUBACK 0x10)")
    ]
    uptime_s: Annotated[Seconds, Field(description="of the daemon")]
    starts: Annotated[int, Field(ge=1, description="of the daemon since the machine's boot")]
    cpu_temperature_c: float | None
    under_voltage: Annotated[bool | None, Field(description="the supply sags now")]
    throttled: Annotated[bool | None, Field(description="the board slows itself: heat or supply")]
    under_voltage_since_boot: Annotated[
        bool | None, Field(description="the supply has sagged since the board was started")
    ]
    mains: Annotated[bool | None, Field(description="false: on battery; null: nobody tells")]
    on_battery_s: Annotated[Seconds | None, Field(description="for so long; null: it is not")]
    battery_percent: Annotated[
        int | None, Field(ge=0, le=100, description="what is left; null: nobody tells")
    ]
    battery_low: Annotated[
        bool | None,
        Field(description="an hour of watching and ten minutes of alarm are no longer sure"),
    ]
    shedding: Annotated[
        Literal["none", "battery", "low"],
        Field(description="what says nothing new comes less often, to spare the battery"),
    ]
    disk_free_mb: Annotated[Seconds | None, Field(description="in 10^6 bytes")]
    load: Annotated[Seconds | None, Field(description="runnable processes, mean of a minute")]
    clock: ClockHealth
    memory_mb: Annotated[
        Seconds | None, Field(description="resident memory of the daemon, in 10^6 bytes")
    ]
    broker: Broker
    commands: Commands
    discovery: Annotated[
        str, Field(description="what is wrong with Home Assistant's discovery; empty: nothing")
    ]
    certificate_days: Annotated[
        float | None,
        Field(
            description="until the first certificate of the link ends, negative after;"
            " null: none is known"
        ),
    ]
    hung: Annotated[list[str], Field(description="threads of the daemon that do not beat")]


class SensorNow(Bounds):
    """What one sensor told last, in the answer to ``read``."""

    driver: Annotated[str, Field(description="its driver in the settings")]
    zone: Annotated[str, Field(description="the place that it watches")]
    reason: Annotated[str, Field(description="why it is not good, in English; empty if it is")]
    age_s: Annotated[Seconds | None, Field(description="of that; null: it has told nothing yet")]
    wet_test_s: Annotated[
        Seconds | None, Field(description="since it last saw water; null: it never did")
    ]


class Reply(TypedDict):
    """What became of a request."""

    id: Annotated[
        str | int | None, Field(description="of the request; null if it could not be read")
    ]
    command: Annotated[
        str, Field(max_length=32, description="the last segment of the request's topic")
    ]
    done: bool
    error: Annotated[
        Literal["malformed", "too_large", "repeated", "too_old", "too_many", "unknown", "refused"]
        | None,
        Field(description="null if it was done"),
    ]
    reason: Annotated[str, Field(description="why not, in English words; empty if it was done")]
    ts: Timestamp
    session: Session
    sensors: NotRequired[
        Annotated[dict[str, SensorNow], Field(description="of read only, by the sensor's id")]
    ]
