"""A step of the clock is told once, in words and figures, and wakes who was kept out by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drivers.host.believing import LEAST_UTC
from edge.loop.clock_watch import TELL_EVERY_S, ClockWatch
from tests.drivers.host.test_clock_steps import NOW_S, Machine, utc
from tests.edge.by_hand import HandMade
from tests.edge.centre.validating import faults


def told(home: HandMade) -> list[dict[str, Any]]:
    return [event for event in home.app.recent if event["type"] == "clock_set"]


def test_a_step_is_an_event_and_wakes_everybody(tmp_path: Path) -> None:
    machine, woken = Machine(wall_s=12.0), list[int]()
    with HandMade(tmp_path) as home:
        watch = ClockWatch(machine.clock(), [lambda: woken.append(1), lambda: woken.append(2)])
        for _ in range(5):
            machine.pass_time(1.0)
            watch(home.app)
        assert (told(home), woken) == ([], [])
        machine.pass_time(1.0, set_by_s=NOW_S)
        watch(home.app)
        (event,) = told(home)
        assert event["from_ts"] == "1970-01-01T00:00:18.000Z"
        assert event["to_ts"] == "2026-08-08T12:00:18.000Z"
        assert (event["by_s"], event["source"]) == (NOW_S, "none")
        assert not faults("event", {"log": "0" * 32, "seq": 1, **event})
        assert woken == [1, 2]


def test_a_clock_that_is_fought_over_is_told_once_a_minute_and_summed(tmp_path: Path) -> None:
    machine, woken = Machine(), list[int]()
    with HandMade(tmp_path) as home:
        watch = ClockWatch(machine.clock(), [lambda: woken.append(1)])
        for second in range(int(TELL_EVERY_S) + 2):
            machine.pass_time(1.0, set_by_s=10.0 if second < 30 else 0.0)
            watch(home.app)
        assert [event["by_s"] for event in told(home)] == [10.0, 290.0]
        assert len(woken) == 4, "every ten seconds, and once more when it has come to rest"


def test_what_the_network_tells_moves_the_rows_and_opens_no_certificate(tmp_path: Path) -> None:
    machine, woken = Machine(wall_s=12.0), list[int]()
    clock = machine.clock()
    with HandMade(tmp_path) as home:
        watch = ClockWatch(clock, [lambda: woken.append(1)])
        clock.hint(utc(NOW_S), machine.monotonic_s)
        watch(home.app)
        assert [event["source"] for event in told(home)] == ["nitz"]
        assert woken == []
        # The time server says the same: the rows go on, and certificates are looked at again.
        machine.wall_s, machine.kernel = NOW_S, True
        machine.pass_time(1.0)
        watch(home.app)
        assert len(told(home)) == 1
        assert woken == [1]


def test_a_clock_that_is_found_to_be_right_wakes_as_well(tmp_path: Path) -> None:
    machine, woken = Machine(), list[int]()
    with HandMade(tmp_path) as home:
        watch = ClockWatch(machine.clock(), [lambda: woken.append(1)])
        machine.pass_time(1.0)
        machine.kernel = True
        watch(home.app)
        watch(home.app)
    assert woken == [1]
    assert utc(NOW_S) > LEAST_UTC
