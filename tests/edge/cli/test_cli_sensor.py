"""``floodbell sensor``: on a real serial line, through a real daemon and without one."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from drivers.emulated.ranger import EmulatedRanger
from drivers.errors import DriverError
from drivers.host.control import ControlClient
from drivers.sensors import SensorSettings
from edge.cli import app
from edge.store.rows import Batch
from edge.store.store import Store
from tests.bells import Bell
from tests.edge.cli.terminal import Terminal
from tests.edge.cli.test_cli import COMMAND, ROOT, floodbell

HUNG_MM = 612

SETTINGS = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3"
language = "en"
[sensors.door]
driver = "a02yyuw"
zone = "entrance"
port = "{port}"
mount_height_mm = 600
sample_interval_s = 0.1
[sensors.dry]
driver = "simulated"
zone = "entrance"
script = [[0.0, 0.0]]
[paths]
state = "{folder}/state"
run = "{folder}/run"
"""


@pytest.fixture
def ranger() -> Iterator[EmulatedRanger]:
    """Hangs 12 mm higher than the settings say."""
    with EmulatedRanger(HUNG_MM, rate_hz=50) as emulated:
        yield emulated


@pytest.fixture
def config(tmp_path: Path, ranger: EmulatedRanger) -> str:
    path = tmp_path / "floodbell.toml"
    path.write_text(SETTINGS.format(port=ranger.path, folder=tmp_path), encoding="utf-8")
    return str(path)


@pytest.fixture
def stopped(tmp_path: Path, config: str) -> str:
    """A bell that was started once and is off now."""
    (tmp_path / "state").mkdir()
    return config


def await_daemon(folder: Path) -> None:
    end_s = time.monotonic() + 15
    while True:
        try:
            with ControlClient(folder / "run" / "floodbell.sock", 3.0) as client:
                client.ask("status")
                return
        except DriverError:
            assert time.monotonic() < end_s, "the daemon never answered"
            threading.Event().wait(0.05)


@contextlib.contextmanager
def running(config: str) -> Iterator[None]:
    process = subprocess.Popen(
        [*COMMAND, "run", "--config", config], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        await_daemon(Path(config).parent)
        yield
    finally:
        process.terminate()
        process.wait(10)


def sensor(*words: str, config: str) -> dict[str, Any]:
    answer = json.loads(here("sensor", *words, "--json", "--config", config))
    assert isinstance(answer, dict)
    return answer


def await_depth(config: str, depth_mm: float) -> None:
    deadline_s = time.monotonic() + 10.0
    while sensor("read", "door", config=config)["reading"]["depth_mm"] != depth_mm:
        assert time.monotonic() < deadline_s


def here(*arguments: str) -> str:
    """Run a command in this process, for what it prints: one of its own costs half a second."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        app.main(list(arguments))
    assert printed.getvalue(), arguments
    return printed.getvalue()


def session(config: str) -> str:
    """Which start this is; empty while none answers."""
    state = json.loads(here("status", "--json", "--config", config))
    return str(state.get("session", ""))


def read_height_mm(config: str) -> float:
    return float(sensor("read", "door", config=config)["numbers"]["mount_height_mm"])


def test_the_list_names_every_sensor_and_every_driver(config: str) -> None:
    listed = sensor("list", config=config)
    union = get_args(get_args(SensorSettings)[0])
    drivers = [get_args(model.model_fields["driver"].annotation)[0] for model in union]
    assert list(listed["drivers"]) == drivers
    assert set(listed["sensors"]) == {"door", "dry"}
    assert listed["sensors"]["door"]["danger"] is True
    for lang in ("en", "ko"):
        words = floodbell("sensor", "list", "--lang", lang, "--config", config).stdout
        assert "a02yyuw" in words
        assert "RS-485" in words


def test_a_sensor_is_read_without_a_daemon(config: str) -> None:
    shown = sensor("read", "door", config=config)
    assert shown["reading"]["depth_mm"] == -12.0
    assert shown["reading"]["quality"] == "good"
    assert set(shown["raw"]["ranges_mm"]) == {HUNG_MM}
    assert "heard" not in shown


def test_raw_shows_frames_in_hex_with_what_was_understood(config: str) -> None:
    ran = floodbell("sensor", "read", "door", "--raw", "--config", config)
    assert ran.returncode == 0
    assert re.search(r"ff 02 64 65 +612 mm", ran.stdout)


def test_a_silent_sensor_is_read_as_what_it_is(config: str, ranger: EmulatedRanger) -> None:
    ranger.mute()
    ran = floodbell("sensor", "read", "door", "--config", config)
    assert ran.returncode == 1
    assert "not said anything" in ran.stdout or "stale" in ran.stdout


def test_a_name_that_is_not_there_is_a_usage_error_with_those_that_are(config: str) -> None:
    ran = floodbell("sensor", "read", "dor", "--config", config)
    assert ran.returncode == 2
    assert "door, dry" in ran.stderr


def test_a_dry_floor_is_measured_kept_and_shown_without_a_daemon(stopped: str) -> None:
    done = sensor("calibrate", "door", "--dry", config=stopped)
    assert done["done"], done
    assert done["numbers"] == {"mount_height_mm": 612.0, "offset_mm": 0.0, "scale": 1.0}
    shown = sensor("read", "door", config=stopped)
    assert shown["reading"]["depth_mm"] == 0.0
    assert shown["calibrated"]["by"]
    checked = json.loads(floodbell("check-config", "--json", "--config", stopped).stdout)
    assert "height 612.0 mm" in checked["calibrations"]["door"]["numbers"]
    words = floodbell("check-config", "--config", stopped).stdout
    assert re.search(r"door +height 612.0 mm", words)
    examined = floodbell("doctor", "--config", stopped).stdout
    assert "612 mm to the target, so 0 mm of water" in examined


def test_a_known_depth_moves_it_and_clearing_forgets_it(
    stopped: str, ranger: EmulatedRanger
) -> None:
    ranger.set_depth_mm(100)
    assert sensor("calibrate", "door", "--depth", "100", config=stopped)["done"]
    assert read_height_mm(stopped) == 612.0
    assert sensor("calibrate", "door", "--clear", config=stopped)["done"]
    assert read_height_mm(stopped) == 600.0


def test_a_bucket_below_the_sensor_is_not_taken_for_the_floor(
    stopped: str, ranger: EmulatedRanger
) -> None:
    ranger.set_depth_mm(300)
    ran = floodbell("sensor", "calibrate", "door", "--dry", "--config", stopped)
    assert ran.returncode == 1
    assert "something below the sensor" in ran.stderr
    assert read_height_mm(stopped) == 600.0


def test_a_restless_surface_is_not_taken_for_a_depth(stopped: str, ranger: EmulatedRanger) -> None:
    start_s = time.monotonic()
    ranger.follow(lambda: 80.0 * ((time.monotonic() - start_s) % 0.7))
    ran = floodbell("sensor", "calibrate", "door", "--dry", "--config", stopped)
    assert ran.returncode == 1
    assert "wait for the water" in ran.stderr


def test_without_a_state_directory_nothing_is_made(config: str, tmp_path: Path) -> None:
    done = sensor("calibrate", "door", "--dry", config=config)
    assert not done["done"]
    assert "start the bell once" in done["reason"]
    assert not (tmp_path / "state").exists()


def test_a_bell_that_went_off_in_an_incident_is_not_calibrated(
    stopped: str, tmp_path: Path
) -> None:
    store = Store(tmp_path / "state" / "floodbell.db")
    store.open()
    state = json.dumps({"law": {"incident": {"id": "i1"}}})
    assert store.commit(Batch(state=state), 5.0)
    assert store.close(5.0)
    answer = sensor("calibrate", "door", "--dry", config=stopped)
    assert not answer["done"]
    assert "an incident is open" in answer["reason"]
    assert read_height_mm(stopped) == 600.0


@pytest.mark.parametrize("words", ["--dry --clear", "--depth 0", "--depth x", ""])
def test_what_makes_no_sense_is_a_usage_error(config: str, words: str) -> None:
    ran = floodbell("sensor", "calibrate", "door", *words.split(), "--config", config)
    assert ran.returncode == 2, ran.stdout


def test_a_sensor_that_only_switches_has_nothing_to_calibrate(config: str) -> None:
    ran = floodbell("sensor", "calibrate", "dry", "--dry", "--config", config)
    assert ran.returncode == 1
    assert "nothing to calibrate" in ran.stderr


def test_a_daemon_that_holds_the_port_is_asked_and_goes_on_with_them(config: str) -> None:
    with running(config):
        assert sensor("read", "door", config=config)["reading"]["depth_mm"] == -12.0
        assert sensor("calibrate", "door", "--dry", config=config)["done"]
        assert read_height_mm(config) == 612.0
        await_depth(config, 0.0)  # the frame that is under way was told under the old numbers
        assert session(config).endswith(":1"), "nobody is without a bell meanwhile"
        refused = floodbell("sensor", "calibrate", "dry", "--dry", "--config", config)
        assert refused.returncode == 1


def test_a_calibration_outlives_kill_9(tmp_path: Path) -> None:
    with Bell(tmp_path) as bell:
        bell.start().ready()
        bell.sensor.set_depth_mm(-12)
        bell.await_state(lambda s: s["sensors"]["door"]["depth_mm"] == -12)
        assert sensor("calibrate", "door", "--dry", config=str(bell.config))["done"]
        bell.kill()
        bell.start().ready()
        bell.await_state(lambda s: s["sensors"]["door"]["depth_mm"] == 0)


def lay_board(ranger: EmulatedRanger, depth_mm: float) -> None:
    """Lay it under the sensor, and wait until nothing from before is on its way any more."""
    told = itertools.count(1)
    long_ago = threading.Event()

    def depth() -> float:
        if next(told) == 50:  # a second of frames
            long_ago.set()
        return depth_mm

    ranger.follow(depth)
    assert long_ago.wait(20)


def test_the_guide_leads_from_a_dry_floor_to_a_known_depth(
    stopped: str, ranger: EmulatedRanger
) -> None:
    """The sensor tells 100 mm of board as 95."""
    with Terminal("sensor", "calibrate", "door", "--config", stopped) as guide:
        guide.until("service on").until("dry now?").press("y\r").until("Its depth in mm")
        lay_board(ranger, 95)  # before its depth is typed
        guide.press("100\r").until("Keep it?").press("y\r")
        assert guide.ended() == 0, guide.screen
    numbers = sensor("read", "door", config=stopped)["numbers"]
    assert numbers["scale"] == pytest.approx(100 / 95, abs=0.002)


def test_the_guide_changes_nothing_when_that_is_wanted(stopped: str) -> None:
    with Terminal("sensor", "calibrate", "door", "--config", stopped) as guide:
        guide.until("dry now?").press("\r").until("Its depth in mm").press("\r")
        guide.until("Keep it?").press("n\r").until("Nothing was changed")
        assert guide.ended() == 1
    assert read_height_mm(stopped) == 600.0


def test_the_daemon_does_not_load_what_only_measures_for_the_command_line() -> None:
    program = (
        "import sys, edge.daemon\n"
        "print(sorted({'edge.diagnose', 'gpiozero', 'rich', 'click'} & set(sys.modules)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert ran.stdout == "[]\n"
