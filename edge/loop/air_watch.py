"""The thread that reads one thermometer for the sensors that hang in its air.

A thermometer may take its time, or hang with its bus: it has a thread of its own, so that it never
holds up the sensor that looks for water. What it says goes to conditioning; that it says nothing is
a trouble, and no more: the sensor goes on with the temperature that it takes for granted.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from drivers.errors import DriverError
from edge.beating import BeatingThread
from edge.events import AirFelt, TroubleGone, TroubleSeen
from edge.loop.crew import Post, Shift

if TYPE_CHECKING:
    from edge.settings import Settings

_log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 30.0
"""The air of a room moves by a few degrees in an hour; a thermometer that failed once has twenty
more tries before its last word is too old (``edge.conditioning.air``)."""

BEAT_S: Final = 5.0

TOLD_AFTER: Final = 2
"""So many failures in a row are a trouble: one is a bit lost on a long wire."""


class Thermometer(Protocol):
    """What the watch needs of ``drivers.sensors.air.Thermometer``."""

    def read(self) -> float:
        """Return degrees Celsius, or raise a ``DriverError``."""


class AirWatch(BeatingThread):
    """Reads one thermometer until it is told to stop."""

    def __init__(
        self,
        thermometer: Thermometer,
        sensors: tuple[str, ...],
        *,
        put: Callable[[AirFelt | TroubleSeen | TroubleGone], None],
        beat: Callable[[], None],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        super().__init__(f"air-{sensors[0]}", beat=beat)
        self._thermometer = thermometer
        self._sensors = sensors
        self._put = put
        self._look_every_s = look_every_s
        self._failures = 0
        self._told = True  # one from before a restart must be cleared as well

    def _turn(self) -> None:
        try:
            self._look()
        except DriverError as error:
            self._failed(str(error))
        except Exception as error:  # noqa: BLE001 - the top of a thread
            _log.exception("%s: failed", self._thread.name)
            self._failed(type(error).__name__)
        self._rest()

    def _look(self) -> None:
        celsius = self._thermometer.read()
        for sensor_id in self._sensors:
            self._put(AirFelt(sensor_id, celsius))
            if self._told:
                self._put(TroubleGone(_cause(sensor_id)))
        self._failures = 0
        self._told = False

    def _failed(self, words: str) -> None:
        self._failures += 1
        if self._failures < TOLD_AFTER:
            return
        self._told = True
        for sensor_id in self._sensors:
            self._put(TroubleSeen(_cause(sensor_id), words))

    def _rest(self) -> None:
        left_s = self._look_every_s
        while left_s > 0 and not self._stopping.wait(min(left_s, BEAT_S)):
            self._beat()
            left_s -= BEAT_S


def _cause(sensor_id: str) -> str:
    return f"air:{sensor_id}"


def air_posts(settings: Settings) -> Iterator[Post]:
    """One thread for each thermometer that the settings name."""
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for sensor_id, sensor in settings.sensors.items():
        path = getattr(sensor, "air_temperature", None)  # only what does not feel the air has one
        if path is not None:
            wanted[path].append(sensor_id)

    def make(path: str, sensor_ids: tuple[str, ...], shift: Shift) -> AirWatch:
        from drivers.sensors import air  # noqa: PLC0415 - only where one is configured

        return AirWatch(air.Thermometer(path), sensor_ids, put=shift.put, beat=shift.beat)

    for path, sensor_ids in wanted.items():
        yield Post(f"air-{sensor_ids[0]}", partial(make, path, tuple(sensor_ids)))
