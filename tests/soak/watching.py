"""What a process holds: memory, descriptors, threads; and what lies in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """One look from outside.

    Attributes:
        at_s: Seconds since the soak began.
        phase: What went on; only ``calm`` is compared with ``calm``.
        rss_kb, pss_kb, anonymous_kb: ``/proc/PID/smaps_rollup``. What grows in a leak is the
            anonymous part; the rest are pages of libraries, which others share.
        descriptors, threads: How many.
        store_bytes: The database with its write-ahead log.
        waiting: Messages in the outbox.
        backlog: Rows of the logs that the broker has not acknowledged.
    """

    at_s: float
    phase: str
    rss_kb: int
    pss_kb: int
    anonymous_kb: int
    descriptors: int
    threads: int
    store_bytes: int
    waiting: int
    backlog: int


def memory_kb(pid: int) -> dict[str, int]:
    """The sums of ``smaps_rollup`` by name, in kB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


def descriptors(pid: int) -> dict[str, str]:
    """What each descriptor of a process is open on, by its number."""
    found = {}
    for one in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found[one.name] = str(one.readlink())
        except OSError:  # closed in this moment
            continue
    return found


def threads(pid: int) -> int:
    """How many threads a process has."""
    return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())


def file_bytes(folder: Path) -> int:
    """What the files of a folder hold."""
    return sum(one.stat().st_size for one in folder.iterdir() if one.is_file())
