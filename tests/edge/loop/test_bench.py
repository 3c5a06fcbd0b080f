"""The bench: sensors looked at, and calibrations that are on the disk before they count."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from edge.calibration import Numbers, Stored, made_for
from edge.events import BellPressed, Echoed, Measured, SensorFailed
from edge.loop.assembly import mountings_of
from edge.loop.bench import Bench
from edge.store.rows import LOST, Recovered
from tests.edge.by_hand import DOOR_TABLE, FLOAT_TABLE, HandMade, Told, home_with

HOME = home_with(DOOR_TABLE, FLOAT_TABLE)
CALIBRATED = {
    "door": Stored(
        Numbers(612.0, 0.0, 1.0), "2026-11-28T09:00:00.000Z", "kim", made_for(HOME.sensors["door"])
    ).to_json()
}
NUMBERS = {"mount_height_mm": 612.0, "offset_mm": 0.0, "scale": 1.0}


def home(folder: Path) -> HandMade:
    return HandMade(folder, settings=HOME, mounting=mountings_of(HOME)["door"])


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


def test_a_calibration_is_stored_logged_and_counts_from_the_next_frame_on(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        made.put(Echoed("door", (612, 612), 0))
        before = made.app.readings["door"][0].depth_mm
        assert calibrated(made) == {"done": True, "reason": ""}
        [event] = made.events("calibrated")
        assert (event["sensor"], event["by"], event["mount_height_mm"]) == ("door", "kim", 612.0)
        made.put(Echoed("door", (612, 612), 0))
        assert (before, made.app.readings["door"][0].depth_mm) == (-12.0, 0.0)
        assert made.app.stopping is None, "nobody is without a bell meanwhile"
    again = Bench(HOME, Told())
    with home(tmp_path) as made:
        again.take_up(made.recovered)
        assert again.settings.sensors["door"].mount_height_mm == 612.0  # type: ignore[union-attr]


def test_a_disk_that_is_slow_keeps_it_in_force_and_says_so(tmp_path: Path) -> None:
    with home(tmp_path) as made, closing(sqlite3.connect(tmp_path / "floodbell.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = calibrated(made)
        assert answer["done"]
        assert "written when it does" in answer["reason"]
        made.put(Echoed("door", (612, 612), 0))
        assert made.app.readings["door"][0].depth_mm == 0.0


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


def test_not_while_water_is_being_judged(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        made.put(Measured("door", 30.0, 30.0))
        assert made.app.state.incident is None
        assert "being judged" in calibrated(made)["reason"]


def test_the_technicians_own_water_is_what_it_is_calibrated_with(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        made.ask("service_on", by="kim", minutes=60)
        made.flood(to_mm=120)
        incident = made.app.state.incident
        assert incident is not None
        assert incident.service
        assert calibrated(made) == {"done": True, "reason": ""}
        made.put(BellPressed())
        assert "is open" in calibrated(made)["reason"], "somebody needs help"


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


def test_a_disk_that_comes_late_is_heard_once_nothing_is_judged(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        bench = made.app.parts.bench
        made.put(Measured("door", 30.0, 30.0))
        bench.take_up_late(made.app, Recovered(log_ids={}, calibrations=CALIBRATED))
        assert bench.settings == HOME, "not while water is being judged"
        made.later(2, door=0.0)
        assert bench.settings.sensors["door"].mount_height_mm == 612.0  # type: ignore[union-attr]
        made.put(Echoed("door", (612, 612), 0))
        assert made.app.readings["door"][0].depth_mm == 0.0


def test_a_late_disk_ends_the_trouble_of_numbers_that_count_again(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        bench = made.app.parts.bench
        bench.take_up(Recovered(log_ids={}, calibrations={LOST: "{}"}))
        made.drain()
        assert "calibration:door" in made.app.state.troubles
        bench.take_up_late(made.app, Recovered(log_ids={}, calibrations=CALIBRATED))
        made.later(120, door=0.0)
        assert "calibration:door" not in made.app.state.troubles


def test_what_was_calibrated_meanwhile_goes_before_what_a_late_disk_knows(tmp_path: Path) -> None:
    with home(tmp_path) as made:
        calibrated(made, numbers={**NUMBERS, "mount_height_mm": 605.0})
        made.app.parts.bench.take_up_late(made.app, Recovered(log_ids={}, calibrations=CALIBRATED))
        now = made.app.parts.bench.settings.sensors["door"]
        assert now.mount_height_mm == 605.0  # type: ignore[union-attr]
