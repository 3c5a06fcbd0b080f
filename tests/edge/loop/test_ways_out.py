"""What the control socket says of the modem and the outbox; and a test text that goes its way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.events import (
    Attempted,
    BellPressed,
    Delivered,
    Measured,
    ModemCard,
    Outcome,
    RouteState,
    TroubleSeen,
)
from edge.messages.book import GIVEN_UP_KEPT
from tests.edge.by_hand import NUMBERS, HandMade

CARD = ModemCard(
    manufacturer="SIMCOM INCORPORATED",
    model="SIMCOM_SIM7600G-H",
    firmware="SIM7600M22_V2.0",
    imei="490154203237518",
    own_number="+821000000001",
    service_centre="+821000000000",
    registration="home",
    technology="LTE",
    voice="volte",
)
WELL = RouteState(
    "modem", up=True, registered=True, signal_dbm=-71, operator="KT", sim="ready", card=CARD
)


def told(home: HandMade, command: str, **arguments: Any) -> dict[str, Any]:
    answer, error = home.ask(command, **arguments)
    assert error is None
    assert answer is not None
    json.dumps(answer, allow_nan=False)
    return dict(answer)


def calm(folder: Path) -> HandMade:
    home = HandMade(folder)
    home.put(Measured("door", 0.0, 0.0))
    return home


def end(home: HandMade, outcome: Outcome, **more: Any) -> None:
    """End what is in flight on the modem."""
    job = home.worker.jobs[-1]
    home.put(Attempted(job.key, "modem", outcome, **more))


def test_of_a_modem_that_has_said_nothing_yet_nothing_is_known(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        modem = told(home, "modem")
    assert (modem["state"], modem["registration"], modem["imei"]) == ("starting", None, None)
    assert (modem["troubles"], modem["last_accepted"]) == ([], None)


def test_what_the_modem_said_of_itself_is_told_whole(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        home.put(WELL)
        home.put(TroubleSeen("modem:weak_signal", "weak signal: -109 dBm"))
        home.put(TroubleSeen("sensor:door", "no echo"))
        home.later(20, door=0.0)
        modem = told(home, "modem")
    assert (modem["state"], modem["operator"], modem["signal_dbm"]) == ("ready", "KT", -71)
    for name in ("imei", "own_number", "service_centre", "registration", "technology", "voice"):
        assert modem[name] == getattr(CARD, name)
    assert [trouble["cause"] for trouble in modem["troubles"]] == ["modem:weak_signal"]


def test_its_numbers_stay_out_of_the_status(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        home.put(WELL)
        everything = json.dumps(told(home, "status"))
    assert CARD.imei not in everything  # type: ignore[operator]
    assert CARD.own_number not in everything  # type: ignore[operator]


def test_a_test_text_leaves_by_the_modem_and_its_end_is_told(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        home.put(WELL)
        asked = told(home, "modem_test", by="kim", contact="mother")
        assert (asked["done"], asked["reason"]) == (True, "")
        (job,) = home.worker.jobs
        assert (job.number, job.origin) == (NUMBERS["mother"], None)
        assert job.text.startswith("[종로비상벨]시험")
        rows = told(home, "outbox", text=asked["text"], texts=True)["waiting"]
        parts = len(rows)
        assert [row["state"] for row in rows] == ["in_flight", "waiting"][:parts]
        assert "".join(row["text"] for row in rows).startswith(job.text)
        for part in range(parts):
            home.later(7, door=0.0)
            end(home, Outcome.ACCEPTED, reference=20 + part)
        rows = told(home, "outbox", text=asked["text"])["waiting"]
        assert {row["state"] for row in rows} == {"accepted"}
        assert "text" not in rows[0]
        last = told(home, "modem")["last_accepted"]
        assert (last["purpose"], last["contact"], last["ago_s"]) == ("test", "mother", 0.0)
        home.put(Delivered("modem", 20, delivered=True, number=NUMBERS["mother"]))
        rows = told(home, "outbox", text=asked["text"])["waiting"]
        assert rows[0]["state"] == "delivered"
        [event] = home.events("modem_tested")
        assert (event["by"], event["contact"]) == ("kim", "mother")
        assert told(home, "outbox") == {"waiting": [], "given_up": [], "left_out": 0}


def test_a_test_text_that_did_not_arrive_is_not_sent_again(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        text = told(home, "modem_test", contact="mother")["text"]
        end(home, Outcome.ACCEPTED, reference=20)
        home.put(Delivered("modem", 20, delivered=False, number=NUMBERS["mother"]))
        (first, *_) = told(home, "outbox", text=text)["waiting"]
        assert first["state"] == "withdrawn"
        assert "not delivered" in first["reason"]
        sent = len([job for job in home.worker.jobs if job.key == first["key"]])
        home.later(3600, door=0.0)
        assert len([job for job in home.worker.jobs if job.key == first["key"]]) == sent == 1


def test_one_that_nobody_takes_is_given_up_and_shown_so(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        home.put(RouteState("modem", up=False, detail="no network", registered=False))
        text = told(home, "modem_test", contact="mother")["text"]
        home.later(100, door=0.0)
        while home.sender.flying:
            end(home, Outcome.FAILED, detail="no network", registered=False)
        rows = told(home, "outbox", text=text)["waiting"]
        assert {row["state"] for row in rows} == {"withdrawn"}
        assert "90 s" in rows[-1]["reason"]
        assert {row["contact"] for row in told(home, "outbox")["given_up"]} == {"mother"}


def test_a_test_text_does_not_outlive_a_restart(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        told(home, "modem_test", contact="mother")
    with HandMade(tmp_path) as home:
        home.sender.restore(home.recovered.messages, (), (), home.app.state, home.clock.at_s)
        assert home.sender.outbox.waiting() == ()
        rows = told(home, "outbox")["given_up"]
    assert {row["reason"] for row in rows} == {"a test text ends with a restart"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "no contact is named"),
        ({"contact": "119"}, "not among the contacts in the settings: 119"),
        ({"contact": ["mother"]}, "not among the contacts"),
        ({"contact": 7}, "not among the contacts"),
    ],
)
def test_a_test_text_to_nobody_known_is_refused(
    tmp_path: Path, arguments: dict[str, Any], words: str
) -> None:
    with calm(tmp_path) as home:
        answer = told(home, "modem_test", **arguments)
        assert home.worker.jobs == []
    assert (answer["done"], answer["text"]) == (False, None)
    assert words in answer["reason"]


def test_while_an_incident_is_open_no_test_text_leaves(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        home.put(BellPressed())
        answer = told(home, "modem_test", contact="mother")
        assert "is open" in answer["reason"]
        assert not any(m.purpose == "test" for m in home.sender.outbox.messages.values())


def test_what_waits_is_told_with_when_and_why(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        home.put(BellPressed())
        rows = told(home, "outbox")["waiting"]
        assert rows[0]["purpose"] == "report"
        assert (rows[0]["state"], rows[0]["next_s"]) == ("in_flight", None)
        end(home, Outcome.FAILED, detail="+CMS ERROR: 500")
        report = told(home, "outbox", texts=True)["waiting"][0]
        assert (report["attempts"], report["reason"]) == (1, "+CMS ERROR: 500")
        assert (report["state"], report["text"]) == ("waiting", None), "worded when it leaves"
        assert 0.0 < report["next_s"] <= 2.0
        assert report["why"]


def test_what_was_given_up_is_remembered_and_no_more_than_so_many(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        for _ in range(GIVEN_UP_KEPT + 5):
            home.later(120, door=0.0)
            assert told(home, "modem_test", contact="mother")["done"]
            end(home, Outcome.REFUSED, detail="no such number")
            home.later(100, door=0.0)
            while home.sender.flying:
                end(home, Outcome.REFUSED, detail="no such number")
        rows = told(home, "outbox")["given_up"]
        assert len(rows) == GIVEN_UP_KEPT
        assert rows[0]["state"] == "refused"
        assert rows[0]["age_s"] > rows[-1]["age_s"]


def test_the_name_of_a_text_is_a_word(tmp_path: Path) -> None:
    with calm(tmp_path) as home:
        answer, error = home.ask("outbox", text=7)
    assert (answer, error) == (None, "text is the name of a text, not 7")
