"""What ``init`` asks and says is held to the models and to the loader's own complaints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.cli.setting_up.problems import allowed_in_words, in_words
from edge.cli.setting_up.sensors import ASKED
from edge.commission.draft import Draft
from edge.commission.writing import Tree, fields_of
from edge.locale import use
from edge.settings.keys import DRIVERS

HOME: Tree = {
    "site": {"id": "bell-1", "district": "jongno", "address": "서울 종로구"},
    "sensors": {
        "door": {"driver": "a02yyuw", "port": "/dev/ttyAMA0", "mount_height_mm": 600},
        "float": {"driver": "float_switch", "pin": 17, "height_mm": 20},
        "pit": {"driver": "modbus_level", "port": "/dev/u", "span_mm": 1000, "preset": "qdy30a"},
    },
    "contacts": {"office": {"role": "office", "phone": "+82221480000"}},
    "modem": {"port": "/dev/m"},
    "bell": {"siren_pin": 16},
    "mqtt": {"host": "127.0.0.1"},
}

CONTACT = {"driver": "supervised_contact", "channel": 0, "height_mm": 20, "contact_ohm": 470}
LOOP = {"driver": "current_loop", "channel": 0, "span_mm": 900, "shunt_ohm": 999}

WRONG: list[tuple[tuple[str, ...], Any]] = [
    (("site", "id"), "Bell 7"),
    (("site", "district"), "종로/구"),
    (("site", "occupants"), 100),
    (("site", "address"), ""),
    (("site", "timezone"), "Asia/Soul"),
    (("sensors", "door", "mount_height_mm"), 100),
    (("sensors", "door", "mount_height_mm"), 9000),
    (("sensors", "door", "mount_height_mm"), 0),
    (("sensors", "door", "part"), "SEN0754"),
    (("sensors", "door", "blind_zone_mm"), 1.0),
    (("sensors", "door", "stale_after_s"), 1.0),
    (("sensors", "float", "pin"), 28),
    (("sensors", "float", "pin"), 16),
    (("sensors", "pit", "preset"), None),
    (("sensors", "pit", "preset"), "level_at_0"),
    (("sensors", "pit", "unit_id"), 0),
    (("contacts", "office", "phone"), "119"),
    (("contacts", "office", "phone"), "+82119"),
    (("contacts", "office", "phone"), "+82010123456"),
    (("modem",), None),
    (("mqtt", "host"), "mqtt.example.kr"),
    (("mqtt", "cert"), "cert.pem"),
    (("mqtt", "key_credential"), "a/b"),
    (("sensors",), None),
    (("sensors", "float", "zone"), "other"),
    (("bell", "horn"), 5),
    (("sensors", "door"), CONTACT),
    (
        ("sensors", "door"),
        LOOP,
    ),
    (("sensors", "door", "sample_interval_s"), 2.5),
    (("sensors", "door"), {"driver": "simulated"}),
]


@pytest.mark.parametrize(("path", "value"), WRONG)
def test_what_a_technician_gets_wrong_is_said_in_korean(
    monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], value: object
) -> None:
    """A complaint that the loader words anew is missing here, and falls back to English."""
    draft = Draft(HOME, Path())
    draft.put(path, value)
    problems = draft.problems()
    monkeypatch.setenv("LANGUAGE", "en")  # put back when the test is over
    use("en")
    english = [in_words(problem) for problem in problems]
    use("ko")
    assert problems
    for problem, words in zip(problems, english, strict=True):
        if "unknown key" not in problem.found:  # then the keys are named that there are
            assert allowed_in_words(problem.allowed) != problem.allowed, problem
            assert in_words(problem) != words


def test_what_is_asked_of_each_driver_is_what_its_model_has() -> None:
    assert set(ASKED) == set(DRIVERS)
    for driver, keys in ASKED.items():
        fields = fields_of("sensors", driver)
        assert set(keys) <= set(fields)
        required = {key for key, field in fields.items() if field.is_required()} - {"driver"}
        assert required <= set(keys)
