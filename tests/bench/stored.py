"""Readings as they lie in a store, and a store with many of them: what a long outage leaves behind.

The store is the real one, so its file is what a bell finds.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from edge.store.rows import Batch
from edge.store.store import Store
from tests.bench.reading import READING

FILE: Final = "floodbell.db"
_A_COMMIT: Final = 500


def store_of(path: Path, count: int) -> Path:
    """Make a store at ``path`` in which so many readings wait for the broker."""
    store = Store(path, max_mb=1024)
    store.open()
    for first in range(0, count, _A_COMMIT):
        store.log_readings([READING] * min(_A_COMMIT, count - first), urgent=True)
        assert store.commit(Batch(), 30.0), "the disk of this machine is too slow"
    assert store.newest("readings") == count
    assert store.close(30.0)
    return path


def copied(store: Path, folder: Path) -> Path:
    """Put a copy of a closed store where the bell at ``folder`` looks for its own."""
    state = folder / "state"
    state.mkdir(parents=True)
    for one in store.parent.glob(f"{store.name}*"):
        shutil.copy(one, state / one.name)
    return folder
