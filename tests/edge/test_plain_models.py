"""The daemon's plain models answer as pydantic's do, and it starts whoever reads its settings.

The same questions are put to the same settings in two processes, one of each kind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.checked import Checking, NoAnswer, Refused
from edge.settings import load
from tests.bells import Bell

ROOT = Path(__file__).resolve().parents[2]

HOME = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3 B01호"
[zones.entrance]
voting = "1oo2"
[sensors.door]
driver = "a02yyuw"
zone = "entrance"
port = "/dev/ttyAMA0"
mount_height_mm = 600
calibration = { offset_mm = 3.0, scale = 1.01 }
[sensors.near]
driver = "jsn_sr04t"
port = "/dev/ttyAMA1"
mode = "automatic"
mount_height_mm = 700
[sensors.far]
driver = "maxbotix"
port = "/dev/ttyAMA2"
mount_height_mm = 900
[sensors.toy]
driver = "hcsr04"
trigger_pin = 23
echo_pin = 24
mount_height_mm = 500
[sensors.probe]
driver = "modbus_level"
port = "/dev/ttyUSB0"
preset = "qdy30a"
span_mm = 1000
[sensors.loop]
driver = "current_loop"
channel = 0
span_mm = 1000
shunt_ohm = 150
[sensors.float]
driver = "float_switch"
zone = "entrance"
pin = 17
height_mm = 20
cable = "door-cable"
[sensors.rods]
driver = "contact_probe"
pin = 22
return_pin = 27
height_mm = 150
[sensors.supervised]
driver = "supervised_contact"
channel = 1
height_mm = 150
[sensors.script]
driver = "simulated"
script = [[0, 0], [60, 300]]
[contacts.office]
role = "office"
phone = "+821044444444"
[report]
armed = true
[modem]
port = "/dev/ttyUSB2"
answer_calls_from = ["119", "02*"]
self_test = { contact = "office", every_h = 24 }
[bell]
button_pin = 5
siren_pin = 16
[mqtt]
host = "127.0.0.1"
[power]
mains_pin = 12
mains_level = "high"
"""


def answers(config: Path, kind: str) -> object:
    """Put every question to the settings of one kind."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.edge.ask_models", str(config), kind],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_plain_models_answer_every_question_as_pydantics_do(tmp_path: Path) -> None:
    config = tmp_path / "floodbell.toml"
    config.write_text(HOME, encoding="utf-8")
    assert answers(config, "plain") == answers(config, "pydantic")


def test_another_process_reads_the_settings_as_this_one_would(tmp_path: Path) -> None:
    config = tmp_path / "floodbell.toml"
    config.write_text(HOME, encoding="utf-8")
    home = Checking.spawned(config).answer()
    assert not isinstance(home, Refused)
    assert home.settings == load(config)
    assert home.trouble is None
    assert any("toy" in remark for remark in home.remarks)


def test_a_mistake_in_the_settings_comes_back_in_full_and_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / "floodbell.toml"
    config.write_text(HOME.replace("pin = 17", "pin = 99"), encoding="utf-8")
    told = Checking.spawned(config).answer()
    assert isinstance(told, Refused)
    assert "sensors.float.pin: found 99; allowed: " in told.words
    assert told.in_one_line.startswith("sensors.float.pin")
    assert "99" not in told.in_one_line


def test_a_bell_whose_settings_no_other_process_can_read_reads_them_itself(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os\nos.register_at_fork(after_in_child=lambda: os._exit(9))\n"
    )
    hindered = {**os.environ, "PYTHONPATH": f"{site}:{ROOT}"}
    with Bell(tmp_path / "bell", environment=hindered).start() as bell:
        bell.await_log("no process of its own has read the settings")
        bell.ready()
        assert bell.process is not None
        assert bell.process.poll() is None, "it began anew in its own place"


def test_a_process_that_hangs_is_not_waited_for_and_not_left_behind(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import time\ntime.sleep(60)\n")
    script = (
        "from pathlib import Path\n"
        "from edge.checked import Checking, NoAnswer\n"
        "import os\n"
        f"os.environ['PYTHONPATH'] = {str(site)!r}\n"
        "try:\n"
        "    Checking.spawned(Path('floodbell.toml')).answer(0.2)\n"
        "except NoAnswer as error:\n"
        "    print(error)\n"
        "try:\n"
        "    os.waitpid(-1, os.WNOHANG)\n"
        "except ChildProcessError:\n"
        "    print('none is left')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "no answer within 0.2 s\nnone is left\n"


def test_half_an_answer_is_none(tmp_path: Path) -> None:
    config = tmp_path / "nowhere" / "floodbell.toml"
    checking = Checking.spawned(config)
    os.close(checking._from)
    checking._from = os.open(os.devnull, os.O_RDONLY)
    with pytest.raises(NoAnswer, match="an answer that is none"):
        checking.answer()


def test_what_lies_where_the_bell_was_started_is_not_taken_for_a_library(tmp_path: Path) -> None:
    for name in ("pickle", "pydantic", "edge", "tomllib"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a stranger')\n")
    config = tmp_path / "floodbell.toml"
    config.write_text(HOME, encoding="utf-8")
    script = (
        "from pathlib import Path\n"
        "from edge.checked import Checking\n"
        "print(Checking.spawned(Path('floodbell.toml')).answer().settings.site.id)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.append({str(ROOT)!r})\n{script}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout == "jongno-0042\n"
