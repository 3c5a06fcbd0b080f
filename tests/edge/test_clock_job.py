"""A bell whose clock is wrong and is set while it runs: the real daemon, a real broker with TLS."""

from __future__ import annotations

import json
import platform
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client

from drivers.emulated.modem import EC25, SIM7600, ModemProfile
from drivers.host.clock import wall_is_synced
from tests.bells import PHONES, QUICK, Bell
from tests.brokers import Authority, Heard, Listener, Mosquitto
from tests.received import Received
from tests.wall import EPOCH, Wall

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="libfaketime's wheel holds a library for x86-64 only"
)

SILENT: ModemProfile = replace(SIM7600, tells_time=False)
"""A modem whose network never tells the time, as many do not."""

YEAR_S = 365 * 86400.0


class Home:
    """A bell by a clock of its own, and what the district hears of it."""

    def __init__(self, folder: Path, wall: Wall, profile: ModemProfile, **more: Any) -> None:
        self.wall = wall
        authority = Authority(folder / "ca")
        certificate, key = authority.issue("broker")
        own, own_key = authority.issue("jongno-0042")
        credentials = folder / "bell" / "credentials"
        credentials.mkdir(parents=True)
        (credentials / "mqtt-key").write_bytes(own_key.read_bytes())
        lines = [f"cafile {authority.certificate}", f"certfile {certificate}", f"keyfile {key}"]
        self.broker = Mosquitto(
            folder / "broker", settings=[*lines, "require_certificate true"]
        ).start()

        def configure(client: Client) -> None:
            client.tls_set(str(authority.certificate), str(own), str(own_key))

        self.listener = Listener(self.broker, "floodbell/#", configure=configure)
        self.bell = Bell(
            folder / "bell",
            environment=wall.environment,
            profile=profile,
            mqtt_port=self.broker.port,
            mqtt_more=f'ca = "{authority.certificate}"\ncert = "{own}"\n'
            'key_credential = "mqtt-key"\n',
            more=QUICK,
            **more,
        )

    def close(self) -> None:
        self.bell.close()
        self.listener.close()
        self.broker.stop()

    def rows(self, log: str = "events") -> list[dict[str, Any]]:
        """The log as it lies in the store, in order."""
        with sqlite3.connect(self.bell.directory / "state" / "floodbell.db") as db:
            found = db.execute(f"SELECT seq, body FROM {log} ORDER BY seq").fetchall()  # noqa: S608
        return [{"seq": seq, **json.loads(body)} for seq, body in found]

    def faults(self) -> list[str]:
        """What is missing at the centre, or out of order, of all that has a number."""
        received = Received("floodbell/v1/jongno/jongno-0042")
        newest = {}
        with sqlite3.connect(self.bell.directory / "state" / "floodbell.db") as db:
            for log in ("events", "readings"):
                (log_id,) = db.execute("SELECT value FROM meta WHERE name = ?", (f"{log}.id",))
                query = f"SELECT max(seq) FROM {log}"  # noqa: S608 - one of two words
                newest[log_id[0]] = db.execute(query).fetchone()[0]

        def all_there(message: Heard) -> bool:
            received.hear(message.topic, message.payload)
            there = [received.has(log_id, seq) for log_id, seq in newest.items()]
            return all(there)

        came = [all_there(message) for message in self.listener.heard]
        if not any(came):
            self.listener.wait_for(all_there, 10.0)
        # What came with the last of them is newer: nothing may be missing up to there.
        return received.faults({log_id: max(received.numbers(log_id)) for log_id in newest})

    def sent_to(self, number: str) -> list[str]:
        return [text.text for text in self.bell.modem.texts if text.number == number]


@contextmanager
def home(folder: Path, profile: ModemProfile = SILENT, **more: Any) -> Iterator[Home]:
    made = Home(folder, Wall(folder / "wall"), profile, **more)
    try:
        yield made
    finally:
        made.close()


def await_event(there: Home, kind: str, within_s: float = 15.0) -> dict[str, Any]:
    def wanted(message: Heard) -> bool:
        return message.topic.endswith("/events") and kind == json.loads(message.payload)["type"]

    found: dict[str, Any] = json.loads(there.listener.wait_for(wanted, within_s).payload)
    return found


def test_a_bell_in_1970_alarms_all_the_same_and_reaches_the_centre_once_its_clock_is_set(
    tmp_path: Path,
) -> None:
    with home(tmp_path) as there:
        bell, wall = there.bell, there.wall
        wall.set(EPOCH)
        bell.start().ready()
        state = bell.await_state(lambda s: "not valid yet" in s["broker"]["detail"])
        assert "It says 1970-01-01" in state["broker"]["detail"]
        assert state["clock"] == {"synced": False, "source": "none", "steps": 0}

        bell.rise(200, 400)
        bell.await_text_to("119")
        for phone in PHONES.values():
            bell.await_text_to(phone)
        state = bell.await_state(lambda s: s["siren"] and s["stage"] == "danger")
        assert not state["broker"]["connected"]
        assert state["modem"]["state"] == "ready"
        assert not re.search(r"\d\d:\d\d", "".join(there.sent_to(PHONES["mother"]))), (
            "no time rather than a wrong one"
        )

        set_s = time.monotonic()
        wall.set_right()
        set_ = await_event(there, "clock_set")
        assert time.monotonic() - set_s < 15.0
        assert set_["from_ts"].startswith("1970-01-01")
        assert abs(set_["by_s"] - time.time()) < 60

        # A year back, in the middle of the incident: nothing begins or ends by it.
        before = len(bell.modem.texts)
        wall.put_forward(-YEAR_S)
        bell.await_state(lambda s: s["since"] < set_["to_ts"])
        state = bell.ask("status")
        assert state["broker"]["connected"], "a connection outlives its certificate's day"
        assert (state["stage"], state["latched"], state["siren"]) == ("danger", "danger", True)
        assert len(bell.modem.texts) == before
        assert len(there.sent_to("119")) == 1

        assert there.faults() == []
        rows = there.rows()
        early = [row for row in rows if row["seq"] < set_["seq"] and row["ts"] < "1971"]
        assert early[0]["type"] == "started"
        assert not any(row["clock_synced"] for row in early)
        later = [row for row in rows if row["seq"] >= set_["seq"] and row["ts"] > "2024"]
        assert {row["clock_synced"] for row in later[-1:]} == {wall_is_synced()}


@pytest.mark.parametrize(
    "profile", [SIM7600, pytest.param(EC25, marks=pytest.mark.long)], ids=lambda p: str(p.model)
)
def test_the_networks_time_stands_in_for_a_clock_that_was_never_set(
    tmp_path: Path, profile: ModemProfile
) -> None:
    wall = Wall(tmp_path / "wall")
    wall.set(EPOCH)
    with Bell(tmp_path / "bell", environment=wall.environment, profile=profile, more=QUICK) as bell:
        bell.start().ready()
        bell.await_state(lambda s: s["clock"] == {"synced": False, "source": "nitz", "steps": 0})
        bell.rise(60, 200)
        text = bell.await_text_to(PHONES["mother"])[0].text
        told = re.search(r"\((\d\d):(\d\d)\)", text)
        assert told, text
        now = datetime.now(UTC) + timedelta(hours=9)
        minutes = (now.hour * 60 + now.minute - int(told[1]) * 60 - int(told[2])) % 1440
        assert minutes <= 1, (text, now)
        bell.await_log("alert")
        status = bell.ask("watch")
        last = status["events"][-1]
        assert not last["clock_synced"], "a hint is no proof"
        assert abs(datetime.fromisoformat(last["ts"]) - datetime.now(UTC)) < timedelta(seconds=30)


@pytest.mark.long
def test_no_report_comes_early_late_or_twice_while_the_clock_jumps(tmp_path: Path) -> None:
    """Three reports, five seconds apart, under a clock that is set every half second."""
    with home(tmp_path, SIM7600, repeat_s=5.0) as there:
        bell, wall = there.bell, there.wall
        bell.start().ready()
        stop = threading.Event()
        jumps: list[float] = [YEAR_S, -YEAR_S, 0.0, -1.0, 1.0, -3600.0, 3600.0, 30 * YEAR_S]

        def jump() -> None:
            while not stop.is_set():
                for by_s in jumps:
                    wall.put_forward(by_s)
                    if stop.wait(0.5):
                        return

        jumper = threading.Thread(target=jump)
        jumper.start()
        try:
            began_s = bell.rise(200, 400)
            bell.await_text_to("119", 3, timeout_s=30.0)
            stop.wait(6.0)  # a fourth would come now
        finally:
            stop.set()
            jumper.join()
        reports = [text for text in bell.modem.texts if text.number == "119"]
        assert len(reports) == 3
        assert reports[0].accepted_s - began_s < 6.0
        gaps = [b.accepted_s - a.accepted_s for a, b in pairwise(reports)]
        assert all(4.9 < gap < 6.5 for gap in gaps), gaps
        for phone in PHONES.values():
            assert len([t for t in there.sent_to(phone) if "위험" in t]) == 1
        told = [row["type"] for row in there.rows()]
        assert "digest" not in told
        assert told.count("clock_set") <= 2, "told once a minute, whatever the clock does"
        state = bell.ask("status")
        assert (state["stage"], state["latched"]) == ("danger", "danger")

        bell.kill()
        wall.put_forward(-YEAR_S)
        bell.start().ready()
        bell.await_state(lambda s: s["incident"] == state["incident"] and s["siren"])
        bell.await_state(lambda s: s["broker"]["connected"] or "not valid" in s["broker"]["detail"])
        wall.set_right()
        assert there.faults() == []
        assert len(there.sent_to("119")) == 3, "not told again"


@pytest.mark.long
def test_a_certificate_that_has_expired_by_a_clock_ahead_is_good_again_when_it_is_set(
    tmp_path: Path,
) -> None:
    with home(tmp_path) as there:
        there.wall.put_forward(YEAR_S)
        there.bell.start().ready()
        there.bell.await_state(lambda s: "has expired" in s["broker"]["detail"])
        detail = there.bell.ask("status")["broker"]["detail"]
        assert f"it says {datetime.now(UTC).year + 1}" in detail
        there.wall.set_right()
        there.bell.await_state(lambda s: s["broker"]["connected"], 15.0)
