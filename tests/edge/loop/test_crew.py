"""A thread that hangs or has died is fenced, replaced and told of (design 3)."""

from __future__ import annotations

import ctypes
import gc
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from drivers.emulated.ranger import EmulatedA02yyuw
from drivers.errors import PortGone
from drivers.ports import Ports
from drivers.sensors.a02yyuw import A02yyuwSettings
from edge.beating import BeatingThread
from edge.events import Echoed, SensorFailed
from edge.loop.crew import MOST_LEFT, WELL_AFTER_S, Crew, Hand, Post, Shift
from edge.loop.inbox import InboxEvent
from edge.loop.poller import Poller
from edge.loop.posts import LateSensor
from edge.loop.supervisor import Beats
from tests.edge.by_hand import HandClock

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """What ``spy://`` leaves open is missed here, not in a later test: it never closes its file."""
    yield
    gc.collect()


LONG_S = 10.0


def until(true: Callable[[], bool]) -> None:
    pause, end_s = threading.Event(), time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < end_s, "it did not become true in time"
        pause.wait(0.005)


def kill(thread: threading.Thread) -> None:
    """Let a thread die of what no handler of ours catches, at its next step."""
    assert thread.ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
    )


class Worker(BeatingThread):
    """Turns every 5 ms; a turn waits for as long as ``hangs`` is clear."""

    def __init__(self, shift: Shift, passes: threading.Event) -> None:
        super().__init__(shift.name, beat=shift.beat)
        self.passes = passes
        self.shift = shift

    def _turn(self) -> None:
        self._stopping.wait(0.005)
        self.passes.wait()
        self.shift.put(SensorFailed(self.shift.name, f"of {id(self)}"))


@dataclass
class House:
    """A crew on a clock set by hand, and what its threads put."""

    clock: HandClock = field(default_factory=HandClock)
    inbox: queue.SimpleQueue[InboxEvent] = field(default_factory=queue.SimpleQueue)
    made: list[Worker] = field(default_factory=list)
    gates: list[threading.Event] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    next_hangs: bool = False

    def __post_init__(self) -> None:
        self.beats = Beats(self.clock.now_s, frozenset({"main", "store", "modem"}))
        self.crew = Crew(self.beats, self.inbox.put)

    def make(self, shift: Shift) -> Hand:
        gate = threading.Event()
        if not self.next_hangs:
            gate.set()
        self.gates.append(gate)
        self.made.append(Worker(shift, gate))
        return self.made[-1]

    def hire(self, name: str = "sensor-door", *, vital: bool = False) -> Worker:
        self.crew.hire(Post(name, self.make, vital=vital, left=self.left.append))
        self.crew.start()
        until(lambda: self.made[-1].shift.turns > 2)
        return self.made[-1]

    def hang(self) -> None:
        """Let the newest thread hang in its turn."""
        self.gates[-1].clear()
        shift, seen = self.made[-1].shift, -1
        while seen != shift.turns:
            seen = shift.turns
            threading.Event().wait(0.03)

    def later(self, seconds: float, step_s: float = 1.0) -> dict[str, str | None]:
        """Let time pass in the loop's steps; threads that are well beat meanwhile."""
        found: dict[str, str | None] = {}
        for _ in range(int(seconds / step_s)):
            self.clock.at_s += step_s
            self.rest()
            found = self.crew.look(self.clock.at_s)
        return found

    def rest(self) -> None:
        """Wait until every thread that passes has beaten at the time of now."""
        for worker, gate in zip(self.made, self.gates, strict=True):
            shift = worker.shift
            if gate.is_set() and worker.thread.is_alive() and not shift.over:
                until(partial(self._has_beaten, worker))

    def _has_beaten(self, worker: Worker) -> bool:
        return worker.shift.last_s == self.clock.at_s or not worker.thread.is_alive()

    def ends(self, *, report_waits: bool = False) -> list[str]:
        return [
            why for _, why in self.crew.beyond_mending(self.clock.at_s, report_waits=report_waits)
        ]

    def close(self) -> None:
        for gate in self.gates:
            gate.set()
        for worker in self.made:
            worker.stop()
            worker.join(LONG_S)


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    try:
        yield made
    finally:
        made.close()


def test_a_hung_thread_is_replaced_after_thirty_seconds_and_told_until_all_was_well_for_a_minute(
    house: House,
) -> None:
    first = house.hire()
    house.hang()
    assert house.later(29) == {"sensor-door": None}
    words = house.later(1)["sensor-door"]
    assert words == "sensor-door has not answered for 30 s; it was replaced"
    assert house.left == ["sensor-door has not answered for 30 s"]
    assert len(house.made) == 2
    assert house.later(WELL_AFTER_S - 1)["sensor-door"] == words
    assert house.later(2)["sensor-door"] is None
    assert first.shift.over


def test_what_an_abandoned_thread_puts_or_beats_when_it_comes_back_counts_for_nothing(
    house: House,
) -> None:
    first = house.hire()
    house.hang()
    house.later(31)
    while not house.inbox.empty():
        house.inbox.get()
    turns = first.shift.turns
    house.gates[0].set()
    assert first.join(LONG_S), "it ends by itself"
    until(lambda: not house.inbox.empty())
    events = [house.inbox.get() for _ in range(house.inbox.qsize())]
    assert not [e for e in events if e.reason == f"of {id(first)}"]  # type: ignore[union-attr]
    assert first.shift.turns == turns


def test_a_thread_that_died_is_replaced_at_the_next_look(house: House) -> None:
    first = house.hire()
    kill(first.thread)
    assert first.join(LONG_S)
    words = house.later(1)["sensor-door"]
    assert words == "sensor-door ended by itself; it was replaced"
    assert len(house.made) == 2


def test_a_thread_that_was_told_to_end_is_not_missed(house: House) -> None:
    house.hire()
    house.crew.stop(LONG_S)
    assert not house.made[0].thread.is_alive()
    assert len(house.made) == 1


def test_hung_threads_that_are_left_behind_are_few_and_the_pauses_between_them_grow(
    house: House,
) -> None:
    house.hire()
    house.hang()
    house.next_hangs = True
    house.later(2000)
    assert len(house.made) == 1 + (MOST_LEFT - 1)
    words = house.crew.look(house.clock.at_s)["sensor-door"]
    assert words == (
        f"sensor-door cannot be replaced: {MOST_LEFT} threads that hang were left behind already"
    )
    house.next_hangs = False
    house.gates[0].set()
    assert house.made[0].join(LONG_S)
    house.later(1)
    assert len(house.made) == 1 + MOST_LEFT, "one has ended: another may be tried"
    assert house.later(70)["sensor-door"] is None


def test_a_vital_thread_whose_successor_hangs_as_well_ends_the_process_after_ten_seconds(
    house: House,
) -> None:
    house.hire("modem", vital=True)
    house.hang()
    house.next_hangs = True
    house.later(30)
    assert house.ends() == []
    house.later(5)
    assert house.ends(report_waits=True) == ["modem hangs"]
    assert house.ends() == []
    house.later(5)
    assert house.ends() == ["modem hangs"]


def test_a_vital_thread_that_was_replaced_does_not_end_the_process(house: House) -> None:
    house.hire("modem", vital=True)
    house.hang()
    house.later(45)
    assert house.ends(report_waits=True) == []


def test_a_vital_thread_that_dies_again_and_again_ends_the_process(house: House) -> None:
    house.hire("store", vital=True)
    for _ in range(5):
        assert house.ends() == []
        kill(house.made[-1].thread)
        assert house.made[-1].join(LONG_S)
        house.later(3)
        until(lambda: house.made[-1].shift.turns > 2)
    assert house.ends() == ["store was lost 5 times in 30 min"]


def test_a_process_that_was_stopped_and_continued_replaces_nobody(house: House) -> None:
    house.hire("modem", vital=True)
    house.hang()
    house.later(20)
    house.clock.at_s += 60.0
    house.crew.forgive(60.0)
    house.gates[-1].set()
    house.later(20)
    assert len(house.made) == 1
    assert house.ends() == []


@contextmanager
def watched_pipe(folder: Path) -> Iterator[Path]:
    """A FIFO that nobody reads: whoever opens it for writing hangs, and cannot be ended."""
    path = folder / "nobody"
    os.mkfifo(path)
    yield path


def stands_in(thread: threading.Thread, function: str) -> bool:
    """Whether the innermost step of a thread is in this function."""
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code.co_name == function


@pytest.mark.long  # the whole daemon does the same in test_hung_thread_job.py
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # spy's open file
def test_a_sensor_whose_port_never_opens_hangs_alone_and_is_read_once_it_does(
    house: House, tmp_path: Path
) -> None:
    """pyserial's own ``spy://`` opens a file for its notes before it opens the port."""
    sensors: list[LateSensor] = []
    with watched_pipe(tmp_path) as pipe, EmulatedA02yyuw(600, rate_hz=20.0) as ranger:
        settings = A02yyuwSettings(
            driver="a02yyuw", port=f"spy://{ranger.path}?file={pipe}", mount_height_mm=600
        )

        def make(shift: Shift) -> Hand:
            sensors.append(LateSensor(lambda: settings.open(Ports())))
            return Poller(
                "door", sensors[-1], 0.1, put=shift.put, beat=shift.beat, clock=time.monotonic
            )

        before = set(threading.enumerate())
        house.crew.hire(Post("sensor-door", make))
        house.crew.start()
        (thread,) = set(threading.enumerate()) - before
        until(lambda: stands_in(thread, "from_url"))
        words = house.later(31)["sensor-door"]
        assert words == "sensor-door has not answered for 30 s; it was replaced"
        with open(pipe, "rb"):  # noqa: PTH123 - all that wait for a reader go on
            until(lambda: not house.inbox.empty())
            until(lambda: sum(t.name == "sensor-door" for t in threading.enumerate()) == 1)
            with pytest.raises(PortGone, match="taken away"):
                sensors[0].read()
            until(lambda: isinstance(house.inbox.get(timeout=LONG_S), Echoed))
            house.crew.stop(LONG_S)
