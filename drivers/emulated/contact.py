"""A contact that bounces, on one of gpiozero's mock pins.

Owns what each look at the pin sees. Invariant: once the bounces are used up the pin lies where it
is driven or pulled, as any mock pin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin


class BouncingContact(MockPin):  # type: ignore[misc]  # gpiozero is untyped
    """The pin of a contact to ground.

    Attributes:
        looks: How often the pin was looked at.
    """

    def __init__(self, factory: Any, info: Any) -> None:  # noqa: ANN401 - gpiozero is untyped
        super().__init__(factory, info)
        self.looks = 0
        self._bounces: Iterator[bool] = iter(())

    def chatter(self, closed: Iterable[bool]) -> None:
        """Let the next looks see these, in turn; it may be endless."""
        self._bounces = iter(closed)
        self.looks = 0

    def _get_state(self) -> bool:
        self.looks += 1
        closed = next(self._bounces, None)
        return bool(super()._get_state()) if closed is None else not closed


def contact_at(pins: MockFactory, number: int) -> BouncingContact:
    """Return the contact at a pin, which nobody has used yet."""
    contact: BouncingContact = pins.pin(number, pin_class=BouncingContact)
    return contact
