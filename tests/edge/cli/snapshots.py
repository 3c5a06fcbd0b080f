"""What a command shows, kept as a file beside the tests: a change of it is seen in the review.

``FLOODBELL_WRITE_SNAPSHOTS=1 make test TESTS=tests/edge/cli`` writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).with_name("snapshots")


def assert_as_kept(name: str, text: str) -> None:
    """Compare with the kept file, or write it if that was asked for."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("FLOODBELL_WRITE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8"), f"{path.name} has changed"
