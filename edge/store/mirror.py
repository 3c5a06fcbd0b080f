"""What the disk holds of state, messages, calibrations and settings, once more in memory.

Invariant: from it a fresh file can be begun at any moment without forgetting a message that is not
settled. Bounded: of the settled messages only the newest are kept, so that their keys stay used up.
"""

from __future__ import annotations

from typing import Final

from edge.store.pending import Work, may_follow
from edge.store.rows import SETTLED, MessageRow, Recovered

_SETTLED_KEPT: Final = 256


class Mirror:
    """The state and the messages as the last commit left them."""

    def __init__(self) -> None:
        self.state: str | None = None
        self.calibrations: dict[str, str] = {}
        self.settings: str | None = None
        self._messages: dict[str, MessageRow] = {}

    @property
    def messages(self) -> tuple[MessageRow, ...]:
        """In the order in which they first came."""
        return tuple(self._messages.values())

    def load(self, recovered: Recovered) -> None:
        """Begin with what the file held."""
        self.state = recovered.state
        self.calibrations = dict(recovered.calibrations)
        self.settings = recovered.settings
        self._messages = {row.key: row for row in (*recovered.accepted, *recovered.messages)}

    def follow(self, work: Work) -> None:
        """A transaction has been committed."""
        if work.state is not None:
            self.state = work.state
        self.calibrations.update(work.calibrations)
        if work.settings is not None:
            self.settings = work.settings
        for row in work.messages:
            old = self._messages.get(row.key)
            if old is None or may_follow(old.status, row.status):
                self._messages[row.key] = row
        if not work.messages or len(self._messages) <= _SETTLED_KEPT:
            return
        settled = [key for key, row in self._messages.items() if row.status in SETTLED]
        for key in settled[:-_SETTLED_KEPT]:
            del self._messages[key]
