"""A person's hands on the whole bell: the daemon as a process, texts out of a modem (4.9)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bells import PHONES, QUICK, Bell

TECHNICIAN = """
[contacts.tech]
role = "technician"
phone = "+821055555555"
"""
TECH = "+821055555555"


def floodbell(bell: Bell, *words: str) -> int:
    """Run a command of the command line against the daemon; return its exit code."""
    ran = subprocess.run(
        [sys.executable, "-m", "edge.cli", *words, "--config", str(bell.config)],
        capture_output=True,
        timeout=30,
        check=False,
    )
    return ran.returncode


def numbers(bell: Bell) -> set[str]:
    return {text.number for text in bell.modem.texts}


def test_a_bucket_in_service_is_the_technicians_until_service_ends(tmp_path: Path) -> None:
    """With a dead disk and a kill in between: the journal alone knows of the service."""
    with Bell(tmp_path, more=QUICK + TECHNICIAN) as bell:
        (tmp_path / "state").write_text("no folder: nothing can be stored", encoding="utf-8")
        bell.start().ready()
        assert floodbell(bell, "service", "on", "--minutes", "30") == 0
        bell.kill()
        bell.start().ready()
        service = bell.ask("status")["service"]
        assert 1700 < service["left_s"] < 1800
        bell.rise(200, 200)
        bell.await_log("report_withheld.*in service")
        bell.await_log("notice_accepted.*'purpose': 'danger'")
        assert any(text.text.startswith("[점검]") for text in bell.modem.texts)
        told = {t.number for t in bell.modem.texts if "위험" in t.text or "경계" in t.text}
        assert told == {TECH}
        assert "119" not in numbers(bell)
        assert floodbell(bell, "service", "off") == 0
        bell.await_text_to("119")
        for phone in PHONES.values():
            bell.await_text_to(phone)


def test_a_disarming_outlives_a_kill_and_standing_water_is_reported_when_armed(
    tmp_path: Path,
) -> None:
    with Bell(tmp_path, more=QUICK).start() as bell:
        bell.ready()
        assert floodbell(bell, "disarm", "--until-armed") == 0
        assert floodbell(bell, "disarm", "--minutes", "10") == 1
        bell.kill()
        bell.start().ready()
        bell.rise(200, 200)
        bell.await_log("report_withheld")
        for phone in PHONES.values():
            bell.await_text_to(phone)
        assert "119" not in numbers(bell)
        assert floodbell(bell, "arm") == 0
        bell.await_text_to("119")


def test_a_drill_goes_the_whole_way_and_never_to_119(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK).start() as bell:
        bell.ready()
        assert floodbell(bell, "drill", "danger", "--to", "mother") == 0
        assert bell.ask("status")["drill"]["stage"] == "danger"
        text = bell.await_text_to(PHONES["mother"])[0]
        assert text.text.startswith("[훈련]")
        bell.rise(200, 200)
        bell.await_log("drill_ended: something real has begun")
        bell.await_text_to("119")
        real = [t for t in bell.modem.texts if t.number == PHONES["home"]]
        assert not any("훈련" in t.text for t in real)
        assert bell.ask("status")["drill"] is None
