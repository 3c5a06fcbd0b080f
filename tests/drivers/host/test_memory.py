"""Memory that nobody uses goes back to the machine."""

from __future__ import annotations

import subprocess
import sys

HOLES = """
import os
from drivers.host.memory import give_back, share_one_arena, tidy

def resident_mib():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

share_one_arena()
blocks = [bytes(16_000) for _ in range(2000)]
blocks = blocks[::100]  # what is left keeps glibc from giving the rest back by itself
before = resident_mib()
give_back()
print(before - resident_mib())
more = [bytes(16_000) for _ in range(2000)][::100]
before = resident_mib()
tidy()
print(before - resident_mib())
"""


def test_what_the_start_leaves_behind_is_given_back_and_what_a_flood_leaves_too() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", HOLES], capture_output=True, text=True, timeout=30, check=True
    )
    assert all(float(mib) > 20.0 for mib in ran.stdout.split())


RINGS = """
import gc
from collections import deque
from drivers.host.memory import give_back

start = [[] for _ in range(400_000)]
give_back()
before = gc.get_stats()[2]["collections"]
ring = deque(maxlen=2000)
for number in range(300_000):
    knot = [number]
    knot.append(knot)
    ring.append(knot)
print(gc.get_stats()[2]["collections"] - before)
"""


def test_knots_that_lived_a_while_are_found_though_the_start_left_much_behind() -> None:
    """Found by make soak: what the collector compares with had been frozen, so it never came."""
    ran = subprocess.run(
        [sys.executable, "-c", RINGS], capture_output=True, text=True, timeout=30, check=True
    )
    assert int(ran.stdout) >= 2
