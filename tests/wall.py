"""The wall clock of processes that a test starts, set by hand while they run.

It rests on the library inside PyPI's ``libfaketime``, preloaded; the monotonic clock stays as it
is. (Debian's ``faketime`` hangs waits of threads.) The certificates that such a process checks are
judged by the same clock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Where a Pi begins that has never had the time."""


def _library() -> Path:
    found = find_spec("libfaketime")
    assert found is not None, "libfaketime is not installed: make setup"
    assert found.origin is not None
    return Path(found.origin).parent / "vendor/libfaketime/src/libfaketime.so.1"


class Wall:
    """A wall clock for children; runs on from whatever it was set to.

    Args:
        file: Where what it is set to is written; it must not exist.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set_right()

    @property
    def environment(self) -> Mapping[str, str]:
        """With this a process lives by the clock."""
        return {
            **os.environ,
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, at: datetime) -> None:
        """Set it."""
        self.put_forward(at.timestamp() - time.time())

    def set_right(self) -> None:
        """Set it as a time server does."""
        self.put_forward(0.0)

    def put_forward(self, by_s: float) -> None:
        """Set it so many seconds before the machine's own, or behind if negative."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{by_s:+.3f}\n", encoding="ascii")
        new.replace(self._file)  # never half a number
