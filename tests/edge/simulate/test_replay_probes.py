"""What a sensor would say of a depth comes out of conditioning as that depth again."""

from __future__ import annotations

from math import inf

import pytest

from edge.conditioning import Mounting
from edge.events import Echoed, Measured
from edge.simulate.probes import Probe

HANGING = Mounting(height_mm=600.0, blind_zone_mm=30.0)


@pytest.mark.parametrize(
    ("depth_mm", "range_mm"), [(0.0, 600), (149.9, 451), (150.0, 450), (150.1, 450), (-3.0, 603)]
)
def test_an_ultrasonic_sensor_says_whole_millimetres_and_never_too_deep(
    depth_mm: float, range_mm: int
) -> None:
    assert Probe("door", 1.0, HANGING).sense(depth_mm) == Echoed("door", (range_mm,) * 10)


def test_water_in_the_blind_zone_is_too_near() -> None:
    for depth_mm in (570.0, 600.0, 1200.0):
        assert Probe("door", 1.0, HANGING).sense(depth_mm) == Echoed("door", (), too_near=10)


def test_calibration_is_undone_so_that_conditioning_has_to_do_it() -> None:
    mounting = Mounting(height_mm=600.0, blind_zone_mm=30.0, offset_mm=10.0, scale=2.0)
    sensed = Probe("door", 1.0, mounting).sense(100.0)
    assert isinstance(sensed, Echoed)
    assert 600.0 - (2.0 * sensed.ranges_mm[0] + 10.0) == 100.0
    pressure = Mounting(offset_mm=5.0, scale=0.5)
    assert Probe("well", 1.0, pressure).sense(100.0) == Measured("well", 190.0, 190.0)


def test_a_switch_knows_its_height_and_nothing_else() -> None:
    switch = Probe("float", 1.0, Mounting(), height_mm=20.0)
    assert switch.sense(20.0) == Measured("float", 20.0, inf)
    assert switch.sense(19.9) == Measured("float", -inf, 20.0)


def test_a_sensor_that_the_water_does_not_reach_sees_a_dry_floor() -> None:
    dry = Probe("door", 1.0, HANGING).sense(0.0)
    assert Probe("door", 1.0, HANGING, wet=False).sense(300.0) == dry
