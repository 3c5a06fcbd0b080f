"""What lies about from before: the journal of reports, the stored state, a sign's own notes."""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from edge.effects import Report
from edge.events import Health, Reading, TroubleSeen
from edge.law import memory
from edge.law.levels import Level
from edge.law.state import State
from edge.loop.hands_journal import believe
from edge.loop.taking_up import Memory, paced_until_s
from edge.messages import outbox_memory
from edge.messages.restoring import left
from edge.store.journal import Journal
from edge.store.rows import Recovered
from tests.edge.law.basement import ONE_SENSOR, Basement
from tests.torture.fuzzing.target import JSON, Target, mutated

_BOOT = "boot-1"
_KINDS = ("submitting", "accepted", "disarmed", "armed", "service_on", "service_off", "dialling")


def check_journal(data: bytes) -> None:
    """A torn or strange line is passed over; what is written behind it is read again."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.journal"
        file.write_bytes(data)
        journal = Journal(file, max_bytes=len(data) + 400)
        before = journal.read()
        for number in range(8):  # beyond its bound: it is compacted on the way
            assert journal.record(
                "accepted", f"i9/1/report/{number}", monotonic_s=900.0 + number, boot_id=_BOOT
            )
            assert journal.read()[-1].key == f"i9/1/report/{number}"
        entries = journal.read()
        assert {entry.kind for entry in before} <= {entry.kind for entry in entries}
    state = State(armed=True, report_armed=True, level_since_s=1000.0)
    believed = believe(state, before, _BOOT, float("-inf"), 1000.0)
    assert believed.report_armed
    left(before, _BOOT)
    # A journal that holds reports back for ever would silence the bell.
    paced_until_s(before, _BOOT, None, ONE_SENSOR)


_ENTRY = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(_KINDS) | JSON,
        "key": st.sampled_from(["i1/1/report/1", ""]) | JSON,
        "monotonic_s": st.floats(0, 1000) | JSON,
        "boot_id": st.sampled_from([_BOOT, "boot-0"]) | JSON,
    },
    optional={
        "more": st.dictionaries(
            st.sampled_from(["for_s", "left_s", "by", "warned", "x"]), JSON, max_size=4
        )
        | JSON
    },
).map(lambda fields: json.dumps(fields).encode() + b"\n")
_JOURNALS = st.lists(_ENTRY | st.binary(max_size=30), max_size=10).map(b"".join)
_GOOD_JOURNAL = (
    b'{"kind":"submitting","key":"i1/1/report/1","monotonic_s":990.5,"boot_id":"boot-1"}\n'
    b'{"kind":"disarmed","key":"","monotonic_s":991.0,"boot_id":"boot-1",'
    b'"more":{"for_s":5.0,"left_s":60.0,"by":"kim"}}\n'
    b'{"kind":"service_on","key":"","monotonic_s":992.0,"boot_id":"boot-1",'
    b'"more":{"left_s":60.0,"by":"kim","warned":false}}\n'
)
JOURNAL = Target(
    "journal",
    check_journal,
    _JOURNALS | mutated([_GOOD_JOURNAL, b'{"kind":' + b"[" * 3000]),
    raw=lambda data: data,
    examples=[_GOOD_JOURNAL],
    short=20,
)


def _in_danger() -> Basement:
    home = Basement()
    home.flood()
    home.trouble("sensor:door")
    return home


def _stored(home: Basement) -> bytes:
    fields = {
        "boot_id": _BOOT,
        "written_s": home.now_s,
        "starts": 3,
        "armed": True,
        "newest_utc": "2026-08-08T09:04:07+00:00",
        "put_up": ["a/b"],
        "law": memory.dump(home.state, home.now_s),
    }
    return json.dumps(fields).encode()


_IN_DANGER = _in_danger()
_QUIET = Basement()
_QUIET.run(20, door=0.0)
_STATES = [_stored(_IN_DANGER), _stored(_QUIET)]


@dataclass(frozen=True)
class Kept:
    """A stored state, and the journal beside it."""

    state: str
    journal: bytes = b""


def check_state(kept: Kept) -> None:
    """Whatever was stored, the bell starts, and water that stands there now reaches 119."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.journal"
        file.write_bytes(kept.journal)
        troubles: list[TroubleSeen] = []
        kept_memory = Memory(ONE_SENSOR, Journal(file), _BOOT, troubles.append)
        kept_memory.read_journal()
        now_s = _IN_DANGER.now_s + 5.0
        taken = kept_memory.take_up(Recovered(state=kept.state), now_s)
    home = Basement(state=taken.state, now_s=now_s)
    home.run(30, door=200.0)
    if home.state.armed and not home.state.service and not home.state.drill:
        assert home.state.level is Level.DANGER, "water stands 200 mm high and nobody calls"
        assert home.state.incident is not None
        reports = [effect for _, effect in home.effects if isinstance(effect, Report)]
        known = taken.state.incident is not None
        assert reports or known, "a danger that was never reported before is not reported now"
    home.event(Reading("door", 0.0, 0.0, Health.GOOD))
    json.dumps(memory.dump(home.state, home.now_s))


@st.composite
def _kept(draw: st.DrawFn) -> Kept:
    data = draw(mutated(_STATES, 3) | _restated())
    return Kept(data.decode("utf-8", "replace"), draw(st.just(b"") | _JOURNALS))


@st.composite
def _restated(draw: st.DrawFn) -> bytes:
    """A stored state of which a number, a word or a whole branch is another."""
    fields = json.loads(draw(st.sampled_from(_STATES)))
    for _ in range(draw(st.integers(1, 3))):
        place: Any = fields
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and draw(st.integers(0, 5)):
                place = place[key]
                continue
            if draw(st.booleans()):
                place[key] = draw(JSON)
            elif isinstance(place, dict):
                del place[key]
            break
    return json.dumps(fields).encode()


STATE = Target(
    "state",
    check_state,
    _kept(),
    raw=lambda data: Kept(data.decode("utf-8", "replace")),
    examples=_STATES,
    hang_s=10.0,
    short=10,
)


def check_message(data: bytes) -> None:
    """A stored message is one, or a ``ValueError``: the start passes it over."""
    try:
        message = outbox_memory.load(data.decode("utf-8", "replace"), boot_id=_BOOT, now_s=1000.0)
    except ValueError:
        return
    assert message.purpose
    assert message.status


_GOOD_MESSAGE = json.dumps(
    {
        "key": "i1/1/danger/mother",
        "purpose": "danger",
        "contact": "mother",
        "number": "+821033333333",
        "text": "x",
        "routes": ["modem"],
        "status": "waiting",
        "facts": {"depth_mm": 200.0},
        "boot": _BOOT,
    }
).encode()
MESSAGE = Target(
    "message",
    check_message,
    mutated([_GOOD_MESSAGE]) | JSON.map(lambda value: json.dumps(value).encode()),
    raw=lambda data: data,
    examples=[_GOOD_MESSAGE],
    short=20,
)


def _sign() -> types.ModuleType:
    """The failure sign is a program by itself, in a folder that is installed as it is."""
    program = Path(__file__).resolve().parents[4] / "systemd" / "floodbell_failure.py"
    spec = importlib.util.spec_from_file_location("floodbell_failure", program)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


_SIGN = _sign()
_VERDICTS = {"up", "by hand", "settling", "down", "refused", "-"}


@dataclass(frozen=True)
class Seen:
    """What the failure sign finds: settings, words of systemd, its own notes."""

    settings: bytes
    unit: Mapping[str, str]
    notes: bytes


def check_sign(seen: Seen) -> None:
    """It names no pin that stands for anything else, and no broken file ends it."""
    text = seen.settings.decode("utf-8", "replace")
    pins = _SIGN.pins_in(text)
    assert set(pins) <= {"lamp_pin", "siren_pin"}
    assert all(0 <= pin <= 27 for pin in pins.values())
    assert len(set(pins.values())) == len(pins), "one pin for two things"
    assert _SIGN.judge(seen.unit) in _VERDICTS
    with tempfile.TemporaryDirectory() as folder:
        setattr(_SIGN, "RUN", Path(folder))  # noqa: B010 - mypy knows no module's names
        for name in ("down", "quiet", "told", "tried", "tried-as"):
            (Path(folder) / name).write_bytes(seen.notes)
        watch = _SIGN.Watch()
        watch._quiet(seen.unit)
        watch._keep()


_UNIT = st.dictionaries(
    st.sampled_from(
        ["ActiveState", "SubState", "NRestarts", "Result", "LoadState", "UnitFileState"]
    )
    | st.sampled_from(["ExecMainStatus", "ConditionResult", "ActiveEnterTimestampMonotonic"]),
    st.sampled_from(["active", "failed", "activating", "auto-restart", "0", "2", "7", "exit-code"])
    | st.sampled_from(["inactive", "enabled", "success", "no", "error", ""])
    | st.text(max_size=8),
)
_BELL = b"[bell]\nsiren_pin = 16\nlamp_pin = 26\nbutton_pin = 5\n[modem]\npower_pin = 6\n"
_NOTES = b'{"since_s": 1.0, "seen_s": 2.0, "chirped_s": 0.5}'
SIGN = Target(
    "sign",
    check_sign,
    st.builds(
        Seen,
        mutated([_BELL, b"siren_pin = " + b"9" * 5000, b"a = " + b"[" * 5000]),
        _UNIT,
        mutated([_NOTES]) | JSON.map(lambda value: json.dumps(value).encode()),
    ),
    raw=lambda data: Seen(data, {}, data),
    examples=[_BELL, _NOTES],
    short=20,
)
