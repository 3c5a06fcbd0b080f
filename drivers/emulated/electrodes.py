"""Two electrodes and the water between them, on gpiozero's mock pins.

Owns what one pin sees when the other is driven. Invariant: an input that nothing drives lies where
its pull takes it. Two pins of this class of one factory are a pair.
"""

from __future__ import annotations

from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin


class Electrode(MockPin):  # type: ignore[misc]  # gpiozero is untyped
    """One electrode's pin.

    Attributes:
        conducts_to: The electrode that follows this one when it is driven; None in dry air.
        live: Its wire touches the supply.
    """

    def __init__(self, factory: Any, info: Any) -> None:  # noqa: ANN401 - gpiozero is untyped
        super().__init__(factory, info)
        self.conducts_to: Electrode | None = None
        self.live = False

    def _set_state(self, value: float) -> None:
        super()._set_state(value)
        other = self.conducts_to
        if other is not None and other.function == "input":
            if value:
                other.drive_high()
            else:
                other.drive_low()

    def _get_state(self) -> bool:
        return self.live or bool(super()._get_state())


def pair(pins: MockFactory, first: int, second: int) -> tuple[Electrode, Electrode]:
    """Return the two electrodes, in dry air."""
    return pins.pin(first, pin_class=Electrode), pins.pin(second, pin_class=Electrode)


def flood(first: Electrode, second: Electrode, *, there: bool = True, back: bool = True) -> None:
    """Let water conduct between them, both ways unless told otherwise."""
    first.conducts_to = second if there else None
    second.conducts_to = first if back else None
