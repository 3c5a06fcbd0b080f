"""What others ask of the bell: requests of the centre over MQTT, lines on the control socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from drivers.host.control.messages import (
    VERSION,
    BadMessage,
    answer_bytes,
    parse_answer,
    parse_request,
    request_bytes,
)
from edge.centre.admission import AN_HOUR, BURST, LONGEST_BYTES, PER_S, Admission, Admitted, Refusal
from edge.centre.requests import REQUESTS
from tests.torture.fuzzing.target import JSON, Target, mutated

_NOW = datetime(2026, 8, 8, 9, 4, 7, tzinfo=UTC)
_HARMLESS = {
    "ack": set[str](),
    "silence": set[str](),
    "reset": set[str](),
    "service": {"on"},
    "drill": {"stage", "contacts"},
    "read": {"sensor"},
}
"""Every word that a request from afar may carry, besides id, ts and by: none arms or redirects."""


@dataclass(frozen=True)
class Asked:
    """One message on ``cmd/{name}``, so many seconds after the one before it."""

    name: str
    payload: bytes
    after_s: float
    synced: bool


def check_requests(asked: list[Asked]) -> None:
    """Nothing is done twice, nothing old, nothing too often, and nothing that has no word."""
    admission, now_s = Admission(now_s=0.0), 0.0
    done: list[tuple[float, str, str]] = []
    for one in asked:
        now_s += one.after_s
        wall = _NOW + timedelta(seconds=now_s) if one.synced else None
        verdict = admission.judge(one.name, one.payload, now_s, wall)
        if isinstance(verdict, Refusal):
            assert verdict.error
            assert verdict.reason
            assert len(verdict.reason) < 2000
            json.dumps({"error": verdict.error, "reason": verdict.reason, "id": verdict.id})
            continue
        assert isinstance(verdict, Admitted)
        assert one.name in REQUESTS
        assert len(one.payload) <= LONGEST_BYTES
        told = json.loads(one.payload)
        assert isinstance(told, dict)
        assert verdict.id == told["id"]
        assert type(verdict.id) in (int, str)
        assert set(verdict.arguments) <= _HARMLESS[one.name], verdict.arguments
        done.append((now_s, one.name, str(verdict.id)))
    ids = [id_ for _, _, id_ in done]
    assert len(ids) == len(set(ids)), "a request was done twice"
    for number, (begin_s, _, _) in enumerate(done):
        many = sum(at_s - begin_s <= 1.0 for at_s, _, _ in done[number:])
        assert many <= BURST + PER_S + 1, f"{many} requests in a second"
        for name, most in AN_HOUR.items():
            hour = [s for s, n, _ in done[number:] if n == name and s - begin_s < 3600.0]
            assert len(hour) <= 2 * most, f"{len(hour)} {name} in an hour"
    assert not isinstance(Admission().judge("arm", b'{"id": 1}', now_s, None), Admitted)


_GOOD_REQUESTS = [
    b'{"id": 1}',
    b'{"id": "a", "ts": "2026-08-08T09:04:07Z", "by": "office"}',
    b'{"id": 7, "stage": "danger", "contacts": ["mother", "office"]}',
    b'{"id": 8, "stage": "bell", "to": ["mother"]}',
    b'{"id": 9, "sensor": "door"}',
    b'{"id": 10, "on": false}',
]


def _as_request(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, default=str).encode()


_FIELDS = st.fixed_dictionaries(
    {"id": st.integers(0, 9) | JSON},
    optional={
        "ts": st.sampled_from(["2026-08-08T09:04:07Z", "1970-01-01T00:00:00+00:00"]) | JSON,
        "by": st.text(max_size=210),
        "stage": st.sampled_from(["alert", "danger", "bell"]) | JSON,
        "contacts": st.lists(st.text(min_size=1, max_size=8), max_size=40) | JSON,
        "sensor": st.text(max_size=5) | JSON,
        "on": st.booleans() | JSON,
        "minutes": JSON,
        "armed": st.just(True),
        "number": st.just("119"),
    },
).map(_as_request)
_ASKED = st.builds(
    Asked,
    st.sampled_from([*REQUESTS, "arm", "disarm", "", "../ack", "calibrate"]),
    _FIELDS | mutated(_GOOD_REQUESTS) | st.binary(max_size=60) | st.just(b"[" * 4000),
    st.floats(0, 30) | st.just(0.0) | st.just(2000.0),
    st.booleans(),
)


def _raw_asked(data: bytes) -> list[Asked]:
    name = [*REQUESTS][(data[0] if data else 0) % len(REQUESTS)]
    return [Asked(name, data[1:], 1.0, True), Asked(name, data[1:], 1.0, True)]


REQUEST = Target(
    "requests",
    check_requests,
    st.lists(_ASKED, max_size=20),
    raw=_raw_asked,
    examples=[bytes((n,)) + good for n, good in enumerate(_GOOD_REQUESTS)],
    short=8,
)


def check_control(line: bytes) -> None:
    """A line is a request of this version, or a ``BadMessage``; every answer is one line."""
    try:
        asked = parse_request(line)
    except BadMessage as bad:
        assert str(bad)
        answer = answer_bytes(bad.id, None, str(bad))
        _is_one_line(answer)
    else:
        told = json.loads(line)
        assert told["v"] == VERSION
        assert asked.command
        assert isinstance(asked.arguments, dict)
        answer = answer_bytes(asked.id, {"told": asked.arguments}, None)
        _is_one_line(answer)
        try:
            again = request_bytes(asked.id, asked.command, asked.arguments)
        except BadMessage:
            pass  # NaN and the like: read, and never written
        else:
            _is_one_line(again)
            assert parse_request(again).command == asked.command
    for asked_id in (1, None, "x"):
        try:
            parse_answer(line, asked_id)
        except BadMessage as bad:
            assert str(bad)


def _is_one_line(answer: bytes) -> None:
    assert answer.endswith(b"\n")
    assert answer.count(b"\n") == 1
    assert json.loads(answer)["v"] == VERSION


def _control(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields).encode()


_CONTROL = st.fixed_dictionaries(
    {"v": st.just(1) | JSON},
    optional={
        "id": JSON,
        "command": st.sampled_from(["status", "reset", "watch"]) | JSON,
        "arguments": st.dictionaries(st.text(max_size=6), JSON, max_size=3) | JSON,
        "ok": st.booleans() | JSON,
        "result": JSON,
        "error": JSON,
        "denied": JSON,
    },
).map(_control)
_GOOD_LINE = b'{"v": 1, "id": 7, "command": "status", "arguments": {}}'
CONTROL = Target(
    "control",
    check_control,
    _CONTROL
    | mutated(
        [b'{"v": 1, "id": 7, "command": "status", "arguments": {}}', b"[" * 3000, b"1" * 5000]
    ),
    raw=lambda data: data,
    examples=[
        _GOOD_LINE,
        b'{"v": 1, "id": 1, "ok": true, "result": {}}',
    ],
    short=20,
)
