"""What follows from a dry floor and a known depth, and when it counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.calibration import (
    CannotCalibrate,
    Look,
    Numbers,
    Stored,
    can_be_calibrated,
    look,
    made_for,
    numbers_of,
    put_into_force,
    with_numbers,
    worked_out,
)
from edge.settings import Settings
from edge.store.rows import LOST
from tests.edge.by_hand import DOOR_TABLE, FLOAT_TABLE, home_with

OTHERS = """
[sensors.probe]
driver = "modbus_level"
port = "/dev/ttyUSB9"
preset = "qdy30a"
span_mm = 1000
[sensors.hanging]
driver = "current_loop"
channel = 1
span_mm = 1000
probe_height_mm = 40
"""
HOME = home_with(DOOR_TABLE, OTHERS, FLOAT_TABLE)
DOOR, PROBE, HANGING = (HOME.sensors[name] for name in ("door", "probe", "hanging"))
NOW = numbers_of(DOOR)


def still(depth_mm: float) -> Look:
    return Look(depth_mm, noise_mm=0.5, samples=10)


def stored(sensor_id: str, numbers: Numbers | None, settings: Settings = HOME) -> dict[str, str]:
    made = made_for(settings.sensors[sensor_id])
    one = Stored(numbers, "2026-11-28T09:00:00.000Z", "kim", made)
    return {sensor_id: one.to_json()}


def test_on_a_dry_floor_the_face_hangs_where_it_was_measured() -> None:
    assert worked_out(DOOR, NOW, dry=still(-12.0), ruler_mm=600) == Numbers(612.0, 0.0, 1.0)


def test_a_known_depth_alone_moves_the_height_as_well() -> None:
    known = (still(90.0), 100.0)
    assert worked_out(DOOR, NOW, known=known, ruler_mm=600) == Numbers(610.0, 0.0, 1.0)


def test_both_make_a_scale_and_both_read_true_afterwards() -> None:
    """The sensor told 95 mm where 100 stood: it reads 5 % too little."""
    found = worked_out(DOOR, NOW, dry=still(5.0), known=(still(100.0), 100.0), ruler_mm=600)
    assert found.scale == pytest.approx(100 / 95, abs=1e-4)
    for told_mm, truth_mm in ((5.0, 0.0), (100.0, 100.0)):
        raw_mm = 600 - told_mm
        assert found.mount_height_mm is not None
        depth_mm = found.mount_height_mm - (found.scale * raw_mm + found.offset_mm)
        assert depth_mm == pytest.approx(truth_mm, abs=0.2)


@given(
    height_mm=st.floats(555, 645),
    scale=st.floats(0.9, 1.1),
    known_mm=st.floats(60, 400),
    now=st.builds(
        Numbers, st.just(600.0), st.floats(-20, 20), st.floats(0.9, 1.1).map(lambda s: round(s, 4))
    ),
)
def test_whatever_was_in_force_the_truth_comes_out(
    height_mm: float, scale: float, known_mm: float, now: Numbers
) -> None:
    """A sensor that hangs at ``height_mm`` and reads ranges too short by ``scale``."""
    assert now.mount_height_mm is not None

    def told(depth_mm: float) -> Look:
        raw_mm = (height_mm - depth_mm) / scale
        return still(now.mount_height_mm - (now.scale * raw_mm + now.offset_mm))  # type: ignore[operator]

    found = worked_out(DOOR, now, dry=told(0.0), known=(told(known_mm), known_mm), ruler_mm=None)
    assert found.mount_height_mm is not None
    for depth_mm in (0.0, known_mm / 2, known_mm):
        raw_mm = (height_mm - depth_mm) / scale
        corrected = found.mount_height_mm - (found.scale * raw_mm + found.offset_mm)
        assert corrected == pytest.approx(depth_mm, abs=0.3)


def test_a_probe_on_the_floor_is_corrected_by_its_offset() -> None:
    now = numbers_of(PROBE)
    assert worked_out(PROBE, now, dry=still(7.0)) == Numbers(None, -7.0, 1.0)
    both = worked_out(PROBE, now, dry=still(10.0), known=(still(110.0), 125.0))
    assert both == Numbers(None, -12.5, 1.25)


def test_a_probe_above_the_floor_takes_water_for_it() -> None:
    now = numbers_of(HANGING)
    with pytest.raises(CannotCalibrate, match="hangs above the floor"):
        worked_out(HANGING, now, dry=still(0.0))
    assert worked_out(HANGING, now, known=(still(120.0), 125.0)) == Numbers(None, 5.0, 1.0)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "neither"),
    "something below the sensor": ({"dry": still(300.0), "ruler_mm": 600.0}, "something below"),
    "too little water for a scale": (
        {"dry": still(0.0), "known": (still(30.0), 30.0)},
        "takes 50 mm",
    ),
    "no more with the water than without": (
        {"dry": still(5.0), "known": (still(5.0), 100.0)},
        "no more with the water",
    ),
    "twice what stands there": (
        {"dry": still(0.0), "known": (still(200.0), 100.0)},
        "a scale of 0.500",
    ),
    "less than nothing": ({"known": (still(1.0), -1.0)}, "less than nothing"),
}


@pytest.mark.parametrize(("given_", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_right_is_refused(given_: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotCalibrate, match=words):
        worked_out(DOOR, NOW, **given_)


def test_a_broken_probes_zero_is_refused() -> None:
    with pytest.raises(CannotCalibrate, match="an offset of -250"):
        worked_out(PROBE, numbers_of(PROBE), dry=still(250.0))


def test_a_look_is_the_mean_of_a_still_surface() -> None:
    assert look([1.0, 2.0, 3.0, 2.0, 2.0]).depth_mm == 2.0
    with pytest.raises(CannotCalibrate, match="only 4 readings"):
        look([1.0] * 4)
    with pytest.raises(CannotCalibrate, match="move by"):
        look([0.0, 20.0] * 5)


def test_a_switch_has_nothing_to_calibrate() -> None:
    assert not can_be_calibrated(HOME.sensors["float"])
    with pytest.raises(CannotCalibrate, match="nothing to calibrate"):
        numbers_of(HOME.sensors["float"])


# In force.


def test_what_is_stored_goes_before_the_settings_and_lives_as_long_as_they_do() -> None:
    numbers = Numbers(612.0, 1.0, 1.01)
    in_force = put_into_force(HOME, stored("door", numbers))
    assert numbers_of(in_force.settings.sensors["door"]) == numbers
    assert in_force.settings.sensors["probe"] == PROBE
    assert not in_force.refused
    assert in_force.stored["door"].by == "kim"
    assert in_force.settings.sha256 == HOME.sha256


def test_none_in_force_is_the_settings_own() -> None:
    assert put_into_force(HOME, {}).settings == HOME
    assert put_into_force(HOME, stored("door", None)).settings == HOME


def changed_door(**update: object) -> Settings:
    moved = HOME.sensors["door"].model_copy(update=update)
    return HOME.model_copy(update={"sensors": {**HOME.sensors, "door": moved}})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mount_height_mm", 700.0),
        ("part", "A01NYUB"),
        ("blind_zone_mm", 30.0),
        ("port", "/dev/ttyUSB7"),
    ],
)
def test_it_counts_only_for_the_sensor_that_it_was_made_for(key: str, value: object) -> None:
    changed = changed_door(**{key: value})
    in_force = put_into_force(changed, stored("door", Numbers(612.0, 0.0, 1.0)))
    assert key in in_force.refused["door"]
    assert "calibrate it anew" in in_force.refused["door"]
    assert in_force.settings == changed


def test_what_the_numbers_do_not_hang_on_may_change_under_them() -> None:
    changed = changed_door(sample_interval_s=0.5, zone="kitchen", baud=9600)
    assert not put_into_force(changed, stored("door", Numbers(612.0, 0.0, 1.0))).refused


@pytest.mark.parametrize(
    ("sensor_id", "numbers", "hides"),
    [
        ("door", Numbers(580.0, 0.0, 1.0), False),
        ("door", Numbers(579.0, 0.0, 1.0), True),
        ("door", Numbers(600.0, 21.0, 1.0), True),
        ("door", Numbers(640.0, 0.0, 1.0), False),
        ("probe", Numbers(None, -20.0, 1.0), False),
        ("probe", Numbers(None, -21.0, 1.0), True),
        ("probe", Numbers(None, 0.0, 0.8), False),
        ("probe", Numbers(None, -20.0, 0.79), True),
        ("probe", Numbers(None, 20.0, 0.8), False),
    ],
)
def test_no_calibration_makes_a_dry_floor_of_what_the_settings_call_an_alert(
    sensor_id: str, numbers: Numbers, hides: bool
) -> None:
    refused = put_into_force(HOME, stored(sensor_id, numbers)).refused
    assert bool(refused) is hides, refused


def test_two_calibrations_are_judged_together() -> None:
    """Each height is fine alone; both stay in force, and a third that breaks a rule is not."""
    both = {
        **stored("door", Numbers(612.0, 0.0, 1.0)),
        **stored("probe", Numbers(None, -7.0, 1.0)),
        **stored("hanging", Numbers(None, 900.0, 1.0)),
    }
    in_force = put_into_force(HOME, both)
    assert set(in_force.refused) == {"hanging"}
    assert set(in_force.stored) == {"door", "probe"}


def test_a_setpoint_that_was_in_reach_stays_in_reach() -> None:
    """A head of 130 mm at full scale shows 150 mm above a probe at 40 mm, but not less by 25."""
    low = HOME.sensors["hanging"].model_copy(update={"span_mm": 130.0})
    home = HOME.model_copy(update={"sensors": {**HOME.sensors, "hanging": low}})
    assert low.can_decide(150)
    refused = put_into_force(home, stored("hanging", Numbers(None, -20.0, 0.9), home)).refused
    assert "could not see danger" in refused["hanging"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"numbers": 1}',
        json.dumps({"numbers": {"mount_height_mm": None}, "at": "", "by": "", "made_for": {}}),
        stored("door", Numbers(612.0, 900.0, 1.0))["door"],
        stored("door", Numbers(612.0, 0.0, 9.0))["door"],
        stored("door", Numbers(612.0, 0.0, 1.0))["door"].replace("612.0", "NaN"),
        stored("door", Numbers(612.0, 0.0, 1.0))["door"].replace("612.0", "-5.0"),
    ],
)
def test_what_cannot_be_read_or_be_right_is_refused_and_the_settings_count(body: str) -> None:
    in_force = put_into_force(HOME, {"door": body})
    assert "door" in in_force.refused
    assert in_force.settings == HOME


def test_a_height_that_breaks_a_rule_of_the_settings_is_refused() -> None:
    """150 mm of danger and 30 mm of blind zone do not fit under 170 mm."""
    low = with_numbers(DOOR, Numbers(185.0, 0.0, 1.0))
    home = HOME.model_copy(update={"sensors": {**HOME.sensors, "door": low}})
    in_force = put_into_force(home, stored("door", Numbers(170.0, 0.0, 1.0), home))
    assert "breaks a rule" in in_force.refused["door"]
    assert in_force.settings == home


def test_a_sensor_that_is_gone_leaves_its_calibration_unused() -> None:
    gone = {name: s for name, s in HOME.sensors.items() if name != "door"}
    home = HOME.model_copy(update={"sensors": gone})
    assert put_into_force(home, stored("door", Numbers(612.0, 0.0, 1.0))).refused == {}


def test_after_a_loss_every_sensor_that_measures_is_told_until_it_is_calibrated() -> None:
    lost = put_into_force(HOME, {LOST: "{}"})
    assert set(lost.refused) == {"door", "probe", "hanging"}
    assert "lost" in lost.refused["door"]
    told = put_into_force(HOME, {LOST: "{}", **stored("door", Numbers(612.0, 0.0, 1.0))})
    assert set(told.refused) == {"probe", "hanging"}
    told = put_into_force(HOME, {LOST: "{}", **stored("probe", None)})
    assert set(told.refused) == {"door", "hanging"}


def test_it_is_written_and_read_back_as_it_was() -> None:
    one = Stored(Numbers(None, -7.0, 1.0), "t", "김", {"driver": "modbus_level"})
    assert Stored.from_json(one.to_json()) == one
    none = replace(one, numbers=None)
    assert Stored.from_json(none.to_json()) == none
