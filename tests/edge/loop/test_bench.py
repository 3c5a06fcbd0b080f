"""The bench: sensors looked at, and calibrations that are on the disk before they count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.events import BellPressed, Echoed, Measured, SensorFailed
from edge.loop.app import RELOAD
from edge.loop.bench import Bench
from edge.loop.inbox import Reload
from edge.settings import Settings, parse
from edge.store.rows import LOST, Recovered
from tests.edge.by_hand import HandMade, Told

HOME = parse(
    b"""
[site]
id = "jongno-0042"
district = "jongno"
address = "Changsin-gil 12-3"
[sensors.door]
driver = "a02yyuw"
port = "/dev/ttyAMA0"
mount_height_mm = 600
[sensors.float]
driver = "float_switch"
pin = 17
height_mm = 20
"""
)
NUMBERS = {"mount_height_mm": 612.0, "offset_mm": 0.0, "scale": 1.0}


def home(folder: Path, settings: Settings = HOME) -> HandMade:
    return HandMade(folder, settings=settings)


def calibrated(home: HandMade, sensor: str = "door", **more: Any) -> dict[str, Any]:
    answer, refusal = home.ask("calibrate", sensor=sensor, by="kim", **{"numbers": NUMBERS, **more})
    assert refusal is None
    assert answer is not None
    return dict(answer)


def test_a_sensor_is_shown_with_what_it_said_and_the_numbers_that_count(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        made.put(Measured("door", 3.0, 3.0))
        shown, _ = made.ask("sensor", sensor="door")
        assert shown is not None
        assert shown["reading"]["depth_mm"] == 3.0
        assert shown["raw"] == {"at_least_mm": 3.0, "below_mm": 3.0}
        assert shown["numbers"] == {"mount_height_mm": 600.0, "offset_mm": 0.0, "scale": 1.0}
        assert shown["calibrated"] is None
        made.put(Echoed("door", (598, 602), 0))
        shown, _ = made.ask("sensor", sensor="door")
        assert shown is not None
        assert shown["raw"] == {"ranges_mm": [598, 602], "too_near": 0}
        made.put(SensorFailed("door", "no echo", silent=False))
        shown, _ = made.ask("sensor", sensor="door")
        assert shown is not None
        assert (shown["raw"], shown["reading"]["quality"]) == (None, "faulted")


def test_a_sensor_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        assert made.ask("sensor", sensor="dor") == (None, "no sensor 'dor'; there is door, float")
        assert made.ask("calibrate", sensor="dor")[1] is not None


def test_a_calibration_is_stored_logged_and_comes_into_force_by_beginning_anew(
    tmp_path: Path,
) -> None:
    with home(tmp_path) as made:
        assert calibrated(made) == {"done": True, "reason": ""}
        [event] = made.events("calibrated")
        assert (event["sensor"], event["by"], event["mount_height_mm"]) == ("door", "kim", 612.0)
        made.later(2, door=0.0)
        assert made.app.stopping == RELOAD
    again = Bench(HOME, Told())
    with home(tmp_path) as made:
        again.take_up(made.recovered)
        assert again.settings.sensors["door"].mount_height_mm == 612.0  # type: ignore[union-attr]


def test_the_settings_count_again_when_that_is_wanted(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        calibrated(made)
        assert calibrated(made, numbers=None)["done"]
    with home(tmp_path) as made:
        again = Bench(HOME, Told())
        again.take_up(made.recovered)
        assert again.settings == HOME


def test_not_while_an_incident_is_open(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        made.put(BellPressed())
        assert "is open" in calibrated(made)["reason"]
        assert not made.events("calibrated")


def test_what_cannot_be_right_is_refused_and_nothing_is_stored(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        too_low = {**NUMBERS, "mount_height_mm": 170.0}
        assert "breaks a rule" in calibrated(made, numbers=too_low)["reason"]
        assert "nothing to calibrate" in calibrated(made, "float")["reason"]
        for wrong in ({**NUMBERS, "scale": "1"}, {"scale": 1.0}, 3, {**NUMBERS, "scale": True}):
            answer, refusal = made.ask("calibrate", sensor="door", numbers=wrong)
            assert answer is None
            assert refusal
        assert not made.events("calibrated")


def test_what_was_lost_and_what_does_not_count_is_a_trouble() -> None:
    told = Told()
    Bench(HOME, told).take_up(Recovered(log_ids={}, calibrations={LOST: "{}"}))
    [seen] = told.events
    assert seen.cause == "calibration:door"
    told = Told()
    Bench(HOME, told).take_up(Recovered(trouble="the disk is dead"))
    [seen] = told.events
    assert seen.cause == "calibration"


def test_a_disk_that_comes_late_with_other_numbers_is_begun_anew_with(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        calibrated(made)
    with home(tmp_path) as made:
        told = Told()
        late = Bench(HOME, told)
        late.take_up(Recovered(trouble="the disk is dead"))
        late.take_up_late(made.recovered)
        assert isinstance(told.events[-1], Reload)
        told.events.clear()
        late.take_up_late(Recovered(log_ids={}))
        assert not any(isinstance(event, Reload) for event in told.events)
