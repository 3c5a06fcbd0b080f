"""The scenery of the simulated world is what it says: water, sensors, timetables."""

from __future__ import annotations

import csv
import os
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from edge.events import Hand, Handled
from edge.law.levels import Level
from edge.law.policy import Role
from tests.world import disturbances, water
from tests.world.apart import Lasting
from tests.world.happenings import Year, flood_of, homes, quiet_year, year
from tests.world.sensors import YEAR_S, FaultKind, Kind
from tests.world.water import ALERT_MM, DANGER_MM, MAKERS, Course, Maker

FLOODS = Path(
    os.environ.get("FLOODBELL_FLOODS")
    or Path(__file__).resolve().parents[2].parent / "shared" / "data" / "floods"
)

SEEDS = range(40)
FACE_MM = 600.0

every_maker = pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)


def courses(maker: Maker) -> list[Course]:
    return [maker(Random(seed), 5000.0) for seed in range(600)]


def years() -> list[Year]:
    return [year(Random(seed)) for seed in SEEDS] + [quiet_year(Random(seed)) for seed in SEEDS]


# Water


@every_maker
def test_water_is_never_negative_and_begins_and_ends_dry(maker: Maker) -> None:
    random = Random(7)
    for course in courses(maker):
        assert course.begins_s == 5000.0
        assert course.depth_mm(course.begins_s) == course.depth_mm(course.ends_s) == 0.0
        assert course.depth_mm(-1e9) == course.depth_mm(1e9) == 0.0
        for _ in range(10):
            t_s = random.uniform(course.begins_s, course.ends_s)
            assert 0.0 <= course.depth_mm(t_s) <= course.peak_mm + 1e-6


@every_maker
def test_water_is_continuous_and_straight_between_its_corners(maker: Maker) -> None:
    for course in courses(maker)[:60]:
        for from_s, to_s in pairwise(course.corners()):
            ends = course.depth_mm(from_s) + course.depth_mm(to_s)
            assert course.depth_mm((from_s + to_s) / 2) == pytest.approx(ends / 2, abs=1e-6)
            steepest = abs(course.depth_mm(to_s) - course.depth_mm(from_s)) / (to_s - from_s)
            before_mm = course.depth_mm(to_s - 1e-6)
            assert course.depth_mm(to_s) == pytest.approx(before_mm, abs=1e-3 + steepest * 1e-5)


@every_maker
def test_the_same_seed_makes_the_same_water(maker: Maker) -> None:
    assert maker(Random(3), 10.0) == maker(Random(3), 10.0)
    assert maker(Random(3), 10.0) != maker(Random(4), 10.0)


@pytest.mark.parametrize("maker", [water.flash_flood, water.slow_rise, water.burst_pipe])
def test_some_water_stays_low_some_stops_between_the_setpoints_some_goes_far_beyond(
    maker: Maker,
) -> None:
    peaks = [course.peak_mm for course in courses(maker)]
    shares = (
        sum(peak < ALERT_MM for peak in peaks),
        sum(ALERT_MM <= peak < DANGER_MM for peak in peaks),
        sum(peak >= DANGER_MM for peak in peaks),
        sum(peak > FACE_MM for peak in peaks),
    )
    assert min(shares) > 25, shares


def test_water_reaches_the_peak_it_was_given() -> None:
    for seed in SEEDS:
        assert water.flash_flood(Random(seed), 0.0, 300.0).peak_mm == 300.0
        assert water.slow_rise(Random(seed), 0.0, 90.0).peak_mm == 90.0


def test_what_returns_passes_danger_twice_in_one_course() -> None:
    for course in courses(water.receding_and_returning):
        assert len(course.rises_past(DANGER_MM)) >= 2
        assert len(course.falls_below(DANGER_MM)) >= 2


def test_a_door_that_gives_way_lets_water_in_faster_than_the_rate_gate_believes() -> None:
    for course in courses(water.door_gives_way):
        assert course.depth_mm(course.begins_s + 1.0) > 50.0
        assert course.rises_past(DANGER_MM)[0] - course.begins_s < 3.0


def test_ripples_are_waves_of_seconds() -> None:
    for course in courses(water.ripples):
        falls = sum(after < before for before, after in pairwise(course.depths_mm))
        assert falls >= 4
        assert course.peak_mm > 0


def test_passes_are_where_the_depth_is() -> None:
    for course in courses(water.flash_flood):
        for t_s in (*course.rises_past(ALERT_MM), *course.falls_below(ALERT_MM)):
            assert course.depth_mm(t_s) == pytest.approx(ALERT_MM, abs=1e-6)
        assert bool(course.rises_past(DANGER_MM)) == (course.peak_mm >= DANGER_MM)


@every_maker
def test_over_a_higher_floor_stands_less_water(maker: Maker) -> None:
    random = Random(1)
    for course in courses(maker)[:100]:
        lowered = course.lowered(60.0)
        if lowered is None:
            assert course.peak_mm <= 60.0
            continue
        for _ in range(10):
            t_s = random.uniform(course.begins_s, course.ends_s)
            expected_mm = max(0.0, course.depth_mm(t_s) - 60.0)
            assert lowered.depth_mm(t_s) == pytest.approx(expected_mm, abs=1e-6)


def test_water_that_is_no_course_is_refused() -> None:
    for times_s, depths_mm in (
        ((0.0,), (0.0,)),
        ((0.0, 0.0), (0.0, 0.0)),
        ((0.0, 1.0, 2.0), (0.0, -1.0, 0.0)),
        ((0.0, 1.0), (0.0, 1.0)),
    ):
        with pytest.raises(ValueError, match="wrong"):
            Course("wrong", times_s, depths_mm)


@pytest.mark.skipif(
    not FLOODS.is_dir(),
    reason="the recorded floods are not here: name their folder in FLOODBELL_FLOODS",
)
def test_recorded_floods_are_courses_too() -> None:
    for path in FLOODS.glob("*.csv"):
        with path.open(newline="", encoding="ascii") as file:
            rows = [(float(row["t_s"]), float(row["depth_mm"])) for row in csv.DictReader(file)]
        course = water.from_record(path.stem, rows, 100.0)
        assert course.peak_mm == max(depth_mm for _, depth_mm in rows)
        for t_s, depth_mm in rows:
            assert course.depth_mm(160.0 + t_s) == pytest.approx(depth_mm, abs=1e-6)
        assert flood_of(course, homes()["everything"]).zones["entrance"] == course


# What only looks like water


def test_brief_disturbances_are_brief_and_let_the_floor_be_seen_between() -> None:
    for maker in disturbances.BRIEF:
        for seed in range(200):
            it = maker(Random(seed), 100.0, ("door",), 9.0)
            assert it.longest_s(ALERT_MM) <= 9.0 + 1e-6, it
            seen = [it.sees_mm(t_s) >= ALERT_MM for t_s in it.corners()]
            changes = [
                t
                for (t, b), (_, a) in pairwise(zip(it.corners(), seen, strict=True))
                if b and not a
            ]
            assert len(changes) < 60
            gaps = [
                after_s - at_s
                for (at_s, mm), (after_s, _) in pairwise(it.steps)
                if mm < 5.0 and at_s > 0.0
            ]
            assert not gaps or min(gaps) >= disturbances.GAP_S - 1e-6


def test_standing_disturbances_stay() -> None:
    for seed in range(50):
        assert disturbances.box(Random(seed), 0.0, ("door",), 9.0).longest_s(ALERT_MM) > 9.0
        asleep = disturbances.sleeping_cat(Random(seed), 0.0, ("door",), 9.0)
        assert asleep.longest_s(ALERT_MM) > 1800.0


def test_a_disturbance_is_seen_only_in_its_time() -> None:
    it = disturbances.bucket(10.0, ("door",), 80.0, 5.0)
    assert [it.sees_mm(t_s) for t_s in (9.9, 10.0, 14.9, 15.0)] == [0.0, 80.0, 80.0, 0.0]
    assert it.corners() == (10.0, 15.0)


def test_what_creeps_rises_no_faster_than_water_may() -> None:
    for seed in range(50):
        it = disturbances.creeping(Random(seed), 0.0, ("door",), 9.0)
        rises = [(mm1 - mm0) / (t1 - t0) for (t0, mm0), (t1, mm1) in pairwise(it.steps)]
        assert max(rises) < 50.0
        assert max(mm for _, mm in it.steps) >= DANGER_MM


# Homes


def test_every_home_has_all_roles_and_can_decide_danger_where_it_must() -> None:
    for home in homes().values():
        policy = home.policy
        assert set(policy.contacts.values()) == set(Role)
        assert policy.sensors.keys() == home.fittings.keys() == home.mountings.keys()
        for zone, told in policy.zones.items():
            assert 1 <= told.needed <= len(told.sensors)
            assert all(policy.sensors[name].zone == zone for name in told.sensors)
            able = any(
                policy.sensors[n].decides(policy.setpoint(Level.DANGER).mm) for n in told.sensors
            )
            assert able or not told.danger, (home.name, zone)
        assert set(home.floors_mm) < set(policy.zones), "some floor is the lowest"


def test_the_catalogue_has_every_voting_and_wiring() -> None:
    zones = [zone for home in homes().values() for zone in home.policy.zones.values()]
    votings = {(zone.needed, len(zone.sensors)) for zone in zones}
    assert votings >= {(1, 1), (1, 2), (2, 2), (2, 3)}
    assert any(not zone.danger for zone in zones)
    sensors = [sensor for home in homes().values() for sensor in home.policy.sensors.values()]
    assert {sensor.height_mm for sensor in sensors} == {None, 20, 150}
    assert any(sensor.cable for sensor in sensors)


# Years


def test_the_same_seed_is_the_same_year_and_another_seed_another() -> None:
    assert year(Random(5)) == year(Random(5))
    assert quiet_year(Random(5)) == quiet_year(Random(5))
    assert year(Random(5)) != year(Random(6))


def test_probes_of_one_year_say_the_same_each_time() -> None:
    it = year(Random(5))
    for first, again in zip(it.probes().values(), it.probes().values(), strict=True):
        assert [first.sample(float(t), 9.0) for t in range(99)] == [
            again.sample(float(t), 9.0) for t in range(99)
        ]


def test_timetables_are_sorted_and_inside_the_year() -> None:
    for it in years():
        happenings: tuple[tuple[Lasting, ...], ...] = (
            it.disturbances,
            it.faults,
            it.modem,
            it.broker,
            it.disk,
            it.floods,
        )
        for happening in happenings:
            begins = [each.begins_s for each in happening]
            assert begins == sorted(begins)
            assert all(each.begins_s < each.ends_s < it.length_s for each in happening)
        stops = [kill.at_s for kill in it.kills], [cut.at_s for cut in it.power_cuts]
        for times in (*stops, [d.at_s for d in it.deeds], [j.at_s for j in it.clock_jumps]):
            assert times == sorted(times)
        corners = it.corners()
        assert list(corners) == sorted(set(corners))
        assert 0.0 < corners[0] < corners[-1] < it.length_s == YEAR_S


def test_floods_and_faults_of_one_sensor_and_stops_do_not_overlap() -> None:
    for it in years():
        assert all(a.ends_s < b.begins_s for a, b in pairwise(it.floods))
        for sensor in it.home.fittings:
            mine = [fault for fault in it.faults if fault.sensor == sensor]
            assert all(a.ends_s < b.begins_s for a, b in pairwise(mine))
        stops = [(k.at_s, k.at_s + k.down_s) for k in it.kills]
        stops += [(cut.at_s, cut.at_s + cut.off_s) for cut in it.power_cuts]
        assert all(a[1] < b[0] for a, b in pairwise(sorted(stops)))


def test_half_of_the_floods_have_a_fault_a_kill_or_a_modem_outage_in_them() -> None:
    hit = floods = 0
    for seed in range(300):
        it = year(Random(seed))
        begins_s = [fault.begins_s for fault in it.faults]
        begins_s += [spell.begins_s for spell in it.modem] + [kill.at_s for kill in it.kills]
        for flood in it.floods:
            floods += 1
            hit += any(flood.begins_s - 60 <= at_s <= flood.ends_s + 60 for at_s in begins_s)
    assert hit > floods / 2, (hit, floods)


def test_everything_that_can_happen_does_in_some_year() -> None:
    some = [year(Random(seed)) for seed in range(600)]
    assert {f.kind for it in some for f in it.faults} == set(FaultKind)
    assert {h.event.hand for it in some for h in it.deeds if isinstance(h.event, Handled)} == set(
        Hand
    )
    assert any(not isinstance(h.event, Handled) for it in some for h in it.deeds), "the bell"
    assert {it.home.name for it in some} == set(homes())
    assert {len(it.floods) for it in some} == {0, 1, 2, 3}
    assert {flood.course.kind for it in some for flood in it.floods} == {
        maker(Random(1), 0.0).kind for maker in MAKERS
    }
    assert any(len(it.kills) >= 10 for it in some), "a crash loop"
    assert not all(it.armed for it in some)


def test_what_a_sensor_sees_is_the_water_or_what_stands_in_it() -> None:
    it = next(y for y in years() if y.floods and y.disturbances)
    flood = it.floods[0]
    zone, course = next(iter(flood.zones.items()))
    t_s = course.times_s[len(course.times_s) // 2]
    assert it.depth_mm(zone, t_s) == course.depth_mm(t_s)
    shown = it.disturbances[0]
    t_s = shown.begins_s
    assert it.seen_mm(shown.sensors[0], t_s) >= shown.sees_mm(t_s)


def test_a_quiet_year_is_dry_armed_and_shows_nothing_tall_for_long() -> None:
    for seed in range(150):
        it = quiet_year(Random(seed))
        assert it.armed
        assert not it.floods
        tall = [shown for shown in it.disturbances if shown.longest_s(ALERT_MM)]
        assert all(shown.longest_s(ALERT_MM) <= disturbances.LONGEST_S + 1e-6 for shown in tall)
        assert all(len(shown.sensors) == 1 for shown in tall)
        assert all(a.ends_s < b.begins_s for a, b in pairwise(tall))
        for fault in it.faults:
            if fault.reads_wet:
                meanwhile = {
                    f.sensor
                    for f in it.faults
                    if f.begins_s < fault.ends_s and fault.begins_s < f.ends_s
                }
                full = set(it.home.of_kind(Kind.ULTRASONIC, Kind.PRESSURE))
                assert full - meanwhile, "a full sensor says that it is dry"
