"""Service, drill, arm and disarm as a technician meets them: words, codes, and what is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.cli.refusals import REASONS, in_words
from edge.events import Hand, Health
from edge.locale import use
from tests.edge.cli.test_cli import STATUS, Answering, config, daemon, floodbell
from tests.edge.law.basement import DOOR_AND_FLOAT, Basement

__all__ = ["config", "daemon"]  # fixtures

DONE = {"done": True, "reason": ""}
COMMANDS = ("service_on", "service_off", "drill", "drill_end", "arm", "disarm")


@pytest.mark.parametrize(
    ("words", "command", "arguments"),
    [
        ("service on", "service_on", {"minutes": 60.0}),
        ("service on --minutes 15", "service_on", {"minutes": 15.0}),
        ("service off", "service_off", {}),
        ("drill bell --to mother", "drill", {"stage": "bell", "contacts": ["mother"]}),
        ("drill danger --to a --to b", "drill", {"stage": "danger", "contacts": ["a", "b"]}),
        ("drill alert --to a b", "drill", {"stage": "alert", "contacts": ["a", "b"]}),
        ("drill end", "drill_end", {}),
        ("arm", "arm", {}),
        ("disarm --minutes 480", "disarm", {"minutes": 480.0}),
        ("disarm --until-armed", "disarm", {"minutes": None}),
    ],
)
def test_what_a_person_says_is_what_the_daemon_is_asked(
    config: str, daemon: Answering, words: str, command: str, arguments: dict[str, Any]
) -> None:
    daemon.answers |= dict.fromkeys(COMMANDS, DONE)
    ran = floodbell(*words.split(), "--config", config)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()
    [(asked, given)] = daemon.asked
    assert asked == command
    assert given.pop("by")
    assert given == arguments


@pytest.mark.parametrize(
    "words",
    [
        "disarm",
        "disarm --minutes 10 --until-armed",
        "disarm --minutes 481",
        "disarm --minutes 0",
        "disarm --minutes soon",
        "service",
        "service on --minutes 121",
        "service on --minutes -1",
        "drill",
        "drill bell",
        "drill flood --to mother",
        "drill end --to mother",
    ],
)
def test_what_cannot_be_meant_is_exit_2_and_asks_nobody(
    config: str, daemon: Answering, words: str
) -> None:
    daemon.answers |= dict.fromkeys(COMMANDS, DONE)
    ran = floodbell(*words.split(), FLOODBELL_CONFIG=config)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    assert daemon.asked == []


@pytest.mark.parametrize("words", ["service on", "arm", "disarm --until-armed", "drill end"])
def test_without_a_daemon_it_is_exit_3(config: str, words: str) -> None:
    ran = floodbell(*words.split(), "--config", config)
    assert ran.returncode == 3
    assert "No floodbell answers" in ran.stderr


def test_a_refusal_is_exit_1_with_its_reason_in_the_reader_s_language(
    config: str, daemon: Answering
) -> None:
    daemon.answers["arm"] = {"done": False, "reason": "modem: no SIM"}
    ran = floodbell("arm", "--config", config)
    assert (ran.returncode, ran.stdout) == (1, "Not done: modem: no SIM\n")
    ran = floodbell("arm", "--lang", "ko", "--config", config)
    assert (ran.returncode, ran.stdout) == (1, "하지 않았습니다: 모뎀: no SIM\n")
    ran = floodbell("arm", "--json", "--config", config)
    assert (ran.returncode, json.loads(ran.stdout)) == (1, daemon.answers["arm"])


def _refusals() -> set[str]:
    """Every refusal that the law can be made to say here."""

    def refused(basement: Basement, hand: Hand, *minutes: float, **more: Any) -> None:
        said.add(basement.ask(hand, *minutes, **more))

    said: set[str] = set()
    dry, wet, rung = Basement(), Basement(), Basement()
    dry.run(2, door=0.0)
    wet.flood(60.0)
    rung.press()
    judged = Basement()
    judged.run(1, door=0.0)
    judged.run(1, door=60.0)
    blind = Basement()
    blind.press()
    blind.lose("door", Health.STALE)
    unsure = Basement(DOOR_AND_FLOAT)
    unsure.run(1, door=0.0)
    unsure.press()
    unsure.bound("door", -10.0, 100.0)
    for basement, hand in ((dry, Hand.ACK), (dry, Hand.SILENCE), (dry, Hand.RESET)):
        refused(basement, hand)
    for basement in (wet, blind):
        refused(basement, Hand.RESET)
    refused(unsure, Hand.RESET, local=False)
    waits = Basement(accepts=False)
    waits.run(1, door=0.0)
    waits.press()
    refused(waits, Hand.RESET, local=False)
    refused(dry, Hand.SERVICE_ON, local=False)
    refused(dry, Hand.SERVICE_ON, 500)
    refused(judged, Hand.SERVICE_ON)
    refused(rung, Hand.SERVICE_ON)
    refused(dry, Hand.SERVICE_OFF)
    refused(rung, Hand.DRILL, stage="bell", contacts=("mother",))
    refused(dry, Hand.DRILL, stage="flood", contacts=("mother",))
    refused(dry, Hand.DRILL, stage="bell")
    refused(dry, Hand.DRILL, stage="bell", contacts=("x",))
    refused(dry, Hand.DRILL_END)
    refused(dry, Hand.MODEM_TEST, local=False, contacts=("mother",))
    refused(dry, Hand.MODEM_TEST, contacts=("mother", "home"))
    for _ in range(4):
        refused(dry, Hand.MODEM_TEST, contacts=("mother",))
    dry.ask(Hand.DRILL, stage="bell", contacts=("mother",))
    refused(dry, Hand.DRILL, stage="bell", contacts=("mother",))
    dry.ask(Hand.SERVICE_ON)
    refused(dry, Hand.DRILL, stage="bell", contacts=("mother",))
    refused(dry, Hand.DISARM, local=False)
    refused(dry, Hand.ARM, local=False)
    refused(dry, Hand.DISARM, 500)
    dry.trouble("modem")
    refused(dry, Hand.ARM)
    dry.mend("modem")
    dry.ask(Hand.DISARM, 10)
    refused(dry, Hand.DISARM)
    for cause in ("store", "modem"):
        dry.trouble(cause)
        refused(dry, Hand.ARM)
        dry.mend(cause)
    dry.lose("door")
    refused(dry, Hand.ARM)
    wet.ask(Hand.DISARM)
    refused(wet, Hand.DISARM)
    wet.arm(False)
    refused(wet, Hand.ARM)
    rung.arm(False)
    refused(rung, Hand.DISARM)
    return said - {""}


def test_every_refusal_of_the_law_is_known_in_korean() -> None:
    said = _refusals()
    assert len(said) >= len(REASONS)
    try:
        use("ko")
        unknown = [reason for reason in said if in_words(reason) == reason]
    finally:
        use("en")
    assert unknown == []


def test_a_refusal_of_a_newer_daemon_is_shown_as_it_came() -> None:
    assert in_words("the moon is full") == "the moon is full"


SET = {
    **STATUS,
    "report_armed": True,
    "disarmed": {"by": "kim", "for_s": 60.0, "left_s": 1800.0},
    "service": {"by": "kim", "left_s": 600.0},
    "drill": None,
}


def test_status_says_first_what_somebody_has_left_switched_off(
    config: str, daemon: Answering
) -> None:
    daemon.answers["status"] = SET
    ran = floodbell("status", "--config", config)
    assert ran.returncode == 1
    assert ran.stdout.splitlines()[:3] == [
        "NORMAL: no water",
        "DISARMED by kim, for 30 min more: 119 is not told",
        "IN SERVICE by kim: water alarms nobody but the technician, for 10 min more",
    ]


def test_status_of_a_disarming_without_an_end_says_so(config: str, daemon: Answering) -> None:
    daemon.answers["status"] = {**SET, "service": None, "disarmed": {"by": "kim", "left_s": None}}
    ran = floodbell("status", "--config", config)
    assert ran.returncode == 1
    assert "DISARMED by kim until somebody arms it" in ran.stdout


def test_status_shows_a_drill(config: str, daemon: Answering) -> None:
    drill = {"stage": "bell", "by": "kim", "contacts": ["mother"], "left_s": 300.0}
    daemon.answers["status"] = {**STATUS, "drill": drill}
    ran = floodbell("status", "--config", config)
    assert ran.returncode == 0
    assert "DRILL (bell) by kim, for 5 min more" in ran.stdout


def test_the_help_of_every_hand_is_whole(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "none.toml")
    for words in (["service", "on"], ["service", "off"], ["drill"], ["arm"], ["disarm"]):
        ran = floodbell(*words, "--help", "--lang", "ko", FLOODBELL_CONFIG=nowhere)
        assert ran.returncode == 0
        assert "..." not in ran.stdout.replace("CONTACT...", "")
