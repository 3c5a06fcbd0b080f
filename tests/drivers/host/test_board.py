"""What a board does not tell is None, never a number."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.host.board import board_health


def written(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_a_machine_that_is_no_pi_tells_what_it_knows(tmp_path: Path) -> None:
    health = board_health(tmp_path, sys=tmp_path)
    assert health.cpu_temperature_c is None
    assert health.under_voltage is None
    assert health.throttled is None
    assert health.disk_free_mb is not None
    assert health.disk_free_mb > 0
    assert health.load is not None


@pytest.mark.parametrize(
    ("word", "under_voltage", "throttled"),
    [("0x0", False, False), ("50005", True, True), ("50000", False, False), ("8", False, True)],
)
def test_the_firmwares_word_is_read_bit_by_bit(
    tmp_path: Path, word: str, under_voltage: bool, throttled: bool
) -> None:
    """The upper half says what has been, the lower what is."""
    written(tmp_path / "devices/platform/soc/soc:firmware/get_throttled", f"{word}\n")
    written(tmp_path / "class/thermal/thermal_zone0/temp", "51234\n")
    health = board_health(tmp_path, sys=tmp_path)
    assert health.under_voltage is under_voltage
    assert health.throttled is throttled
    assert health.cpu_temperature_c == pytest.approx(51.234)


def test_without_the_firmwares_word_the_voltage_monitor_is_asked(tmp_path: Path) -> None:
    written(tmp_path / "class/hwmon/hwmon0/name", "cpu_thermal\n")
    written(tmp_path / "class/hwmon/hwmon1/name", "rpi_volt\n")
    written(tmp_path / "class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert board_health(tmp_path, sys=tmp_path).under_voltage is True


def test_rubbish_is_nothing(tmp_path: Path) -> None:
    written(tmp_path / "class/thermal/thermal_zone0/temp", "warm\n")
    health = board_health(tmp_path / "gone", sys=tmp_path)
    assert health.cpu_temperature_c is None
    assert health.disk_free_mb is None
