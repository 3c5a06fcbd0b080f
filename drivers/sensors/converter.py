"""One channel of an analogue-to-digital converter on SPI: MCP3008 or MCP3208, through gpiozero.

Owns the channel and the settings that name it. Invariant: what is returned is a share of the
reference voltage, never a fault's number: a converter that cannot be reached raises. One spike in a
reading changes nothing.

Wiring: VDD and VREF to 3.3 V, CLK to GPIO 11, DOUT to 9, DIN to 10, CS to 8 (``spi_device = 0``) or
7 (1); ``dtparam=spi=on`` in config.txt. That gives all five pins to the bus, both selects too: with
one converter the other select is free for a second one and for nothing else.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from drivers.declaring import Field
from drivers.errors import DriverError, OutOfRange, PortGone
from drivers.ports.pins import pin_errors, release
from drivers.sensors.mounting import Claim, Mounting

if TYPE_CHECKING:
    from drivers.ports import Ports

BITS: Final = {"MCP3008": 10, "MCP3208": 12}
"""Source: Microchip DS21295 (MCP3004/3008), DS21298 (MCP3204/3208)."""

SPI_PINS: Final = (9, 10, 11)
SELECT_PINS: Final = {0: 8, 1: 7}
"""Source: Raspberry Pi documentation, SPI0 on the 40-pin header; ``dtparam=spi=on`` hands both
selects to the kernel's driver, whether a chip hangs on them or not."""

CONVERSIONS: Final = 9
_MIDDLE: Final = slice(2, 7)
"""Of nine the middle five are averaged: two spikes to either side do not count, and the mean moves
in fifths of a step, so that a quiet input is not taken for a stuck one."""


LOOKS: Final = 3
LOOK_AGAIN_S: Final = 0.03
"""A fault is believed at once by all who hear of it, so it has to be seen three times: longer than
a contact bounces (1 to 20 ms, domain 4.2)."""

Meaning = TypeVar("Meaning")


class OnConverter(Mounting):
    """Fields of a sensor on a converter's channel."""

    adc: Literal["MCP3008", "MCP3208"] = Field(
        default="MCP3208", description="the converter; 10 bits or 12"
    )
    channel: int = Field(ge=0, le=7, description="input of the converter, CH0 to CH7")
    spi_device: Literal[0, 1] = Field(default=0, description="chip select: 0 is GPIO 8, 1 is 7")
    reference_v: float = Field(default=3.3, gt=0, le=5.5, description="voltage at VREF")

    def claims(self) -> Iterator[Claim]:
        """Its channel; the converter, with others that take it for the same; the bus's pins."""
        where = f"converter at SPI 0.{self.spi_device}"
        yield Claim("channel", f"channel {self.channel} of the {where}")
        yield Claim(
            "spi_device", where, shared_as=f"{self.adc} with {self.reference_v:g} V at VREF"
        )
        for pin in sorted((*SELECT_PINS.values(), *SPI_PINS)):
            yield Claim("spi_device", f"pin {pin}", shared_as="SPI 0")


class Channel:
    """Reads one channel."""

    def __init__(self, settings: OnConverter, ports: Ports) -> None:
        self._settings = settings
        self._where = f"{settings.adc} at SPI 0.{settings.spi_device}"
        self._ports = ports
        self._device: Any = None
        self.steps = 1 << BITS[settings.adc]

    def judged(self, judge: Callable[[float], Meaning]) -> Meaning:
        """Read until ``judge`` makes sense of it, or has refused ``LOOKS`` times in a row.

        Args:
            judge: Takes the share of the reference; raises ``OutOfRange`` for a fault's.

        Raises:
            OutOfRange: The last of them.
            WrongWiring, PortGone: As ``read``.
        """
        for _ in range(LOOKS - 1):
            try:
                return judge(self.read())
            except OutOfRange:
                time.sleep(LOOK_AGAIN_S)
        return judge(self.read())

    def read(self) -> float:
        """Convert a few times.

        Returns:
            The voltage as a share of the reference, 0 to just below 1; full scale is clipped.

        Raises:
            WrongWiring: The bus's pins are taken, or there are none.
            PortGone: The bus cannot be reached: SPI is not switched on, or not allowed.
        """
        try:
            with pin_errors(where=self._where):
                device = self._opened()
                codes = sorted(device.raw_value for _ in range(CONVERSIONS))
        except DriverError:
            self.close()
            raise
        middle = codes[_MIDDLE]
        return float(sum(middle)) / len(middle) / self.steps

    def close(self) -> None:
        """Let go of the channel; safe to call twice, never raises."""
        device, self._device = self._device, None
        release(device)

    def _opened(self) -> Any:  # noqa: ANN401 - gpiozero is untyped
        if self._device is None:
            factory = self._ports.pins()
            import gpiozero  # noqa: PLC0415 - only where one is configured

            # In place of a bus that is off gpiozero would wiggle the pins by itself, through a
            # second factory of its own: a bus that is off is a fault to be told.
            warnings.filterwarnings("error", category=gpiozero.SPISoftwareFallback)
            chip = getattr(gpiozero, self._settings.adc)
            try:
                self._device = chip(
                    self._settings.channel,
                    port=0,
                    device=self._settings.spi_device,
                    pin_factory=factory,
                )
            except gpiozero.SPISoftwareFallback as error:
                raise PortGone(
                    f"{self._where}: {error}; dtparam=spi=on in config.txt, and the group spi?"
                ) from error
        return self._device
