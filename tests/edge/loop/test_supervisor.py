"""The watchdog is fed only if the loop has stepped and every thread has beaten (design 3)."""

from __future__ import annotations

from dataclasses import dataclass

from edge.loop.supervisor import Beats

VITAL = frozenset({"main", "store", "modem"})


@dataclass
class HandClock:
    """Monotonic seconds, set by hand."""

    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_thread_without_a_beat_for_thirty_seconds_hangs() -> None:
    clock = HandClock()
    beats = Beats(clock, VITAL)
    beat = beats.beat_of("sensor-door")
    clock.now_s += 29.9
    assert beats.hung(clock()) == {}
    clock.now_s += 0.1
    assert beats.hung(clock()) == {"sensor-door": 30.0}
    beat()
    assert beats.hung(clock()) == {}


def test_the_watchdog_starves_with_a_vital_thread_and_not_with_a_sensors() -> None:
    clock = HandClock()
    beats = Beats(clock, VITAL)
    modem = beats.beat_of("modem")
    beats.beat_of("sensor-door")
    clock.now_s += 31
    assert not beats.may_feed(clock())
    modem()
    assert beats.may_feed(clock())


def test_a_hung_vital_thread_ends_the_process_after_ten_more_seconds() -> None:
    clock = HandClock()
    beats = Beats(clock, VITAL)
    beats.beat_of("store")
    beats.beat_of("broker")
    clock.now_s += 39.9
    assert beats.beyond_mending(clock(), report_waits=False) is None
    clock.now_s += 0.1
    assert beats.beyond_mending(clock(), report_waits=False) == "store"


def test_it_ends_five_seconds_sooner_while_a_report_waits() -> None:
    clock = HandClock()
    beats = Beats(clock, VITAL)
    beats.beat_of("modem")
    clock.now_s += 35
    assert beats.beyond_mending(clock(), report_waits=True) == "modem"
    assert beats.beyond_mending(clock(), report_waits=False) is None


def test_a_thread_that_ended_on_purpose_is_not_missed() -> None:
    clock = HandClock()
    beats = Beats(clock, VITAL)
    beats.beat_of("modem")
    beats.forget("modem")
    beats.forget("never there")
    clock.now_s += 1000
    assert beats.may_feed(clock())
    assert beats.beyond_mending(clock(), report_waits=True) is None
