"""``report.journal``: what was handed to 119 and when, in the run directory, beside the store.

The run directory is a tmpfs that outlives the process but not the power: with a dead disk and a
crash loop this is all that keeps a report from being sent a hundred times.

Invariant: a line is written whole or is not believed; the file stays under its bound, and the
newest entries, and the newest of each kind, are always in it. Leaves to others what the kinds mean.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge.store.rows import to_json

_log = logging.getLogger(__name__)

_MAX_BYTES: Final = 128 * 1024
_KEPT: Final = 200  # entries after compacting; 119 may be told at most 12 times an hour


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Attributes:
        kind: ``submitting``, ``accepted``, ``disarmed``, ``armed``, ``service`` and the like.
        key: The message's key, or empty.
        monotonic_s: Seconds on the monotonic clock of that boot.
        boot_id: The boot in which ``monotonic_s`` counts.
        more: Further fields.
    """

    kind: str
    key: str
    monotonic_s: float
    boot_id: str
    more: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """Appends to the journal and reads it back; opened anew each time, so a lost file comes back.

    Args:
        path: ``{run}/report.journal``.
        max_bytes: The file is compacted beyond this.
    """

    def __init__(self, path: Path, *, max_bytes: int = _MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes

    def record(
        self, kind: str, key: str, *, monotonic_s: float, boot_id: str, **more: object
    ) -> bool:
        """Append an entry.

        Returns:
            False when the run directory does not let us: the caller goes on without.
        """
        line = _line(Entry(kind, key, monotonic_s, boot_id, more))
        try:
            self._append(line)
        except OSError as error:
            _log.error("cannot write %s: %s", self._path, error)
            return False
        return True

    def _append(self, line: bytes) -> None:
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            size = os.fstat(fd).st_size
            if size and os.pread(fd, 1, size - 1) != b"\n":
                line = b"\n" + line  # the process died inside the last line: leave it to itself
            if os.write(fd, line) < len(line):
                raise OSError("no room for a whole line")
        finally:
            os.close(fd)
        if size + len(line) > self._max_bytes:
            self._compact()

    def read(self) -> tuple[Entry, ...]:
        """All entries that can be believed, oldest first; empty if there is no journal."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            _log.error("cannot read %s: %s", self._path, error)
            return ()
        entries = (_entry(line) for line in data.split(b"\n") if line)
        return tuple(entry for entry in entries if entry is not None)

    def _compact(self) -> None:
        entries = self.read()
        newest_of_kind = {entry.kind: index for index, entry in enumerate(entries)}
        first_kept = max(0, len(entries) - _KEPT)
        kept = (
            entry
            for index, entry in enumerate(entries)
            if index >= first_kept or newest_of_kind[entry.kind] == index
        )
        self._replace(kept)

    def _replace(self, entries: Iterable[Entry]) -> None:
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.write_bytes(b"".join(map(_line, entries)))
        fresh.replace(self._path)


def _line(entry: Entry) -> bytes:
    fields = {
        "kind": entry.kind,
        "key": entry.key,
        "monotonic_s": entry.monotonic_s,
        "boot_id": entry.boot_id,
        **({"more": entry.more} if entry.more else {}),
    }
    return to_json(fields).encode() + b"\n"


def _entry(line: bytes) -> Entry | None:
    try:
        fields = json.loads(line)
        return Entry(
            kind=str(fields["kind"]),
            key=str(fields["key"]),
            monotonic_s=float(fields["monotonic_s"]),
            boot_id=str(fields["boot_id"]),
            more=dict(fields.get("more", {})),
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        _log.warning("a torn line in the journal: %r", line[:80])
        return None
