"""One thread a sensor: whatever a driver does becomes an event, and the thread has beaten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from drivers.errors import BadFrame, NoResponse, PortGone
from drivers.measurement import Echoes, Measurement
from edge.events import Echoed, Measured, SensorFailed
from edge.loop.poller import Poller
from tests.edge.by_hand import HandClock, Sensor, Told


@contextmanager
def polled(sensor: Sensor, clock: HandClock, interval_s: float = 1.0) -> Iterator[Told]:
    told, beats = Told(), threading.Event()
    poller = Poller("door", sensor, interval_s, put=told, beat=beats.set, clock=clock.now_s)
    poller.start()
    try:
        yield told
        assert sensor.read_all.wait(10.0), told.events
        assert beats.is_set()
    finally:
        poller.stop()
        sensor.closed.set()  # ends the read that waits
        assert poller.join(10.0)


class Running(HandClock):
    """A clock that moves on a little each time it is looked at."""

    def now_s(self) -> float:
        self.at_s += 0.05
        return self.at_s


def test_what_is_asked_is_named_and_told() -> None:
    sensor = Sensor(Measurement(3.0, 3.0), Measurement(20.0, float("inf")))
    with polled(sensor, HandClock(), interval_s=0.01) as told:
        assert told.of(Measured, 2) == [
            Measured("door", 3.0, 3.0),
            Measured("door", 20.0, float("inf")),
        ]


def test_frames_are_gathered_over_an_interval_and_told_once() -> None:
    frames = [Echoes((400 + n,)) for n in range(60)]
    with polled(Sensor(*frames, talks=True), Running(), interval_s=1.0) as told:
        gathered = told.of(Echoed, 3)
    assert len(gathered[0].ranges_mm) == 1, "the first at once: a start must not wait"
    assert all(len(e.ranges_mm) > 3 for e in gathered[1:])
    ranges = [r for e in gathered for r in e.ranges_mm]
    assert ranges == list(range(400, 400 + len(ranges))), "in order, none twice"


def test_too_near_frames_are_counted() -> None:
    frames = [Echoes((400,), too_near=0), *[Echoes((), too_near=2)] * 40]
    with polled(Sensor(*frames, talks=True), Running(), interval_s=1.0) as told:
        first, second = told.of(Echoed, 2)[:2]
    assert (first.ranges_mm, first.too_near) == ((400,), 0)
    assert second.ranges_mm == ()
    assert second.too_near >= 4


def test_a_driver_that_says_it_cannot_measure_faults_and_is_asked_again() -> None:
    sensor = Sensor(BadFrame("checksum"), Measurement(3.0, 3.0))
    with polled(sensor, HandClock(), interval_s=0.01) as told:
        told.of(Measured)
    assert told.events[0] == SensorFailed("door", "checksum", silent=False)


def test_silence_and_a_port_that_vanished_are_silence() -> None:
    sensor = Sensor(NoResponse("nothing in 1 s"), Measurement(3.0, 3.0), talks=True)
    with polled(sensor, HandClock()) as told:
        told.of(Measured)
    assert told.events[0] == SensorFailed("door", "nothing in 1 s", silent=True)


def test_a_bug_in_a_driver_is_a_fault_and_not_the_end() -> None:
    sensor = Sensor(ZeroDivisionError("a bug"), Measurement(3.0, 3.0))
    with polled(sensor, HandClock(), interval_s=0.01) as told:
        told.of(Measured)
    assert told.events[0] == SensorFailed("door", "a bug", silent=False)


def test_frames_from_before_a_silence_do_not_count_after_it() -> None:
    """No measurement older than its deadline counts: the median must not be of a dry floor."""
    clock = HandClock()
    before = [Echoes((599,)) for _ in range(5)]
    sensor = Sensor(*before, PortGone("unplugged"), Echoes((400,)), talks=True)
    with polled(sensor, Jumping(clock, sensor), interval_s=10.0) as told:
        first, after = told.of(Echoed, 2)
    assert first.ranges_mm == (599,)
    assert after.ranges_mm == (400,)


class Jumping(HandClock):
    """A clock that has moved on by an hour once a sensor has been unplugged."""

    def __init__(self, clock: HandClock, sensor: Sensor) -> None:
        super().__init__(clock.at_s)
        self._sensor = sensor

    def now_s(self) -> float:
        return self.at_s + (3600.0 if not self._sensor.left else 0.0)


def test_stopping_closes_the_port() -> None:
    sensor = Sensor(Measurement(3.0, 3.0))
    with polled(sensor, HandClock(), interval_s=0.01) as told:
        told.of(Measured)
    assert sensor.closed.is_set()
