"""What an earlier version stored is taken up whole: an update in a flood must not forget it."""

from __future__ import annotations

from typing import Any

from edge.law import memory
from edge.law.levels import Level
from tests.edge.law.basement import DOOR_AND_FLOAT, Basement

STORED: dict[str, Any] = {
    "form": 1,
    "level": "danger",
    "zone": "entrance",
    "level_for_s": 29.0,
    "incident": {
        "id": "i1",
        "open_for_s": 40.0,
        "latched": "danger",
        "bell": True,
        "pressed_for_s": 12.0,
        "episode": 2,
        "alerts": 1,
        "recedings": 0,
        "peak_mm": 200,
        "reported_mm": 180.0,
        "zone": "entrance",
        "acknowledged": False,
        "wet_alert": ["door"],
        "wet_danger": ["door"],
        "contested": [],
        "reports": [
            {
                "episode": 1,
                "origin": "water",
                "for_s": 29.0,
                "setpoint_mm": 150,
                "repeat": 1,
                "waiting": False,
                "next_in_s": 31.0,
                "accepted": 1,
                "unreached": False,
                "acknowledged": False,
                "withheld": False,
                "reason": "door 180 mm ≥ 150 mm for 3.0 s, seen rising",
            },
            {
                "episode": 2,
                "origin": "bell",
                "for_s": 12.0,
                "setpoint_mm": 0.0,
                "repeat": 1,
                "waiting": False,
                "next_in_s": 48.0,
                "accepted": 1,
                "unreached": False,
                "acknowledged": False,
                "withheld": False,
                "reason": "bell pressed",
            },
        ],
    },
    "siren": {"on": True, "for_s": 12.0, "silenced": False, "cut_off": False},
    "raising": [],
    "troubles": [
        {"cause": "modem", "detail": "no network", "for_s": 12.0, "raised": True, "texted": True},
        {
            "cause": "sensor:float",
            "detail": "stale: no frame",
            "for_s": 12.0,
            "raised": True,
            "texted": True,
        },
    ],
}
"""As version 0.1 wrote it in a flood: the bell pressed, no network, and a float that is lost."""


def test_the_state_of_an_earlier_version_goes_on_with_nothing_lost() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    home.state, effects = memory.load(STORED, home.now_s, home.policy, gap_s=5.0)
    incident = home.state.incident
    assert incident is not None
    assert (incident.id, incident.episode, incident.bell) == ("i1", 2, True)
    assert home.state.level is Level.DANGER
    assert {t.cause for t in home.state.troubles.values() if t.raised} == {"modem", "sensor:float"}
    assert effects


def test_119_hears_its_repeats_when_they_are_due_after_an_update() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    home.state, _ = memory.load(STORED, home.now_s, home.policy, gap_s=5.0)
    home.arm(armed=True)
    home.run(20, door=200.0)
    assert home.reports == []
    home.run(30, door=200.0)
    assert [r.repeat for _, r in home.reports] == [2, 2]


def test_what_was_told_is_not_told_again_after_an_update() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    home.state, _ = memory.load(STORED, home.now_s, home.policy, gap_s=5.0)
    home.lose("float")
    home.trouble("modem", "no network")
    home.run(30, door=200.0)
    assert home.logs("trouble_raised") == []
