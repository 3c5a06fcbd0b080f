"""What a machine has in its store, looked at from inside it while the bell runs.

Owns nothing. Reads with the machine's own sqlite3, never with the code that is under test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.store.rows import SETTLED
from tests.vm.home import Home

FOLDER: Final = "/var/lib/floodbell"
_FILE: Final = f"{FOLDER}/floodbell.db"
_ASK: Final = "PRAGMA integrity_check; SELECT key || '|' || status FROM messages"


@dataclass(frozen=True, slots=True)
class Remains:
    """One look at the store.

    Attributes:
        intact: ``PRAGMA integrity_check`` says ok.
        set_aside: Damaged files that lie beside it.
        messages: Status of every message by its key.
    """

    intact: bool
    set_aside: tuple[str, ...]
    messages: dict[str, str]

    @property
    def incidents(self) -> set[str]:
        """Ids of the incidents that messages are about."""
        return {key.split("/")[0] for key in self.of_flood}

    @property
    def of_flood(self) -> dict[str, str]:
        """Messages that water caused; troubles are named by their cause and the boot instead."""
        return {key: status for key, status in self.messages.items() if "@" not in key}

    @property
    def settled(self) -> bool:
        """Whether no message of the flood waits any more."""
        return all(status in SETTLED for status in self.of_flood.values())

    def speaks_of(self, purpose: str) -> bool:
        """Whether somebody is, or was, to be told this."""
        return any(f"/{purpose}/" in key for key in self.messages)


def look(home: Home) -> Remains:
    """Look once.

    Raises:
        RigError: There is no such file, or it cannot be read.
    """
    verdict, *rows = home.machine.exec("sqlite3", "-readonly", _FILE, _ASK).splitlines()
    names = home.machine.exec("ls", FOLDER).split()
    messages = dict(row.rsplit("|", 1) for row in rows)
    aside = tuple(name for name in names if ".damaged-" in name and name.endswith(".db"))
    return Remains(verdict == "ok", aside, messages)
