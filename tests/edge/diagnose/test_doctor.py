"""The doctor, with emulated parts on real ports, a real broker, and things that are broken."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.emulated.modem import EmulatedModem
from drivers.emulated.ranger import EmulatedA02yyuw
from drivers.host.control import ControlServer, Request
from drivers.host.machine import Machine
from edge.diagnose.doctor import examine
from edge.diagnose.verdict import Grade, Verdict
from edge.locale import use
from tests.brokers import Mosquitto, free_port, mosquitto
from tests.drivers.sensors.slave import Slave

ROOT = Path(__file__).parents[3]

SETTINGS = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3 B01호"
[sensors.door]
driver = "a02yyuw"
port = "{sensor}"
mount_height_mm = 600
[contacts.mother]
role = "guardian"
phone = "+821012345678"
[modem]
port = "{modem}"
[mqtt]
host = "127.0.0.1"
port = {broker}
username = "jongno-0042"
password_credential = "mqtt-password"
[paths]
state = "{folder}"
run = "{folder}"
credentials = "{folder}"
"""


SITE = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3 B01호"
[paths]
state = "{folder}"
run = "{folder}"
"""


def bare_machine(folder: Path) -> Machine:
    """A machine that says nothing of itself: what is tested here hangs on no computer of ours."""
    return Machine(folder / "machine")


class House:
    """A settings file and the parts that it names."""

    def __init__(self, folder: Path, sensor: str, modem: str, broker: int) -> None:
        self.folder = folder
        self.config = folder / "floodbell.toml"
        (folder / "mqtt-password").write_text("secret\n")
        text = SETTINGS.format(folder=folder, sensor=sensor, modem=modem, broker=broker)
        self.config.write_text(text, encoding="utf-8")

    def examined(self) -> dict[str, Verdict]:
        use("en")
        found = examine(self.config, machine=bare_machine(self.folder))
        return {verdict.name: verdict for verdict in found}


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def sensor() -> Iterator[EmulatedA02yyuw]:
    with EmulatedA02yyuw(600, rate_hz=50) as emulated:
        yield emulated


@pytest.fixture
def modem() -> Iterator[EmulatedModem]:
    emulated = EmulatedModem()
    yield emulated
    emulated.close()


@pytest.fixture
def house(
    tmp_path: Path, sensor: EmulatedA02yyuw, modem: EmulatedModem, broker: Mosquitto
) -> House:
    return House(tmp_path, sensor.path, modem.path, broker.port)


def test_a_good_installation_has_nothing_bad_and_nothing_is_sent(
    house: House, sensor: EmulatedA02yyuw, modem: EmulatedModem
) -> None:
    sensor.set_depth_mm(12)
    began_s = time.monotonic()
    found = house.examined()
    assert time.monotonic() - began_s < 15
    assert [verdict for verdict in found.values() if verdict.grade is Grade.BAD] == []
    assert "12 mm of water" in found["sensor door"].found
    assert "dBm" in found["modem: signal"].found
    assert "SIM7600" in found["modem"].found
    assert found["broker: publish and receive"].grade is Grade.GOOD
    assert found["credential mqtt.password_credential"].grade is Grade.GOOD
    assert modem.texts == []


def test_every_verdict_that_is_not_good_says_what_to_do(tmp_path: Path) -> None:
    house = House(tmp_path, str(tmp_path / "ttyA"), str(tmp_path / "ttyB"), free_port())
    (tmp_path / "mqtt-password").unlink()
    found = house.examined()
    for name in ("port sensors.door.port", "port modem.port", "sensor door", "modem"):
        assert found[name].grade is Grade.BAD, name
    assert found["credential mqtt.password_credential"].grade is Grade.BAD
    assert found["report to 119"].grade is Grade.WARN
    for verdict in found.values():
        assert verdict.remedy or verdict.grade in (Grade.GOOD, Grade.SKIP), verdict


def test_a_silent_sensor_and_a_silent_modem_are_bad_within_the_limit(
    house: House, sensor: EmulatedA02yyuw, modem: EmulatedModem
) -> None:
    sensor.mute()
    modem.set_silent(True)
    began_s = time.monotonic()
    found = house.examined()
    assert time.monotonic() - began_s < 15
    assert found["sensor door"].grade is Grade.BAD
    assert found["modem"].grade is Grade.BAD


def test_a_modem_without_network_is_bad(house: House, modem: EmulatedModem) -> None:
    modem.set_registered(False)
    assert "no network" in house.examined()["modem: network"].found


def test_a_weak_signal_is_a_warning(house: House, modem: EmulatedModem) -> None:
    modem.set_signal(3)
    verdict = house.examined()["modem: signal"]
    assert (verdict.grade, "-107 dBm" in verdict.found) == (Grade.WARN, True)


def test_a_sensor_that_sees_past_the_floor_is_bad(house: House, sensor: EmulatedA02yyuw) -> None:
    sensor.set_depth_mm(-90)
    assert "90 mm past the floor" in house.examined()["sensor door"].found


def test_a_broker_that_is_not_there_fails_at_its_step(
    tmp_path: Path, sensor: EmulatedA02yyuw, modem: EmulatedModem
) -> None:
    found = House(tmp_path, sensor.path, modem.path, free_port()).examined()
    assert found["broker: name"].grade is Grade.GOOD
    assert found["broker: connection"].grade is Grade.BAD
    assert "broker: login" not in found


def test_a_login_that_is_refused_fails_at_its_step(
    tmp_path: Path, sensor: EmulatedA02yyuw, modem: EmulatedModem
) -> None:
    with mosquitto(tmp_path / "broker", settings=["allow_anonymous false"]) as strict:
        found = House(tmp_path, sensor.path, modem.path, strict.port).examined()
    assert found["broker: connection"].grade is Grade.GOOD
    assert found["broker: login"].grade is Grade.BAD


def test_a_damaged_database_is_bad(house: House) -> None:
    (house.folder / "floodbell.db").write_bytes(b"this is not a database, not at all" * 200)
    assert house.examined()["database"].grade is Grade.BAD


def test_before_the_first_start_no_state_directory_is_no_fault(house: House) -> None:
    text = house.config.read_text(encoding="utf-8")
    state = house.folder / "state"
    house.config.write_text(
        text.replace(f'state = "{house.folder}"', f'state = "{state}"'), encoding="utf-8"
    )
    assert house.examined()["state directory"].grade is Grade.SKIP


def test_broken_settings_are_the_verdicts(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[site]\nid = 3\n")
    use("en")
    found = {verdict.name: verdict for verdict in examine(broken)}
    assert found["settings: site.id"].grade is Grade.BAD
    assert "settings: sensors" in found


STATUS: dict[str, Any] = {
    "version": "0.1.0",
    "armed": False,
    "sensors": {
        "door": {"quality": "stale", "reason": "silent for 12 s", "at_least_mm": None},
    },
    "modem": {"state": "ready", "registered": True, "signal_dbm": -71, "operator": "SKT"},
    "broker": {"connected": False, "detail": "connection refused"},
    "store": {"ok": True, "detail": ""},
    "troubles": [{"cause": "sensor:door", "detail": "stale: silent", "for_s": 12.0}],
}


def test_a_running_daemon_is_asked_and_its_ports_are_left_alone(
    house: House, modem: EmulatedModem
) -> None:
    def answer(request: Request) -> None:
        request.reply(STATUS)

    server = ControlServer(house.folder / "floodbell.sock", answer)
    server.start()
    try:
        found = house.examined()
    finally:
        server.close()
    assert found["daemon"].grade is Grade.GOOD
    assert found["sensor door"].grade is Grade.BAD
    assert "silent for 12 s" in found["sensor door"].found
    assert found["sensor door does not measure"].grade is Grade.BAD
    assert found["broker"].grade is Grade.BAD
    assert found["modem: network"].found == "SKT"
    assert found["modem: signal"].found == "-71 dBm"
    assert modem.transcript == b""


def test_a_modem_that_the_daemon_cannot_reach_is_bad(house: House) -> None:
    down = {"state": "down", "registered": None, "signal_dbm": None, "detail": "port gone"}

    def answer(request: Request) -> None:
        request.reply({**STATUS, "modem": down})

    server = ControlServer(house.folder / "floodbell.sock", answer)
    server.start()
    try:
        verdict = house.examined()["modem"]
    finally:
        server.close()
    assert (verdict.grade, verdict.found) == (Grade.BAD, "port gone")


def test_the_command_prints_a_line_each_and_fails_if_anything_is_bad(tmp_path: Path) -> None:
    house = House(tmp_path, str(tmp_path / "ttyA"), str(tmp_path / "ttyB"), free_port())
    plain = doctor("--lang", "ko", "--config", str(house.config))
    assert plain.returncode == 1
    assert "이상" in plain.stdout
    asked = doctor("--json", "--config", str(house.config))
    assert asked.returncode == 1
    document = json.loads(asked.stdout)
    assert document["ok"] is False
    assert {"id", "name", "grade", "found", "remedy"} == set(document["checks"][0])


def test_ids_are_the_same_in_every_language_and_each_is_there_once(tmp_path: Path) -> None:
    house = House(tmp_path, str(tmp_path / "ttyA"), str(tmp_path / "ttyB"), free_port())
    use("en")
    english = [verdict.id for verdict in examine(house.config, machine=bare_machine(tmp_path))]
    use("ko")
    korean = [verdict.id for verdict in examine(house.config, machine=bare_machine(tmp_path))]
    use("en")
    assert english == korean
    assert len(set(english)) == len(english)
    assert {"settings", "daemon", "sensor:door", "port:modem.port", "armed"} <= set(english)
    assert all(identity.isascii() for identity in english)


def doctor(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.cli", "doctor", *options]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )


def examined_with(folder: Path, *sensors: str) -> dict[str, Verdict]:
    """What is found in a home that has nothing but these sensors, by the verdicts' ids."""
    config = folder / "floodbell.toml"
    config.write_text(SITE.format(folder=folder) + "".join(sensors), encoding="utf-8")
    return {verdict.id: verdict for verdict in examine(config, machine=bare_machine(folder))}


def test_probes_on_one_line_are_examined_one_after_the_other(tmp_path: Path) -> None:
    """Each on a port of its own would find it held by the other."""
    with Slave({1: {2: 17, 3: 0, 4: 37}, 2: {2: 17, 3: 0, 4: 62}}) as slave:
        probe = (
            '\n[sensors.{name}]\ndriver = "modbus_level"\nport = "{port}"\npreset = "qdy30a"\n'
            "unit_id = {unit}\nspan_mm = 1000\nprobe_height_mm = {height}\n"
        )
        found = examined_with(
            tmp_path,
            probe.format(name="low", port=slave.port, unit=1, height=0),
            probe.format(name="high", port=slave.port, unit=2, height=40),
        )
        assert found["sensor:low"].found == "37 mm of water: is that true?"
        assert found["sensor:high"].found == "102 mm of water: is that true?"


def test_a_converter_wants_its_bus_and_a_pin_its_chip(tmp_path: Path) -> None:
    found = examined_with(
        tmp_path,
        '\n[sensors.loop]\ndriver = "current_loop"\nchannel = 0\nspan_mm = 1000\nspi_device = 1\n',
    )
    assert found["spi:spidev0.1"].grade is Grade.BAD
    assert "do_spi 0" in found["spi:spidev0.1"].remedy
    assert found["pins"].grade is Grade.BAD


def test_a_toy_for_danger_is_advised_against(tmp_path: Path) -> None:
    found = examined_with(
        tmp_path,
        '\n[sensors.toy]\ndriver = "hcsr04"\ntrigger_pin = 23\necho_pin = 24\n'
        "mount_height_mm = 600\n",
    )
    assert found["settings:sensors.toy.driver"].grade is Grade.WARN
    assert "do not let danger hang on it" in found["settings:sensors.toy.driver"].found
