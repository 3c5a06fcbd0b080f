"""What a lost thread had in hand is neither lost nor done twice: modem, store, broker, control."""

from __future__ import annotations

import ctypes
import fcntl
import gc
import os
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from drivers.broker.link import Link
from drivers.broker.settings import MqttSettings
from drivers.emulated.modem import SIM7600, EmulatedModem
from drivers.host.clock import Clock
from drivers.host.control import ControlClient
from drivers.ports import Ports
from edge.centre.centre import Centre
from edge.centre.centre import Place as CentrePlace
from edge.centre.outpost import Outpost
from edge.events import Attempted, Outcome, RouteState
from edge.loop.crew import Crew
from edge.loop.inbox import InboxEvent
from edge.loop.outward import Line, open_line
from edge.loop.posts import (
    BrokerHand,
    StoreHand,
    broker_post,
    control_post,
    modem_post,
    store_post,
)
from edge.loop.supervisor import Beats
from edge.messages.job import Job
from edge.store.database import open_database
from edge.store.rows import Batch, MessageRow
from edge.store.store import Store
from tests.brokers import Listener, mosquitto
from tests.edge.by_hand import DOOR_TABLE, HandClock, home_with

pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """What ``spy://`` leaves open is missed here, not in a later test: it never closes its file."""
    yield
    gc.collect()


LONG_S = 15.0


def until(true: Callable[[], bool]) -> None:
    pause, end_s = threading.Event(), time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < end_s, "it did not become true in time"
        pause.wait(0.01)


def kill(thread: threading.Thread) -> None:
    """Let a thread die of what no handler of ours catches, at its next step."""
    assert thread.ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
    )


class Place:
    """A crew on a clock set by hand."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.inbox: queue.SimpleQueue[InboxEvent] = queue.SimpleQueue()
        self.heard: list[InboxEvent] = []
        self.crew = Crew(Beats(self.clock.now_s, frozenset()), self.inbox.put)

    def look(self, after_s: float = 31.0) -> dict[str, str | None]:
        self.clock.at_s += after_s
        return self.crew.look(self.clock.at_s)

    def of(self, kind: type) -> list[InboxEvent]:
        """What was put so far, of one kind."""
        while not self.inbox.empty():
            self.heard.append(self.inbox.get())
        return [event for event in self.heard if isinstance(event, kind)]

    def outcomes(self, key: str) -> list[Outcome]:
        return [e.outcome for e in self.of(Attempted) if isinstance(e, Attempted) and e.key == key]


class Notes:
    """The FIFO into which pyserial's ``spy://`` notes each byte: full, it holds up its thread."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notes"
        os.mkfifo(self.path)
        self._reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self._writer = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        fcntl.fcntl(self._writer, fcntl.F_SETPIPE_SZ, 4096)
        self._read = threading.Event()
        self._over = False
        self.flow()
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def flow(self) -> None:
        self._read.set()

    def stop(self) -> None:
        self._read.clear()
        for piece in (b"." * 64, b"."):  # until not a byte more finds room
            self._fill(piece)

    def _fill(self, piece: bytes) -> None:
        with suppress(BlockingIOError):
            while True:
                os.write(self._writer, piece)

    def _drain(self) -> None:
        while not self._over:
            self._read.wait()
            try:
                os.read(self._reader, 65536)
            except BlockingIOError:
                threading.Event().wait(0.002)

    def close(self) -> None:
        self._over = True
        self.flow()
        self._thread.join(LONG_S)
        os.close(self._writer)
        os.close(self._reader)


@contextmanager
def modem_at_work(
    folder: Path, answer_delay_s: float = 0.05
) -> Iterator[tuple[Place, Line, EmulatedModem, Notes]]:
    place, notes = Place(), Notes(folder)
    modem = EmulatedModem(replace(SIM7600, answer_delay_s=answer_delay_s))
    table = f'[modem]\nport = "spy://{modem.path}?file={notes.path}"\n'
    line = open_line(
        home_with(DOOR_TABLE, table),
        (),
        boot_id="boot-1",
        sim_pin=None,
        ports=Ports(),
        clock=Clock(),
        put=place.inbox.put,
    )
    assert line is not None
    line.interlock.armed = True
    place.crew.hire(modem_post(line, place.inbox.put))
    place.crew.start()
    try:
        until(lambda: ups(place) == 1)
        yield place, line, modem, notes
    finally:
        notes.flow()
        place.crew.stop(LONG_S)
        modem.close()
        notes.close()


def accepted(place: Place, key: str) -> bool:
    return place.outcomes(key) == [Outcome.ACCEPTED]


def ups(place: Place) -> int:
    return sum(isinstance(e, RouteState) and e.up for e in place.of(RouteState))


def stands_in(thread: threading.Thread, function: str) -> bool:
    """Whether the innermost step of a thread is in this function."""
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code.co_name == function


def modem_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "modem"]


def test_a_modems_thread_that_hangs_amid_a_report_is_replaced_and_119_gets_it_once(
    tmp_path: Path,
) -> None:
    with modem_at_work(tmp_path, answer_delay_s=0.5) as (place, line, modem, notes):
        (first,) = modem_threads()
        line.worker.submit(Job("k1", "119", "[침수] 20cm", "water"))
        until(lambda: b"\x1a" in modem.transcript)
        notes.stop()  # it hangs at the first byte of the answer
        until(lambda: len(modem.texts) == 1)
        words = place.look()["modem"]
        assert words == "modem has not answered for 31 s; it was replaced"
        assert place.outcomes("k1") == [Outcome.AMBIGUOUS]
        assert ups(place) == 1
        notes.flow()
        until(lambda: ups(place) == 2)
        until(lambda: not first.is_alive())
        for key in ("k2", "k3"):
            line.worker.submit(Job(key, "119", "[침수] 21cm", "water"))
            until(partial(accepted, place, key))
        line.worker.submit(Job("k4", "119", "[침수] 22cm", "water"))
        until(lambda: place.outcomes("k4") == [Outcome.WITHHELD])
        assert [t.text for t in modem.texts] == ["[침수] 20cm", "[침수] 21cm", "[침수] 21cm"]
        assert place.outcomes("k1") == [Outcome.AMBIGUOUS], "its late answer counts for nothing"


def test_a_report_that_the_hung_worker_had_not_begun_has_failed_and_is_free_to_go_again(
    tmp_path: Path,
) -> None:
    with modem_at_work(tmp_path) as (place, line, modem, notes):
        notes.stop()
        (thread,) = modem_threads()
        modem.say("RING")  # it hangs over this
        until(lambda: stands_in(thread, "write_line"))
        job = Job("k1", "119", "[침수] 20cm", "water")
        # spy:// notes also that somebody is woken.
        threading.Thread(target=line.worker.submit, args=(job,), daemon=True).start()
        until(lambda: line.worker._job is job)
        place.look()
        assert place.outcomes("k1") == [Outcome.FAILED]
        notes.flow()
        until(lambda: ups(place) == 2)
        line.worker.submit(Job("k2", "119", "[침수] 20cm", "water"))
        until(lambda: place.outcomes("k2") == [Outcome.ACCEPTED])
        assert [t.text for t in modem.texts] == ["[침수] 20cm"]


def test_a_modems_thread_that_died_is_replaced_and_its_text_told_as_ambiguous(
    tmp_path: Path,
) -> None:
    with modem_at_work(tmp_path, answer_delay_s=1.0) as (place, line, modem, _):
        (first,) = modem_threads()
        line.worker.submit(Job("k1", "+821011111111", "물", None))
        until(lambda: b"\x1a" in modem.transcript)
        kill(first)
        until(lambda: not first.is_alive())
        assert place.look(1.0)["modem"] == "modem ended by itself; it was replaced"
        assert place.outcomes("k1") == [Outcome.AMBIGUOUS]
        until(lambda: ups(place) == 2)


class Gate:
    """Holds up the store's thread just before a statement, until it is opened."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self.closed = False
        self.reached = threading.Event()
        self.opened = threading.Event()

    def open_file(self, path: Path) -> sqlite3.Connection:
        db = open_database(path)
        db.set_trace_callback(self._traced)
        return db

    def _traced(self, sql: str) -> None:
        if self.closed and sql.startswith(self._statement):
            self.closed = False
            self.reached.set()
            self.opened.wait(LONG_S)


def store_at_work(
    folder: Path, place: Place, gate: Gate, committed: Callable[[], None] = lambda: None
) -> Store:
    shift = place.crew.shift("store")
    store = Store(folder / "floodbell.db", beat=shift.beat, on_committed=committed)
    store._writer.open_file = gate.open_file
    store.open()
    place.crew.adopt(store_post(store), shift, StoreHand(store))
    place.crew.start()
    assert store.commit(Batch("normal", events=({"n": 0},)), LONG_S)
    return store


def batch(n: int) -> Batch:
    return Batch(f"danger-{n}", (MessageRow(f"119:{n}", "waiting", "{}"),), events=({"n": n},))


def on_disk(path: Path) -> tuple[list[str], list[str], str]:
    with closing(sqlite3.connect(path)) as db:
        events = [row[0] for row in db.execute("SELECT body FROM events ORDER BY seq")]
        keys = [row[0] for row in db.execute("SELECT key FROM messages ORDER BY id")]
        return events, keys, db.execute("SELECT body FROM state").fetchone()[0]


EXPECTED = (['{"n":0}', '{"n":1}', '{"n":2}'], ["119:1", "119:2"], "danger-2")


@pytest.mark.parametrize("statement", ["BEGIN", "INSERT INTO events", "COMMIT"])
def test_what_a_hung_writer_had_in_hand_is_on_the_disk_once_wherever_it_stood(
    tmp_path: Path, statement: str
) -> None:
    place, gate = Place(), Gate(statement)
    store = store_at_work(tmp_path, place, gate)
    first, gate.closed = store.thread, True
    assert not store.commit(batch(1), 0.1)
    assert gate.reached.wait(LONG_S)
    words = place.look()["store"]
    assert words == "store has not answered for 31 s; it was replaced"
    assert not store.commit(batch(2), 0.05) or statement == "BEGIN"
    if statement != "BEGIN":
        until(lambda: store.trouble() is not None)
    gate.opened.set()
    until(lambda: store.health().pending == 0)
    until(lambda: not first.is_alive())
    assert store.close(LONG_S)
    assert on_disk(tmp_path / "floodbell.db") == EXPECTED


def test_a_writer_that_died_is_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
    place, dies = Place(), threading.Event()

    def committed() -> None:
        if dies.is_set():
            dies.clear()
            raise SystemExit

    store = store_at_work(tmp_path, place, Gate("none"), committed)
    first = store.thread
    dies.set()
    store.commit(batch(1), 0.0)
    until(lambda: not first.is_alive())
    assert not store.commit(batch(2), 0.05)
    assert place.look(1.0)["store"] == "store ended by itself; it was replaced"
    until(lambda: store.health().pending == 0)
    assert store.close(LONG_S)
    assert on_disk(tmp_path / "floodbell.db") == EXPECTED


def test_a_control_socket_whose_thread_died_answers_again(tmp_path: Path) -> None:
    place, path = Place(), tmp_path / "floodbell.sock"
    place.crew.hire(
        control_post(path, lambda request: request.reply({"by": "us"}), place.inbox.put)
    )
    before = set(threading.enumerate())
    place.crew.start()
    with ControlClient(path, LONG_S) as client:
        assert client.ask("status") == {"by": "us"}
    (thread,) = set(threading.enumerate()) - before
    kill(thread)
    with ControlClient(path, 2.0):  # whoever knocks wakes it
        until(lambda: not thread.is_alive())
    assert place.look(1.0)["control"] == "control ended by itself; it was replaced"
    with ControlClient(path, LONG_S) as client:
        assert client.ask("status") == {"by": "us"}
    place.crew.stop(LONG_S)
    assert not path.exists()


BASE = "floodbell/v1/jongno/jongno-0042"


def test_a_hung_brokers_thread_is_replaced_and_all_is_shown_anew(
    tmp_path: Path,
) -> None:
    """The newest alarm, and each event once; what the old one says afterwards is unheard."""
    place, store = Place(), Store(tmp_path / "floodbell.db")
    store.open()
    hangs, hung, released = threading.Event(), threading.Event(), threading.Event()

    def health() -> dict[str, object]:
        if hangs.is_set():
            hangs.clear()
            hung.set()
            released.wait(LONG_S)
        return {}

    with mosquitto(tmp_path / "broker") as broker, Listener(broker, f"{BASE}/#") as listener:
        mqtt = MqttSettings(host="127.0.0.1", port=broker.port)

        def new_link() -> Link:
            return Link(mqtt, "jongno-0042", Path)

        shift = place.crew.shift("broker")
        where = CentrePlace(BASE, "boot:1", heartbeat_s=0.2, reconnect_max_s=0.3)
        outpost = Outpost(
            Centre(where, store, new_link(), health=health, beat=shift.beat), new_link
        )
        place.crew.adopt(broker_post(outpost), shift, BrokerHand(outpost.centre))
        outpost.show("alarm", {"incident": "before"})
        place.crew.start()
        first = outpost.centre.thread
        listener.wait_for(lambda m: m.topic == f"{BASE}/alarm")
        hangs.set()
        assert hung.wait(LONG_S)
        outpost.show("alarm", {"incident": "i1"})
        assert store.commit(Batch(events=({"type": "x"}, {"type": "y"})), LONG_S)
        words = place.look()["broker"]
        assert words == "broker has not answered for 31 s; it was replaced"
        listener.wait_for(lambda m: m.topic == f"{BASE}/alarm" and b"i1" in m.payload)
        listener.wait_for(lambda m: m.topic == f"{BASE}/events" and b'"y"' in m.payload)
        released.set()
        until(lambda: not first.is_alive())
        outpost.show("alarm", {"incident": "after"})
        listener.wait_for(lambda m: m.topic == f"{BASE}/alarm" and b"after" in m.payload)
        until(lambda: outpost.connected)
        events = [m.payload for m in listener.heard if m.topic == f"{BASE}/events"]
        assert len(events) == 2
        until(lambda: b'"online":true' in newest(listener, "status"))
        place.crew.stop(LONG_S)
    assert store.close(LONG_S)


def newest(listener: Listener, topic: str) -> bytes:
    said = [m.payload for m in listener.heard if m.topic == f"{BASE}/{topic}"]
    return said[-1] if said else b""
