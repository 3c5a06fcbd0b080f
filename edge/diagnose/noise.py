"""How still a sensor is: several looks at one surface, by ourselves or through the daemon.

Owns the figures of noise. Invariant: a look ends within its time, and a frame that told nothing of
the water is counted, never left out in silence.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from drivers.errors import DriverError, PermanentError, PortGone
from drivers.host.control import ControlClient
from drivers.measurement import Echoes, Measurement, Sensor

LOOKED_S: Final = 2.0
"""Twenty frames of an A02YYUW, which sends ten a second (domain 4.1)."""

FEWEST: Final = 3
"""Of fewer frames nothing is said of their noise."""

ASKED_EVERY_S: Final = 0.2

MOST_BAD: Final = 0.1
"""One frame in 100 is bad (FloodNet, domain 1.5); with one in ten the median of a second still
sorts them out, with more it does not surely (``edge.conditioning.echoes``)."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What was heard.

    Attributes:
        values_mm: Ranges from the face, or what was measured, one a frame.
        too_near: Frames that were nearer than the sensor can measure.
        last: The last sample, for its bounds; None if the daemon was asked.
        heard: Frames in all, bad ones too; 0: not known.
        bad: Frames that told nothing of the water.
    """

    values_mm: tuple[float, ...] = ()
    too_near: int = 0
    last: Measurement | None = None
    heard: int = 0
    bad: int = 0

    @property
    def typical_mm(self) -> float:
        """Median absolute deviation: half of the frames are no farther from their middle."""
        middle = median(self.values_mm)
        return median(abs(value - middle) for value in self.values_mm)

    @property
    def peak_to_peak_mm(self) -> float:
        """From the nearest frame to the farthest."""
        return max(self.values_mm) - min(self.values_mm)

    @property
    def bad_share(self) -> float:
        """How many of the frames were bad, 0 to 1."""
        return self.bad / self.heard if self.heard else 0.0


def look(sensor: Sensor) -> Looks:
    """Read a sensor for ``LOOKED_S``.

    Raises:
        DriverError: Not one sample came; the last fault says why.
    """
    values: list[float] = []
    too_near, last, fault = 0, None, None
    ends_s = time.monotonic() + LOOKED_S
    while time.monotonic() < ends_s:
        try:
            sample = sensor.read()
        except (PermanentError, PortGone):
            raise
        except DriverError as error:
            fault = error
            continue
        if isinstance(sample, Echoes):
            values.extend(map(float, sample.ranges_mm))
            too_near += sample.too_near
        else:
            last = sample
            if sample.at_least_mm == sample.below_mm:
                values.append(sample.at_least_mm)
        if not sensor.talks:
            time.sleep(ASKED_EVERY_S)
    if fault is not None and not values and not too_near and last is None:
        raise fault
    return Looks(tuple(values), too_near, last, sensor.trace.heard, sensor.trace.bad)


def ask(client: ControlClient, sensor_ids: Sequence[str]) -> dict[str, Looks]:
    """Ask a daemon for ``LOOKED_S`` what its sensors hear; one it does not know is left out.

    Raises:
        DriverError: It does not answer any more.
    """
    first: dict[str, Mapping[str, Any]] = {}
    values: dict[str, list[float]] = {}
    seen: dict[str, object] = {}
    known = list(sensor_ids)
    shown: dict[str, Mapping[str, Any]] = {}
    ends_s = time.monotonic() + LOOKED_S
    while known and time.monotonic() < ends_s:
        for sensor_id in tuple(known):
            answer = client.ask("sensor", sensor=sensor_id)
            if "at_s" not in answer:  # an older daemon
                known.remove(sensor_id)
                continue
            first.setdefault(sensor_id, answer)
            shown[sensor_id] = answer
            if answer["at_s"] != seen.get(sensor_id):
                seen[sensor_id] = answer["at_s"]
                values.setdefault(sensor_id, []).extend(_values(answer.get("raw") or {}))
        time.sleep(ASKED_EVERY_S)
    return {
        sensor_id: Looks(
            tuple(values.get(sensor_id, ())),
            heard=_count(shown[sensor_id], "heard") - _count(first[sensor_id], "heard"),
            bad=_count(shown[sensor_id], "bad") - _count(first[sensor_id], "bad"),
        )
        for sensor_id in shown
    }


def _values(raw: Mapping[str, Any]) -> list[float]:
    if "ranges_mm" in raw:
        return [float(range_mm) for range_mm in raw["ranges_mm"]]
    low, high = raw.get("at_least_mm"), raw.get("below_mm")
    return [float(low)] if low is not None and low == high else []


def _count(answer: Mapping[str, Any], name: str) -> int:
    return int((answer.get("frames") or {}).get(name, 0))
