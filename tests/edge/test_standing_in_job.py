"""A settings file that cannot be used: the bell goes on with what it had, and says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bells import PHONES, QUICK, Bell

HASTY = "[trouble]\non_delay_s = 0.5\noff_delay_s = 0.5\n"
SLIP = "[contacts.aunt]\nrole = 'guardian'\nphone = '010-9876-5432'\n"


def under_systemd(folder: Path) -> dict[str, str]:
    return {**os.environ, "STATE_DIRECTORY": str(folder / "state")}


def trouble_of(status: dict[str, Any]) -> str | None:
    standing = {one["cause"]: one["detail"] for one in status["troubles"]}
    return standing.get("settings")


def has_trouble(status: dict[str, Any]) -> bool:
    return trouble_of(status) is not None


def office_is_told(bell: Bell) -> bool:
    """Whether it is among the first texts; a busy machine may have other troubles as well."""
    told = (bell.await_text_to(PHONES["office"], count) for count in range(1, 6))
    return any("설정 파일" in text.text for texts in told for text in texts)


def run(bell: Bell, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge", "run", "--config", str(bell.config)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=20, check=False, env=environment
    )


def test_after_a_slip_the_bell_goes_on_with_the_settings_of_the_last_good_start(
    tmp_path: Path,
) -> None:
    with Bell(tmp_path, more=QUICK + HASTY, environment=under_systemd(tmp_path)) as bell:
        bell.start().ready()
        bell.terminate()

        bell.more += SLIP
        bell.start().ready()
        words = trouble_of(bell.await_state(has_trouble)) or ""
        assert "the settings of the last good start" in words
        assert "contacts.aunt.phone" in words
        assert "9876" not in "\n".join(bell.log), "no number goes into a log"
        assert office_is_told(bell)
        bell.rise(200, 200)
        bell.await_text_to("119")
        for phone in PHONES.values():
            bell.await_text_to(phone)
        bell.terminate()

        bell.more = bell.more.removesuffix(SLIP)
        bell.start().ready()
        bell.await_state(lambda status: not has_trouble(status))


def test_texts_that_cannot_be_used_are_replaced_by_the_shipped_ones(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK + HASTY, environment=under_systemd(tmp_path)) as bell:
        (tmp_path / "texts.ko.toml").write_text("[alert\n", encoding="utf-8")
        bell.start().ready()
        assert "the shipped texts" in (trouble_of(bell.await_state(has_trouble)) or "")


def test_a_reload_of_a_slip_is_a_trouble_until_it_is_mended(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK + HASTY, environment=under_systemd(tmp_path)) as bell:
        bell.start().ready()
        assert bell.process is not None
        bell.more += SLIP
        bell.write_settings()
        bell.process.send_signal(signal.SIGHUP)
        assert "the old ones" in (trouble_of(bell.await_state(has_trouble)) or "")


def test_without_an_earlier_good_start_or_at_a_desk_a_slip_is_the_end(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK + SLIP) as bell:
        bell.write_settings()
        never_started = run(bell, under_systemd(tmp_path))
        at_a_desk = run(bell, {k: v for k, v in os.environ.items() if k != "STATE_DIRECTORY"})
    for ran in (never_started, at_a_desk):
        assert ran.returncode == 2
        assert "contacts.aunt.phone" in ran.stderr
