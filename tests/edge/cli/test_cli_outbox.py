"""``outbox``: what waits, told by the bell if one runs and read from the store if none does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.host.clock import boot_id
from edge.cli import app
from edge.effects import Purpose
from edge.events import Attempted, BellPressed, Measured, Outcome
from edge.locale import use
from edge.messages import outbox_memory
from edge.messages.message import Message
from edge.store.rows import Batch, MessageRow
from edge.store.store import Store
from tests.edge.by_hand import HandMade
from tests.edge.cli.test_cli import SETTINGS, Answering

ROW: dict[str, Any] = {
    "key": "i1/1/danger/mother/1/1",
    "purpose": "danger",
    "contact": "mother",
    "incident": "i1",
    "route": "modem",
    "route_down": False,
    "state": "waiting",
    "attempts": 0,
    "next_s": 12.0,
    "reason": "",
    "why": "door 163 mm ≥ 150 mm",
    "age_s": 200.0,
    "part": 1,
    "parts": 1,
}
CAME_BACK = "+CMS ERROR: 500"


class Home:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.config = folder / "floodbell.toml"
        self.config.write_text(SETTINGS.format(folder=folder), encoding="utf-8")
        self._capsys = capsys

    def run(self, *words: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = app.main(["outbox", *words, "--config", str(self.config)])
        return code, *self._capsys.readouterr()


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Home]:
    yield Home(tmp_path, capsys)
    use("en")


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Answering]:
    answering = Answering(tmp_path)
    yield answering
    answering.server.close()


def waiting(*rows: dict[str, Any], given_up: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"waiting": list(rows), "given_up": list(given_up), "left_out": 0}


# With a bell


def test_nothing_waits_is_said_and_is_good(home: Home, bell: Answering) -> None:
    bell.answers["outbox"] = waiting()
    assert home.run() == (0, "Nothing waits.\n", "")
    assert home.run("--lang", "ko")[1] == "기다리는 것이 없습니다.\n"
    code, out, _ = home.run("--json")
    assert code == 0
    assert json.loads(out) == {"good": True, "daemon": True, **waiting()}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, 0),
        ({"state": "in_flight", "next_s": None}, 0),
        ({"attempts": 2, "reason": CAME_BACK}, 1),
        ({"route_down": True}, 1),
    ],
)
def test_what_is_on_its_way_is_good_and_what_has_failed_is_not(
    home: Home, bell: Answering, more: dict[str, Any], code: int
) -> None:
    bell.answers["outbox"] = waiting({**ROW, **more})
    ran = home.run()
    assert ran[0] == code
    assert "water: danger → mother" in ran[1]


def test_each_message_says_how_it_stands_and_why(home: Home, bell: Answering) -> None:
    second = {**ROW, "part": 2, "parts": 2, "attempts": 3, "reason": CAME_BACK, "text": "위험!"}
    gone = {**ROW, "state": "expired", "next_s": None, "reason": "not accepted within a day"}
    bell.answers["outbox"] = waiting(second, given_up=(gone,))
    _, out, _ = home.run("--texts")
    assert bell.asked[0][1] == {"texts": True}
    for words in (
        "(2/2)",
        "waiting, by modem, attempts: 3, next in 12 s, decided 3 min ago",
        CAME_BACK,
        "door 163 mm ≥ 150 mm",
        "text: 위험!",
        "Given up lately: 1",
        "GIVEN UP, by modem",
    ):
        assert words in out


# Without a bell


def test_without_bell_and_store_it_is_exit_3(home: Home) -> None:
    code, out, err = home.run()
    assert (code, out) == (3, "")
    assert "nothing has ever waited" in err
    code, out, _ = home.run("--json")
    assert (code, json.loads(out)["ok"]) == (3, False)


def test_the_store_is_read_and_says_that_nobody_sends(home: Home, tmp_path: Path) -> None:
    with HandMade(tmp_path) as made:
        made.put(Measured("door", 0.0, 0.0))
        made.put(BellPressed())
        key = made.worker.jobs[-1].key
        made.put(Attempted(key, "modem", Outcome.FAILED, CAME_BACK))
        made.events()
    before = (tmp_path / "floodbell.db").read_bytes()
    code, out, _ = home.run("--texts")
    assert code == 1
    assert out.startswith("No floodbell runs")
    assert out.index("report to 119 → 119") < out.index("bell pressed → mother")
    assert CAME_BACK in out
    assert "worded when it leaves" in out
    assert "비상벨이 눌렸습니다" in out
    assert "ago" not in out, "its seconds are of another boot"
    code, out, _ = home.run("--json")
    document = json.loads(out)
    assert (document["daemon"], document["good"]) == (False, False)
    assert {row["next_s"] for row in document["waiting"]} == {None}
    assert (tmp_path / "floodbell.db").read_bytes() == before


def test_of_this_boot_the_age_is_known_and_what_was_given_up_is_shown(
    home: Home, tmp_path: Path
) -> None:
    store = Store(tmp_path / "floodbell.db")
    store.open()
    rows = []
    for name, status in (("a", "expired"), ("b", "refused"), ("c", "accepted")):
        message = Message(f"x/1/alert/{name}/1/1", Purpose.ALERT, name, None, 1, 0.0, ("modem",))
        rows.append(MessageRow(message.key, status, outbox_memory.dump(message, boot_id())))
    rows.append(MessageRow("x/1/alert/d/1/1", "refused", "{}"))
    store.commit(Batch(messages=tuple(rows)), 5.0)
    store.close(5.0)
    code, out, _ = home.run()
    assert code == 0
    assert "Nothing waits." in out
    assert "Given up lately: 2" in out
    assert "ago" in out
    assert "→ c" not in out


def test_a_store_that_is_damaged_is_a_sentence(home: Home, tmp_path: Path) -> None:
    (tmp_path / "floodbell.db").write_bytes(b"no database at all" * 100)
    code, _, err = home.run()
    assert code == 1
    assert "cannot be read" in err
