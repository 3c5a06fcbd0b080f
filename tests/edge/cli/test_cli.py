"""The command line as a technician meets it: words, codes, JSON, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from rich.cells import cell_len

from drivers.host.control import ControlServer, Request
from edge.cli import app
from edge.cli import app as command_line

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "edge.cli"]

SETTINGS = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3"
language = "en"
[sensors.door]
driver = "simulated"
zone = "entrance"
script = [[0.0, 0.0]]
[paths]
state = "{folder}"
run = "{folder}"
credentials = "{folder}"
"""

STATUS: dict[str, Any] = {
    "version": "0.1.0",
    "site": "jongno-0042",
    "session": "b:1",
    "uptime_s": 7300.0,
    "stage": "normal",
    "latched": "normal",
    "bell": False,
    "acknowledged": False,
    "silenced": False,
    "incident": None,
    "armed": False,
    "depth_mm": None,
    "zone": None,
    "since": None,
    "sensors": {
        "door": {
            "driver": "a02yyuw",
            "zone": "entrance",
            "depth_mm": 3,
            "at_least_mm": 3,
            "below_mm": 3,
            "quality": "good",
            "reason": "",
            "age_s": 0.4,
        },
        "float": {
            "driver": "float_switch",
            "zone": "entrance",
            "depth_mm": None,
            "at_least_mm": None,
            "below_mm": 20,
            "quality": "good",
            "reason": "",
            "age_s": 0.2,
        },
    },
    "modem": {
        "state": "ready",
        "registered": True,
        "signal_dbm": -71,
        "operator": "SKTelecom",
        "detail": "",
    },
    "broker": {"connected": True, "detail": "", "backlog": {"readings": 0, "events": 0}},
    "store": {"ok": True, "detail": "", "bytes": 40960},
    "troubles": [],
    "outbox": [],
}

DANGER = {
    **STATUS,
    "stage": "danger",
    "latched": "danger",
    "depth_mm": 183,
    "incident": "0190",
    "zone": "entrance",
    "troubles": [{"cause": "modem", "detail": "no network", "for_s": 30.0}],
    "outbox": [
        {
            "key": "k",
            "purpose": "report",
            "contact": "119",
            "status": "waiting",
            "attempts": 2,
            "reason": "no network",
        }
    ],
}


HUMBLE = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
"""Root without root's right to enter every folder; anybody else is without it anyway."""


def floodbell(
    *arguments: str, humble: bool = False, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line; in a process of its own where that shows more than its words."""
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("LC_")}
    surroundings |= {"LANG": "C.UTF-8", "PYTHONUTF8": "1", **environment}
    if not humble and "run" not in arguments:
        return _here(arguments, surroundings)
    return subprocess.run(
        [*(HUMBLE if humble else []), *COMMAND, *arguments],
        cwd=ROOT,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _here(
    arguments: Sequence[str], surroundings: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run it in this process: to start Python and load the command line costs a quarter second."""
    out, err, before = io.StringIO(), io.StringIO(), dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(surroundings)
        with chdir(ROOT), redirect_stdout(out), redirect_stderr(err):
            code = app.main(list(arguments))
    finally:
        os.environ.clear()
        os.environ.update(before)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "floodbell.toml"
    path.write_text(SETTINGS.format(folder=tmp_path), encoding="utf-8")
    return str(path)


class Answering:
    """A real control socket that answers what a test wants the daemon to say."""

    def __init__(self, folder: Path) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.server = ControlServer(folder / "floodbell.sock", self._on_request)
        self.server.start()

    def _on_request(self, request: Request) -> None:
        self.asked.append((request.command, request.arguments))
        if request.command in self.answers:
            request.reply(self.answers[request.command])
        else:
            request.refuse(f"unknown command {request.command}")


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Answering]:
    answering = Answering(tmp_path)
    yield answering
    answering.server.close()


def test_version_needs_no_settings() -> None:
    ran = floodbell("--version")
    assert (ran.returncode, ran.stdout) == (0, "floodbell 0.1.0\n")


def test_only_commands_that_exist_are_listed() -> None:
    listed = floodbell("--help", "--lang", "en").stdout.split("Commands:\n")[1]
    names = [line.split()[0] for line in listed.splitlines() if line.strip()]
    program = (
        "import sys\nfrom edge.cli import app\n"
        "print([name for name in sys.argv[1:] if app.main([name, '--help']) != 0])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.stdout.splitlines()[-1:] == ["[]"], ran.stdout + ran.stderr
    assert all(f"floodbell {name}" in ran.stdout for name in names)
    assert "…" not in listed
    assert "..." not in listed


def test_no_daemon_is_exit_3_and_a_sentence(config: str) -> None:
    ran = floodbell("status", "--config", config)
    assert ran.returncode == 3
    assert ran.stderr.startswith("No floodbell answers at ")
    assert "Traceback" not in ran.stderr


@pytest.fixture
def closed(daemon: Answering, config: str, tmp_path: Path) -> Iterator[str]:
    """Settings of a bell that runs behind a folder which this user may not enter."""
    assert daemon.asked == []
    behind = tmp_path / "behind"
    behind.mkdir()
    (tmp_path / "floodbell.sock").rename(behind / "floodbell.sock")
    Path(config).write_text(
        Path(config)
        .read_text(encoding="utf-8")
        .replace(f'run = "{tmp_path}"', f'run = "{behind}"'),
        encoding="utf-8",
    )
    behind.chmod(0)
    yield config
    behind.chmod(0o700)


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root enters all")
@pytest.mark.parametrize("command", ["status", "silence", "ack", "reset"])
def test_a_bell_that_may_not_be_asked_is_not_said_to_be_off(closed: str, command: str) -> None:
    ran = floodbell(command, "--config", closed, humble=True)
    assert ran.returncode == 3
    assert ran.stderr == (
        "You are not allowed to ask the bell: use sudo,"
        " or join the group floodbell and log in again.\n"
    )


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root enters all")
def test_the_doctor_leaves_a_bell_alone_that_it_may_not_ask(closed: str) -> None:
    ran = floodbell("doctor", "--json", "--config", closed, humble=True)
    checks = {check["name"]: check for check in json.loads(ran.stdout)["checks"]}
    assert checks["daemon"]["grade"] == "warn"
    assert "start" not in checks["daemon"]["remedy"]
    assert checks["sensor door"]["grade"] == "skip"


def test_no_daemon_in_json_is_one_document(config: str) -> None:
    ran = floodbell("ack", "--json", "--config", config)
    assert ran.returncode == 3
    assert json.loads(ran.stdout)["ok"] is False


def test_a_usage_error_is_exit_2() -> None:
    assert floodbell("status", "--colour").returncode == 2
    assert floodbell("nonsense").returncode == 2
    assert floodbell("status", "--lang", "fr").returncode == 2


@pytest.mark.parametrize("command", ["check-config", "status", "run", "reset"])
def test_broken_settings_are_exit_2_with_every_problem_and_its_key(
    tmp_path: Path, command: str
) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text(
        SETTINGS.format(folder=tmp_path).replace('zone = "entrance"', "zone = 3\ncolour = 1")
        + '[contacts.mother]\nrole = "mother"\nphone = "119"\n',
        encoding="utf-8",
    )
    ran = floodbell(command, "--config", str(broken))
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    keys = (
        "sensors.door.zone",
        "sensors.door.colour",
        "contacts.mother.role",
        "contacts.mother.phone",
    )
    for key in keys:
        assert key in ran.stderr, ran.stderr


def test_broken_settings_in_json_name_key_found_and_allowed(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[site]\nid = 3\n")
    ran = floodbell("check-config", "--json", "--config", str(broken))
    assert ran.returncode == 2
    document = json.loads(ran.stdout)
    assert document["ok"] is False
    problem = next(p for p in document["problems"] if p["key"] == "site.id")
    assert problem["found"] == "3"
    assert problem["allowed"]


@pytest.mark.parametrize("command", ["check-config", "status"])
def test_a_missing_settings_file_is_exit_2_and_says_what_to_copy(
    tmp_path: Path, command: str
) -> None:
    path = tmp_path / "none.toml"
    ran = floodbell(command, "--lang", "ko", "--config", str(path))
    assert ran.returncode == 2
    first, second = ran.stderr.splitlines()
    assert first == f"설정 파일이 없습니다: {path}"
    assert "floodbell.example.toml" in second


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("[site]\nid = jongno\n")
    ran = floodbell("check-config", "--lang", "en", "--config", str(path))
    assert ran.returncode == 2
    assert "  found at line 2, column 6: invalid value" in ran.stderr


@pytest.mark.parametrize("arguments", [[], ["--lang", "en"]])
def test_nothing_asked_is_the_help_and_exit_2(arguments: list[str]) -> None:
    ran = floodbell(*arguments, LANG="en_US.UTF-8")
    assert ran.returncode == 2
    assert "check-config" in ran.stdout + ran.stderr


def test_the_settings_file_may_come_from_the_environment(config: str) -> None:
    ran = floodbell("check-config", FLOODBELL_CONFIG=config)
    assert ran.returncode == 0
    assert config in ran.stdout


def test_check_config_shows_what_each_contact_would_get() -> None:
    ran = floodbell("check-config", "--json", "--config", "config/floodbell.example.toml")
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert document["ok"] is True
    contacts = {text["contact"] for text in document["texts"]}
    assert contacts == {"119", "resident", "mother", "partner", "office", "technician"}
    reports = [text for text in document["texts"] if text["contact"] == "119"]
    assert all(text["characters"] <= 45 and text["parts"] == 1 for text in reports)


def test_an_address_too_long_for_119_is_a_settings_error(tmp_path: Path) -> None:
    path = tmp_path / "long.toml"
    text = SETTINGS.format(folder=tmp_path).replace("창신길 12-3", "창신길 " * 12)
    path.write_text(text, encoding="utf-8")
    ran = floodbell("check-config", "--config", str(path))
    assert ran.returncode == 2
    assert "site.address" in ran.stderr


def test_status_says_the_state_first(config: str, daemon: Answering) -> None:
    daemon.answers["status"] = STATUS
    ran = floodbell("status", "--config", config)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[0] == "NORMAL: no water"
    for words in ("SKTelecom", "-71 dBm", "3 mm", "below 20 mm", "not armed", "connected"):
        assert words in ran.stdout


def test_status_in_danger_is_not_good_and_says_what_to_do(config: str, daemon: Answering) -> None:
    daemon.answers["status"] = DANGER
    ran = floodbell("status", "--config", config)
    assert ran.returncode == 1
    assert ran.stdout.startswith("DANGER: deep water (18 cm)\n")
    assert "check antenna" in ran.stdout
    assert "no network" in ran.stdout


def test_a_normal_level_with_a_trouble_does_not_look_safe(config: str, daemon: Answering) -> None:
    troubles = [{"cause": "sensor:door", "detail": "stale: silent", "for_s": 12.0}]
    daemon.answers["status"] = {**STATUS, "troubles": troubles}
    ran = floodbell("status", "--config", config)
    assert ran.returncode == 1
    assert ran.stdout.startswith("NO WATER SEEN, but the bell is not well\n")


@pytest.mark.parametrize(
    "door",
    [
        {"quality": "stale", "reason": "no reading yet", "depth_mm": None, "age_s": None},
        {"quality": "faulted", "reason": "no answer within 2 s"},
        {"quality": "a word of a newer bell"},
        None,
    ],
)
def test_a_normal_level_does_not_look_safe_where_a_sensor_does_not_measure(
    config: str, daemon: Answering, door: dict[str, Any] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no trouble yet: the bell has just started, or the sensor fell silent a moment ago."""
    sensors = {} if door is None else {**STATUS["sensors"], "door": door}
    daemon.answers["status"] = {**STATUS, "sensors": sensors}
    assert command_line.main(["status", "--lang", "en", "--config", config]) == 1
    assert capsys.readouterr().out.startswith("NO WATER SEEN, but not every sensor measures\n")


@pytest.mark.parametrize(
    ("power", "line"),
    [
        ({"mains": True, "battery_percent": 97}, "mains, battery 97 %"),
        ({"mains": False, "on_battery_s": 300.0}, "ON BATTERY for 5 min"),
        (
            {"mains": False, "on_battery_s": 60.0, "battery_percent": 12, "battery_low": True},
            "ON BATTERY for 60 s, battery 12 %, battery LOW",
        ),
        ({"mains": None, "battery_percent": 40}, "mains not known, battery 40 %"),
        (None, None),
    ],
)
def test_status_says_what_the_bell_lives_on(
    config: str,
    daemon: Answering,
    power: dict[str, Any] | None,
    line: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    daemon.answers["status"] = {**STATUS, "power": power}
    assert command_line.main(["status", "--lang", "en", "--config", config]) == 0
    said = [one for one in capsys.readouterr().out.splitlines() if one.startswith("power")]
    assert [" ".join(one.split()) for one in said] == ([f"power {line}"] if line else [])


def test_status_in_json_is_the_daemon_s_answer(config: str, daemon: Answering) -> None:
    daemon.answers["status"] = DANGER
    assert json.loads(floodbell("status", "--json", "--config", config).stdout) == DANGER


def test_columns_stay_aligned_with_korean_in_them(config: str, daemon: Answering) -> None:
    daemon.answers["status"] = STATUS
    lines = floodbell("status", "--lang", "ko", "--config", config).stdout.splitlines()
    head = next(line for line in lines if "센서" in line)
    row = next(line for line in lines if line.startswith("door"))
    assert cell_len(head[: head.index("드라이버")]) == cell_len(row[: row.index("a02yyuw")])


def test_hands_say_who_and_report_what_was_done(config: str, daemon: Answering) -> None:
    daemon.answers["ack"] = {"done": True, "reason": ""}
    daemon.answers["reset"] = {"done": False, "reason": "zone entrance is wet"}
    assert floodbell("ack", "--config", config).returncode == 0
    refused = floodbell("reset", "--config", config)
    assert refused.returncode == 1
    assert "zone entrance is wet" in refused.stdout
    assert [command for command, _ in daemon.asked] == ["ack", "reset"]
    assert all(arguments["by"] for _, arguments in daemon.asked)


def test_the_siren_can_be_silenced_with_broken_settings(tmp_path: Path, daemon: Answering) -> None:
    """A typo in the file must not keep anybody from the running bell."""
    daemon.answers["silence"] = {"done": True, "reason": ""}
    broken = tmp_path / "broken.toml"
    broken.write_text(f'nonsense = 1\n[paths]\nrun = "{tmp_path}"\n')
    assert floodbell("silence", "--config", str(broken)).returncode == 0


def test_what_the_daemon_refuses_is_a_sentence(config: str, daemon: Answering) -> None:
    assert daemon.answers == {}
    ran = floodbell("status", "--config", config)
    assert ran.returncode == 1
    assert "unknown command" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "lang", "expected"),
    [
        (["--lang", "ko"], "en_US.UTF-8", "비상벨"),
        (["--lang", "en"], "ko_KR.UTF-8", "flood emergency bell"),
        ([], "en_US.UTF-8", "flood emergency bell"),
        ([], "C.UTF-8", "비상벨"),
    ],
)
def test_the_language_is_the_option_s_then_the_environment_s_then_korean(
    tmp_path: Path, arguments: list[str], lang: str, expected: str
) -> None:
    nowhere = str(tmp_path / "none.toml")
    ran = floodbell("--help", *arguments, LANG=lang, FLOODBELL_CONFIG=nowhere)
    assert expected in ran.stdout


def test_the_language_of_the_settings_goes_before_the_environment_s(config: str) -> None:
    ran = floodbell("--help", LANG="ko_KR.UTF-8", FLOODBELL_CONFIG=config)
    assert "flood emergency bell" in ran.stdout


@pytest.mark.parametrize("command", ["schema config", "check-config", "completion bash"])
def test_a_closed_pipe_is_quiet(command: str, config: str) -> None:
    where = [] if command.startswith("completion") else ["--config", config]
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [*COMMAND, *command.split(), *where],
        cwd=ROOT,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    _, errors = process.communicate(timeout=30)
    assert errors == ""
    assert process.returncode == 141, "128 + SIGPIPE, as a shell says it"


def test_schema_config_is_a_json_schema_that_knows_every_driver() -> None:
    schema = json.loads(floodbell("schema", "config").stdout)
    text = json.dumps(schema)
    assert schema["additionalProperties"] is False
    for driver in ("a02yyuw", "float_switch", "simulated"):
        assert f'"{driver}"' in text


def test_every_sentence_has_its_korean() -> None:
    """A new sentence without a translation would greet a technician in English."""
    with (ROOT / "edge/locale/ko/LC_MESSAGES/floodbell.po").open("rb") as file:
        catalogue = read_po(file)
    wanted = {
        str(found[2])
        for folder in ("edge/cli", "edge/diagnose", "edge/demo")
        for found in extract_from_dir(ROOT / folder, keywords={"_": None, "N_": None})
    }
    missing = [text for text in sorted(wanted) if not (catalogue.get(text) or _Empty).string]
    assert not missing


def test_no_sentence_stands_inside_a_formatted_string() -> None:
    """There Python before 3.12 cannot find it for the catalogue, and it stays English."""
    inside = re.compile(r"""{N?_\(["']""")
    for folder in ("edge/cli", "edge/diagnose", "edge/demo"):
        for file in (ROOT / folder).rglob("*.py"):
            assert not inside.findall(file.read_text(encoding="utf-8")), file


class _Empty:
    string = ""


def test_translations_keep_the_names_in_braces() -> None:
    with (ROOT / "edge/locale/ko/LC_MESSAGES/floodbell.po").open("rb") as file:
        for message in read_po(file):
            if message.id:
                there, here = str(message.id), str(message.string)
                offered, used = (set(re.findall(r"{\w+", text)) for text in (there, here))
                # Where English has a plural of its own, Korean has one form for both.
                assert used <= offered if message.pluralizable else used == offered, there
