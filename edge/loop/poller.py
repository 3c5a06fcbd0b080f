"""One thread a sensor: reads it, names the sample, puts it into the inbox.

A sensor that talks by itself is read as it talks, and its frames are gathered over one sample
interval: the median over them is conditioning's business. A sensor that must be asked is asked once
an interval.

Invariant: whatever a driver raises becomes an event, and the thread has beaten; only a driver that
breaks its contract by never returning stops the beat, which is how it is found out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from drivers.errors import DriverError, NoResponse, PortGone
from drivers.measurement import Echoes, Measurement, Sample, Sensor
from edge.beating import BeatingThread
from edge.events import Echoed, Measured, SensorFailed

_log = logging.getLogger(__name__)

SLACK: Final = 0.25
"""A frame that comes this fraction of an interval early still closes it: a sensor that talks once a
second is never in step with our clock, and would otherwise be read every other second."""

BEAT_S: Final = 5.0
"""A sensor may be asked once a minute; its thread beats more often."""

REOPEN_FIRST_S: Final = 0.5
REOPEN_LONGEST_S: Final = 3.0
"""Pause before a port that vanished is tried again: doubling, and so far below the 5 s in which
readings must be back after a cable is plugged in again that opening and a first frame fit in."""

RawEvent = Echoed | Measured | SensorFailed


class Poller(BeatingThread):
    """Reads one sensor until it is told to stop."""

    def __init__(
        self,
        sensor_id: str,
        sensor: Sensor,
        sample_interval_s: float,
        *,
        put: Callable[[RawEvent], None],
        beat: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(f"sensor-{sensor_id}", beat=beat)
        self._id = sensor_id
        self._sensor = sensor
        self._interval_s = sample_interval_s
        self._put = put
        self._clock = clock
        self._ranges: list[int] = []
        self._too_near = 0
        self._due_s = 0.0
        self._pause_s = REOPEN_FIRST_S

    def start(self) -> None:
        """Begin reading."""
        self._due_s = self._clock()
        super().start()

    def stop(self) -> None:
        """As of any thread; a sensor that talks is not waited for."""
        super().stop()
        getattr(self._sensor, "cease", bool)()

    def _let_go(self) -> None:
        self._sensor.close()

    def _take_port(self) -> None:
        getattr(self._sensor, "take_away", self._sensor.close)()

    def _turn(self) -> None:
        if not self._sensor.talks and not self._await_due():
            return
        try:
            sample = self._sensor.read()
        except DriverError as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001 - a bug in one driver must not end in silence
            _log.exception("sensor %s: driver failed", self._id)
            self._failed(error)
        else:
            self._pause_s = REOPEN_FIRST_S
            self._sampled(sample)

    def _await_due(self) -> bool:
        """Wait for the next sample, beating meanwhile; False when told to stop."""
        left_s = self._due_s - self._clock()
        while left_s > 0:
            self._beat()
            if self._stopping.wait(min(left_s, BEAT_S)):
                return False
            left_s -= BEAT_S
        return not self._stopping.is_set()

    def _failed(self, error: Exception) -> None:
        silent = isinstance(error, (NoResponse, PortGone))
        self._ranges.clear()  # frames of before a failure must not outvote those after it
        self._too_near = 0
        self._put(SensorFailed(self._id, str(error), silent=silent))
        self._schedule()
        if isinstance(error, NoResponse):
            return  # the driver has already waited
        self._stopping.wait(self._pause_s if silent else min(self._interval_s, self._pause_s))
        self._pause_s = min(REOPEN_LONGEST_S, self._pause_s * 2)

    def _sampled(self, sample: Sample) -> None:
        if isinstance(sample, Measurement):
            self._schedule()
            self._put(Measured(self._id, sample.at_least_mm, sample.below_mm))
            return
        self._gather(sample)

    def _gather(self, echoes: Echoes) -> None:
        self._ranges.extend(echoes.ranges_mm)
        self._too_near += echoes.too_near
        if self._clock() < self._due_s - SLACK * self._interval_s:
            return
        self._schedule()
        event = Echoed(self._id, tuple(self._ranges), self._too_near)
        self._ranges.clear()
        self._too_near = 0
        self._put(event)

    def _schedule(self) -> None:
        """Keep to the grid; after falling behind, begin it anew."""
        now_s = self._clock()
        self._due_s = max(self._due_s + self._interval_s, now_s + (1 - SLACK) * self._interval_s)
