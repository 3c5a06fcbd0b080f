"""The broker's thread as other threads see it, whichever thread serves just now.

Owns which ``Centre`` counts. Invariant: whoever shows, answers or asks here reaches the one that
serves, and what was shown once is shown anew by the next. How it speaks to the broker is
``centre``'s business, who replaces whom the crew's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drivers.broker.link import Link
    from edge.centre.centre import Centre
    from edge.centre.commands import Command


class Outpost:
    """One ``Centre`` after the other.

    Args:
        centre: The first.
        new_link: Makes a connection for the next.
    """

    def __init__(self, centre: Centre, new_link: Callable[[], Link]) -> None:
        self.centre = centre
        self._new_link = new_link

    def renew(self, beat: Callable[[], None]) -> Centre:
        """Put another in the place of the present one, which was abandoned; returns it."""
        self.centre = self.centre.renewed(self._new_link(), beat)
        return self.centre

    def show(self, topic: str, payload: Mapping[str, Any], *, repeat: bool = False) -> None:
        """Put up the newest truth of a retained topic; for the main thread, which also renews."""
        self.centre.show(topic, payload, repeat=repeat)

    def slow_down(self, repeat_s: float) -> None:
        """Publish a sensor that says the same less often, or as ever."""
        self.centre.slow_down(repeat_s)

    def clock_was_set(self) -> None:
        """Try again soon: a certificate may be valid now."""
        self.centre.clock_was_set()

    def reply(self, command: Command, payload: Mapping[str, Any]) -> None:
        """Answer a command, if the broker is still there."""
        self.centre.reply(command, payload)

    def wake(self) -> None:
        """There are new rows in a log."""
        self.centre.wake()

    def losses(self, within_s: float) -> int:
        """How many connections were lost within so many seconds."""
        return self.centre.losses(within_s)

    @property
    def connected(self) -> bool:
        """Whether the link is up."""
        return self.centre.connected

    @property
    def detail(self) -> str:
        """What is not well, in words."""
        return self.centre.detail

    @property
    def last_loss(self) -> str | None:
        """Why the last connection ended or failed."""
        return self.centre.last_loss

    @property
    def cause(self) -> str | None:
        """The code of that, while there is no connection."""
        return self.centre.cause

    @property
    def connects(self) -> int:
        """How many connections there were since the start."""
        return self.centre.connects

    @property
    def unheard(self) -> int:
        """How many messages the broker took though nobody listened."""
        return self.centre.unheard

    @property
    def commands_heard(self) -> bool | None:
        """Whether the broker sends us requests."""
        return self.centre.commands_heard

    @property
    def valid_until_s(self) -> Mapping[str, float]:
        """Until when the certificates of the last connection are valid."""
        return self.centre.valid_until_s

    @property
    def extras_detail(self) -> str:
        """What became of discovery."""
        return self.centre.extras_detail

    @property
    def taken_down(self) -> frozenset[str]:
        """Topics of earlier runs that the broker has forgotten now."""
        return self.centre.taken_down
