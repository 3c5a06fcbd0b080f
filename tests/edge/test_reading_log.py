"""Which readings enter the log (contract 1)."""

from __future__ import annotations

from math import inf

import pytest

from edge.events import Health, Reading
from edge.reading_log import LogPolicy, ReadingLog, Wanted


def depth(mm: float, health: Health = Health.GOOD, sensor: str = "door") -> Reading:
    return Reading(sensor, mm, mm, health)


def bound(at_least_mm: float, below_mm: float) -> Reading:
    return Reading("door", at_least_mm, below_mm, Health.GOOD)


def test_the_first_reading_of_each_sensor_is_logged() -> None:
    log = ReadingLog(LogPolicy())
    assert log.wants(depth(0.0), 1.0, above_normal=False)
    assert not log.wants(depth(0.0), 2.0, above_normal=False)
    assert log.wants(depth(0.0, sensor="window"), 2.0, above_normal=False)


def test_a_quiet_floor_is_logged_once_an_interval() -> None:
    log = ReadingLog(LogPolicy(interval_s=60.0))
    logged = [t for t in range(181) if log.wants(depth(1.0), float(t), above_normal=False)]
    assert logged == [0, 60, 120, 180]


def test_the_interval_may_be_shorter_than_a_second() -> None:
    log = ReadingLog(LogPolicy(interval_s=0.5))
    assert log.wants(depth(1.0), 0.0, above_normal=False)
    assert log.wants(depth(1.0), 0.5, above_normal=False)


def test_while_load_is_shed_a_quiet_floor_is_logged_less_often_and_a_change_as_ever() -> None:
    log = ReadingLog(LogPolicy(interval_s=60.0, min_change_mm=5.0), least_interval_s=300.0)
    logged = [t for t in range(601) if log.wants(depth(1.0), float(t), above_normal=False)]
    assert logged == [0, 300, 600]
    assert log.wants(depth(6.0), 601.0, above_normal=False)
    assert log.wants(depth(6.0), 602.0, above_normal=True), "above normal it is no matter"
    log.least_interval_s = 10.0
    assert not log.wants(depth(6.0), 661.0, above_normal=False), "nor is it ever more often"
    assert log.wants(depth(6.0), 662.0, above_normal=False)


def test_a_change_is_measured_from_what_was_last_logged_so_that_no_creep_is_missed() -> None:
    log = ReadingLog(LogPolicy(interval_s=1e6, min_change_mm=5.0))
    logged = [mm for mm in range(21) if log.wants(depth(float(mm)), float(mm), above_normal=False)]
    assert logged == [0, 5, 10, 15, 20]


def test_above_normal_there_is_one_every_alarm_interval() -> None:
    log = ReadingLog(LogPolicy(interval_s=60.0, alarm_interval_s=1.0))
    times = [t / 2 for t in range(11)]
    logged = [t for t in times if log.wants(depth(30.0), t, above_normal=True)]
    assert logged == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_an_alarm_interval_longer_than_the_usual_one_does_not_slow_the_log() -> None:
    log = ReadingLog(LogPolicy(interval_s=2.0, alarm_interval_s=60.0))
    assert log.wants(depth(30.0), 0.0, above_normal=True)
    assert log.wants(depth(30.0), 2.0, above_normal=True)


def test_with_no_least_change_every_reading_is_logged() -> None:
    log = ReadingLog(LogPolicy(min_change_mm=0.0))
    assert all(log.wants(depth(0.0), 0.0, above_normal=False) for _ in range(5))


@pytest.mark.parametrize("health", [Health.SUSPECT, Health.FAULTED, Health.STALE])
def test_every_change_of_quality_is_logged(health: Health) -> None:
    log = ReadingLog(LogPolicy())
    log.wants(depth(0.0), 0.0, above_normal=False)
    assert log.wants(Reading("door", -inf, inf, health), 0.1, above_normal=False)
    assert not log.wants(Reading("door", -inf, inf, health), 0.2, above_normal=False)
    assert log.wants(depth(0.0), 0.3, above_normal=False)


def test_a_switch_that_turns_over_is_a_change() -> None:
    log = ReadingLog(LogPolicy())
    log.wants(bound(-inf, 20.0), 0.0, above_normal=False)
    assert not log.wants(bound(-inf, 20.0), 0.1, above_normal=False)
    assert log.wants(bound(20.0, inf), 0.2, above_normal=False)


def test_a_bound_that_stays_is_no_change_however_small_a_change_counts() -> None:
    """Infinity less infinity is not a number, and must not be taken for a change."""
    log = ReadingLog(LogPolicy(min_change_mm=0.1))
    log.wants(bound(-inf, 20.0), 0.0, above_normal=False)
    assert not log.wants(bound(-inf, 20.0), 0.1, above_normal=False)


def test_one_bound_that_moves_is_a_change_though_the_other_is_infinite() -> None:
    """Of the maximum of a number and of what is not a number, either may come out."""
    log = ReadingLog(LogPolicy())
    log.wants(bound(-inf, 20.0), 0.0, above_normal=False)
    assert log.wants(bound(-inf, 150.0), 0.1, above_normal=False)
    assert log.wants(bound(20.0, inf), 0.2, above_normal=False)
    assert log.wants(bound(150.0, inf), 0.3, above_normal=False)


def test_the_log_table_has_the_contracts_figures() -> None:
    assert LogPolicy() == LogPolicy(interval_s=60.0, min_change_mm=5.0, alarm_interval_s=1.0)


def test_what_says_the_same_may_wait_a_change_comes_soon_and_above_normal_nothing_waits() -> None:
    log = ReadingLog(LogPolicy())
    assert log.wants(depth(0.0), 0.0, above_normal=False) is Wanted.SOON
    assert log.wants(depth(0.0), 60.0, above_normal=False) is Wanted.LATER
    assert log.wants(depth(5.0), 61.0, above_normal=False) is Wanted.SOON
    assert log.wants(depth(5.0, Health.SUSPECT), 62.0, above_normal=False) is Wanted.SOON
    assert log.wants(depth(5.0, Health.SUSPECT), 63.0, above_normal=True) is Wanted.NOW
    assert log.wants(depth(5.0, Health.SUSPECT), 63.5, above_normal=True) is Wanted.NO


def test_a_sensor_that_flickers_for_a_day_gets_few_commits_and_a_flood_all_it_needs() -> None:
    log = ReadingLog(LogPolicy())
    day = [log.wants(depth(6.0 * (t % 2)), float(t), above_normal=False) for t in range(86_400)]
    assert Wanted.NO not in day, "all of it is logged"
    soon = [second for second, wanted in enumerate(day) if wanted is Wanted.SOON]
    assert soon == [*range(300), *range(900, 86_400, 900)]
    assert log.wants(depth(30.0), 86_400.0, above_normal=True) is Wanted.NOW
    quiet = [log.wants(depth(0.0), 86_400.5 + t, above_normal=False) for t in range(9001)]
    assert Wanted.SOON not in quiet[1:]
    later = [log.wants(depth(9.0 * (t % 2)), 95_401.0 + t, above_normal=False) for t in range(15)]
    assert 9 <= later.count(Wanted.SOON) <= 11, "what was not used in quiet times was saved"


def test_several_sensors_that_change_in_one_second_share_a_commit() -> None:
    log = ReadingLog(LogPolicy())
    names = [f"s{number}" for number in range(16)]
    for second in range(300):
        for name in names:
            reading = depth(6.0 * (second % 2), sensor=name)
            assert log.wants(reading, second + 0.5, above_normal=False) is Wanted.SOON


@pytest.mark.parametrize(
    ("interval_s", "patience_s"), [(0.2, 1.0), (59.0, 1.0), (60.0, 900.0), (3600.0, 900.0)]
)
def test_a_row_that_says_the_same_waits_only_where_one_a_minute_is_wanted(
    interval_s: float, patience_s: float
) -> None:
    assert LogPolicy(interval_s=interval_s).patience_s == patience_s


def test_who_wants_every_reading_gets_each_within_a_second_for_ever() -> None:
    log = ReadingLog(LogPolicy(min_change_mm=0.0))
    for second in range(1000):
        found = log.wants(depth(5.0 + second % 2), float(second), above_normal=False)
        assert found is Wanted.SOON
