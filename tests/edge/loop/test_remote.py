"""What the centre asks, on the loop: what is done, what the law refuses, and what is logged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.events import BellPressed, Measured
from edge.loop.inbox import Asked, Refused
from tests.edge.by_hand import ADDRESS, NUMBERS, HandMade


class Remote:
    """Somebody at the centre of a home that is driven by hand."""

    def __init__(self, home: HandMade) -> None:
        self.home = home
        self.asked = 0

    def ask(self, name: str, **arguments: Any) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []
        self.asked += 1
        asked = Asked(name, f"r{self.asked}", arguments, "kim", lambda a: answers.append(dict(a)))
        self.home.put(asked)
        (answer,) = answers
        event = self.home.events("command")[-1]
        assert (event["command"], event["id"], event["by"]) == (name, f"r{self.asked}", "kim")
        assert event["done"] is answer.get("done", True)
        json.dumps(answer, allow_nan=False)
        return answer


def test_an_acknowledgement_from_afar_is_shown_and_ends_no_report(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        centre = Remote(home)
        assert centre.ask("ack") == {
            "done": False,
            "error": "refused",
            "reason": "nothing to acknowledge: no incident is open",
        }
        home.flood()
        assert centre.ask("ack") == {"done": True, "reason": ""}
        assert home.centre.last("alarm")["acknowledged"] is True
        assert home.events("acknowledged")[0]["local"] is False
        incident = home.app.state.incident
        assert incident is not None
        assert any(report.waiting for report in incident.reports)


def test_the_sound_can_be_silenced_and_wet_zones_cannot_be_reset(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        centre = Remote(home)
        home.flood()
        assert home.app.state.siren.on
        assert centre.ask("silence")["done"] is True
        assert not home.app.state.siren.on
        refused = centre.ask("reset")
        assert refused["error"] == "refused"
        assert "is wet" in refused["reason"]
        assert home.app.state.incident is not None


def test_a_bell_that_119_has_not_heard_of_cannot_be_reset_from_afar(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(Measured("door", 0.0, 0.0))
        home.put(BellPressed())
        assert "119 has not accepted" in Remote(home).ask("reset")["reason"]
        assert home.app.state.incident is not None


def test_service_can_be_ended_from_afar_and_not_begun(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        centre = Remote(home)
        home.put(Measured("door", 0.0, 0.0))
        assert centre.ask("service", on=True)["done"] is False
        assert home.app.state.service is None
        done, _ = home.ask("service_on", minutes=30)
        assert done == {"done": True, "reason": ""}
        assert centre.ask("service", on=False)["done"] is True
        assert home.app.state.service is None


def test_a_drill_from_afar_goes_to_the_named_and_never_to_119(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        centre = Remote(home)
        home.put(Measured("door", 0.0, 0.0))
        assert "119" in centre.ask("drill", stage="danger", contacts=["119"])["reason"]
        assert centre.ask("drill", stage="danger", contacts=["mother"])["done"] is True
        told = {message.contact for message in home.sender.outbox.waiting()}
        assert told == {"mother"}


def test_read_tells_what_the_sensors_see(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        centre = Remote(home)
        home.later(1, door=37.0)
        seen = centre.ask("read", sensor=None)["sensors"]
        assert seen["door"]["depth_mm"] == 37.0
        assert centre.ask("read", sensor="door")["sensors"] == seen
        assert "no sensor 'attic'" in centre.ask("read", sensor="attic")["reason"]


@pytest.mark.parametrize("armed", [True, False])
def test_nothing_that_can_be_asked_arms_disarms_or_withdraws_a_report(
    tmp_path: Path, armed: bool
) -> None:
    """Design 4.9: whatever comes from the broker, 119 is told as if it had not come."""
    with HandMade(tmp_path) as home:
        if not armed:
            home.ask("disarm", minutes=10)
        centre = Remote(home)
        before = home.app.state
        home.flood()
        for name, arguments in (
            ("ack", {}),
            ("silence", {}),
            ("reset", {}),
            ("service", {"on": True}),
            ("service", {"on": False}),
            ("drill", {"stage": "danger", "contacts": ["mother"]}),
            ("read", {"sensor": None}),
        ):
            centre.ask(name, **arguments)
        after = home.app.state
        assert (after.armed, after.disarmed, after.service) == (armed, before.disarmed, None)
        reports = [m for m in home.sender.outbox.waiting() if m.contact == "119"]
        assert bool(reports) is armed


def test_requests_that_were_turned_away_are_an_event_with_their_number(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(Refused("arm", "unknown", "'arm' cannot be asked", "kim", 7))
        (event,) = home.events("commands_refused")
        assert {key: event[key] for key in ("command", "error", "by", "count")} == {
            "command": "arm",
            "error": "unknown",
            "by": "kim",
            "count": 7,
        }


def test_no_answer_has_a_name_a_number_or_the_address(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        centre = Remote(home)
        home.flood()
        words = json.dumps(
            [
                centre.ask("read", sensor=None),
                centre.ask("reset"),
                centre.ask("drill", stage="bell", contacts=["x"]),
            ],
            ensure_ascii=False,
        )
        assert ADDRESS not in words
        assert not [number for number in NUMBERS.values() if number in words]
