"""The real daemon at ten readings a second, and the three outages that sink its peers.

Broker stopped for 60 s, path silent for 60 s and then reset, kill -9 of the daemon half way.
Nothing lost of what was numbered, in order, silence noticed within 30 s, and the backlog complete
within 10 s of the return. Two of them have a short form that runs with every test.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.store.reader import Reader
from tests.bells import Bell
from tests.brokers import Mosquitto, mosquitto
from tests.edge.centre.home_at_centre import Books, keeping_books

NOTICED_S = 30.0
COMPLETE_S = 10.0
EVERY_READING = "\n[log]\nmin_change_mm = 0\n"


@dataclass
class Outage:
    """A running bell, its broker, and the books of the centre."""

    bell: Bell
    broker: Mosquitto
    books: Books

    def newest(self) -> dict[str, int]:
        """What the bell has numbered and stored so far, by the id of the log."""
        with Reader(self.bell.directory / "state" / "floodbell.db") as reader:
            return {
                reader.ids[log]: (reader.history(log, limit_rows=1) or [(0, "")])[-1][0]
                for log in ("readings", "events")
            }

    def readings(self) -> int:
        """How many readings have been numbered."""
        return next(iter(self.newest().values()))

    def settle(self) -> None:
        """Wait until the centre has all that is numbered, and check that it is whole."""
        end_s = time.monotonic() + 20.0
        while True:
            before = self.newest()
            self.books.await_all(before)
            if self.newest() == before:
                assert self.books.received.faults(before) == []
                return
            assert time.monotonic() < end_s, "it never rests"


@contextmanager
def measuring(folder: Path, *, reconnect_max_s: float, interval_s: float = 0.1) -> Iterator[Outage]:
    with mosquitto(folder / "broker") as broker:
        way = f'\n[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n'
        way += f"reconnect_max_s = {reconnect_max_s}\n"
        bell = Bell(folder / "bell", armed=False, interval_s=interval_s, more=way + EVERY_READING)
        with bell, keeping_books(broker, "floodbell/v1/jongno/jongno-0042") as books:
            began_s = time.monotonic()
            bell.sensor.follow(lambda: 3.0 * math.sin(time.monotonic() - began_s))
            bell.start()
            books.await_more_readings()
            yield Outage(bell, broker, books)


def pause(seconds: float) -> None:
    """Let an outage have its length: there is nothing to wait for in it."""
    threading.Event().wait(seconds)


def broker_stopped(folder: Path, *, for_s: float, reconnect_max_s: float) -> None:
    with measuring(folder, reconnect_max_s=reconnect_max_s) as outage:
        before = outage.readings()
        outage.broker.stop()
        outage.bell.await_log(r"WARNING .*broker: ")
        pause(for_s)
        returned(outage, before, for_s)


def path_silent(folder: Path, *, for_s: float, reconnect_max_s: float) -> None:
    with measuring(folder, reconnect_max_s=reconnect_max_s) as outage:
        before = outage.readings()
        silent_s = time.monotonic()
        outage.broker.freeze()
        outage.bell.await_log("broker: the broker has acknowledged nothing", NOTICED_S)
        print(f"silence noticed after {time.monotonic() - silent_s:.1f} s")
        pause(for_s - (time.monotonic() - silent_s))
        outage.broker.kill()
        returned(outage, before, for_s)


def daemon_killed(folder: Path, *, for_s: float, reconnect_max_s: float) -> None:
    with measuring(folder, reconnect_max_s=reconnect_max_s) as outage:
        before = outage.readings()
        outage.broker.stop()
        pause(for_s / 2)
        outage.bell.kill()
        numbered = outage.readings()
        assert numbered - before >= (for_s / 2 - 1.5) * 10 * 0.9, "at most a second was in memory"
        outage.bell.start()
        outage.bell.await_log("refuses the connection")
        pause(for_s / 2)
        returned(outage, before, for_s - 3.0)


def returned(outage: Outage, before: int, for_s: float) -> None:
    """The broker comes back: everything within ten seconds, whole and in order."""
    outage.broker.start()
    back_s = time.monotonic()
    owed = outage.newest()
    measured = next(iter(owed.values())) - before
    complete_s = outage.books.await_all(owed, 30.0) - back_s
    print(f"{measured} readings in the outage, complete {complete_s:.2f} s after the return")
    assert measured >= for_s * 10 * 0.9 - 10
    assert complete_s <= COMPLETE_S
    outage.settle()


def test_a_broker_that_was_stopped_gets_everything(tmp_path: Path) -> None:
    broker_stopped(tmp_path, for_s=2.0, reconnect_max_s=1.0)


def test_a_daemon_killed_half_way_through_an_outage_loses_nothing_numbered(tmp_path: Path) -> None:
    daemon_killed(tmp_path, for_s=4.0, reconnect_max_s=1.0)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("attempt", range(3))
def test_a_broker_stopped_for_a_minute_gets_everything(tmp_path: Path, attempt: int) -> None:
    del attempt
    broker_stopped(tmp_path, for_s=60.0, reconnect_max_s=10.0)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("attempt", range(3))
def test_a_path_silent_for_a_minute_and_reset_loses_nothing(tmp_path: Path, attempt: int) -> None:
    del attempt
    path_silent(tmp_path, for_s=60.0, reconnect_max_s=10.0)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("attempt", range(3))
def test_a_daemon_killed_half_way_through_a_minute_loses_nothing_numbered(
    tmp_path: Path, attempt: int
) -> None:
    del attempt
    daemon_killed(tmp_path, for_s=60.0, reconnect_max_s=10.0)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_twenty_kills_of_the_broker_under_five_readings_a_second(tmp_path: Path) -> None:
    with measuring(tmp_path, reconnect_max_s=10.0, interval_s=0.2) as outage:
        worst_s = 0.0
        for _ in range(20):
            outage.books.await_more_readings(30.0)
            outage.broker.kill()
            pause(2.0)
            outage.broker.start()
            back_s = time.monotonic()
            outage.books.await_back()
            outage.books.await_more_readings(30.0)
            worst_s = max(worst_s, time.monotonic() - back_s)
        outage.settle()
        print(f"{outage.readings()} readings, worst return {worst_s:.1f} s")
        print(f"{outage.books.received.repeats} came twice")
