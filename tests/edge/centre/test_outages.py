"""What the way to the centre promises while the broker, the path or the power goes.

No number missing, at least once, in order, memory flat. Short forms run with every test; the long
ones have the length and the rates of the issue and of the measurements of the peers.
"""

from __future__ import annotations

import json
import random
import socket
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.broker.liveness import Patience
from edge.centre.front import Front
from edge.events import Health, Reading
from edge.reading_log import Wanted
from tests.bench import drain
from tests.bench.drain import drained
from tests.brokers import Listener, Mosquitto, mosquitto
from tests.edge.centre.home_at_centre import BASE, Books, Home, keeping_books
from tests.relay import Cut, Relay

HASTY = Patience(connect_s=1.0, ack_s=0.4)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., Home]]:
    homes: list[Home] = []

    def make(port: int, **how: object) -> Home:
        homes.append(Home(tmp_path / "state", port, **how))  # type: ignore[arg-type]
        return homes[-1]

    yield make
    for home in homes:
        home.close()


Build = Callable[..., Home]


def all_came(home: Home, books: Books) -> None:
    newest = home.newest()
    books.await_all(newest)
    assert books.received.faults(newest) == []


def test_a_broker_that_is_killed_again_and_again_misses_nothing(
    broker: Mosquitto, build: Build
) -> None:
    home = build(broker.port)
    with keeping_books(broker) as books:
        home.centre.start()
        with home.measuring(rate_hz=50.0):
            for _ in range(3):
                books.await_more_readings()
                books.kill(broker, home)
                home.await_state(False)
                broker.start()
                home.await_state(True)
                books.await_back()
        all_came(home, books)


@pytest.mark.parametrize("seed", [1])
def test_a_connection_cut_at_any_byte_misses_nothing(
    broker: Mosquitto, build: Build, seed: int
) -> None:
    cut_at_random_bytes(broker, build, seed, cuts=20)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2, 6))
def test_a_connection_cut_at_two_hundred_bytes_misses_nothing(
    broker: Mosquitto, build: Build, seed: int
) -> None:
    cut_at_random_bytes(broker, build, seed, cuts=200)


def cut_at_random_bytes(broker: Mosquitto, build: Build, seed: int, cuts: int) -> None:
    """Cut in the middle of CONNECT, of batches and of acknowledgements, in order or with a reset.

    Towards the device go four or five bytes an acknowledgement, towards the broker 16 KiB a batch.
    """
    chance = random.Random(seed)
    with Relay(broker.port) as relay, keeping_books(broker) as books:
        home = build(relay.port, reconnect_max_s=0.1)
        for _ in range(cuts):
            reset = chance.random() < 0.5
            if chance.random() < 0.5:
                relay.cut_next(Cut(chance.randrange(120), "device", reset))
            else:
                relay.cut_next(Cut(chance.randrange(1, 200_000), "broker", reset))
        home.centre.start()
        for _ in range(cuts):
            home.log(2000)  # so that there is always a batch to be cut
            relay.done.get(timeout=20.0)
        all_came(home, books)


def test_a_path_that_falls_silent_and_is_reset_misses_nothing(
    broker: Mosquitto, build: Build
) -> None:
    with Relay(broker.port) as relay, keeping_books(broker) as books:
        home = build(relay.port, patience=HASTY)
        home.centre.start()
        with home.measuring(rate_hz=50.0):
            for ends in (relay.reset, relay.resume):
                books.await_more_readings()
                relay.silence()
                assert "acknowledged nothing" in home.await_state(False)
                ends()
                relay.resume()
                home.await_state(True)
        all_came(home, books)


def test_an_alarm_comes_within_a_second_past_a_backlog_on_a_slow_path(
    broker: Mosquitto, build: Build
) -> None:
    """0.5 Mbit/s and 100 ms there and back, as LTE has it at the cell's edge."""
    far = Relay(broker.port, delay_s=0.05, bytes_per_s=62_500)
    with far as relay, keeping_books(broker) as books:
        home = build(relay.port)
        home.log(5000)
        home.centre.start()
        for number in range(3):
            books.await_more_readings()
            shown_s = time.monotonic()
            home.centre.show("alarm", {"number": number})
            heard = books.await_one(lambda m: m.topic == f"{BASE}/alarm" and not m.retain)
            assert json.loads(heard.payload) == {"number": number}
            assert heard.at_s - shown_s < 1.0
        assert home.store.backlog()["readings"], "there was a backlog all the time"


def test_the_next_try_comes_within_the_longest_pause_also_where_nothing_answers(
    build: Build,
) -> None:
    """Else a path that swallows everything costs the try and then the pause: 18 s, not 10."""
    longest_s = 0.6
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        silent.settimeout(5.0)
        home = build(
            silent.getsockname()[1],
            patience=Patience(connect_s=longest_s * 0.8),
            reconnect_max_s=longest_s,
        )
        home.centre.start()
        tried_s = []
        for _ in range(5):
            connection, _ = silent.accept()
            tried_s.append(time.monotonic())
            with closing(connection):
                connection.settimeout(5.0)
                while connection.recv(1024):  # until it is given up
                    pass
    assert max(after - before for before, after in pairwise(tried_s)) < 1.5 * longest_s


def test_readings_are_heard_while_the_disk_hangs(
    tmp_path: Path, broker: Mosquitto, build: Build
) -> None:
    """``sensors/{id}`` waits for no commit: one that is under way may take as long as it likes."""
    home = build(broker.port)
    front = Front(home.centre, home.store)
    home.log(1)
    with (
        keeping_books(broker) as books,
        closing(sqlite3.connect(tmp_path / "state" / "floodbell.db", isolation_level=None)) as db,
    ):
        home.centre.start()
        home.await_state(True)
        db.execute("BEGIN IMMEDIATE")  # nobody else can commit
        late_ms = []
        for number in range(1, 40):
            depth_mm = float(number)
            reading = Reading("door", depth_mm, depth_mm, Health.GOOD)
            shown_s = time.monotonic()
            front.reading(reading, {"ts": "", "clock_synced": True}, log=Wanted.NOW)
            heard = books.await_one(lambda m: m.topic == f"{BASE}/sensors/door" and not m.retain)
            late_ms.append((heard.at_s - shown_s) * 1000)
        assert home.store.health().pending, "nothing has been committed meanwhile"
        db.execute("COMMIT")
        assert statistics.median(late_ms) < 10.0  # 1 ms on an idle machine
        all_came(home, books)


def test_a_backlog_drains_fast_on_a_path_that_is_far(tmp_path: Path, broker: Mosquitto) -> None:
    """100 ms there and back: 11,000 a second on an idle machine; a window of 64 KiB has 4,000."""
    with Relay(broker.port, delay_s=0.05) as relay:
        assert drained(tmp_path / "away", relay.port, 20_000)["a_second"] >= 5_000


def test_a_hundred_thousand_stored_readings_drain_fast_in_flat_memory_and_an_alarm_overtakes_them(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """Half a million a second on an idle machine, and no MiB more; 5,000 are promised."""
    with Listener(broker, f"{drain.BASE}/alarm") as listener:
        figures = drained(tmp_path / "away", broker.port, 100_000)
        alarm = listener.wait_for(lambda m: not m.retain)
    assert figures["a_second"] >= 5_000
    assert figures["most_mib"] - figures["before_mib"] < 8.0
    assert figures["after_mib"] - figures["before_mib"] < 8.0
    said = json.loads(alarm.payload)
    assert said["left"] > 0, "it was raised in the middle"
    assert alarm.at_s - said["raised_s"] < 1.0
