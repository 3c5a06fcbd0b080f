"""What an invariant is here: a judge who is told what passes the ports, and looks at the books.

Invariant: a judge changes nothing, and asks neither the law nor the outbox. Most want to hear of
little: the world tells each only what it has a method for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.events import Handled
from edge.messages.job import Job
from edge.store.rows import Batch
from tests.world.modem import Taken

if TYPE_CHECKING:
    from tests.world.world import World


class Violation(AssertionError):
    """An invariant does not hold."""

    def __init__(self, invariant: str, at_s: float, words: str) -> None:
        super().__init__(f"{invariant} at {at_s:.3f} s: {words}")
        self.invariant = invariant
        self.at_s = at_s


class Judge:
    """One invariant; its statement is its docstring."""

    name = ""

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = world.books

    def broken(self, words: str) -> Violation:
        """Return the violation, to be raised."""
        return Violation(self.name, self.books.now_s, words)

    def taken(self, row: Taken) -> None:
        """The network took a text."""

    def answered(self, row: Taken) -> None:
        """The device has heard, and dealt with it, that the network took a text."""

    def shown(self) -> None:
        """The alarm looks different now: see ``books.before`` and ``books.shown``."""

    def commits(self, batch: Batch) -> None:
        """A batch is being handed to the store."""

    def committed(self, batch: Batch, stored: bool) -> None:
        """The store has said whether a batch is on the disk."""

    def handed(self, job: Job) -> None:
        """A text was given to the modem's worker."""

    def handled(self, event: Handled, refusal: str) -> None:
        """A person did something; ``refusal`` is empty if the device obeyed."""

    def started(self) -> None:
        """A process has taken up what the last one left."""

    def gone(self, power: bool) -> None:
        """The process is no more; ``power`` if the whole device is dark."""

    def step(self) -> None:
        """One step of the world is over."""

    def end(self) -> None:
        """The year is over."""


class Remembering(Judge):
    """A judge of what goes on after a crash.

    Attributes:
        known: Whether the disk had at the last crash what was shown before it. What was shown a
            moment before, and not yet handed to the store, it cannot have: siren and centre go
            first (design 3).
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._handed_to_store = True
        self.known = True

    def shown(self) -> None:
        """What is shown now is not on the disk yet."""
        self._handed_to_store = False

    def committed(self, batch: Batch, stored: bool) -> None:
        """The store has it, or owes it."""
        del stored
        self._handed_to_store |= batch.state is not None

    def gone(self, power: bool) -> None:
        """Whether the next process can know."""
        del power
        well = not self.books.owed_at_death and self.world.disk_spell is None
        self.known = self._handed_to_store and well
