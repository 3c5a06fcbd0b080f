"""One example of every payload, for docs/mqtt.md and the AsyncAPI document.

Owns the examples: mypy holds them to their types, the tests to their schemas and the page to them.
A flood in one home at four past six in the evening, in the order in which it was told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge.centre.interface.happenings import ReadingsThinned, ReportAccepted, StageChanged
from edge.centre.interface.payloads import Alarm, Health, Readings, Reply, SensorState, Status, Will

_SESSION: Final = "5f1c9a52-8d07-4a3e-9d54-1f0c3b6a7e21:1"
_INCIDENT: Final = "019f8c2a-5e10-7c44-a1d3-2b6f90c4d812"
_EVENTS: Final = "7d0b1c3e9a5f4e2b8c6d1a0f3e5b7c9d"
_READINGS: Final = "c4a9e21f7b3d4c58a6e0f1d2b3c4a5e6"
_SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

_STATUS: Final[Status] = {
    "online": True,
    "session": _SESSION,
    "ts": "2026-08-08T09:00:00.412Z",
    "version": "0.1.0",
    "armed": True,
    "service": False,
    "config_sha256": _SHA256,
}
_WILL: Final[Will] = {"online": False, "session": _SESSION}
_ALARM: Final[Alarm] = {
    "stage": "danger",
    "latched": "danger",
    "bell": False,
    "acknowledged": False,
    "incident": _INCIDENT,
    "drill": False,
    "depth_mm": 163.0,
    "zone": "entrance",
    "since": "2026-08-08T09:04:04.120Z",
    "ts": "2026-08-08T09:04:05.118Z",
    "session": _SESSION,
}
_SENSOR: Final[SensorState] = {
    "depth_mm": 163.0,
    "at_least_mm": 163.0,
    "below_mm": 163.0,
    "quality": "good",
    "reason": "",
    "ts": "2026-08-08T09:04:05.118Z",
}
_FLOAT: Final[SensorState] = {
    "depth_mm": None,
    "at_least_mm": 20.0,
    "below_mm": None,
    "quality": "good",
    "reason": "",
    "ts": "2026-08-08T09:04:05.201Z",
}
_GONE: Final[SensorState] = {
    "depth_mm": None,
    "at_least_mm": None,
    "below_mm": None,
    "quality": "stale",
    "reason": "nothing fresh for 5.0 s",
    "ts": "2026-08-08T09:31:12.004Z",
}
_LOGGED: Final[Readings] = {
    "log": _READINGS,
    "readings": [
        {
            "seq": 4711,
            "sensor": "door",
            "depth_mm": 151.0,
            "at_least_mm": 151.0,
            "below_mm": 151.0,
            "quality": "good",
            "ts": "2026-08-08T09:04:01.117Z",
            "clock_synced": True,
        },
        {
            "seq": 4712,
            "sensor": "door",
            "depth_mm": 155.0,
            "at_least_mm": 155.0,
            "below_mm": 155.0,
            "quality": "good",
            "ts": "2026-08-08T09:04:02.117Z",
            "clock_synced": True,
        },
    ],
}
_STAGE_CHANGED: Final[StageChanged] = {
    "log": _EVENTS,
    "seq": 208,
    "type": "stage_changed",
    "incident": _INCIDENT,
    "episode": 1,
    "reason": "door 159 mm ≥ 150 mm for 3.0 s, seen rising",
    "stage": "danger",
    "from": "alert",
    "zone": "entrance",
    "depth_mm": 159.0,
    "ts": "2026-08-08T09:04:04.121Z",
    "clock_synced": True,
    "session": _SESSION,
}
_REPORT_ACCEPTED: Final[ReportAccepted] = {
    "log": _EVENTS,
    "seq": 209,
    "type": "report_accepted",
    "incident": _INCIDENT,
    "episode": 1,
    "reason": "report 1 of 3: door 159 mm ≥ 150 mm for 3.0 s, seen rising",
    "repeat": 1,
    "repeats": 3,
    "route": "modem",
    "ts": "2026-08-08T09:04:07.804Z",
    "clock_synced": True,
    "session": _SESSION,
}
_THINNED: Final[ReadingsThinned] = {
    "log": _EVENTS,
    "seq": 377,
    "type": "readings_thinned",
    "incident": None,
    "episode": None,
    "reason": "the store is full",
    "readings_log": _READINGS,
    "from_seq": 3001,
    "to_seq": 4000,
    "kept": 250,
    "ts": "2026-09-02T18:22:40.000Z",
    "clock_synced": True,
    "session": _SESSION,
}
_HEALTH: Final[Health] = {
    "ts": "2026-08-08T09:04:30.006Z",
    "clock_synced": True,
    "session": _SESSION,
    "troubles": [
        {
            "cause": "sensor:stairs",
            "detail": "stale: nothing fresh for 5.0 s",
            "for_s": 320.5,
            "unstable": False,
            "well_for_s": None,
        }
    ],
    "modem": {"up": True, "detail": "", "sim": "READY", "operator": "KT"},
    "registered": True,
    "signal_dbm": -71,
    "store": {"ok": True, "detail": "", "bytes": 1_544_192, "pending": 0},
    "backlog": {"events": 0, "cap": 0, "readings": 0},
    "waiting": 2,
    "unheard": 0,
    "uptime_s": 86_670.2,
    "starts": 1,
    "cpu_temperature_c": 51.1,
    "under_voltage": False,
    "throttled": False,
    "under_voltage_since_boot": False,
    "mains": True,
    "on_battery_s": None,
    "battery_percent": 97,
    "battery_low": False,
    "shedding": "none",
    "disk_free_mb": 24_117.2,
    "load": 0.08,
    "clock": {"synced": True, "offset_s": 0.0004, "max_error_s": 0.031, "source": "ntp"},
    "memory_mb": 46.2,
    "broker": {"connects": 2, "last_loss": "the broker closed the connection", "losses_1h": 1},
    "commands": {"heard": True, "taken": 3, "refused": 0},
    "discovery": "",
    "certificate_days": 301.4,
    "hung": [],
}
_DONE: Final[Reply] = {
    "id": "op7-20260808-0031",
    "command": "ack",
    "done": True,
    "error": None,
    "reason": "",
    "ts": "2026-08-08T09:04:40.551Z",
    "session": _SESSION,
}
_REFUSED: Final[Reply] = {
    "id": "op7-20260808-0032",
    "command": "reset",
    "done": False,
    "error": "refused",
    "reason": "zone entrance is wet (door)",
    "ts": "2026-08-08T09:04:52.317Z",
    "session": _SESSION,
}
_SEEN: Final[Reply] = {
    "id": "op7-20260808-0033",
    "command": "read",
    "done": True,
    "error": None,
    "reason": "",
    "ts": "2026-08-08T09:05:00.020Z",
    "session": _SESSION,
    "sensors": {
        "door": {
            "depth_mm": 166.0,
            "at_least_mm": 166.0,
            "below_mm": 166.0,
            "quality": "good",
            "reason": "",
            "driver": "a02yyuw",
            "zone": "entrance",
            "age_s": 0.9,
            "wet_test_s": 86400.0,
        }
    },
}

EXAMPLES: Final[Mapping[str, Any]] = {
    "status": _STATUS,
    "will": _WILL,
    "alarm": _ALARM,
    "sensor": _SENSOR,
    "sensor, a float switch": _FLOAT,
    "sensor, gone silent": _GONE,
    "readings": _LOGGED,
    "event": _STAGE_CHANGED,
    "event, 119 has it": _REPORT_ACCEPTED,
    "event, the store was full": _THINNED,
    "health": _HEALTH,
    "request-ack": {"id": "op7-20260808-0031", "ts": "2026-08-08T18:04:40+09:00", "by": "op7"},
    "request-silence": {"id": "op7-20260808-0034"},
    "request-reset": {"id": "op7-20260808-0032"},
    "request-service": {"id": "op7-20260808-0035", "on": False},
    "request-drill": {"id": "op7-20260808-0036", "stage": "danger", "contacts": ["mother"]},
    "request-read": {"id": "op7-20260808-0033", "sensor": "door"},
    "reply": _DONE,
    "reply, not done": _REFUSED,
    "reply, to read": _SEEN,
}
"""By the name of the payload's schema, and what is special about it behind a comma."""


def examples_of(payload: str) -> Iterator[tuple[str, Any]]:
    """Return the examples of one payload, each with its name.

    Args:
        payload: Name of its schema.
    """
    for name, example in EXAMPLES.items():
        if name.partition(",")[0] == payload:
            yield name, example
