"""Many devices in one process: for each the real store, the real broker's thread, the real link.

Simulated is only the water, and that a thousand homes share a machine. The parent commands by a
pipe, one word and its arguments at a time, and gets one answer for each.
"""

from __future__ import annotations

import heapq
import random
import resource
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from drivers.broker.link import Link
from drivers.broker.settings import MqttSettings
from edge.centre import topics
from edge.centre.centre import Centre, Place
from edge.centre.front import Front
from edge.events import Health, Reading
from edge.reading_log import LogPolicy, ReadingLog
from edge.store.rows import Batch
from edge.store.store import Store

SAMPLE_S: Final = 1.0
DANGER_MM: Final = 160.0
ALERT_MM: Final = 30.0
STACK_BYTES: Final = 512 * 1024  # a thousand threads of 8 MiB frighten some machines
JOIN_S: Final = 5.0


@dataclass(frozen=True)
class Spec:
    """The devices of one process.

    Attributes:
        folder: For their stores.
        first, count: Their numbers.
        mqtt: ``[mqtt]`` of each, by key.
        log: ``[log]`` of each.
    """

    folder: Path
    first: int
    count: int
    mqtt: Mapping[str, Any]
    log: LogPolicy = field(default_factory=LogPolicy)


@dataclass
class Notes:
    """What one device has lived through, in monotonic seconds of the machine."""

    tries_s: list[float] = field(default_factory=list)
    ups_s: list[float] = field(default_factory=list)
    downs_s: list[float] = field(default_factory=list)
    shown_s: dict[str, float] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    published: int = 0


class NotingLink(Link):
    """The real link, and when it was asked to connect, and how often to publish."""

    notes: Notes

    def connect(self, will_topic: str | None, will_payload: bytes = b"") -> None:
        """As ``Link``."""
        self.notes.tries_s.append(time.monotonic())
        super().connect(will_topic, will_payload)

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        correlation: bytes | None = None,
        expiry_s: int | None = None,
    ) -> int:
        """As ``Link``."""
        self.notes.published += 1
        return super().publish(
            topic, payload, retain=retain, correlation=correlation, expiry_s=expiry_s
        )


class Device:
    """One bell as the centre sees it."""

    def __init__(self, spec: Spec, number: int) -> None:
        self.base = topics.base("jongno", f"bell-{number:05}")
        self.notes = Notes()
        settings = MqttSettings(**spec.mqtt)
        self._store = Store(
            spec.folder / f"{number:05}" / "floodbell.db", on_committed=self._committed
        )
        link = NotingLink(settings, f"bell-{number:05}", lambda name: spec.folder / name)
        link.notes = self.notes
        self._centre = Centre(
            Place(
                self.base,
                "boot:1",
                heartbeat_s=settings.heartbeat_s,
                reconnect_max_s=settings.reconnect_max_s,
            ),
            self._store,
            link,
            health=lambda: {"backlog": self._store.backlog()},
            on_state=self._note_state,
        )
        self._front = Front(self._centre, self._store)
        self._log = ReadingLog(spec.log)
        self._up = False
        self._stage = "normal"
        self._flood_s = float("inf")
        self._store.open()

    def _committed(self) -> None:
        self._centre.wake()

    def start(self) -> None:
        """Connect."""
        self._centre.show("status", {"version": "fleet", "armed": False})
        self._show_alarm("normal", time.monotonic())
        self._centre.start()

    def _note_state(self, up: bool, _detail: str) -> None:
        if up != self._up:  # a new detail is no new state
            self._up = up
            (self.notes.ups_s if up else self.notes.downs_s).append(time.monotonic())

    def flood(self, at_s: float) -> None:
        """Water comes at this time, and is dangerous a sample later."""
        self._flood_s = at_s

    def tick(self, now_s: float) -> None:
        """Take a sample, and do with it what the loop does."""
        wet = now_s >= self._flood_s
        depth_mm = 0.0
        if wet:
            depth_mm = DANGER_MM if self._stage in ("alert", "danger") else ALERT_MM
        stage = {0.0: "normal", ALERT_MM: "alert"}.get(depth_mm, "danger")
        if stage != self._stage:
            self._show_alarm(stage, now_s)
            self._store.commit(Batch(events=({"type": "stage_changed", "stage": stage},)), 0.0)
        reading = Reading("door", depth_mm, depth_mm, Health.GOOD)
        stamp = {"ts": f"{now_s:.3f}", "clock_synced": True}
        wanted = self._log.wants(reading, now_s, above_normal=wet)
        self._front.reading(reading, stamp, log=wanted)

    def _show_alarm(self, stage: str, now_s: float) -> None:
        self._stage = stage
        self.notes.shown_s[stage] = time.monotonic()
        self._centre.show("alarm", {"stage": stage, "ts": f"{now_s:.3f}"})

    def tell(self) -> Notes:
        """What it has lived through, with the highest numbers it has given out."""
        store = self._store
        self.notes.newest = {store.log_id("readings") or "": store.newest("readings")} | {
            store.log_id("events") or "": store.newest("events")
        }
        return self.notes

    def stop(self) -> None:
        """Leave."""
        self._centre.stop(JOIN_S)
        self._store.close(JOIN_S)


class Fleet:
    """The devices of this process, and the thread that samples for all of them."""

    def __init__(self, spec: Spec) -> None:
        self._devices = [Device(spec, spec.first + n) for n in range(spec.count)]
        self._ending = threading.Event()
        self._ticker = threading.Thread(target=self._tick)

    def start(self) -> None:
        """All connect now, as after a power cut in the district."""
        for device in self._devices:
            device.start()
        self._ticker.start()

    def _tick(self) -> None:
        began_s = time.monotonic()
        due = [(began_s + random.uniform(0.0, SAMPLE_S), n) for n in range(len(self._devices))]
        heapq.heapify(due)
        while due and not self._ending.wait(max(0.0, due[0][0] - time.monotonic())):
            due_s, number = due[0]
            self._devices[number].tick(time.monotonic())
            heapq.heapreplace(due, (due_s + SAMPLE_S, number))

    def flood(self, within_s: float) -> None:
        """Water comes to each within this time."""
        now_s = time.monotonic()
        for device in self._devices:
            device.flood(now_s + random.uniform(0.0, within_s))

    def dry_up(self) -> None:
        """No sample is taken any more: what is numbered stays as it is."""
        self._ending.set()
        self._ticker.join(JOIN_S)

    def tell(self) -> dict[str, Notes]:
        """By base topic."""
        return {device.base: device.tell() for device in self._devices}

    def published(self) -> int:
        """How many messages all of them have sent so far."""
        return sum(device.notes.published for device in self._devices)

    def stop(self) -> None:
        """All leave."""
        for device in self._devices:
            device.stop()


def serve(pipe: Connection, spec: Spec) -> None:
    """Be a process of the fleet until told to stop, or until the parent is gone."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # nine descriptors a device
    threading.stack_size(STACK_BYTES)
    fleet = Fleet(spec)
    pipe.send(None)
    while True:
        try:
            word, *arguments = pipe.recv()
        except EOFError:
            return
        pipe.send(getattr(fleet, word)(*arguments))
        if word == "stop":
            return
