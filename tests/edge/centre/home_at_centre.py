"""A device's way to the centre as the app puts it together, and the books that the centre keeps."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from drivers.broker.link import DEFAULT, Link
from drivers.broker.liveness import Patience
from drivers.broker.settings import MqttSettings
from edge.centre.centre import Centre, Place
from edge.store.rows import LOGS, Batch
from edge.store.store import Store
from tests.brokers import Heard, Listener, Mosquitto
from tests.received import Received

BASE = "floodbell/v1/jongno/jongno-0042"
ROW = {
    "sensor": "door",
    "depth_mm": 123.4,
    "at_least_mm": 123.4,
    "below_mm": 123.4,
    "quality": "good",
    "ts": "2025-11-28T15:10:11.123Z",
    "clock_synced": True,
}
"""A reading as long as the real ones."""


class Home:
    """A store and the broker's thread on a port; ``states`` has what was told of the link."""

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        patience: Patience = DEFAULT,
        reconnect_max_s: float = 0.2,
        store: Store | None = None,
    ) -> None:
        self.states: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()
        folder.mkdir(parents=True, exist_ok=True)
        self.store = store or Store(folder / "floodbell.db", on_committed=self.wake)
        link = Link(MqttSettings(host="127.0.0.1", port=port), "jongno-0042", Path, patience)
        self.centre = Centre(
            Place(BASE, "boot-1:1", reconnect_max_s=reconnect_max_s),
            self.store,
            link,
            health=dict,
            on_state=lambda up, detail: self.states.put((up, detail)),
        )
        self.store.open()

    def wake(self) -> None:
        """Rows have been committed."""
        self.centre.wake()

    def await_state(self, up: bool, timeout_s: float = 15.0) -> str:
        """Wait until the link is up, or down; returns the words for it."""
        end_s = time.monotonic() + timeout_s
        while True:
            now_up, detail = self.states.get(timeout=max(0.01, end_s - time.monotonic()))
            if now_up is up:
                return detail

    def log(self, count: int) -> None:
        """Store so many readings, and an event, on disk when this returns."""
        for start in range(0, count, 500):
            self.store.log_readings([ROW] * min(500, count - start), urgent=True)
            assert self.store.commit(Batch(state=str(start)), 10.0)
        assert self.store.commit(Batch(events=({"type": "x"},)), 10.0)

    @contextmanager
    def measuring(self, rate_hz: float) -> Iterator[None]:
        """Log readings all the time, as a sensor's thread does."""
        ending = threading.Event()

        def measure() -> None:
            while not ending.wait(1.0 / rate_hz):
                self.store.log_readings([ROW])

        thread = threading.Thread(target=measure)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join(5.0)

    def newest(self) -> dict[str, int]:
        """The highest number given out, by the id of the log."""
        store = self.store
        return {store.log_id("readings") or "": store.newest("readings")} | {
            store.log_id("events") or "": store.newest("events")
        }

    def close(self) -> None:
        """End both threads."""
        assert self.centre.stop(3.0), "the broker's thread has died or hangs"
        assert self.store.close(10.0)


class Books:
    """What a listener has heard of one device, put together."""

    def __init__(self, listener: Listener, base: str = BASE) -> None:
        self.received = Received(base)
        self._listener = listener
        self.await_back = listener.await_back

    def kill(self, broker: Mosquitto, home: Home) -> None:
        """Kill the broker at a moment when it has passed on all that it has acknowledged.

        What it takes with it would be its loss and not the device's. A row is passed on before it
        is acknowledged, unless others still wait for the listener; what is under way from the
        device at that moment is lost with the connection, as it shall be.
        """
        self.await_all({home.store.log_id(log) or "": home.store.acked(log) for log in LOGS})
        broker.freeze()
        self._listener.read_all()
        broker.kill()

    def await_all(self, newest: Mapping[str, int], timeout_s: float = 15.0) -> float:
        """Wait until the newest of each log has come; returns when the last of them did."""
        came_s = 0.0

        def complete(message: Heard | None = None) -> bool:
            nonlocal came_s
            if message is not None:
                self.received.hear(message.topic, message.payload)
                came_s = message.at_s
            return all(self.received.has(log, seq) for log, seq in newest.items() if seq)

        if not complete():
            self._listener.wait_for(complete, timeout_s)
        return came_s

    def await_one(self, wanted: Callable[[Heard], bool], timeout_s: float = 15.0) -> Heard:
        """Wait for any message, and keep the books meanwhile."""

        def right(message: Heard) -> bool:
            self.received.hear(message.topic, message.payload)
            return wanted(message)

        return self._listener.wait_for(right, timeout_s)

    def await_more_readings(self, timeout_s: float = 15.0) -> None:
        """Wait until readings come that have not come before: the way is open again."""
        before = self.count
        self.await_one(lambda _: self.count > before, timeout_s)

    @property
    def count(self) -> int:
        """How many different rows have come."""
        return self.received.count


@contextmanager
def keeping_books(broker: Mosquitto, base: str = BASE) -> Iterator[Books]:
    """A listener whose subscription survives even kill -9 of the broker.

    Mosquitto writes sessions to disk when it ends in good order: so it does that once, before. What
    it has acknowledged and not yet passed on dies with it all the same, and so does what the
    listener has not read yet of a connection that is reset: hence ``Books.kill``.
    """
    with Listener(broker, f"{base}/#") as listener:
        broker.stop()
        broker.start()
        listener.await_back()
        yield Books(listener, base)


def resident_mib() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2
