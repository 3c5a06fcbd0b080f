"""Every command on a terminal, with a bell that runs and without: an end, a code, a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from edge.cli.app import COMMANDS
from tests.bells import QUICK, Bell
from tests.edge.cli.terminal import ROOT, Ran, on_terminals

ALONE = {"run", "demo", "init"}
"""Tried in tests of their own: they do not end by themselves, or ask."""

STORIES: dict[str, tuple[str, ...]] = {
    "check-config": ("check-config",),
    "doctor": ("doctor", "--quiet"),
    "status": ("status",),
    "watch": ("watch", "--times", "1"),
    "sensor": ("sensor", "read", "door", "--raw"),
    "history": ("history", "--plot"),
    "ack": ("ack",),
    "silence": ("silence",),
    "reset": ("reset",),
    "service": ("service", "on", "--minutes", "1"),
    "drill": ("drill", "alert", "--to", "kim"),
    "arm": ("arm",),
    "disarm": ("disarm", "--minutes", "1"),
    "modem": ("modem", "info"),
    "outbox": ("outbox",),
    "simulate": ("simulate", str(ROOT / "docs/cloudburst.csv")),
    "incidents": ("incidents",),
    "support-bundle": ("support-bundle",),
    "completion": ("completion", "bash"),
    "schema": ("schema", "config"),
}
SLOW = {"doctor", "simulate", "support-bundle", "sensor", "modem", "schema", "check-config"}
"""Tried in one window only: their narrow pages have tests of their own."""

WITHOUT = {
    "check-config": 0,
    "doctor": 0,
    "status": 3,
    "watch": 3,
    "sensor": 0,
    "history": 3,
    "ack": 3,
    "silence": 3,
    "reset": 3,
    "service": 3,
    "drill": 3,
    "arm": 3,
    "disarm": 3,
    "modem": 0,
    "outbox": 3,
    "simulate": 0,
    "incidents": 3,
    "support-bundle": 0,
    "completion": 0,
    "schema": 0,
}
WITH = {
    **dict.fromkeys(STORIES, 0),
    # Nobody has learned of a flood yet, and nothing is there to be ended.
    "ack": 1,
    "silence": 1,
    "reset": 1,
}


def tried(names: Sequence[str], bell: Bell, columns: int, language: str) -> dict[str, Ran]:
    options = ("--config", str(bell.config), "--lang", language)
    commands = []
    for name in names:
        into = ("--into", str(bell.directory / "bell.tar.gz")) if name == "support-bundle" else ()
        place = () if name == "completion" else options
        commands.append([*STORIES[name], *into, *place])
    return dict(zip(names, on_terminals(commands, columns), strict=True))


def test_every_command_is_tried() -> None:
    assert set(STORIES) | ALONE == set(COMMANDS)
    assert set(STORIES) == set(WITHOUT) == set(WITH)


@pytest.mark.parametrize(
    ("columns", "language"), [pytest.param(80, "en", marks=pytest.mark.long), (40, "ko")]
)
def test_without_a_bell_every_command_says_what_is_missing(
    tmp_path: Path, columns: int, language: str
) -> None:
    slow = SLOW if columns == 40 else set()
    with Bell(tmp_path) as bell:
        bell.write_settings()
        ran = tried([name for name in STORIES if name not in slow], bell, columns, language)
    expected = {name: code for name, code in WITHOUT.items() if name not in slow}
    assert {name: one.code for name, one in ran.items()} == expected
    assert [name for name, one in ran.items() if not one.screen] == []
    assert [name for name, one in ran.items() if "Traceback" in one.screen] == []


def test_with_a_bell_every_command_answers(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK) as bell:
        bell.start().ready()
        names = [name for name in STORIES if name not in ("doctor", "drill", "service")]
        ran = tried(names, bell, 80, "en")
        ran |= tried(["drill"], bell, 80, "en")
        bell.ask("drill_end")
        ran |= tried(["service"], bell, 80, "en")
        assert ran["support-bundle"].screen.count("bell.tar.gz")
        assert bell.modem.texts, "the drill went out"
        assert not [text for text in bell.modem.texts if text.number == "119"]
    expected = {name: code for name, code in WITH.items() if name != "doctor"}
    told = {name: one.screen for name, one in ran.items()}
    assert {name: one.code for name, one in ran.items()} == expected, told
    assert [name for name, one in ran.items() if "Traceback" in one.screen] == []
