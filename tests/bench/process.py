"""What a process holds and has used, from outside, by ``/proc``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Memory:
    """MiB of one process: resident, and proportional (a shared page counts by its sharers)."""

    rss_mib: float
    pss_mib: float


def memory(pid: int) -> Memory:
    """By ``smaps_rollup``."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kb = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return Memory(kb["Rss"] / 1024, kb["Pss"] / 1024)


def resident_mib(pid: int | None = None) -> float:
    """Resident memory, MiB; of this process if none is named. Cheaper than ``memory``."""
    pages = int(Path(f"/proc/{pid or 'self'}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def cpu_s(pid: int) -> float:
    """Seconds that all threads of a process have computed so far; those that ended do not count."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def dirtied_bytes(pid: int) -> int:
    """Bytes that it has dirtied on a disk and not taken back, as the kernel counts them."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    fields = {name: int(value) for name, value in (line.split(": ") for line in lines)}
    return fields["write_bytes"] - fields["cancelled_write_bytes"]
