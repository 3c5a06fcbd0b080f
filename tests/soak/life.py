"""A life in a minute, again and again: a flood, a broker that goes and comes, a drill, questions.

Owns the bell as a process, its broker and its sensors. Nothing of the daemon is replaced; only its
delays are short, so that a flood with everything that follows fits into a minute.
"""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Self

from drivers.emulated.ranger import EmulatedA02yyuw, EmulatedRanger
from drivers.errors import DriverError
from tests.bells import MOUNT_MM, Bell
from tests.brokers import Mosquitto
from tests.soak.watching import Sample, descriptors, file_bytes, memory_kb, threads

UNIT: Final = Path(__file__).resolve().parents[2] / "systemd" / "floodbell.service"
GLIBC: Final = frozenset({"GLIBC_TUNABLES"})
SENSORS: Final = 5
RATE_HZ: Final = 10.0
CYCLE_S: Final = 60.0
_DANGER_EVERY: Final = 5  # cycles: 119 may be told at most 12 times an hour (design 4.11)
_DRILL_EVERY: Final = 3
_ASK_EVERY_S: Final = 1.0
_NOISE_MM: Final = 3.0
_LOOKS: Final = 5  # of descriptors and threads in a second: the least is what is held

_MORE: Final = """
[alarm]
alert = { setpoint_mm = 20, on_delay_s = 0.6, off_delay_s = 1.0 }
danger = { setpoint_mm = 150, on_delay_s = 0.4, off_delay_s = 1.0 }
uncorroborated_delay_s = 2.0
max_rise_mm_s = 500.0
[log]
min_change_mm = 0.0
[store]
max_mb = 4
"""
"""Every reading enters the log, and the store is full after minutes: what trims it runs, too."""

_SENSOR: Final = """
[sensors.s{number}]
driver = "a02yyuw"
port = "{port}"
mount_height_mm = {mount_mm}
sample_interval_s = 0.1
stale_after_s = 2.0
"""


def _tunables() -> dict[str, str]:
    """What the unit tells the C library about memory."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    told = [line.removeprefix("Environment=") for line in lines if line.startswith("Environment=")]
    words = (one.partition("=") for line in told for one in line.split())
    return {name: value for name, _, value in words if name in GLIBC}


def _port_for_long() -> int:
    """A free port that no client is given while the broker is away."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(lowest // 2, lowest), 100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port")


_CONTACT: Final = """
[contacts.neighbour-{number}]
role = "partner"
phone = "+8210666666{number:02}"
"""
_NEIGHBOURS: Final = 12
"""The outbox and the store remember their newest 256 settled messages: many contacts fill that
within a few floods, so that it belongs to the warm-up."""


class Life:
    """The bell at ``folder``; ``cycle`` lives through one minute, ``look`` samples from outside."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._closing = ExitStack()
        self._asking = threading.Lock()
        self._stopping = threading.Event()
        self._depth_mm = 0.0
        self._began_s = 0.0
        self.phase = "start"
        self.asked = 0
        self.unanswered = 0
        self.broker_gone = 0

    def __enter__(self) -> Self:
        with ExitStack() as closing:
            self.broker = closing.enter_context(
                Mosquitto(self._folder / "broker", port=_port_for_long())
            )
            more = _MORE
            sensors: list[EmulatedRanger] = [
                closing.enter_context(EmulatedA02yyuw(MOUNT_MM, rate_hz=RATE_HZ))
                for _ in range(SENSORS - 1)
            ]
            for number, sensor in enumerate(sensors):
                more += _SENSOR.format(number=number, port=sensor.path, mount_mm=MOUNT_MM)
            more += "".join(_CONTACT.format(number=number) for number in range(_NEIGHBOURS))
            self.bell = closing.enter_context(
                Bell(
                    self._folder,
                    interval_s=0.1,
                    mqtt_port=self.broker.port,
                    more=more,
                    environment={**os.environ, **_tunables()},
                )
            )
            for sensor in [self.bell.sensor, *sensors]:
                sensor.follow(self._water)
            self.bell.start().ready()
            asker = threading.Thread(target=self._ask, name="asker")
            asker.start()
            closing.callback(asker.join)
            closing.callback(self._stopping.set)
            self._began_s = time.monotonic()
            self._closing = closing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def _water(self) -> float:
        return max(0.0, self._depth_mm + random.uniform(-_NOISE_MM, _NOISE_MM))

    @property
    def pid(self) -> int:
        """The daemon's process."""
        assert self.bell.process is not None
        return self.bell.process.pid

    @property
    def alive(self) -> bool:
        """Whether it is still the process that was started."""
        return self.bell.process is not None and self.bell.process.poll() is None

    def cycle(self, number: int) -> None:
        """One minute of life; each wait of it ends."""
        end_s = time.monotonic() + CYCLE_S
        with self._phase("flood"):
            self._flood(200.0 if number % _DANGER_EVERY == 0 else 60.0)
        with self._phase("broker away"):
            self.broker_gone += 1
            (self.broker.kill if number % 2 else self.broker.stop)()
            self._wait(8.0)
            self.broker.start()
            self._until(lambda s: bool(s["broker"]["connected"]), 20.0)
        if number % _DRILL_EVERY == 0:
            with self._phase("drill"):
                self.bell.ask("drill", stage="alert", contacts=["mother"])
                self._wait(4.0)
                self.bell.ask("drill_end")
        with self._phase("settling"):
            self._until(lambda s: s["incident"] is None and not s["outbox"], 60.0)
            self._wait(2.0)
        self.phase = "calm"
        self._wait(max(10.0, end_s - time.monotonic()))
        self.phase = "between"

    def _flood(self, depth_mm: float) -> None:
        self._depth_mm = depth_mm
        self._until(lambda s: s["incident"] is not None, 10.0)
        self._wait(6.0)
        self.bell.ask("ack")
        self._depth_mm = 0.0
        self._until(lambda s: s["stage"] == "normal", 20.0)
        self._until(lambda _s: bool(self.bell.ask("reset")["done"]), 10.0)

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self.phase = name
        yield

    def _wait(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _until(self, wanted: Callable[[dict[str, Any]], bool], within_s: float) -> None:
        self.bell.await_state(wanted, within_s)

    def _ask(self) -> None:
        """Somebody watches: every kind of question in turn, each on a connection of its own."""
        questions = ("status", "watch", "outbox", "modem")
        while not self._stopping.wait(_ASK_EVERY_S):
            with self._asking:
                self.asked += 1
                try:
                    self.bell.ask(questions[self.asked % len(questions)])
                except DriverError:
                    self.unanswered += 1

    def look(self) -> Sample:
        """Sample the process between two questions, so that no caller's connection is counted."""
        with self._asking:
            status = self.bell.ask("status")
            # The connection of this question, and of one before, may still be ending.
            looks = []
            for _ in range(_LOOKS):
                self._stopping.wait(0.2)
                looks.append((len(descriptors(self.pid)), threads(self.pid)))
            memory = memory_kb(self.pid)
            return Sample(
                at_s=time.monotonic() - self._began_s,
                phase=self.phase,
                rss_kb=memory["Rss"],
                pss_kb=memory["Pss"],
                anonymous_kb=memory["Anonymous"],
                descriptors=min(look[0] for look in looks),
                threads=min(look[1] for look in looks),
                store_bytes=file_bytes(self._folder / "state"),
                waiting=len(status["outbox"]),
                backlog=sum(status["broker"]["backlog"].values()),
            )
