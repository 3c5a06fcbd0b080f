"""Mains that go: through the real daemon, with a battery below a fake /sys/class/power_supply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.bells import PHONES, QUICK, Bell
from tests.brokers import Heard, Listener, Mosquitto

BASE = "floodbell/v1/jongno/jongno-0042"

UPS = """
[power]
supplies = "{folder}"
[trouble]
off_delay_s = 0.2
"""


class Ups:
    """A UPS as the kernel shows it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("charger/type", "Mains")
        self.write("battery/type", "Battery")
        self.mains(there=True)
        self.left(74)

    def write(self, file: str, text: str) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    def mains(self, *, there: bool) -> None:
        self.write("charger/online", "1" if there else "0")

    def left(self, percent: int) -> None:
        self.write("battery/capacity", str(percent))


LOW = "배터리 부족"


def health(heard: Heard) -> dict[str, Any] | None:
    return json.loads(heard.payload) if heard.topic == f"{BASE}/health" else None


def test_a_bell_whose_mains_go_says_so_sheds_load_and_still_calls_119(tmp_path: Path) -> None:
    """From mains to a battery that is low, through a kill, into a flood."""
    ups = Ups(tmp_path / "power_supply")
    with (
        Mosquitto(tmp_path / "broker").start() as broker,
        Listener(broker) as centre,
        Bell(
            tmp_path / "bell", more=QUICK + UPS.format(folder=ups.folder), mqtt_port=broker.port
        ).start() as bell,
    ):
        bell.ready()
        state = bell.await_state(lambda s: bool(s["power"]) and s["power"]["mains"])
        assert state["power"]["battery_percent"] == 74
        assert state["power"]["shedding"] == "none"
        ups.mains(there=False)
        centre.wait_for(
            lambda one: b'"trouble_raised"' in one.payload and b"mains" in one.payload, 30.0
        )
        told = centre.wait_for(lambda one: (health(one) or {}).get("mains") is False)
        seen = health(told)
        assert seen is not None
        assert [one["cause"] for one in seen["troubles"]] == ["mains"]
        assert seen["on_battery_s"] >= 2.0
        state = bell.await_state(lambda s: s["power"]["shedding"] == "battery")
        assert state["power"]["since"]
        assert bell.modem.texts == [], "it is texted after a quarter of an hour"

        ups.left(12)
        (text,) = bell.await_text_to(PHONES["office"])
        assert LOW in text.text
        bell.await_log("notice_accepted")  # or the kill is before the bell knows of it
        bell.await_state(lambda s: s["power"]["shedding"] == "low")

        bell.kill()
        bell.start().ready()
        bell.await_state(lambda s: s["power"] and s["power"]["shedding"] == "low")
        office = [one.text for one in bell.await_text_to(PHONES["office"])]
        assert sum(LOW in text for text in office) == 1, office

        bell.rise(200, 400)
        (report,) = bell.await_text_to("119")
        assert report.text.startswith("[침수]")
        bell.await_state(lambda s: s["power"]["shedding"] == "none")  # above normal nothing is

        assert bell.terminate() <= 5.0
