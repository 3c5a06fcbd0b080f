"""What the control socket answers, and what health says: no name, address or number in either."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.centre.vitals import health
from edge.events import Armed, BellPressed, Measured, RouteState, TroubleSeen
from edge.loop.app import RECENT
from edge.loop.inbox import Question
from tests.edge.by_hand import ADDRESS, NUMBERS, HandMade, Worker
from tests.edge.law.basement import DOOR_AND_FLOAT


def test_status_of_a_calm_home_that_has_just_started(tmp_path: Path) -> None:
    with HandMade(tmp_path, policy=DOOR_AND_FLOAT) as home:
        home.put(Measured("float", float("-inf"), 20.0))
        state, refusal = home.ask("status")
        assert refusal is None
        assert state is not None
        assert (state["stage"], state["latched"], state["incident"]) == ("normal", "normal", None)
        assert state["armed"] is True
        assert state["modem"]["state"] == "starting"
        assert state["sensors"]["door"] == {
            "driver": "simulated",
            "zone": "entrance",
            "depth_mm": None,
            "at_least_mm": None,
            "below_mm": None,
            "quality": "stale",
            "reason": "no reading yet",
            "age_s": None,
            "wet_test_s": None,
        }
        assert state["sensors"]["float"]["below_mm"] == 20.0
        assert state["sensors"]["float"]["at_least_mm"] is None
        json.dumps(state, allow_nan=False)


def test_status_of_a_home_in_danger(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(RouteState("modem", up=True, registered=True, signal_dbm=-71, operator="KT"))
        home.flood()
        state, _ = home.ask("status")
        assert state is not None
        assert (state["stage"], state["depth_mm"], state["zone"]) == ("danger", 200.0, "entrance")
        assert state["siren"] is True
        assert state["modem"]["state"] == "ready"
        assert state["store"]["ok"] is True
        assert {m["purpose"] for m in state["outbox"]} >= {"report", "danger"}
        assert {m["contact"] for m in state["outbox"]} <= {"119", *NUMBERS}
        json.dumps(state, allow_nan=False)


def test_hands_do_what_they_are_told_or_say_why_not(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(Measured("door", 0.0, 0.0))
        assert home.ask("reset") == (
            {"done": False, "reason": "nothing to reset: no incident is open"},
            None,
        )
        home.put(BellPressed())
        assert home.ask("ack", by="kim") == ({"done": True, "reason": ""}, None)
        assert home.ask("silence") == ({"done": True, "reason": ""}, None)
        assert home.ask("reset") == ({"done": True, "reason": ""}, None)
        assert home.app.state.incident is None
        assert home.events("acknowledged")[0]["by"] == "kim"
        assert home.events("silenced")[0]["by"] == "uid 0"


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("disarm", {"minutes": 10**400}),
        ("service_on", {"minutes": -(10**400)}),
        ("calibrate", {"sensor": "door", "numbers": {"offset_mm": 10**400, "scale": 1.0}}),
    ],
)
def test_a_number_beyond_every_float_is_refused(
    tmp_path: Path, command: str, arguments: dict[str, Any]
) -> None:
    with HandMade(tmp_path) as home:
        result, refusal = home.ask(command, **arguments)
        assert result is None
        assert "too large" in str(refusal)
        assert home.app.state.disarmed is None


def test_whoever_meets_a_bug_is_told_and_so_is_the_loop(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        said: list[object] = []
        # No daemon makes such a question: its arguments are always an object.
        broken = Question("sensor", [], "kim", lambda *words: said.append(words))  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            home.app.take(broken, home.app.parts.clocks.now_s())
        assert said == [(None, "the bell failed at this: AttributeError; see its log")]


def test_no_argument_changes_who_asks(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(BellPressed())
        said: list[object] = []
        claim = Question("ack", {"by": "mayor"}, "kim", lambda *words: said.append(words))
        home.put(claim)
        assert said == [({"done": True, "reason": ""}, None)]
        [event] = home.events("acknowledged")
        assert (event["by"], event["reason"]) == ("kim", "by kim")


def test_what_people_have_set_is_shown_with_what_is_left_of_it(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(Measured("door", 0.0, 0.0))
        nothing, _ = home.ask("status")
        assert nothing is not None
        assert [nothing[key] for key in ("service", "drill", "disarmed")] == [None] * 3
        assert nothing["report_armed"] is True
        home.ask("disarm", by="kim", minutes=10)
        home.ask("drill", by="kim", stage="bell", contacts=["mother"])
        home.later(60, door=0.0)
        state, _ = home.ask("status")
        assert state is not None
        assert state["disarmed"] == {"by": "kim", "for_s": 60.0, "left_s": 540.0}
        assert state["drill"] == {
            "stage": "bell",
            "by": "kim",
            "contacts": ["mother"],
            "left_s": 540.0,
        }
        home.ask("service_on", by="kim")
        state, _ = home.ask("status")
        assert state is not None
        assert (state["drill"], state["armed"]) == (None, False)
        assert state["service"] == {"by": "kim", "left_s": 3600.0}
        json.dumps(state, allow_nan=False)


@pytest.mark.parametrize(
    ("command", "arguments", "words"),
    [
        ("service_on", {"minutes": 500}, "120 minutes"),
        ("service_off", {}, "not in service"),
        ("drill", {"stage": "bell", "contacts": ["nobody"]}, "nobody"),
        ("drill", {"contacts": ["mother"]}, "is not one of"),
        ("drill_end", {}, "no drill"),
        ("disarm", {"minutes": 0}, "480 minutes"),
        ("service_on", {"minutes": True}, "minutes is a number"),
        ("disarm", {"minutes": "10"}, "minutes is a number"),
        ("disarm", {"minutes": float("nan")}, "minutes is a number"),
        ("drill", {"stage": "bell", "contacts": "mother"}, "list of names"),
        ("drill", {"stage": "bell", "contacts": [3]}, "list of names"),
    ],
)
def test_a_hand_that_is_refused_is_told_why(
    tmp_path: Path, command: str, arguments: dict[str, Any], words: str
) -> None:
    with HandMade(tmp_path) as home:
        home.put(Measured("door", 0.0, 0.0))
        answer, error = home.ask(command, **arguments)
        assert words in (error or (answer or {})["reason"])
        assert home.journal.read() == ()


def test_an_unknown_command_is_named(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        assert home.ask("dance") == (None, "unknown command 'dance'")


def test_a_home_without_a_modem_says_none(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        site = replace(home.app.parts.site, modem=False)
        home.app._parts = replace(home.app.parts, site=site)
        state, _ = home.ask("status")
        assert state is not None
        assert state["modem"] is None


def test_health_has_what_an_operator_needs_to_see_a_device_dying(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(RouteState("modem", up=False, detail="no network", registered=False))
        home.later(5, door=0.0)
        seen = health(home.app, tmp_path)
        assert seen["troubles"][0]["cause"] == "modem"
        assert seen["modem"] == {
            "up": False,
            "detail": "no network",
            "sim": None,
            "operator": None,
        }
        assert (seen["registered"], seen["unheard"], seen["starts"]) == (False, 0, 1)
        assert seen["hung"] == []
        assert seen["uptime_s"] == 5.0
        assert seen["store"]["ok"] is True
        assert seen["clock_synced"] is True
        assert seen["waiting"] == len(home.sender.outbox.waiting())
        json.dumps(seen, allow_nan=False)


@pytest.mark.parametrize("what", ["status", "watch", "health"])
def test_neither_has_a_number_a_name_or_the_address(tmp_path: Path, what: str) -> None:
    with HandMade(tmp_path) as home:
        home.put(TroubleSeen("modem", "no network"))
        home.put(Armed(armed=True, reason="test"))
        home.flood()
        seen = home.ask(what) if what != "health" else health(home.app, tmp_path)
        words = json.dumps(seen, ensure_ascii=False)
        assert not [number for number in NUMBERS.values() if number in words]
        assert ADDRESS not in words
        assert "창신길" not in words


def test_who_watches_gets_the_setpoints_and_the_newest_events_without_a_disk(
    tmp_path: Path,
) -> None:
    with HandMade(tmp_path) as home:
        home.flood()
        for number in range(RECENT):
            home.app.tell("text_came", f"no {number}")
        home.ask("silence")
        seen, _ = home.ask("watch")
        assert seen is not None
        assert seen["stage"] == "danger"
        assert seen["setpoints"] == {"alert_mm": 20.0, "danger_mm": 150.0}
        assert len(seen["events"]) == RECENT, "however many there were"
        assert seen["events"][-1]["type"] == "silenced"
        json.dumps(seen, allow_nan=False)


def test_a_web_service_is_unused_until_it_was_asked_and_absent_where_there_is_none(
    tmp_path: Path,
) -> None:
    with HandMade(tmp_path, ways=lambda _put: {"http": Worker()}) as home:
        state, _ = home.ask("status")
        assert state is not None
        assert state["http"] == {"state": "unused", "detail": ""}
        assert state["cap"] is None
        home.put(RouteState("http", up=False, detail="the key is refused", registered=True))
        state, _ = home.ask("status")
        assert state is not None
        assert state["http"] == {"state": "down", "detail": "the key is refused"}
