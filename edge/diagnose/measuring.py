"""Measuring with one sensor now: through the daemon that holds it, or by ourselves.

Owns the two ways to the same answers. A daemon that runs holds the ports, so it is asked; without
one the sensor is read here, by the same thread and the same conditioning as in the daemon.
"""

from __future__ import annotations

import json
import os
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from drivers.errors import DriverError, PortGone
from drivers.host.clock import Clock
from drivers.host.control import ControlClient
from drivers.host.users import written_down
from drivers.ports import Ports
from edge import conditioning
from edge.calibration import CannotCalibrate, Numbers, change, put_into_force
from edge.centre.topics import timestamp
from edge.conditioning import Conditioned
from edge.diagnose.access import closed_to_us, nobody_there
from edge.events import Reading
from edge.loop.assembly import mountings_of
from edge.loop.bench import view
from edge.loop.poller import Poller
from edge.settings import Settings
from edge.store.hold import AlreadyRunning, hold
from edge.store.reader import Reader, UnreadableError
from edge.store.rows import Batch, Recovered
from edge.store.store import Store

ANSWER_WITHIN_S: Final = 5.0
LOOK_EVERY_S: Final = 0.1
WRITTEN_WITHIN_S: Final = 5.0
DATABASE: Final = "floodbell.db"


class CannotMeasure(Exception):
    """The sensor cannot be asked at all; says why."""


class Measuring(Protocol):
    """What the command line needs of a sensor."""

    def shown(self) -> dict[str, Any]:
        """Return all that is known of it now, in the form of the daemon's answer ``sensor``."""

    def keep(self, numbers: Numbers | None, by: str) -> tuple[bool, str]:
        """Remember a calibration, or none; return whether it was done, and why not or a remark."""


def readings(
    measuring: Measuring,
    for_s: float,
    told: Callable[[dict[str, Any]], None],
    most: int | None = None,
) -> list[dict[str, Any]]:
    """Gather the readings of some seconds, each once.

    Args:
        measuring: The sensor.
        for_s: How long.
        told: Called with each as it comes.
        most: So many are enough.
    """
    found: list[dict[str, Any]] = []
    last = measuring.shown()["at_s"]
    end_s = time.monotonic() + for_s
    while time.monotonic() < end_s:
        shown = measuring.shown()
        if shown["at_s"] != last and shown["reading"]:
            last = shown["at_s"]
            found.append(shown["reading"])
            told(shown["reading"])
            if len(found) == most:
                break
        time.sleep(LOOK_EVERY_S)
    return found


@contextmanager
def measuring(settings: Settings, sensor_id: str) -> Iterator[Measuring]:
    """Reach a sensor.

    Args:
        settings: As loaded from the file.
        sensor_id: Whose; it is in the settings.

    Raises:
        CannotMeasure: A daemon runs and may not be asked, or does not know the sensor.
    """
    path = settings.paths.run / "floodbell.sock"
    try:
        client = ControlClient(path, ANSWER_WITHIN_S)
        client.ask("sensor", sensor=sensor_id)
    except PortGone as fault:
        if closed_to_us(fault):
            raise CannotMeasure("a bell runs, and you may not ask it: use sudo") from fault
        if not nobody_there(fault):
            raise CannotMeasure(f"a bell runs and does not answer: {fault}") from fault
    except (DriverError, OSError) as fault:
        if closed_to_us(fault):
            raise CannotMeasure("a bell runs, and you may not ask it: use sudo") from fault
        raise CannotMeasure(str(fault)) from fault
    else:
        with client:
            yield ByDaemon(client, sensor_id)
        return
    own = ByOurselves(settings, sensor_id)
    try:
        yield own
    finally:
        own.close()


class ByDaemon:
    """Asks the daemon."""

    def __init__(self, client: ControlClient, sensor_id: str) -> None:
        self._client = client
        self._id = sensor_id

    def shown(self) -> dict[str, Any]:
        """Ask for it."""
        return self._client.ask("sensor", sensor=self._id)

    def keep(self, numbers: Numbers | None, by: str) -> tuple[bool, str]:
        """Let the daemon remember it."""
        fields = None if numbers is None else numbers.as_fields()
        answer = self._client.ask("calibrate", sensor=self._id, numbers=fields, by=by)
        return bool(answer.get("done")), str(answer.get("reason"))


class ByOurselves:
    """Reads the sensor here: no daemon has it."""

    def __init__(self, settings: Settings, sensor_id: str) -> None:
        self._file = settings
        self._id = sensor_id
        self._state = settings.paths.state
        self._remembered = stored_calibrations(self._state)
        in_force = put_into_force(settings, self._remembered)
        self._sensor = in_force.settings.sensors[sensor_id]
        self._stored = in_force.stored.get(sensor_id)
        self._mounting = mountings_of(in_force.settings)[sensor_id]
        self._ports = Ports()
        self._driver = self._sensor.open(self._ports)
        self._memory = Conditioned(time.monotonic())
        self._heard: conditioning.RawEvent | None = None
        self._reading: tuple[Reading, float] | None = None
        self._events: queue.SimpleQueue[tuple[float, conditioning.RawEvent]] = queue.SimpleQueue()
        self._poller = Poller(
            sensor_id,
            self._driver,
            self._sensor.sample_interval_s,
            put=lambda event: self._events.put((time.monotonic(), event)),
            beat=lambda: None,
            clock=time.monotonic,
        )
        self._poller.start()

    def shown(self) -> dict[str, Any]:
        """Take what has come since the last call."""
        while not self._events.empty():
            at_s, event = self._events.get()
            self._heard = event
            self._memory, reading = conditioning.condition(
                self._memory, event, at_s, self._mounting
            )
            self._reading = self._reading if reading is None else (reading, at_s)
        now_s = time.monotonic()
        self._memory, late = conditioning.overdue(self._memory, self._id, now_s, self._mounting)
        if late is not None:
            self._reading = (late, now_s)
        return view(
            self._id,
            self._sensor,
            self._reading,
            now_s,
            heard=self._heard,
            driver=self._driver,
            stored=self._stored,
        )

    def keep(self, numbers: Numbers | None, by: str) -> tuple[bool, str]:
        """Write it into the store, which nobody else may hold meanwhile."""
        clock = Clock()
        at = timestamp(clock.wall_utc())
        try:
            by = written_down(os.geteuid(), by)
            made = change(self._file, self._remembered, self._id, numbers, at=at, by=by)
        except CannotCalibrate as error:
            return False, str(error)
        event = {
            "type": "calibrated",
            "incident": None,
            "episode": None,
            "reason": made.reason,
            **made.fields,
            "ts": at,
            "clock_synced": clock.wall_is_synced(),
            "session": None,  # no daemon runs
        }
        why = _written(self._state, made.stored, event)
        return not why, why

    def close(self) -> None:
        """Let the sensor go."""
        self._poller.stop()
        self._poller.join(ANSWER_WITHIN_S)
        self._ports.close()


def stored_calibrations(state: Path) -> dict[str, str]:
    """Return what the store remembers, empty if there is none yet.

    Raises:
        CannotMeasure: It is there and cannot be read.
    """
    path = state / DATABASE
    try:
        if not path.exists():
            return {}
        with Reader(path) as reader:
            return reader.calibrations()
    except (UnreadableError, OSError) as error:
        raise CannotMeasure(f"the calibrations in {path} cannot be read: {error}") from error


def _written(state: Path, calibration: tuple[str, str], event: dict[str, Any]) -> str:
    """Write with nobody else at the store; return why not, empty when done."""
    if not state.is_dir():
        return f"{state} is not there yet: start the bell once, it makes it"
    try:
        held = hold(state)
    except AlreadyRunning as error:
        return str(error)
    store = Store(state / DATABASE)
    done = False
    try:
        recovered = store.open()
        try:
            _give_to_owner(state)
            if why := _incident(recovered):
                return why
            batch = Batch(calibrations=(calibration,), events=(event,))
            done = store.commit(batch, WRITTEN_WITHIN_S)
        finally:
            done = store.close(WRITTEN_WITHIN_S) and done
            _give_to_owner(state)
    finally:
        if held is not None:
            os.close(held)
    return "" if done else store.trouble() or "the disk does not answer"


def _incident(recovered: Recovered) -> str:
    """Why nothing may change under a bell that is off, empty if it may."""
    if recovered.state is None:
        return recovered.trouble or ""
    try:
        incident = json.loads(recovered.state)["law"]["incident"]
    except (ValueError, KeyError, TypeError) as error:
        return f"what the bell remembers cannot be read ({error!r}): start it first"
    if incident:
        return "an incident is open: start the bell, and reset it"
    return ""


def _give_to_owner(state: Path) -> None:
    """What root has made belongs to the service, or that could not write it any more."""
    if os.geteuid() != 0:
        return
    owner = state.stat()
    for path in state.glob(f"{DATABASE}*"):
        os.chown(path, owner.st_uid, owner.st_gid)
