"""What looked good to the doctor and was not: each was shown as good, or not at all."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

import pytest

from drivers.host.systemd import unit_properties
from edge.diagnose.board import check_board
from edge.diagnose.doctor import Check
from edge.diagnose.examination import UNIT, Examination
from edge.diagnose.past import Past, remembered
from edge.diagnose.ports import check_ports
from edge.diagnose.sensors import judge_water
from edge.diagnose.sent import check_sent
from edge.diagnose.settings import check_armed
from edge.diagnose.store import check_store
from edge.diagnose.unit import check_unit
from edge.diagnose.verdict import Grade, Verdict
from edge.locale import use
from edge.settings import load
from edge.store.rows import Batch
from edge.store.store import Store
from tests.edge.diagnose.paper_pi import PaperPi

BAD, WARN, SKIP, GOOD = Grade.BAD, Grade.WARN, Grade.SKIP, Grade.GOOD
NOW = datetime.now(UTC)
OFFICE = '[contacts.office]\nrole = "office"\nphone = "+82221480000"\n'
SELF_TEST = '[modem]\nself_test = { contact = "mother", every_h = 24 }'


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    use("en")
    yield
    use("en")


@pytest.fixture
def pi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaperPi:
    return PaperPi(tmp_path, monkeypatch)


def examination(pi: PaperPi, **more: Any) -> Examination:
    """What one check needs, without the others."""
    config = pi.config
    return replace(Examination(load(config), None, config=config, machine=pi.machine), **more)


def said(check: Check, about: Examination, verdict_id: str) -> Verdict:
    return next(verdict for verdict in check(about) if verdict.id == verdict_id)


@pytest.mark.parametrize(
    ("armed", "daemon", "grade", "found", "remedy"),
    [
        # Whoever believes the file tries it with water, and calls 119.
        ("false", {"armed": True}, BAD, "ARMED: the running bell calls 119", "reload"),
        ("true", {"armed": False, "disarmed": {"by": "kim"}}, WARN, "disarmed by kim", "arm"),
        ("true", {"armed": False, "disarmed": None}, WARN, "not in the running", "reload"),
        ("true", {"armed": True}, GOOD, "armed", ""),
    ],
)
def test_whether_119_is_called_is_what_the_running_bell_does(
    pi: PaperPi, armed: str, daemon: dict[str, Any], grade: Grade, found: str, remedy: str
) -> None:
    pi.settings("[modem]", f"{OFFICE}[report]\narmed = {armed}\n[modem]")
    verdict = said(check_armed, examination(pi, daemon=daemon), "armed")
    assert (verdict.grade, found in verdict.found, remedy in verdict.remedy) == (grade, True, True)


@pytest.mark.parametrize(
    ("change", "verdict_id", "found"),
    [
        ({"UnitFileState": "enabled-runtime"}, "unit", "not enabled"),
        ({"ActiveState": "activating", "SubState": "start"}, "unit", "nobody watches yet"),
        ({"ActiveState": "deactivating", "SubState": "stop-sigterm"}, "unit", "nobody watches"),
    ],
)
def test_a_service_is_good_only_if_it_is_up_and_comes_up_again(
    pi: PaperPi, change: dict[str, str], verdict_id: str, found: str
) -> None:
    pi.unit(**change)
    verdict = pi.examined()[verdict_id]
    assert verdict.grade in (BAD, WARN)
    assert found in verdict.found


def test_a_drop_in_that_starts_something_else_is_not_as_shipped(pi: PaperPi) -> None:
    drop_in = "/etc/systemd/system/floodbell.service.d/override.conf"
    pi.write(drop_in, "[Service]\nExecStart=\nExecStart=/bin/sleep infinity\n")
    unit = {"LoadState": "loaded", "ActiveState": "active", "DropInPaths": drop_in}
    recorded = unit_properties(pi.machine, UNIT) or {}
    verdict = said(check_unit, examination(pi, unit={**recorded, **unit}), "unit-file")
    assert (verdict.grade, "ExecStart" in verdict.found) == (WARN, True), verdict
    pi.write(drop_in, "[Service]\nLoadCredential=floodbell:/etc/floodbell/credentials\n")
    verdict = said(check_unit, examination(pi, unit={**recorded, **unit}), "unit-file")
    assert verdict.grade is GOOD, verdict


@pytest.mark.parametrize(
    ("command", "grade"),
    [
        ("/opt/floodbell/bin/python /opt/floodbell/bin/floodbell run", BAD),
        ("minicom -D /dev/ttyUSB2 -C /srv/floodbell.log", WARN),
        ("/opt/floodbell/bin/python probe.py", WARN),
    ],
)
def test_who_holds_a_port_is_named_unless_it_is_the_bell_that_answers(
    pi: PaperPi, command: str, grade: Grade
) -> None:
    pi.process(900, command.split(maxsplit=1)[0].rpartition("/")[2])
    pi.write("/proc/900/cmdline", command.replace(" ", "\0") + "\0")
    link = pi.machine.path("/proc/900/fd/7")
    link.parent.mkdir()
    link.symlink_to(pi.machine.path("/dev/ttyUSB2"))
    verdict = said(check_ports, examination(pi), "port:modem.port")
    assert (verdict.grade, "(900)" in verdict.found) == (grade, True), verdict
    if grade is BAD:
        running = examination(pi, daemon={"version": "0"})
        assert said(check_ports, running, "port:modem.port").grade is GOOD


def test_a_sensor_that_says_nothing_of_the_water_is_not_good(pi: PaperPi) -> None:
    assert judge_water("door", -inf, inf, examination(pi)).grade is WARN


@pytest.mark.parametrize(
    ("past", "verdict_id", "grade", "found"),
    [
        (Past(True, accepted=NOW - timedelta(days=400)), "last_text", WARN, "400 days ago"),
        (Past(True, accepted=NOW + timedelta(days=30)), "last_text", WARN, "still to come"),
        (Past(True, accepted=NOW - timedelta(days=30)), "last_text", GOOD, "30 days ago"),
        (Past(True, self_test=NOW - timedelta(days=9)), "self_test", WARN, "9 days ago"),
        (Past(True, self_test=NOW), "self_test", SKIP, "none was accepted yet"),
        (
            Past(True, self_test_accepted=NOW + timedelta(days=30)),
            *("self_test", WARN, "still to come"),
        ),
    ],
)
def test_a_text_of_long_ago_or_of_a_time_to_come_proves_nothing(
    pi: PaperPi, past: Past, verdict_id: str, grade: Grade, found: str
) -> None:
    pi.settings("[modem]", SELF_TEST)
    verdict = said(check_sent, examination(pi, past=past), verdict_id)
    assert (verdict.grade, found in verdict.found) == (grade, True), verdict


def stored(folder: Path, **more: Any) -> Path:
    path = folder / "floodbell.db"
    store = Store(path)
    store.open()
    assert store.commit(Batch(**more), 5.0)
    assert store.close(5.0)
    return path


def test_a_wet_test_grows_old_while_the_bell_is_off(tmp_path: Path) -> None:
    """What is stored counts the seconds of a running bell only."""
    state = '{"law": {"sensors": {"door": {"proven": true, "dry_for_s": 60.0}}}}'
    path = stored(tmp_path, state=state)
    year_s = 366 * 86400.0
    os.utime(path, (time.time() - year_s, time.time() - year_s))
    assert remembered(tmp_path).wet_test_s["door"] > year_s


def damaged(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
    data = bytearray(path.read_bytes())
    data[-4096:] = os.urandom(4096)
    path.write_bytes(data)


PINS = '[power]\nmains_pin = 21\nmains_level = "low"\n'


@pytest.mark.parametrize(
    ("power", "daemon", "found"),
    [
        ("", None, {"battery": "pull the plug and look"}),
        (PINS, None, {"battery": "only the running bell"}),
        (PINS, {"mains": True, "battery_low": None}, {"battery": "its charge is not known"}),
        (
            PINS,
            {"mains": False, "battery_low": None},
            {"battery": "its charge is not known", "mains": "lives on its battery"},
        ),
        (
            PINS,
            {"mains": False, "battery_low": True},
            {"battery": "low, says the UPS board", "mains": "lives on its battery"},
        ),
    ],
)
def test_what_the_pins_of_a_ups_say_is_asked_of_the_running_bell(
    pi: PaperPi, power: str, daemon: dict[str, Any] | None, found: dict[str, str]
) -> None:
    pi.settings("[modem]", f"{power}[modem]")
    about = examination(pi, daemon=None if daemon is None else {"power": daemon})
    told = {one.id: one for one in check_board(about) if one.id in ("battery", "mains")}
    assert told.keys() == found.keys()
    assert all(words in told[name].found for name, words in found.items())
    if daemon is not None and daemon["battery_low"]:
        assert told["battery"].grade is BAD


@pytest.mark.parametrize("break_it", [damaged, None])
def test_a_database_that_is_damaged_under_a_running_bell_is_seen(
    pi: PaperPi, break_it: Callable[[Path], None] | None
) -> None:
    """The bell says that it is well until it needs that very page."""
    events = tuple({"type": "x", "ts": "2026-07-01T00:00:00Z", "n": n} for n in range(400))
    path = stored(pi.machine.path("/var/lib/floodbell"), events=events)
    if break_it is not None:
        break_it(path)
    about = examination(pi, daemon={"store": {"ok": True, "detail": ""}})
    verdict = said(check_store, about, "database")
    assert verdict.grade is (BAD if break_it else GOOD), verdict
