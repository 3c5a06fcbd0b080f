"""HC-SR04: the cheap ultrasonic sensor of every starter kit, through gpiozero's DistanceSensor.

Not for danger, and ``check-config`` and ``doctor`` say so: its echo is timed by a busy processor,
it has no housing against damp, and nothing in its answer tells a spider's web from water. It is
here because people have one; beside a real sensor it does no harm.

Owns what gpiozero leaves out: its queue keeps the last echo for ever, so a sensor that has died
would look like water that stands still. Here each look is counted, and silence is a fault.

Wiring: 5 V, ground, TRIG to ``trigger_pin``; ECHO answers at 5 V and goes through a divider (330 Ω
and 470 Ω) to ``echo_pin``, or it kills the pin.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

from drivers.declaring import Field
from drivers.errors import NoResponse, OutOfRange
from drivers.measurement import Echoes
from drivers.ports import Ports
from drivers.ports.pins import pin_errors, release
from drivers.sensors.listening import NOTHING_SEEN_S, SILENT_S
from drivers.sensors.mounting import Claim
from drivers.sensors.ranging import Part, Ranging
from drivers.sensors.trace import Trace

PART: Final = Part(response_s=0.0, frame_s=0.16, blind_mm=20.0, farthest_mm=4000.0)
"""Its echo is that of this moment.

Source:
    The data sheets in circulation (Cytron, Elec Freaks): 2 cm to 4 m. gpiozero 2.0.1.post3,
    ``DistanceSensor``: 60 ms of rest between two looks, at most 100 ms of waiting for an echo.
"""

_SCALE_M: Final = 4.5
"""gpiozero tells a share of this; the whole of it is "nothing nearer"."""

_MOST_LOOKS: Final = 256


class Hcsr04Settings(Ranging):
    """One HC-SR04 on two pins, looking down at the floor."""

    driver: Literal["hcsr04"]
    trigger_pin: int = Field(ge=0, le=27, description="BCM number")
    echo_pin: int = Field(ge=0, le=27, description="BCM number; through a divider, ECHO is 5 V")

    @property
    def data_sheet(self) -> Part:
        """There is one kind."""
        return PART

    def claims(self) -> Iterator[Claim]:
        """Both pins."""
        yield Claim("trigger_pin", f"pin {self.trigger_pin}")
        yield Claim("echo_pin", f"pin {self.echo_pin}")

    def open(self, ports: Ports | None = None) -> Hcsr04:
        """Return the sensor; its pins are claimed by the first ``read``."""
        return Hcsr04(self, ports or Ports())


class Hcsr04:
    """Ranges from the sensor's face; gpiozero's thread looks, ``read`` collects."""

    talks = True

    def __init__(self, settings: Hcsr04Settings, ports: Ports) -> None:
        self._settings = settings
        self._ports = ports
        self._device: Any = None
        self._looks: deque[float | None] = deque(maxlen=_MOST_LOOKS)
        self._looked = threading.Condition()
        self.trace = Trace()

    def read(self) -> Echoes:
        """Wait for at least one echo, and return all that came since the last call.

        Returns:
            Ranges in millimetres; nearer ones are counted in ``too_near``.

        Raises:
            OutOfRange: For ``NOTHING_SEEN_S`` no echo, or only such from beyond 4 m.
            NoResponse: gpiozero's thread does not look any more; the next read begins anew.
            WrongWiring: A pin is taken, or there are none.
            PortGone: The GPIO chip cannot be reached.
        """
        self._open()
        deadline_s = time.monotonic() + SILENT_S
        unseen = False
        while (left_s := deadline_s - time.monotonic()) > 0:
            with self._looked:
                if not self._looks:
                    self._looked.wait(left_s)
                looks = list(self._looks)
                self._looks.clear()
            echoes = self._echoes(looks)
            if echoes is not None:
                return echoes
            if looks and not unseen:
                unseen = True
                deadline_s = min(deadline_s, time.monotonic() + NOTHING_SEEN_S)
        if unseen:
            raise OutOfRange("no echo: nothing below the sensor within 4 m, or ECHO is not wired")
        self.close()
        raise NoResponse(f"pin {self._settings.echo_pin}: nobody looks for echoes any more")

    def close(self) -> None:
        """Release both pins; safe to call twice, never raises."""
        device, self._device = self._device, None
        self._looks.clear()
        release(device)

    def _open(self) -> None:
        if self._device is not None:
            return
        factory = self._ports.pins()
        settings = self._settings
        with pin_errors(where=f"pins {settings.trigger_pin} and {settings.echo_pin}"):
            self._device = _watching(self._seen)(
                settings.echo_pin,
                settings.trigger_pin,
                queue_len=1,
                max_distance=_SCALE_M,
                partial=True,
                pin_factory=factory,
            )

    def _seen(self, share: float | None) -> None:
        """Take one look's outcome, on gpiozero's thread: a share of the scale, or no echo."""
        with self._looked:
            self._looks.append(share)
            self._looked.notify_all()

    def _echoes(self, looks: list[float | None]) -> Echoes | None:
        ranges_mm: list[int] = []
        too_near = 0
        for share in looks:
            if share is None:
                self.trace.note("no echo", "nothing seen", bad=True)
                continue
            range_mm = round(share * _SCALE_M * 1000)
            self.trace.note(f"{range_mm / 343.26 * 2:.3f} ms", f"{range_mm} mm")
            if range_mm > PART.farthest_mm:
                continue
            if range_mm <= self._settings.blind_mm:
                too_near += 1
            else:
                ranges_mm.append(range_mm)
        return Echoes(tuple(ranges_mm), too_near) if ranges_mm or too_near else None


def _watching(seen: Callable[[float | None], None]) -> Any:  # noqa: ANN401 - gpiozero is untyped
    """Make a DistanceSensor that tells of every look, also of one without an echo."""
    import gpiozero  # noqa: PLC0415 - only where one is configured

    # Both are told by the driver itself, each time that they matter.
    warnings.filterwarnings("ignore", category=gpiozero.DistanceSensorNoEcho)
    warnings.filterwarnings("ignore", category=gpiozero.PWMSoftwareFallback)

    class Watching(gpiozero.DistanceSensor):  # type: ignore[misc]  # gpiozero is untyped
        def _read(self) -> float | None:
            share: float | None = super()._read()
            seen(share)
            return share

        def close(self) -> None:
            # gpiozero lets the trigger go first, under the hands of the thread that pulls it.
            queue = getattr(self, "_queue", None)
            if queue is not None:
                queue.stop()
            super().close()

    return Watching
