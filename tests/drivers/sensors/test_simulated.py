"""A written series of depths is played as it is written, or refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from drivers.errors import PortGone
from drivers.sensors.simulated import SimulatedSettings, depth_at, read_series

SERIES = ((0.0, 0.0), (10.0, 100.0), (20.0, 100.0), (21.0, 0.0))


@pytest.mark.parametrize(
    ("t_s", "depth_mm"), [(-1, 0), (0, 0), (5, 50), (10, 100), (15, 100), (20.5, 50), (99, 0)]
)
def test_depths_lie_on_straight_lines_between_the_points(t_s: float, depth_mm: float) -> None:
    assert depth_at(SERIES, t_s) == pytest.approx(depth_mm)


def test_it_measures_so_both_bounds_are_equal() -> None:
    sensor = SimulatedSettings(driver="simulated", script=((0.0, 37.0),)).open()
    sample = sensor.read()
    assert sample.at_least_mm == sample.below_mm == 37.0


def test_a_file_is_found_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "flood.csv").write_text("\ufefft_s,depth_mm\n0,0\n\n1.5, 20\n", encoding="utf-8")
    settings = SimulatedSettings.model_validate(
        {"driver": "simulated", "file": "flood.csv"}, context={"folder": tmp_path}
    )
    assert settings.file == str(tmp_path / "flood.csv")
    assert read_series(tmp_path / "flood.csv") == ((0.0, 0.0), (1.5, 20.0))
    assert settings.open().read().at_least_mm >= 0
    (tmp_path / "flood.csv").unlink()
    with pytest.raises(PortGone, match=r"flood\.csv"):
        settings.open()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("time,depth\n0,0\n", "line 1"),
        ("t_s,depth_mm\n0,0\n1,x\n", "line 3"),
        ("t_s,depth_mm\n0,0\n0,1\n", "line 3: found '0,1', expected seconds after"),
        ("t_s,depth_mm\n0,0,0\n", "line 2"),
        ("t_s,depth_mm\n0,nan\n", "line 2"),
        ("t_s,depth_mm\n", "no line"),
        ("", "no line"),
        (None, "No such file"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(
    tmp_path: Path, text: str | None, complaint: str
) -> None:
    file = tmp_path / "bad.csv"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ValidationError, match=rf"bad\.csv.*{complaint}"):
        SimulatedSettings(driver="simulated", file=str(file))


def test_a_script_whose_seconds_do_not_rise_is_refused() -> None:
    with pytest.raises(ValidationError, match="does not follow"):
        SimulatedSettings(driver="simulated", script=((1.0, 0.0), (1.0, 5.0)))


def test_one_source_and_one_only() -> None:
    assert [key for key, *_ in SimulatedSettings(driver="simulated").contradictions()] == ["script"]
