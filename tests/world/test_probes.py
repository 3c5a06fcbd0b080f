"""The probes of the simulated world stay within their error models, and fail as they say."""

from __future__ import annotations

from math import inf
from random import Random

import pytest

from edge.conditioning import Conditioned, condition
from edge.events import Echoed, Health, Measured, SensorFailed
from tests.world.homes import homes
from tests.world.sensors import FAULTS_OF, NOISE_MM, Fault, FaultKind, Fitting, Kind, Probe

FACE = Fitting(Kind.ULTRASONIC, "entrance", 600)
LOW = Fitting(Kind.FLOAT, "entrance", 20)
LEVEL = Fitting(Kind.PRESSURE, "entrance")


def probe(fitting: Fitting, *faults: Fault, seed: int = 1) -> Probe:
    return Probe("it", fitting, Random(seed), faults)


@pytest.mark.parametrize("depth_mm", [0.0, 20.0, 150.0, 540.0])
def test_an_ultrasonic_sample_is_within_3_mm_but_for_1_frame_in_100(depth_mm: float) -> None:
    it = probe(FACE)
    frames = [r for t in range(6000) for r in echoes(it, float(t), depth_mm).ranges_mm]
    near = sum(abs(r - (600 - depth_mm)) <= NOISE_MM + 0.5 for r in frames)
    bad = 1 - near / (6000 * FACE.frames)
    assert 0.006 < bad < 0.014, "FloodNet: 1 in 100"
    assert len(set(frames)) >= 5, "it is never the same value for ever"


def echoes(it: Probe, t_s: float, depth_mm: float) -> Echoed:
    said = it.sample(t_s, depth_mm)
    assert isinstance(said, Echoed)
    return said


def test_it_never_says_less_than_its_blind_zone() -> None:
    for seed in range(5):
        it = probe(FACE, Fault(FaultKind.WILD, "it", 2000.0, 3000.0), seed=seed)
        for t in range(3000):
            said = it.sample(float(t), t * 0.35)
            if isinstance(said, Echoed):
                assert all(30 < range_mm <= 4500 for range_mm in said.ranges_mm)
                assert said.ranges_mm or said.too_near


@pytest.mark.parametrize(
    ("drowned", "expected"), [("too near", Echoed), ("silent", SensorFailed), ("wild", Echoed)]
)
def test_a_drowned_sensor_is_too_near_or_silent_or_wild(drowned: str, expected: type) -> None:
    it = probe(Fitting(Kind.ULTRASONIC, "entrance", 250, drowned=drowned))
    near = echoes(it, 0.0, 235.0)
    assert near.too_near >= 4, "between the face and the blind zone"
    said = [it.sample(float(t), 300.0) for t in range(1, 60)]
    assert any(isinstance(each, expected) for each in said)
    assert it.working(60.0, 300.0) is (drowned == "too near")


def test_a_thing_on_its_face_is_too_near() -> None:
    assert echoes(probe(FACE), 0.0, inf).too_near == FACE.frames


def test_warm_air_reads_too_deep_and_cold_air_too_shallow() -> None:
    """Domain 4.1: 17.6 mm in a metre of air for 10 °C."""
    it = probe(Fitting(Kind.ULTRASONIC, "entrance", 1000, swing_c=20.0))
    errors = [it.error_mm(hour * 3600.0) for hour in range(365 * 24)]
    assert 30.0 < max(errors) <= 35.3
    assert -35.3 <= min(errors) < -30.0
    warm_s = errors.index(max(errors)) * 3600.0
    said = sorted(echoes(it, warm_s, 0.0).ranges_mm)
    assert said[len(said) // 2] == pytest.approx(1000.0 - max(errors), abs=NOISE_MM + 1)
    assert not it.working(warm_s)


def test_a_float_turns_over_at_its_height_and_back_a_little_lower() -> None:
    it = probe(LOW)
    depths = (0.0, 19.9, 20.0, 17.0, 16.1, 15.9, 19.0)
    said = [it.sample(float(t), depth_mm) for t, depth_mm in enumerate(depths)]
    wet, dry = Measured("it", 20.0, inf), Measured("it", -inf, 20.0)
    assert said == [dry, dry, wet, wet, wet, dry, dry]


@pytest.mark.parametrize(
    ("kind", "wet"),
    [
        (FaultKind.CUT, True),
        (FaultKind.STUCK_WET, True),
        (FaultKind.SHORT, False),
        (FaultKind.STUCK_DRY, False),
    ],
)
def test_a_broken_contact_says_one_thing_whatever_the_water(kind: FaultKind, *, wet: bool) -> None:
    it = probe(LOW, Fault(kind, "it", 10.0, 20.0))
    for depth_mm in (0.0, 500.0):
        said = it.sample(15.0, depth_mm)
        assert isinstance(said, Measured)
        assert (said.at_least_mm == 20.0) is wet
    assert it.working(9.9)
    assert not it.working(15.0)
    assert it.working(20.0)
    assert it.sample(21.0, 0.0) == Measured("it", -inf, 20.0), "mended"


def test_a_level_sensor_knows_the_depth_to_a_millimetre() -> None:
    it = probe(LEVEL)
    for t in range(500):
        said = it.sample(float(t), 140.0)
        assert isinstance(said, Measured)
        assert said.at_least_mm == said.below_mm == pytest.approx(140.0, abs=1.1)


def test_drift_grows_until_it_is_mended() -> None:
    it = probe(LEVEL, Fault(FaultKind.DRIFT, "it", 100.0, 200.0, amount_mm=50.0))
    errors = [it.error_mm(t_s) for t_s in (99.0, 120.0, 160.0, 199.9, 200.0)]
    assert errors == pytest.approx([0.0, 10.0, 30.0, 49.95, 0.0])
    assert [it.working(t_s) for t_s in (99.0, 120.0, 160.0, 200.0)] == [True, True, False, True]


def test_a_stuck_sensor_repeats_the_last_thing_it_saw() -> None:
    it = probe(FACE, Fault(FaultKind.STUCK, "it", 10.0, 500.0))
    first = it.sample(11.0, 0.0)
    assert not it.working(12.0), "being judged does not unstick it"
    assert all(it.sample(float(t), t * 1.0) is first for t in range(12, 500))
    assert it.sample(501.0, 300.0) != first


def test_an_unplugged_sensor_is_silent_and_a_faulted_one_says_so() -> None:
    faults = (
        Fault(FaultKind.UNPLUGGED, "it", 10.0, 20.0),
        Fault(FaultKind.FAULTED, "it", 30.0, 40.0),
        Fault(FaultKind.FAULTED, "another", 0.0, 900.0),
    )
    it = probe(FACE, *faults)
    said = [it.sample(t_s, 0.0) for t_s in (0.0, 15.0, 25.0, 35.0, 45.0)]
    assert [isinstance(each, SensorFailed) for each in said] == [False, True, False, True, False]
    assert [each.silent for each in said if isinstance(each, SensorFailed)] == [True, False]


def test_a_knocked_sensor_sees_past_the_floor() -> None:
    fault = Fault(FaultKind.KNOCKED, "door", 0.0, 90.0, amount_mm=80.0)
    home = homes()["one sensor"]
    it = Probe("door", home.fittings["door"], Random(1), (fault,))
    memory = Conditioned(heard_s=0.0)
    for t_s in (1.0, 2.0, 3.0):
        memory, _ = condition(memory, it.sample(t_s, 0.0), t_s, home.mountings["door"])
    assert memory.last is not None
    assert memory.last.health is Health.FAULTED
    assert fault.plain
    assert not it.working(1.0)


def test_what_conditioning_makes_of_a_working_sensor_is_the_truth_within_20_mm() -> None:
    """Two bad frames of three are 3 in 10,000: now and then one reading is wrong."""
    for home in homes().values():
        for name in home.of_kind(Kind.ULTRASONIC, Kind.PRESSURE):
            it = Probe(name, home.fittings[name], Random(name))
            memory = Conditioned(heard_s=0.0)
            wrong = 0
            for t in range(1500):
                depth_mm = 0.1 * t
                event = it.sample(float(t), depth_mm)
                memory, reading = condition(memory, event, float(t), home.mountings[name])
                assert it.working(float(t), depth_mm)
                wrong += reading is None or abs((reading.depth_mm or 0.0) - depth_mm) > 20.0
            assert wrong <= 2, (home.name, name)


def test_every_kind_of_sensor_survives_every_fault_of_its_kind() -> None:
    for fitting in (FACE, LOW, LEVEL):
        for kind in FAULTS_OF[fitting.kind]:
            it = probe(fitting, Fault(kind, "it", 10.0, 90.0, amount_mm=30.0))
            for t in range(100):
                assert it.sample(float(t), 3.0 * t).sensor_id == "it"
            assert it.fault_at(50.0) is not None
            assert it.fault_at(95.0) is None
