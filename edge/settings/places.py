"""Places in a settings file: a path of parts, and the dotted key that a person reads.

Owns no more than that; nothing of pydantic is known here.
"""

from __future__ import annotations

from collections.abc import Collection

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """Write a path as a key: ``sensors.q.port``, ``contacts.mother.routes[1]``."""
    key = ""
    for part in path:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    return key


def gone(broken: Collection[str], key: str) -> bool:
    """Whether the value at a key is not the one that was typed: it or a table round it was bad.

    Args:
        broken: Keys whose value was taken out or put in (``mending``).
        key: A dotted key.
    """
    parts = key.split(".")
    return any(".".join(parts[: n + 1]) in broken for n in range(len(parts)))
