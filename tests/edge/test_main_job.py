"""The main job on real input: frames on a pseudo-terminal in, texts out of a modem (design 1)."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.emulated.modem import SIM7600
from drivers.emulated.ranger import EmulatedRanger
from tests.bells import MOUNT_MM, PHONES, QUICK, Bell
from tests.brokers import Heard, Listener, Mosquitto
from tests.edge.messages.cap_reader import Read, chained


def test_two_centimetres_text_the_four_and_fifteen_report_to_119_first(tmp_path: Path) -> None:
    """Default delays, a sample every 0.2 s, an idle modem: at most six seconds after the water."""
    with Bell(tmp_path).start() as bell:
        bell.ready()
        assert bell.modem.texts == [], "on a dry floor nothing is sent"
        bell.rise(60, 30)
        for phone in PHONES.values():
            bell.await_text_to(phone)
        alerts = bell.modem.texts
        assert {text.number for text in alerts} == set(PHONES.values())
        assert all("경계" in text.text for text in alerts)

        began_s = bell.rise(200, 30, from_mm=60)
        report = bell.await_text_to("119")[0]
        assert report.accepted_s - (began_s + 3.0) <= 6.0
        assert report.toa == 0x81
        assert report.total == 1
        assert len(report.text) <= 45
        assert re.match(r"\[침수\]서울 종로구 창신길 12-3 B01호 (1[5-9]|20)cm ", report.text)
        for phone in PHONES.values():
            bell.await_text_to(phone, 2)
        later = bell.modem.texts[len(alerts) :]
        assert later[0].number == "119", "119 comes first"
        assert all("위험" in text.text for text in later[1:])


def test_unarmed_not_one_byte_with_119_reaches_the_modem(tmp_path: Path) -> None:
    with Bell(tmp_path, armed=False, more=QUICK).start() as bell:
        bell.ready()
        bell.rise(200, 200)
        for phone in PHONES.values():
            bell.await_text_to(phone)
        bell.await_log("report_withheld")
        assert "119" not in [text.number for text in bell.modem.texts]
        submits = [line for line in bell.modem.transcript.split(b"\r") if b"\x1a" in line]
        assert submits
        assert not any(b"0381" + b"11F9" in line.upper() for line in submits)
        resident = bell.await_text_to(PHONES["home"])[0]
        assert "자동신고되지 않았습니다" in (resident.whole or "") or resident.total > 1


def test_after_kill_9_the_incident_goes_on_and_119_is_not_told_again(tmp_path: Path) -> None:
    slow = replace(SIM7600, answer_delay_s=0.8)
    with Bell(tmp_path, more=QUICK, profile=slow).start() as bell:
        bell.ready()
        bell.rise(200, 200)
        bell.await_text_to("119")
        bell.await_log("report_accepted")
        bell.kill()
        told = {text.number for text in bell.modem.texts}
        assert set(PHONES.values()) - told, "some were still waiting"

        bell.start().ready()
        for phone in PHONES.values():
            bell.await_text_to(phone)
        state = bell.ask("status")
        assert state["stage"] == "danger"
        assert state["siren"]
        reports = [text.text for text in bell.modem.texts if text.number == "119"]
        assert len(reports) == 1, (reports, bell.log)


def test_without_a_disk_the_journal_keeps_119_from_being_told_again(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK) as bell:
        (tmp_path / "state").write_text("no folder: nothing can be stored", encoding="utf-8")
        bell.start().ready()
        bell.rise(200, 200)
        bell.await_text_to("119")
        bell.await_log("report_accepted")
        bell.kill()
        bell.start().ready()
        bell.await_state(lambda s: s["stage"] == "danger")
        for phone in PHONES.values():
            bell.await_text_to(phone)
        assert [text.number for text in bell.modem.texts].count("119") == 1


def test_sigterm_ends_within_five_seconds_with_everything_stored(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK, profile=replace(SIM7600, answer_delay_s=1.0)).start() as bell:
        bell.ready()
        bell.rise(200, 200)
        bell.await_text_to("119")
        assert bell.terminate() <= 5.0
        with closing(sqlite3.connect(tmp_path / "state" / "floodbell.db")) as database:
            rows = database.execute("select status from messages").fetchall()
        assert len(rows) >= 5
        assert ("accepted",) in rows


def test_sighup_takes_good_settings_over_and_keeps_the_old_ones_otherwise(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK).start() as bell:
        bell.ready()
        assert bell.process is not None
        bell.config.write_text("nonsense = 1\n", encoding="utf-8")
        bell.process.send_signal(signal.SIGHUP)
        bell.await_log("the old ones are kept")
        assert bell.ask("status")["armed"]

        bell.armed = False
        bell.write_settings()
        bell.process.send_signal(signal.SIGHUP)
        state = bell.await_state(lambda s: not s["armed"])
        assert state["session"].endswith(":2")
        assert bell.terminate() <= 5.0


def test_a_normally_open_contact_is_warned_of_at_every_start(tmp_path: Path) -> None:
    """Its cut wire reads as dry for ever, so nobody may forget that it is one."""
    contact = """
[sensors.float]
driver = "float_switch"
zone = "entrance"
pin = 17
height_mm = 20
contact = "normally_open"
"""
    bell = Bell(tmp_path, more=contact)
    for _ in range(2):
        with bell.start():
            bell.await_log("sensors.float.contact: a cut wire of a normally open contact")


def test_a_dead_sensor_is_a_trouble_that_the_office_is_texted(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK + "\n[trouble]\non_delay_s = 0.5\n").start() as bell:
        bell.ready()
        bell.sensor.mute()
        text = bell.await_text_to(PHONES["office"])[0]
        assert "고장" in text.text
        causes = {"sensor:door", "blind:entrance"}
        state = bell.await_state(lambda s: {t["cause"] for t in s["troubles"]} >= causes)
        assert state["sensors"]["door"]["quality"] == "stale"


def test_water_while_the_modem_has_no_network_is_told_when_it_returns(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK, profile=replace(SIM7600, registered=False)).start() as bell:
        bell.await_log("ready: ")
        bell.rise(200, 200)
        bell.await_log("stage_changed.*danger")
        bell.await_log("report_attempt_failed")
        bell.modem.set_registered(True)
        bell.await_text_to("119")
        for phone in PHONES.values():
            bell.await_text_to(phone)
        assert bell.modem.texts[0].number == "119"


def test_the_centre_sees_alarm_sensors_and_contiguous_logs(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path / "broker").start() as broker,
        Listener(broker) as centre,
        Bell(tmp_path / "bell", more=QUICK, mqtt_port=broker.port).start() as bell,
    ):
        bell.ready()
        _heard(centre, lambda m: m.topic.endswith("/status") and _json(m)["online"])
        bell.rise(200, 200)
        alarm = _heard(
            centre, lambda m: m.topic.endswith("/alarm") and _json(m)["stage"] == "danger"
        )
        assert _json(alarm)["latched"] == "danger"
        assert _json(alarm)["incident"]
        assert _json(alarm)["zone"] == "entrance"
        _heard(centre, lambda m: m.topic.endswith("/sensors/door") and _json(m)["depth_mm"] == 200)
        bell.await_text_to("119")
        _heard(
            centre, lambda m: m.topic.endswith("/events") and _json(m)["type"] == "report_accepted"
        )
        bell.kill()
        centre.wait_for(lambda m: m.topic.endswith("/status") and not _json(m)["online"])
        assert not any(
            phone in m.payload.decode() for m in centre.heard for phone in PHONES.values()
        )


@pytest.mark.parametrize("outage_s", [0.0, pytest.param(15.0, marks=pytest.mark.long)])
def test_no_number_is_missing_after_a_broker_outage_with_a_kill_in_it(
    tmp_path: Path, outage_s: float
) -> None:
    more = QUICK + "\n[log]\nmin_change_mm = 0\n"
    with (
        Mosquitto(tmp_path / "broker").start() as broker,
        Listener(broker) as centre,
        Bell(tmp_path / "bell", more=more, mqtt_port=broker.port).start() as bell,
    ):
        bell.ready()
        _heard(centre, lambda m: m.topic.endswith("/readings"))
        broker.stop()
        bell.rise(200, 200)
        bell.await_text_to("119")
        bell.kill()
        bell.start().ready()
        bell.await_log("notice_accepted")
        threading.Event().wait(outage_s)
        broker.start()
        none_left = {"events": 0, "cap": 0, "readings": 0}
        last = bell.await_state(lambda s: s["broker"]["backlog"] == none_left)
        assert last["broker"]["connected"]
        for log in ("events", "readings"):
            numbers = _numbers(centre, log)
            assert numbers == list(range(1, len(numbers) + 1)), log
        _heard(centre, lambda m: m.topic.endswith("/cap") and b"<value>danger<" in m.payload)
        documents = {m.payload: None for m in centre.heard if m.topic.endswith("/cap")}
        told = [Read(payload) for payload in documents]
        assert chained(told)[0] == "Alert"
        assert "danger" in [one.named("parameter")["stage"] for one in told]
        assert {(one["sender"], one["sent"][-6:]) for one in told} == {
            ("floodbell@jongno-0042", "+09:00")
        }
        text = b"".join(documents).decode()
        assert not any(private in text for private in (*PHONES.values(), "김동행", "이거주"))


def _heard(centre: Listener, wanted: Callable[[Heard], bool]) -> Heard:
    """What was heard already, or will be."""
    known = next((message for message in centre.heard if wanted(message)), None)
    return known or centre.wait_for(wanted)


def _json(message: Heard) -> Any:
    return json.loads(message.payload)


def _numbers(centre: Listener, log: str) -> list[int]:
    """The numbers of a log, each once, in the order of their first arrival."""
    seen: dict[int, None] = {}
    ids = set()
    for message in centre.heard:
        if not message.topic.endswith(f"/{log}"):
            continue
        ids.add(_json(message)["log"])
        rows = _json(message)["readings"] if log == "readings" else [_json(message)]
        seen.update(dict.fromkeys(row["seq"] for row in rows))
    assert len(ids) == 1
    return list(seen)


@pytest.mark.parametrize("more_s", [0.0, pytest.param(7.0, marks=pytest.mark.long)])
def test_a_sensor_that_was_unplugged_is_back_within_five_seconds_and_told_of_once(
    tmp_path: Path, more_s: float
) -> None:
    """Readings of another sensor go on meanwhile, ten a second: the load that must not slow it."""
    by_id = tmp_path / "by-id"
    busy = EmulatedRanger(MOUNT_MM, rate_hz=20.0)
    more = QUICK + (
        "\n[trouble]\non_delay_s = 1.0\noff_delay_s = 1.0\n"
        f'[sensors.busy]\ndriver = "a02yyuw"\nzone = "stairs"\nport = "{busy.path}"\n'
        "mount_height_mm = 600\nsample_interval_s = 0.1\n"
    )
    with busy, Bell(tmp_path / "bell", more=more) as bell:
        bell.sensor.line.link(by_id)
        bell.sensor_port = str(by_id)
        bell.start().ready()
        bell.sensor.unplug()
        bell.await_state(lambda s: s["sensors"]["door"]["quality"] == "stale")
        bell.await_log("trouble_raised.*sensor:door")
        threading.Event().wait(more_s)  # ten seconds in all in the full form
        bell.sensor = EmulatedRanger(MOUNT_MM, rate_hz=20.0)
        bell.sensor.line.link(by_id)
        bell.await_state(lambda s: s["sensors"]["door"]["quality"] == "good", timeout_s=5.0)
        bell.await_log("trouble_cleared.*sensor:door")
        told = [line for line in bell.log if "trouble_raised" in line and "sensor:door" in line]
        over = [line for line in bell.log if "trouble_cleared" in line and "sensor:door" in line]
        assert (len(told), len(over)) == (1, 1)
        state = bell.ask("status")
        assert state["sensors"]["busy"]["quality"] == "good"
        assert state["stage"] == "normal"


def test_a_bell_that_is_told_to_reload_and_to_end_while_it_starts_ends_in_good_order(
    tmp_path: Path,
) -> None:
    with Bell(tmp_path) as bell:
        bell.start().await_log("started: ")
        assert bell.process is not None
        bell.process.send_signal(signal.SIGHUP)
        bell.terminate()


def test_reloads_in_quick_succession_are_not_the_end_of_it(tmp_path: Path) -> None:
    """One that comes while the process begins anew waits until there is somebody to heed it."""
    with Bell(tmp_path, more=QUICK).start() as bell:
        bell.await_log("ready: ")
        assert bell.process is not None
        for _ in range(60):
            bell.process.send_signal(signal.SIGHUP)
            threading.Event().wait(0.025)
        assert bell.process.poll() is None, bell.log
        bell.ready()
