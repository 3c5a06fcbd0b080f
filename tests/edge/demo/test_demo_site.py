"""The settings file that the demo writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.demo.pace import SPEED_MAX, SPEED_MIN, Pace
from edge.demo.people import PEOPLE
from edge.demo.site import Wires, settings_toml
from edge.settings import load

WIRES = Wires("/dev/pts/91", "/dev/pts/92", 18830, 5, "/tmp/s", "/tmp/r", "/tmp/c")


@pytest.mark.parametrize("speed", [SPEED_MIN, 1.0, 3.0, SPEED_MAX])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_settings_load_at_every_speed_and_are_armed(
    tmp_path: Path, speed: float, language: str
) -> None:
    path = tmp_path / "floodbell.toml"
    path.write_text(settings_toml(Pace(speed), WIRES, language), encoding="utf-8")
    settings = load(path)
    assert settings.report.armed
    assert settings.site.language == language
    assert settings.mqtt is not None
    assert settings.mqtt.host == "127.0.0.1"
    assert {one.id: one.phone for one in PEOPLE} == {
        name: contact.phone for name, contact in settings.contacts.items()
    }


def test_there_is_one_person_of_every_role() -> None:
    roles = [person.role for person in PEOPLE]
    assert roles == ["resident", "guardian", "partner", "office", "technician"]
