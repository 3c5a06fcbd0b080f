"""A thermometer is a file of the kernel; what it says is the air of a home, or an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from drivers.errors import BadFrame, DriverError, OutOfRange, PortGone
from drivers.sensors.air import MeasuresThroughAir, Thermometer


def read(folder: Path, text: str) -> float:
    file = folder / "temperature"
    file.write_bytes(text.encode())
    return Thermometer(str(file)).read()


@pytest.mark.parametrize(
    ("text", "celsius"),
    [("20625\n", 20.625), ("0", 0.0), ("-30000\n", -30.0), ("60000", 60.0), ("-5", -0.005)],
)
def test_millidegrees_are_read_as_degrees(tmp_path: Path, text: str, celsius: float) -> None:
    assert read(tmp_path, text) == pytest.approx(celsius)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("85000\n", OutOfRange),  # a DS18B20 without supply
        ("60001", OutOfRange),
        ("-30001", OutOfRange),
        ("-127000", OutOfRange),
        ("", BadFrame),
        ("20.5", BadFrame),
        ("a3 01 4b 46 7f ff 0d 10 ce : crc=ce YES\n", BadFrame),
        ("온도", BadFrame),
        ("nan", BadFrame),
    ],
)
def test_what_is_no_temperature_of_a_home_is_an_error_and_never_a_number(
    tmp_path: Path, text: str, error: type[DriverError]
) -> None:
    with pytest.raises(error, match="temperature: "):
        read(tmp_path, text)


def test_a_thermometer_that_is_unplugged_is_gone_and_found_again(tmp_path: Path) -> None:
    thermometer = Thermometer(str(tmp_path / "temperature"))
    with pytest.raises(PortGone, match="plugged in"):
        thermometer.read()
    (tmp_path / "temperature").write_text("12000\n")
    assert thermometer.read() == 12.0


@pytest.mark.parametrize("path", ["", "temperature", "sys/bus/w1", "/a\0b"])
def test_only_a_whole_path_names_a_thermometer(path: str) -> None:
    with pytest.raises(ValidationError):
        MeasuresThroughAir(air_temperature=path)
    assert MeasuresThroughAir().air_temperature is None
    assert MeasuresThroughAir().assumed_air_celsius == 20.0
