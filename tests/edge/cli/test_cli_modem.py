"""``modem info``, ``modem sms``: by a bell that is asked, and at the modem itself without one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from drivers.emulated.modem import RUDE, SIM7600, EmulatedModem, ModemProfile
from drivers.host.users import name_of, who_types
from edge.cli import app
from edge.locale import use
from tests.bells import PHONES, QUICK, Bell
from tests.edge.cli.test_cli import COMMAND, Answering

SETTINGS = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3"
language = "{language}"
[sensors.door]
driver = "simulated"
zone = "entrance"
script = [[0.0, 0.0]]
[contacts.mother]
role = "guardian"
name = "박보호"
phone = "+821033333333"
routes = ["modem"]
[contacts.office]
role = "office"
phone = "+821044444444"
[modem]
port = "{port}"
[paths]
state = "{folder}/state"
run = "{folder}"
credentials = "{folder}"
"""

CARD: dict[str, Any] = {
    "state": "ready",
    "registered": True,
    "signal_dbm": -99,
    "operator": "KT",
    "sim": "ready",
    "detail": "",
    "manufacturer": "Quectel",
    "model": "EC25",
    "firmware": "EC25EFAR06A06M4G",
    "imei": "490154203237518",
    "own_number": None,
    "service_centre": "+821000000000",
    "registration": "roaming",
    "technology": "LTE",
    "voice": "cs",
    "port": "/dev/ttyUSB2",
    "power_pin": 6,
    "troubles": [],
    "last_accepted": {"purpose": "alert", "contact": "mother", "ago_s": 130.0, "ts": "…"},
}


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        loaded = json.loads(self.out)
        assert isinstance(loaded, dict)
        return loaded


class Home:
    """A settings file in a folder of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def at(self, port: str, language: str = "en") -> Home:
        text = SETTINGS.format(folder=self.folder, port=port, language=language)
        (self.folder / "floodbell.toml").write_text(text, encoding="utf-8")
        return self

    def run(self, *words: str) -> Ran:
        """Run the command in this process; what it writes is captured."""
        self._capsys.readouterr()
        code = app.main([*words, "--config", str(self.folder / "floodbell.toml")])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return Ran(code, out, err)


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Home]:
    yield Home(tmp_path, capsys)
    use("en")


@pytest.fixture
def bell(tmp_path: Path, home: Home) -> Iterator[Answering]:
    """Something that answers as the bell would."""
    home.at("/dev/ttyUSB2")
    answering = Answering(tmp_path)
    yield answering
    answering.server.close()


# How the modem is, without a bell


def test_without_a_bell_the_modem_itself_is_asked_and_nothing_is_sent(home: Home) -> None:
    with EmulatedModem() as modem:
        ran = home.at(modem.path).run("modem", "info")
        assert ran.code == 0, ran.err
        for words in ("Texts can leave", "No floodbell runs", "490154203237518", "LTE", modem.path):
            assert words in ran.out
        assert "-73 dBm, 4 of 4 bars: good" in ran.out
        document = home.run("modem", "info", "--json").document
        assert (document["can_text"], document["daemon"], document["bars"]) == (True, False, 4)
        assert document["own_number"] == "+821000000001"
        assert modem.texts == []
        assert b"AT+CMGS" not in modem.transcript


def test_in_korean_it_says_the_same(home: Home) -> None:
    with EmulatedModem() as modem:
        ran = home.at(modem.path, "ko").run("modem", "info")
    assert "문자를 보낼 수 있습니다" in ran.out
    assert "막대 4개 중 4개" in ran.out


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (replace(SIM7600, registered=False), "NO TEXT CAN LEAVE: no network"),
        (replace(SIM7600, sim_pin="1234"), "sim locked"),
    ],
)
def test_without_network_or_with_a_locked_sim_it_is_exit_1(
    home: Home, profile: ModemProfile, words: str
) -> None:
    with EmulatedModem(profile) as modem:
        ran = home.at(modem.path).run("modem", "info")
        assert ran.code == 1
        assert words in ran.out + ran.err
        ran = home.run("modem", "info", "--json")
        assert ran.code == 1
        assert ran.document.get("can_text", False) is False


def test_what_a_modem_does_not_tell_is_said_to_be_unknown(home: Home) -> None:
    with EmulatedModem(RUDE) as modem:
        ran = home.at(modem.path).run("modem", "info")
    assert ran.code == 0, "an unknown network counts as one"
    assert ran.out.count("does not say") >= 4


def test_whoever_holds_the_port_is_named(home: Home) -> None:
    hold = (
        "import serial, sys\n"
        "port = serial.Serial(sys.argv[1], exclusive=True)\n"
        "print(1, flush=True)\n"
        "sys.stdin.read()"
    )
    with (
        EmulatedModem() as modem,
        subprocess.Popen(
            [sys.executable, "-c", hold, modem.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other,
    ):
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "1\n"
        ran = home.at(modem.path).run("modem", "info")
        other.stdin.close()
    assert ran.code == 1
    assert f"({other.pid})" in ran.err
    assert "held by" in ran.err


def test_a_port_that_is_not_there_and_a_home_without_a_modem_are_sentences(home: Home) -> None:
    ran = home.at(str(home.folder / "ttyUSB9")).run("modem", "info")
    assert ran.code == 1
    assert "ttyUSB9" in ran.err
    config = home.folder / "floodbell.toml"
    text = config.read_text(encoding="utf-8")
    modemless = text.replace(text[text.index("[modem]") : text.index("[paths]")], "")
    config.write_text(modemless.replace('routes = ["modem"]\n', ""), encoding="utf-8")
    for words in (("info",), ("sms", "mother")):
        assert home.run("modem", *words).code != 0


@pytest.mark.parametrize("command", [("info",), ("sms", "mother")])
def test_looking_again_and_again_with_a_wrong_pin_costs_one_of_its_tries(
    home: Home, command: tuple[str, ...]
) -> None:
    with EmulatedModem(replace(SIM7600, sim_pin="9999")) as modem:
        config = home.at(modem.path).folder / "floodbell.toml"
        text = config.read_text(encoding="utf-8")
        config.write_text(
            text.replace("[modem]\n", '[modem]\nsim_pin_credential = "sim-pin"\n'), encoding="utf-8"
        )
        (home.folder / "sim-pin").write_text("1234\n", encoding="utf-8")
        assert "refused its PIN" in home.run("modem", *command).err
        for _time in range(2):
            assert "to spare it" in home.run("modem", *command).err
        assert modem.transcript.count(b'AT+CPIN="1234"') == 1
        (home.folder / "sim-pin").write_text("9999\n", encoding="utf-8")
        modem.lose_pin_tries(3)
        assert home.run("modem", *command).code == 0


# A test text, without a bell


def test_a_bell_that_starts_meanwhile_gets_the_modem(home: Home) -> None:
    """119 may need it: nobody waits then for the network's word that a test has arrived."""
    with EmulatedModem(replace(SIM7600, delivery_delay_s=3600.0)) as modem:
        ran: list[Ran] = []
        home.at(modem.path)
        sms = threading.Thread(target=lambda: ran.append(home.run("modem", "sms", "office")))
        sms.start()
        modem.wait_for_texts(1, 20)
        began_s = time.monotonic()
        bell = Answering(home.folder)
        sms.join(20)
        took_s = time.monotonic() - began_s
        bell.server.close()
    assert "Accepted by the network" in ran[0].out
    assert took_s < 5.0, "it holds the port no longer"


@pytest.mark.parametrize(
    ("language", "beginning"),
    [("ko", "[종로비상벨]시험 문자입니다"), ("en", "[FloodBell]This is a test text")],
)
def test_without_a_bell_the_text_leaves_once_in_the_language_of_the_home(
    home: Home, language: str, beginning: str
) -> None:
    with EmulatedModem() as modem:
        ran = home.at(modem.path, language).run("modem", "sms", "mother")
        assert ran.code == 0, ran.err
        texts = modem.texts
    assert {text.number for text in texts} == {PHONES["mother"]}
    whole = texts[-1].whole
    assert whole is not None
    assert whole.startswith(beginning)
    assert whole in ran.out
    assert len(texts) == texts[0].total, "once"


def test_without_a_bell_the_outcome_is_one_document(home: Home) -> None:
    with EmulatedModem() as modem:
        document = home.at(modem.path).run("modem", "sms", "office", "--json").document
    assert (document["sent"], document["outcome"]) == (True, "delivered")
    assert (document["daemon"], document["contact"]) == (False, "office")


def test_what_the_network_refuses_is_exit_1_with_its_reason(home: Home) -> None:
    with EmulatedModem() as modem:
        modem.fail_next(1, 38)
        ran = home.at(modem.path).run("modem", "sms", "mother")
        assert modem.texts == []
    assert ran.code == 1
    assert "NOT sent" in ran.out
    assert "38" in ran.out


@pytest.mark.parametrize("contact", ["119", "lee", "+821033333333"])
def test_to_119_and_to_nobody_known_nothing_leaves(home: Home, contact: str) -> None:
    with EmulatedModem() as modem:
        ran = home.at(modem.path).run("modem", "sms", contact)
        assert ran.code == 2
        assert "mother" in ran.err
        assert modem.texts == []
        assert b"AT+CMGS" not in modem.transcript


# With a bell


def test_the_bell_is_asked_and_its_answer_shown(home: Home, bell: Answering) -> None:
    bell.answers["modem"] = CARD
    ran = home.run("modem", "info")
    assert ran.code == 0
    for words in ("Quectel EC25", "roaming", "2 of 4 bars: weak", "GPIO6", "2 min ago"):
        assert words in ran.out
    assert "No floodbell runs" not in ran.out
    document = home.run("modem", "info", "--json").document
    assert (document["daemon"], document["can_text"]) == (True, True)


@pytest.mark.parametrize(
    "more",
    [
        {"state": "starting"},
        {"state": "down", "detail": "sim missing: put in a working one"},
        {"state": "ready", "registered": False},
        {"state": "ready", "sim": "puk"},
        {"state": "ready", "service_centre": ""},
    ],
)
def test_a_modem_that_cannot_text_is_exit_1(
    home: Home, bell: Answering, more: dict[str, Any]
) -> None:
    trouble = {"cause": "modem", "detail": "as it is"}
    bell.answers["modem"] = {**CARD, **more, "troubles": [trouble]}
    ran = home.run("modem", "info")
    assert ran.code == 1
    assert "Texts can leave" not in ran.out
    assert "check antenna" in ran.out


def row(state: str, **more: Any) -> dict[str, Any]:
    return {"state": state, "attempts": 1, "reason": "", "text": "test", **more}


@pytest.mark.parametrize(
    ("rows", "outcome", "code"),
    [
        ([row("delivered"), row("delivered")], "delivered", 0),
        ([row("refused", reason="no such number")], "failed", 1),
        ([row("accepted"), row("withdrawn", reason="not accepted within 90 s")], "failed", 1),
        ([row("unconfirmed")], "unconfirmed", 1),
        ([], "failed", 1),
    ],
)
def test_what_the_bell_says_of_the_text_decides(
    home: Home, bell: Answering, rows: list[dict[str, Any]], outcome: str, code: int
) -> None:
    bell.answers["modem"] = {**CARD, "detail": "no network"}
    text = "modem_test@b/1/test/mother/1"
    bell.answers["modem_test"] = {"done": True, "reason": "", "text": text}
    bell.answers["outbox"] = {"waiting": rows, "given_up": [], "left_out": 0}
    ran = home.run("modem", "sms", "mother", "--json")
    assert (ran.code, ran.document["outcome"]) == (code, outcome)
    assert bell.asked[0][1] == {"contact": "mother", "by": who_types()}
    assert bell.asked[1][1]["text"] == text
    assert home.run("modem", "sms", "mother").code == code


def test_what_the_bell_refuses_is_told_in_the_readers_language(home: Home, bell: Answering) -> None:
    reason = "enough test texts for now: the next in 20 s"
    bell.answers["modem_test"] = {"done": False, "reason": reason, "text": None}
    ran = home.run("modem", "sms", "mother", "--lang", "ko")
    assert ran.code == 1
    assert "20초" in ran.err
    ran = home.run("modem", "sms", "mother", "--json")
    assert (ran.code, ran.document["outcome"], ran.document["reason"]) == (1, "refused", reason)
    unknown = "not among the contacts in the settings: lee"
    bell.answers["modem_test"] = {"done": False, "reason": unknown, "text": None}
    assert home.run("modem", "sms", "lee").code == 2


def test_a_whole_bell_sends_it_by_its_outbox_and_knows_who_asked(tmp_path: Path) -> None:
    more = QUICK + '[contacts.lee]\nrole = "office"\nphone = "+821066666666"\n'
    with Bell(tmp_path, more=more).start() as bell:
        bell.ready()

        def floodbell(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*COMMAND, *words, "--lang", "en", "--config", str(bell.config)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

        ran = floodbell("modem", "sms", "mother")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "Delivered to mother" in ran.stdout
        assert {text.number for text in bell.modem.texts} == {PHONES["mother"]}
        line = bell.await_log("modem_tested")
        assert f"by {name_of(0) if who_types() == 'root' else who_types()}" in line
        ran = floodbell("modem", "info", "--json")
        shown = json.loads(ran.stdout)
        assert (ran.returncode, shown["daemon"], shown["can_text"]) == (0, True, True)
        assert shown["last_accepted"]["contact"] == "mother"
        assert floodbell("outbox").stdout == "Nothing waits.\n"
        bell.rise(60, 400)
        bell.await_log("stage_changed.*alert")
        ran = floodbell("modem", "sms", "lee")
        assert ran.returncode == 1
        assert "is open" in ran.stderr
        assert "+821066666666" not in {t.number for t in bell.modem.texts if "test" in t.text}
