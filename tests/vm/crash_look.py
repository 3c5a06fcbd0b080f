"""``python -m tests.vm.crash_look FILE``: what floodbell makes of the disk mounted at ``$DISK``.

Run by ``rig crash`` for each disk as a power cut could have left it. Opens a copy of the store with
the bell's own code, looks at it with SQLite's check, and appends a line to FILE. Fails only if the
store can neither be opened nor set aside, or is not whole afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from edge.store.database import DamagedError, open_database, set_aside


def look(state: Path) -> dict[str, Any]:
    """Open a store as the bell does at its start; say what is in it."""
    file = state / "floodbell.db"
    found: dict[str, Any] = {"there": file.exists(), "aside": False, "whole": True, "keys": []}
    if not found["there"]:
        return found
    try:
        database = open_database(file)
    except DamagedError:
        set_aside(file)
        found["aside"] = True
        database = open_database(file)
    with closing(database):
        found["whole"] = database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        found["keys"] = [key for (key,) in database.execute("SELECT key FROM messages")]
    return found


def main() -> int:
    """Look at the one disk; 0 if a bell could go on with it."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder, "state")
        source = Path(os.environ["DISK"], "var/lib/floodbell")
        if source.exists():
            shutil.copytree(source, state)
        try:
            found = look(state)
        except (sqlite3.Error, DamagedError, OSError) as error:
            found = {"there": True, "aside": False, "whole": False, "keys": [], "error": str(error)}
    with Path(sys.argv[1]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(found) + "\n")
    return int(not found["whole"])


if __name__ == "__main__":
    sys.exit(main())
