"""Where and with what was measured: machine, versions, and how much of it others took."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.brokers import program

_SPINS: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """How busy the machine is: what waits to run, and how long a fixed loop takes.

    Attributes:
        average: The load averages of 1, 5 and 15 minutes.
        spin_ms: The same loop each time. When it takes longer, so does everything else.
    """

    average: tuple[float, float, float]
    spin_ms: float

    def __str__(self) -> str:
        return f"load {' '.join(f'{one:.2f}' for one in self.average)}, spin {self.spin_ms:.0f} ms"


def load() -> Load:
    """As it is now; the best of three loops."""
    return Load(os.getloadavg(), min(_spin_ms() for _ in range(3)))


def _spin_ms() -> float:
    began_s = time.perf_counter()
    for _ in range(_SPINS):
        pass
    return (time.perf_counter() - began_s) * 1e3


def machine() -> str:
    """Processors, architecture, memory, kernel."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    kernel = ".".join(platform.release().split(".")[:2])
    what = f"{os.cpu_count()} × {_processor()}, {memory_gib:.0f} GiB"
    return f"{what}, {platform.machine()}, Linux {kernel}"


def _processor() -> str:
    """Its name as the kernel has it, or as the board is called."""
    board = Path("/proc/device-tree/model")
    if board.exists():
        return board.read_text().strip("\0\n ")
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return re.sub(r"\s+", " ", found[1]) if found else "CPU"


def versions() -> str:
    """Of what the figures hang on."""
    command = [program("mosquitto"), "-h"]
    said = subprocess.run(command, check=False, capture_output=True, text=True)  # it ends with 3
    broker = re.search(r"version (\S+)", said.stdout)
    return (
        f"Python {platform.python_version()}, paho-mqtt {importlib.metadata.version('paho-mqtt')}, "
        f"Mosquitto {broker[1] if broker else '?'}, SQLite {sqlite3.sqlite_version}"
    )
