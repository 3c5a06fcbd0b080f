"""One run of the fleet against one real Mosquitto: connect, calm, broker lost, all flooded."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from tests.brokers import Authority, Heard, Listener, Mosquitto
from tests.fleet.devices import Notes, Spec, serve
from tests.fleet.figures import AT_LAST_S, BREAK_S, Figures, between, busiest_second, quantile
from tests.received import Received

FLOODED_WITHIN_S: Final = 10.0
ANSWER_S: Final = 120.0
MEMORY_DISK: Final = Path("/dev/shm")
_EVERYTHING: Final = "floodbell/v1/+/+/{}"


@dataclass(frozen=True)
class Plan:
    """How many, how long.

    Attributes:
        devices: How many bells.
        processes: That share them.
        tls: With certificates on both sides, as in the field.
        calm_s: How long the steady phase is measured.
        break_s: How long the broker is down.
        flooded_within_s: In which all are flooded.
        reconnect_max_s: As in ``[mqtt]``.
        settle_s: Before each measurement.
    """

    devices: int
    processes: int = 4
    tls: bool = False
    calm_s: float = 15.0
    break_s: float = BREAK_S
    flooded_within_s: float = FLOODED_WITHIN_S
    reconnect_max_s: float = 10.0
    settle_s: float = 2.0


class Centre:
    """A subscriber for what matters, and the books of every device."""

    def __init__(
        self, broker: Mosquitto, stack: contextlib.ExitStack, tls: Mapping[str, str]
    ) -> None:
        def configure(client: Any) -> None:
            if tls:
                client.tls_set(tls["ca"], tls["cert"], tls["key"])

        self._ears = {
            topic: stack.enter_context(
                Listener(broker, filter_, name=f"centre-{topic}", configure=configure)
            )
            for topic, filter_ in (
                ("alarm", _EVERYTHING.format("alarm")),
                ("events", _EVERYTHING.format("events")),
                ("readings", _EVERYTHING.format("readings")),
            )
        }
        self.books: dict[str, Received] = {}
        self.alarms_s: dict[tuple[str, str], float] = {}

    def await_back(self) -> None:
        """Every ear has come back after the broker was away."""
        for ear in self._ears.values():
            ear.await_back(30.0)

    def take_alarms(self, devices: int, stage: str, timeout_s: float) -> None:
        """Wait until every device has shown this stage; whoever is missing is missing."""

        def all_seen(message: Heard) -> bool:
            base = message.topic.removesuffix("/alarm")
            self.alarms_s.setdefault((base, json.loads(message.payload)["stage"]), message.at_s)
            return sum(seen == stage for _, seen in self.alarms_s) == devices

        with contextlib.suppress(TimeoutError):
            self._ears["alarm"].wait_for(all_seen, timeout_s)

    def take_rows(self, newest: Mapping[str, Mapping[str, int]], timeout_s: float) -> list[str]:
        """Wait for all that was numbered; what is wrong with it, by device."""
        given = {
            base: {log: seq for log, seq in logs.items() if seq} for base, logs in newest.items()
        }
        self.books = {base: Received(base) for base in given}
        for number, topic in enumerate(("readings", "events")):  # as Device.tell has them
            owed = {(base, log) for base, logs in given.items() for log in list(logs)[number:][:1]}
            with contextlib.suppress(TimeoutError):
                self._ears[topic].wait_for(self._paying(owed, given), timeout_s)
        return [
            f"{base}: {fault}"
            for base, logs in given.items()
            for fault in self.books[base].faults(logs)
        ]

    def _paying(
        self, owed: set[tuple[str, str]], given: Mapping[str, Mapping[str, int]]
    ) -> Callable[[Heard], bool]:
        """Puts a message into the books; says whether the newest of every log has come."""

        def pay(message: Heard) -> bool:
            base = message.topic.rpartition("/")[0]
            book = self.books[base]
            book.hear(message.topic, message.payload)
            log = json.loads(message.payload)["log"]
            if (base, log) in owed and book.has(log, given[base][log]):
                owed.discard((base, log))
            return not owed

        return pay


class Herd:
    """The processes with the devices in them, commanded together."""

    def __init__(self, specs: Sequence[Spec]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for spec in specs:
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs, spec))
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        self._answers()

    def _answers(self) -> list[Any]:
        found = []
        for pipe in self._pipes:
            if not pipe.poll(ANSWER_S):
                raise TimeoutError("a process of the fleet does not answer")
            found.append(pipe.recv())
        return found

    def __call__(self, word: str, *arguments: object) -> list[Any]:
        """Tell all, and return their answers."""
        for pipe in self._pipes:
            pipe.send((word, *arguments))
        return self._answers()

    def notes(self) -> dict[str, Notes]:
        """Of every device, by base topic."""
        return {base: notes for part in self("tell") for base, notes in part.items()}

    def cpu_s(self) -> float:
        """What all processes have computed so far."""
        return sum(cpu_s(process.pid or 0) for process in self._processes)

    def close(self) -> None:
        """End them, in good order if they can."""
        with contextlib.suppress(OSError, TimeoutError, EOFError):
            self("stop")
        for process in self._processes:
            process.join(10.0)
            if process.is_alive():
                process.kill()
                process.join(10.0)


def cpu_s(pid: int) -> float:
    """Processor seconds of a process, all threads, those that have ended too."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def pause(seconds: float) -> None:
    """Let a phase have its length."""
    threading.Event().wait(seconds)


@contextlib.contextmanager
def _broker(
    folder: Path, *, tls: bool
) -> Iterator[tuple[Mosquitto, dict[str, str], dict[str, Any]]]:
    """The broker, the certificates for the centre, and ``[mqtt]`` for the devices."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # inherited by the broker
    lines: list[str] = []
    centre: dict[str, str] = {}
    mqtt: dict[str, Any] = {"host": "127.0.0.1"}
    if tls:
        authority = Authority(folder / "ca")
        certificate, key = authority.issue("broker")
        mine, my_key = authority.issue("device")
        lines += [f"cafile {authority.certificate}", f"certfile {certificate}"]
        lines += [f"keyfile {key}", "require_certificate true"]
        centre = {"ca": str(authority.certificate), "cert": str(mine), "key": str(my_key)}
        mqtt |= {"ca": str(authority.certificate), "cert": str(mine)}
        (folder / "device.key").symlink_to(my_key)
        mqtt["key_credential"] = "device.key"
    with Mosquitto(folder / "broker", settings=lines) as broker:
        yield broker, centre, {**mqtt, "port": broker.port}


def run(plan: Plan) -> Figures:
    """Live through all phases; the figures."""
    disk = MEMORY_DISK if os.access(MEMORY_DISK, os.W_OK) else None
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="floodbell-fleet-", dir=disk))
        )
        broker, tls, mqtt = stack.enter_context(_broker(folder, tls=plan.tls))
        centre = Centre(broker, stack, tls)
        broker.stop()  # in good order once, so that the centre's sessions survive kill -9
        broker.start()
        centre.await_back()
        herd = Herd(_specs(plan, folder, {**mqtt, "reconnect_max_s": plan.reconnect_max_s}))
        stack.callback(herd.close)
        figures = Figures(plan.devices, plan.tls, load=_load())
        _connect(figures, herd)
        _be_calm(plan, figures, herd, broker)
        _lose_the_broker(plan, figures, herd, broker, centre)
        _be_flooded(plan, figures, herd, broker, centre)
        return figures


def _load() -> str:
    return " ".join(Path("/proc/loadavg").read_text().split()[:3])


def _specs(plan: Plan, folder: Path, mqtt: Mapping[str, Any]) -> list[Spec]:
    processes = min(plan.processes, plan.devices)
    firsts = [plan.devices * n // processes for n in range(processes + 1)]
    return [Spec(folder, first, after - first, mqtt) for first, after in pairwise(firsts)]


def _await_up(herd: Herd, devices: int, since_s: float) -> list[float]:
    """When each came up for the first time since then, sorted; whoever did not is not in it."""
    end_s = time.monotonic() + AT_LAST_S + 10.0
    while True:
        ups = [next((up for up in n.ups_s if up >= since_s), 0.0) for n in herd.notes().values()]
        back = sorted(filter(None, ups))
        if len(back) == devices or time.monotonic() > end_s:
            return back
        pause(0.25)


def _connect(figures: Figures, herd: Herd) -> None:
    began_s = time.monotonic()
    herd("start")
    ups_s = _await_up(herd, figures.devices, began_s)
    _require(figures, len(ups_s), "connected")
    figures.all_connected_s = ups_s[-1] - began_s
    figures.connects_a_second = busiest_second(ups_s)


def _require(figures: Figures, came: int, what: str) -> None:
    if came < figures.devices:
        figures.faults.append(f"{came} of {figures.devices} {what}")
    if not came:
        raise RuntimeError(f"none of {figures.devices} {what}")


def _be_calm(plan: Plan, figures: Figures, herd: Herd, broker: Mosquitto) -> None:
    pause(plan.settle_s)
    before = _Meter(herd, broker)
    pause(plan.calm_s)
    after = _Meter(herd, broker)
    figures.steady_messages_a_second = before.messages_a_second(after)
    figures.steady_broker_percent = before.broker_percent(after)
    figures.steady_fleet_percent = before.fleet_percent(after)
    figures.broker_mib = resident_mib(broker.pid)


class _Meter:
    """What broker and devices have done up to now."""

    def __init__(self, herd: Herd, broker: Mosquitto) -> None:
        self._messages: int = sum(herd("published"))
        self._at_s = time.monotonic()
        self._broker_s = cpu_s(broker.pid)
        self._fleet_s = herd.cpu_s()

    def messages_a_second(self, after: _Meter) -> float:
        return (after._messages - self._messages) / (after._at_s - self._at_s)

    def broker_percent(self, after: _Meter) -> float:
        return (after._broker_s - self._broker_s) / (after._at_s - self._at_s) * 100.0

    def fleet_percent(self, after: _Meter) -> float:
        return (after._fleet_s - self._fleet_s) / (after._at_s - self._at_s) * 100.0


def _lose_the_broker(
    plan: Plan, figures: Figures, herd: Herd, broker: Mosquitto, centre: Centre
) -> None:
    broker.kill()
    gone_s = time.monotonic()
    pause(plan.break_s)
    broker.start()
    back_s = time.monotonic()
    ups_s = _await_up(herd, figures.devices, back_s - 0.5)
    used_s = cpu_s(broker.pid) - (time.monotonic() - back_s) * figures.steady_broker_percent / 100
    centre.await_back()
    _require(figures, len(ups_s), "back after the broker was down")
    tries_s = sorted(at for notes in herd.notes().values() for at in notes.tries_s)
    figures.tries_a_second_while_down = busiest_second(between(tries_s, gone_s, back_s))
    figures.first_back_s = max(0.0, ups_s[0] - back_s)
    figures.half_back_s = max(0.0, quantile(ups_s, 0.5) - back_s)
    figures.all_back_s = max(0.0, ups_s[-1] - back_s)
    figures.reconnects_a_second = busiest_second(ups_s)
    figures.broker_ms_a_reconnect = max(0.0, used_s) / len(ups_s) * 1000
    figures.tries_s = [at - back_s for at in between(tries_s, gone_s, back_s + AT_LAST_S)]
    figures.ups_s = [at - back_s for at in ups_s]
    if figures.all_back_s > AT_LAST_S:
        figures.faults.append(f"the last came back after {figures.all_back_s:.0f} s")


def _be_flooded(
    plan: Plan, figures: Figures, herd: Herd, broker: Mosquitto, centre: Centre
) -> None:
    pause(plan.settle_s)
    before = _Meter(herd, broker)
    herd("flood", plan.flooded_within_s)
    centre.take_alarms(figures.devices, "danger", plan.flooded_within_s + 30.0)
    after = _Meter(herd, broker)
    figures.storm_messages_a_second = before.messages_a_second(after)
    figures.storm_broker_percent = before.broker_percent(after)
    herd("dry_up")
    pause(1.5)  # a reading that is not urgent waits up to a second for its commit
    notes = herd.notes()
    seen_s = centre.alarms_s
    late_ms = [
        (seen_s[base, "danger"] - one.shown_s["danger"]) * 1000
        for base, one in notes.items()
        if (base, "danger") in seen_s
    ]
    figures.alarms_shown = sum("danger" in one.shown_s for one in notes.values())
    figures.alarms_seen = len(late_ms)
    _require(figures, figures.alarms_seen, "alarms seen")
    figures.alarm_median_ms = quantile(late_ms, 0.5)
    figures.alarm_p99_ms = quantile(late_ms, 0.99)
    figures.alarm_worst_ms = max(late_ms, default=0.0)
    figures.faults += centre.take_rows({base: one.newest for base, one in notes.items()}, 60.0)
    figures.rows = sum(book.count for book in centre.books.values())
