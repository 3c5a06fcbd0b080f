"""``floodbell init``: a technician at a terminal, a sensor and a modem on serial lines."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from rich.cells import cell_len

from drivers.emulated.modem import EmulatedModem
from drivers.emulated.ranger import EmulatedA02yyuw
from drivers.finding.modems import QUESTIONS
from edge.cli import app
from edge.cli.init import in_force_by
from edge.messages.texts import load_all
from edge.settings import load
from tests.edge.cli.test_cli import COMMAND, ROOT

HUNG_MM = 598
LONG = "서울특별시 종로구 창신길 123-45 지하 1층 B01호 정문 옆 집"
ADDRESS = "서울 종로구 창신길 12-3 B01호"

CURSOR = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()=>][0-9AB]?|\x0f")

THERE = """\
# written by hand
[site]
id = "bell-7"            # on the door
district = "jongno"
address = "서울 종로구 창신길 12-3"
[sensors.door]
driver = "simulated"
script = [[0.0, 0.0]]
[store]
max_mb = 32              # a small card
"""


@pytest.fixture
def sensor() -> Iterator[EmulatedA02yyuw]:
    with EmulatedA02yyuw(HUNG_MM, rate_hz=50) as emulated:
        yield emulated


@pytest.fixture
def modem() -> Iterator[EmulatedModem]:
    emulated = EmulatedModem()
    yield emulated
    emulated.close()


class Technician:
    """Somebody who answers questions at a terminal of a given width."""

    def __init__(self, *words: str, language: str = "en", columns: int = 100) -> None:
        self._screen = io.StringIO()
        self.child = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], "init", "--lang", language, *words],
            cwd=str(ROOT),
            env={
                **os.environ,
                "TERM": "vt100",
                "NO_COLOR": "1",
                "PYTHONUTF8": "1",
                "COLUMNS": str(columns),  # workers of a parallel run inherit another
            },
            dimensions=(60, columns),
            encoding="utf-8",
            timeout=40,
        )
        self.child.delaybeforesend = None
        self.child.logfile_read = self._screen

    def answer(self, asked: str, *lines: str) -> None:
        """Wait for a question, and answer it; several times, if it is asked again."""
        for line in lines or ("",):
            self.child.expect_exact(asked)
            self.child.sendline(line)

    def interrupt(self, asked: str) -> None:
        """Press Ctrl-C at a question, as often as it takes: what comes while the terminal changes
        from showing what is typed to hiding it is thrown away."""
        self.child.expect_exact(asked)
        for _ in range(20):
            self.child.sendintr()
            if self.child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=2) == 0:
                return

    def end(self) -> int:
        if not self.child.eof():
            self.child.expect(pexpect.EOF)
        self.child.close()
        assert self.child.exitstatus is not None
        return int(self.child.exitstatus)

    @property
    def saw(self) -> str:
        """All that was on the screen, without what moves the cursor."""
        return CURSOR.sub("", self._screen.getvalue())

    @property
    def said(self) -> str:
        """The same in one line, wherever it was broken."""
        return " ".join(self.saw.split())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_bell_is_set_up_from_what_is_found_and_asked(
    tmp_path: Path, sensor: EmulatedA02yyuw, modem: EmulatedModem
) -> None:
    """Every wrong answer is told with its reason and asked again."""
    config = tmp_path / "floodbell.toml"
    at = Technician("--config", str(config), "--port", sensor.path, "--port", modem.path)
    at.answer("  id [", "Bell 42", "jongno-0042")
    at.answer("  district: ", "종로/구", "jongno")
    at.answer("  address: ", LONG, ADDRESS)
    at.answer("  occupants (Enter: none): ", "0", "1")
    at.answer("  language [ko]: ", "1")
    at.answer("  timezone [Asia/Seoul]: ", "Asia/Soul", "")
    at.answer("secrets in", "y")
    at.answer("Look now?")
    at.answer(f"{HUNG_MM} mm now. Use it?")
    at.answer("  which one [1]: ")
    at.answer("  name [door]: ", "the door", "door")
    at.answer("  zone [home]: ", "entrance")
    at.answer("dry now")
    at.answer(f"  mount_height_mm [{HUNG_MM}]: ", "100", "")
    at.answer("  +/-: ", "+")
    at.answer("  driver [7]: ")
    at.answer("  name [entrance-float]: ")
    at.answer("  zone [entrance]: ")
    at.answer("  pin [17]: ")
    at.answer("  contact [normally_closed]: ")
    at.answer("  height_mm [20]: ")
    at.answer("  cable (Enter: none): ")
    at.answer("  +/-: ")
    at.answer("  phone (Enter: none): ", "010-1234-5678")
    at.answer("  name (Enter: none): ", "박주민")
    at.answer("  phone (Enter: none): ", "119", "02-119", "+82 (0)10-2222-3333")
    at.answer("  name (Enter: none): ")
    at.answer("  phone (Enter: none): ")
    at.answer("  phone (Enter: none): ", "02)2148-0000")
    at.answer("  name (Enter: none): ", "종로구청")
    at.answer("  phone (Enter: none): ", "010-5555-6666")
    at.answer("  name (Enter: none): ")
    at.answer("  +/-: ")
    at.answer(f"  port [{modem.path}]: ")
    at.answer("SIM's PIN", "12")
    at.answer("SIM's PIN", "9731")
    at.answer("The same again", "9713")
    at.answer("SIM's PIN", "9731")
    at.answer("The same again", "9731")
    at.answer("answer hands-free")
    at.answer("  self-test [1]: ", "guardian")
    at.answer("  button_pin (-: none) [5]: ", "17", "5")
    at.answer("  siren_pin (-: none) [16]: ")
    at.answer("  strobe_pin (-: none) [13]: ", "-")
    at.answer("  lamp_pin (-: none) [26]: ")
    at.answer("  mains_pin (Enter: none): ", "16", "6")
    at.answer("  mains_level (Enter: none): ", "", "high")
    at.answer("  host (-: none): ")
    at.answer("write it", "1")
    at.answer("  id [jongno-0042]: ", "jongno-0043")
    for key in ("district", "address", "occupants", "language", "timezone"):
        at.answer(f"  {key}")
    at.answer("write it")
    at.answer("only?")
    assert at.end() == 0, at.saw
    for reason in (
        '"Bell 42"; allowed: letters a-z',
        "1 to 64 characters without blank",
        "12 characters too long for the 45",
        "6 characters are left",
        "a number, 1 to 99",
        "IANA time zone",
        "more than danger's setpoint_mm and the blind zone: 180",
        "a number as you dial it",
        "never an emergency number",
        "four to eight digits",
        "Not the same twice",
        "one that bell.button_pin does not use",
    ):
        assert reason in at.said
    assert "9731" not in at.saw
    settings, _texts = load_all(config)
    assert settings.site.id == "jongno-0043"
    assert settings.site.address == ADDRESS
    assert settings.sensors["door"].model_dump()["mount_height_mm"] == HUNG_MM
    assert settings.zone_sensors == {"entrance": ("door", "entrance-float")}
    assert {name: one.phone for name, one in settings.contacts.items()} == {
        "resident": "+821012345678",
        "guardian": "+821022223333",
        "office": "+82221480000",
        "technician": "+821055556666",
    }
    assert settings.report.armed is False
    assert settings.bell is not None
    assert settings.bell.pins == {"button_pin": 5, "siren_pin": 16, "lamp_pin": 26}
    assert settings.power is not None
    assert (settings.power.pins, settings.power.mains_level) == ({"mains_pin": 6}, "high")
    assert settings.modem is not None
    assert settings.modem.self_test is not None
    secret = tmp_path / "credentials" / "sim-pin"
    assert (secret.read_text(), mode(secret), mode(config)) == ("9731", 0o600, 0o640)
    assert "9731" not in config.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["credentials", "floodbell.toml"]
    asked = set(modem.transcript.replace(b"\x1b", b"").split(b"\r"))
    assert asked <= {b"", b"AT", *(question.encode() for question in QUESTIONS)}
    for step in ("check-config", "doctor", "calibrate door", "service on", "drill", "armed = true"):
        assert step in at.said


def test_ctrl_c_leaves_nothing_behind_in_korean_at_forty_columns(
    tmp_path: Path, sensor: EmulatedA02yyuw
) -> None:
    """The keyboard types Hangul all the way, also where y is meant."""
    config = tmp_path / "floodbell.toml"
    at = Technician("--config", str(config), "--port", sensor.path, language="ko", columns=40)
    at.answer("  id [", "bell-1")
    at.answer("  district: ", "종로구")
    at.answer("  address: ", "서울 종로구")
    at.answer("  occupants (Enter: 없음): ")
    at.answer("  language [ko]: ")
    at.answer("  timezone [Asia/Seoul]: ")
    at.answer("[Y/n]: ", "ㅜ")
    at.answer("살펴볼까요? [Y/n]: ", "ㅛ")
    at.answer("[Y/n]: ", "예")
    at.answer("  어느 것 [1]: ")
    at.interrupt("  이름 [door]: ")
    assert at.end() == 130
    assert "아무것도 쓰지 않았습니다." in at.said
    assert f"지금 {HUNG_MM} mm" in at.said
    assert list(tmp_path.iterdir()) == []
    assert [line for line in at.saw.splitlines() if cell_len(line) > 40] == []


def test_who_stops_at_the_secret_is_not_told_that_nothing_was_written(tmp_path: Path) -> None:
    config = tmp_path / "floodbell.toml"
    config.write_text(
        f'{THERE}[contacts.office]\nrole = "office"\nphone = "+82221480000"\nroutes = ["modem"]\n'
        f'[modem]\nport = "/dev/ttyUSB2"\n[paths]\ncredentials = "{tmp_path}/secrets"\n',
        encoding="utf-8",
    )
    at = Technician("--config", str(config))
    at.answer("What now [1]: ", "1")
    at.answer("write it", "4")
    at.answer("  port [/dev/ttyUSB2]: ")
    at.answer("SIM's PIN", "9731")
    at.answer("The same again", "9731")
    at.answer("answer hands-free")
    at.answer("  self-test [1]: ")
    at.answer("write it")
    at.interrupt("only?")
    assert at.end() == 130
    assert "Written:" in at.said
    assert "the bell lacks it" in at.said
    assert "Nothing was written" not in at.said
    assert load(config).modem is not None
    assert not (tmp_path / "secrets").exists()


def test_settings_that_are_there_are_changed_in_place_with_their_comments(tmp_path: Path) -> None:
    config = tmp_path / "floodbell.toml"
    config.write_text(THERE, encoding="utf-8")
    at = Technician("--config", str(config))
    at.answer("What now [1]: ", "4", "1")
    at.answer("write it", "1")
    at.answer("  id [bell-7]: ")
    at.answer("  district [jongno]: ", "종로구")
    at.answer("  address [")
    at.answer("  occupants (Enter: none): ", "2")
    at.answer("  language [ko]: ")
    at.answer("  timezone [Asia/Seoul]: ")
    at.answer("secrets in", "n")
    at.answer("write it")
    assert at.end() == 0, at.saw
    lines = config.read_text("utf-8").splitlines()
    assert lines[:3] == ["# written by hand", "[site]", 'id = "bell-7"            # on the door']
    assert "max_mb = 32              # a small card" in lines
    settings = load(config)
    assert (settings.site.district, settings.site.occupants) == ("종로구", 2)
    (old,) = (path for path in tmp_path.iterdir() if path != config)
    assert old.read_text("utf-8") == THERE


def test_settings_that_are_there_stay_when_that_is_wanted(tmp_path: Path) -> None:
    config = tmp_path / "floodbell.toml"
    config.write_text(THERE, encoding="utf-8")
    at = Technician("--config", str(config))
    at.answer("What now [1]: ", "leave")
    assert at.end() == 1
    assert config.read_text("utf-8") == THERE
    assert list(tmp_path.iterdir()) == [config]


def test_of_two_keys_that_do_not_go_together_the_other_one_can_be_changed(tmp_path: Path) -> None:
    """The loader blames end_ohm; it is contact_ohm that was typed wrongly."""
    config = tmp_path / "floodbell.toml"
    contact = "driver = 'supervised_contact'\nchannel = 0\nheight_mm = 150\ncontact_ohm = 470\n"
    config.write_text(THERE.replace("[store]", f"[sensors.contact]\n{contact}[store]"))
    at = Technician("--config", str(config))
    at.answer("What now [1]: ")
    at.answer("end_ohm [4700]: ", "", "<")
    at.answer("  which one: ", "contact_ohm")
    at.answer("  contact_ohm [470]: ", "4700")
    at.answer("write it")
    assert at.end() == 0, at.saw
    assert load(config).sensors["contact"].model_dump()["contact_ohm"] == 4700


def test_what_is_wrong_with_settings_that_are_there_is_asked_again_key_by_key(
    tmp_path: Path,
) -> None:
    config = tmp_path / "floodbell.toml"
    wrong = THERE.replace("bell-7", "Bell 7") + "[extra]\nx = 1\n[paths]\nrun = 'run'\n"
    config.write_text(wrong.replace("[sensors.door]", "[sensors.door]\nstale_after_s = 1.5"))
    at = Technician("--config", str(config))
    at.answer("What now [1]: ", "change")
    at.answer("Take it out?", "y")
    at.answer("  stale_after_s [1.5]", "1", "6")
    at.answer("  id [Bell 7]: ", "bell-7")
    at.answer("write it")
    assert at.end() == 0, at.saw
    settings = load(config)
    assert (settings.site.id, settings.sensors["door"].stale_after_s) == ("bell-7", 6)


def run(*words: str | Path) -> int:
    return app.main(["init", "--lang", "en", *map(str, words)])


def test_without_a_terminal_it_says_that_it_asks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    assert run("--config", tmp_path / "floodbell.toml") == 2
    assert "needs a terminal" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_answers_from_a_file_are_written_with_comments_and_never_over_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    answers, config = tmp_path / "answers.toml", tmp_path / "etc" / "floodbell.toml"
    answers.write_text(THERE, encoding="utf-8")
    given: list[Any] = ["--answers", answers, "--config", config]
    assert run(*given) == 0
    assert load(config).model_dump() == load(answers).model_dump()
    assert "# told to 119" in config.read_text("utf-8")
    before = config.read_bytes()
    assert run(*given) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert config.read_bytes() == before
    answers.write_text(THERE.replace("bell-7", "bell-8"), encoding="utf-8")
    assert run(*given, "--overwrite") == 0
    assert load(config).site.id == "bell-8"
    assert [p.read_bytes() for p in config.parent.iterdir() if p != config] == [before]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (THERE.replace('"bell-7"', '"bell 7"'), "site.id"),
        (THERE.replace("창신길 12-3", "창신길 12-3" + "가" * 30), "site.address"),
        ("site = 3\n", "site is no table"),
        ("[sensors]\ndoor = 3\n", "sensors is no table"),
        ("[site\n", "cannot be read"),
    ],
)
def test_answers_that_cannot_be_used_are_refused_by_their_key_and_nothing_is_written(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answers: str,
    said: str,
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    file, folder = tmp_path / "answers.toml", tmp_path / "etc"
    file.write_text(answers, encoding="utf-8")
    folder.mkdir()
    assert run("--answers", file, "--config", folder / "floodbell.toml") == 2
    assert said in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_before_the_first_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    (tmp_path / "file").write_text(THERE, encoding="utf-8")
    config = tmp_path / "file" / "floodbell.toml"
    assert run("--answers", tmp_path / "file", "--config", config) == 2
    assert "Use sudo, or another place" in capsys.readouterr().err


@pytest.mark.parametrize(("runs", "verb"), [(False, "enable --now"), (True, "reload")])
def test_changed_settings_are_reloaded_by_a_bell_that_runs_and_start_one_that_does_not(
    tmp_path: Path, runs: bool, verb: str
) -> None:
    config = tmp_path / "floodbell.toml"
    config.write_text(f'[paths]\nrun = "{tmp_path}"\n')
    if runs:
        (tmp_path / "floodbell.sock").touch()
    command, _what_it_does = in_force_by(config, changed=True)
    assert command == f"sudo systemctl {verb} floodbell"
    assert "enable --now" in in_force_by(config, changed=False)[0]


def test_a_disk_that_takes_no_file_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody, root included, can make a file in /proc."""
    monkeypatch.setenv("LANGUAGE", "en")
    answers = tmp_path / "answers.toml"
    answers.write_text(THERE, encoding="utf-8")
    assert run("--answers", answers, "--config", "/proc/floodbell.toml") == 2
    assert "Cannot write /proc/floodbell.toml" in capsys.readouterr().err
