"""Who serves where in this house, and how each thread is made anew: a small maker a kind.

Owns the way from the settings to a thread at its post. Invariant: nothing is opened here, on the
main thread: a port is opened by the thread that uses it, so that one that never opens keeps nobody
else waiting. When a thread is made is the crew's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from drivers.errors import DriverError, PortGone
from drivers.host.control import ControlServer, Request
from drivers.sensors.trace import Trace
from edge.events import TroubleGone, TroubleSeen
from edge.loop.crew import Post, Shift
from edge.loop.poller import Poller

if TYPE_CHECKING:
    from drivers.measurement import Sample, Sensor
    from drivers.ports import Ports
    from drivers.sensors import SensorSettings
    from edge.centre.centre import Centre
    from edge.centre.outpost import Outpost
    from edge.loop.bell_watch import BellWatch
    from edge.loop.bench import Bench
    from edge.loop.inbox import InboxEvent
    from edge.loop.outward import Line
    from edge.messages.relay import Relay
    from edge.messages.web_route import WebRoute
    from edge.settings import Settings
    from edge.store.store import Store

CONTROL: Final = "control"


class LateSensor:
    """A sensor that is opened where it is read: on its own thread.

    A driver whose ``open`` fails is tried again at the next reading, and one whose ``open`` never
    returns is found out like any other.
    """

    def __init__(self, open_: Callable[[], Sensor]) -> None:
        self._open = open_
        self._sensor: Sensor | None = None
        self._taken_away = False
        self.talks = False
        self.trace = Trace()

    def read(self) -> Sample:
        """Open if need be, and read."""
        if self._sensor is None:
            self._sensor = self._open()
            self.talks, self.trace = self._sensor.talks, self._sensor.trace
        if self._taken_away:
            raise PortGone("taken away: another thread reads this sensor")
        return self._sensor.read()

    def close(self) -> None:
        """Release the port; safe to call twice, never raises."""
        if self._sensor is not None:
            self._sensor.close()

    def take_away(self) -> None:
        """Take the port from whoever hangs on it, for good; it may take long."""
        self._taken_away = True
        if self._sensor is not None:
            getattr(self._sensor, "take_away", self._sensor.close)()


def sensor_posts(
    settings: Settings, ports: Ports, bench: Bench, clock: Callable[[], float]
) -> Iterator[Post]:
    """One thread a sensor."""

    def make(name: str, sensor: SensorSettings, shift: Shift) -> Poller:
        late = bench.sensors[name] = LateSensor(partial(sensor.open, ports))
        return Poller(
            name,
            late,
            sensor.sample_interval_s,
            put=shift.put,
            beat=shift.beat,
            clock=clock,
        )

    for name, sensor in settings.sensors.items():
        yield Post(f"sensor-{name}", partial(make, name, sensor))


def bell_posts(settings: Settings, ports: Ports) -> Iterator[Post]:
    """The thread of the button, if there is one."""
    bell = settings.bell
    if bell is None or bell.button_pin is None:
        return

    def make(shift: Shift) -> BellWatch:
        from edge.loop.bell_watch import BellWatch  # noqa: PLC0415 - loads gpiozero

        pin = bell.button_pin
        assert pin is not None  # noqa: S101 - asked above
        return BellWatch(pin, bell.hold_s, ports, put=shift.put, beat=shift.beat)

    yield Post("bell", make)


def modem_post(line: Line, put: Callable[[InboxEvent], None]) -> Post:
    """The thread of the modem; what it says of its jobs is noted before it is let in."""

    def noted(event: InboxEvent) -> None:
        line.heard(event)
        put(event)

    return Post("modem", line.make, vital=True, left=line.left, put=noted)


def web_post(
    name: str,
    relay: Relay,
    make: Callable[[Shift], WebRoute | None],
    put: Callable[[InboxEvent], None],
) -> Post:
    """The thread of a way out over the internet."""

    def noted(event: InboxEvent) -> None:
        relay.heard(event)
        put(event)

    def made(shift: Shift) -> WebRoute:
        worker = make(shift)
        if worker is None:
            raise PortGone(f"{name}: not in the settings")
        relay.serve_by(worker)
        return worker

    return Post(name, made, left=relay.lost, put=noted)


class StoreHand:
    """The store's thread at its post; it is ended last, by ``Store.close``."""

    def __init__(self, store: Store) -> None:
        self.thread = store.thread
        self.start = store.start

    def stop(self) -> None:
        """Not yet: what the others end with is still to be stored."""

    def join(self, timeout_s: float) -> bool:
        """Not waited for here."""
        del timeout_s
        return True

    def abandon(self) -> None:
        """It is fenced by the intake, when the next one is made."""


def store_post(store: Store) -> Post:
    """The thread of the store."""

    def make(shift: Shift) -> StoreHand:
        store.renew(shift.beat)
        return StoreHand(store)

    return Post("store", make, vital=True)


class BrokerHand:
    """The broker's thread at its post."""

    def __init__(self, centre: Centre) -> None:
        self.thread = centre.thread
        self.start = centre.start
        self.stop = centre.leave
        self.join = centre.join
        self.abandon = centre.abandon


def broker_post(outpost: Outpost) -> Post:
    """The thread that speaks to the broker."""
    return Post("broker", lambda shift: BrokerHand(outpost.renew(shift.beat)))


def control_post(path: Path, asked: Callable[[Request], None], put: Callable[[Any], None]) -> Post:
    """The thread of the control socket; a path that cannot be had is a trouble, and tried again."""

    def make(shift: Shift) -> ControlServer:
        def heard(request: Request) -> None:
            if not shift.over:
                asked(request)

        try:
            server = ControlServer(path, heard, shift.beat)
        except (DriverError, OSError) as error:
            put(TroubleSeen(CONTROL, str(error)))
            raise
        put(TroubleGone(CONTROL))
        return server

    return Post(CONTROL, make)
