"""The machine's clocks moved by hand: steps, time servers, batteries, hints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from drivers.host.clock import Clock

NOW_S = datetime(2026, 8, 8, 12, 0, tzinfo=UTC).timestamp()
SEOUL = ZoneInfo("Asia/Seoul")
YEAR_S = 365 * 86400.0


@dataclass
class Machine:
    """What the kernel, timesyncd and a battery say."""

    wall_s: float = NOW_S
    monotonic_s: float = 1000.0
    kernel: bool = False
    touched_s: float | None = None
    battery_s: float | None = None

    def clock(self) -> Clock:
        return Clock(
            wall=lambda: self.wall_s,
            monotonic=lambda: self.monotonic_s,
            synced=lambda doubted: self.kernel or self.touched_s not in (None, doubted),
            battery=lambda: self.battery_s,
            synced_at=lambda: self.touched_s,
        )

    def pass_time(self, seconds: float, *, set_by_s: float = 0.0) -> None:
        self.monotonic_s += seconds
        self.wall_s += seconds + set_by_s


def utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_time_that_runs_is_no_step_and_one_that_jumps_is_one_each() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(100):
        machine.pass_time(0.7)
        assert clock.look().steps == 0
    for jumps, by_s in enumerate((YEAR_S, -YEAR_S, 1.0, -1.0, 0.5), 1):
        machine.pass_time(0.1, set_by_s=by_s)
        assert clock.steps() == jumps, by_s
        machine.pass_time(5.0)
        assert clock.steps() == jumps


def test_small_steps_add_up_to_one() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(4):
        machine.pass_time(2.0, set_by_s=0.2)
        clock.look()
    assert clock.steps() == 1


def test_a_step_is_seen_by_the_next_reading_not_a_second_later() -> None:
    machine = Machine(wall_s=60.0, kernel=False)
    clock = machine.clock()
    assert clock.told() == (utc(60.0), False)
    machine.pass_time(0.001, set_by_s=NOW_S)
    machine.kernel = True
    assert clock.told() == (utc(machine.wall_s), True)
    machine.pass_time(0.001, set_by_s=-YEAR_S)
    machine.kernel = False
    assert clock.told() == (utc(machine.wall_s), False)


def test_timesyncds_word_does_not_count_after_somebody_else_has_set_the_clock() -> None:
    machine = Machine(touched_s=NOW_S - 600)
    clock = machine.clock()
    assert clock.wall_is_synced()
    machine.pass_time(1.0, set_by_s=-YEAR_S)
    assert not clock.wall_is_synced()
    assert clock.source() == "none"
    machine.pass_time(1.0, set_by_s=YEAR_S)  # and now by the time server, which says so
    machine.touched_s = machine.wall_s
    assert clock.wall_is_synced()
    assert clock.source() == "ntp"


def test_a_clock_that_was_set_once_is_believed_when_the_server_is_gone_but_not_called_synced() -> (
    None
):
    machine = Machine(kernel=True)
    clock = machine.clock()
    clock.hint(utc(NOW_S + 30), 1000.0)
    machine.kernel = False
    machine.pass_time(40_000.0)
    assert (clock.wall_is_synced(), clock.source()) == (False, "ntp")
    assert clock.wall_utc() == utc(machine.wall_s)


def test_the_networks_time_runs_on_by_the_monotonic_clock_until_a_server_sets_the_clock() -> None:
    machine = Machine(wall_s=12.0)
    clock = machine.clock()
    assert clock.local_time(SEOUL) == ""
    assert clock.hint(utc(NOW_S), machine.monotonic_s)
    machine.pass_time(90.0, set_by_s=-5.0)  # what the kernel's clock does is not asked
    assert clock.told() == (utc(NOW_S + 90), False)
    assert clock.local_time(SEOUL) == "21:01"
    assert clock.local_time(None) == "", "in a zone that is not known it would be hours off"
    machine.wall_s, machine.kernel = NOW_S + 91, True
    assert clock.told() == (utc(NOW_S + 91), True)


@pytest.mark.parametrize("told_s", [0.0, 315_964_812.0, NOW_S - 86400, NOW_S + 30 * YEAR_S])
def test_a_hint_that_cannot_be_is_refused(told_s: float) -> None:
    clock = Machine(wall_s=12.0).clock()
    clock.remember(utc(NOW_S))
    assert not clock.hint(utc(told_s), 1000.0)
    assert clock.source() == "none"


def test_the_networks_time_in_whole_seconds_does_not_move_the_rows_to_and_fro() -> None:
    machine = Machine(wall_s=12.0)
    clock = machine.clock()
    clock.hint(utc(NOW_S), machine.monotonic_s)
    for off_s in (0.9, -0.9, 1.9):
        machine.pass_time(3600.0)
        since_s = machine.monotonic_s - 1000.0
        assert clock.hint(utc(NOW_S + since_s + off_s), machine.monotonic_s)
        assert clock.wall_utc() == utc(NOW_S + since_s)
    machine.pass_time(3600.0)
    clock.hint(utc(NOW_S + 4 * 3600.0 + 2.5), machine.monotonic_s)
    assert clock.wall_utc() == utc(NOW_S + 4 * 3600.0 + 2.5)


def test_what_was_known_before_a_power_cut_has_been() -> None:
    machine = Machine(wall_s=12.0)
    clock = machine.clock()
    clock.remember(utc(NOW_S))
    machine.pass_time(30.0)
    assert clock.told() == (utc(NOW_S + 30), False)
    assert clock.newest_utc() == utc(NOW_S + 30)
    assert UUID(clock.new_id()).int >> 80 == int((NOW_S + 30) * 1000)
    assert clock.local_time(SEOUL) == "", "at least so late is not how late it is"


def test_only_a_time_server_is_remembered() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.hint(utc(NOW_S), 1000.0)
    assert clock.newest_utc() is None
    machine.kernel = True
    machine.pass_time(2.0)
    assert clock.newest_utc() == utc(NOW_S + 2)


def test_a_battery_is_believed_while_it_agrees() -> None:
    machine = Machine(battery_s=NOW_S + 3)
    clock = machine.clock()
    assert (clock.source(), clock.wall_is_synced()) == ("rtc", False)
    machine.pass_time(1.0, set_by_s=3600.0)
    assert clock.source() == "none"


def test_a_process_that_was_stopped_between_two_readings_sees_no_step() -> None:
    readings = iter([*[1000.0] * 2, *[1000.0, 1500.0], *[1500.0] * 50])
    walls = iter([NOW_S, NOW_S, *[NOW_S + 500] * 50])
    clock = Clock(
        wall=lambda: next(walls),
        monotonic=lambda: next(readings),
        synced=lambda _doubted: False,
        battery=lambda: None,
        synced_at=lambda: None,
    )
    assert clock.steps() == 0
    assert clock.now_s() - 1500.0 < timedelta(seconds=1).total_seconds()
