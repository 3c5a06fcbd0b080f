"""An MCP3008 or MCP3208 that is not there, on the SPI bus of gpiozero's mock pins.

Owns the chip's side of a transfer. Invariant: a conversion is clipped to what the chip can tell,
and comes in the bits in which the chip would send it.

Source:
    Microchip DS21295 and DS21298, serial communication: a start bit, single-ended or differential,
    three bits of channel, two clocks, then the result, most significant bit first.
"""

from __future__ import annotations

from typing import Any

from gpiozero.pins import SPI
from gpiozero.pins.mock import MockFactory

from drivers.sensors.converter import BITS, SELECT_PINS

_BITS_BEFORE_CHANNEL = 2


class EmulatedConverter:
    """The chip.

    Attributes:
        ratios: Voltages at its inputs as shares of the reference, one for each channel.
        spikes: Codes that are told instead for the next conversions, oldest first.
    """

    def __init__(self, adc: str = "MCP3208") -> None:
        self._bits = BITS[adc]
        self.ratios = [0.0] * 8
        self.spikes: list[int] = []

    def transfer(self, sent: list[int]) -> list[int]:
        """Take the bytes of one selection; return what comes back meanwhile."""
        command = int.from_bytes(bytes(sent), "big")
        start = command.bit_length() - 1
        channel = command >> start - _BITS_BEFORE_CHANNEL - 2 & 0b111
        full = (1 << self._bits) - 1
        code = min(full, max(0, int(self.ratios[channel] * (1 << self._bits))))
        if self.spikes:
            code = self.spikes.pop(0)
        return list(code.to_bytes(len(sent), "big"))


class PinsWithConverters(MockFactory):  # type: ignore[misc]  # gpiozero is untyped
    """Mock pins with chips on SPI 0, by chip select; without a chip there is no bus."""

    def __init__(self, chips: dict[int, EmulatedConverter]) -> None:
        super().__init__()
        self._chips = {f"GPIO{SELECT_PINS[device]}": chip for device, chip in chips.items()}

    def _get_spi_class(self, shared: bool, hardware: bool) -> Any:  # noqa: ANN401, ARG002
        chips = self._chips

        class Bus(SPI):  # type: ignore[misc]  # gpiozero is untyped
            def __init__(self, *, select_pin: str, pin_factory: Any, **_pins: object) -> None:  # noqa: ANN401
                if select_pin not in chips:
                    raise OSError(f"no bus with {select_pin}")
                super().__init__(pin_factory=pin_factory)
                self._select_pin = select_pin
                self._open = True

            def transfer(self, data: list[int]) -> list[int]:
                self._check_open()
                return chips[self._select_pin].transfer(data)

            def close(self) -> None:
                self._open = False
                super().close()

            @property
            def closed(self) -> bool:
                return not getattr(self, "_open", False)

        return Bus
