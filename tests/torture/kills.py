"""kill -9 at random instants of incidents, one incident after the other: nobody is lost.

The same life as in ``tests/edge/test_kills.py``, with a new seed each time; JSON on its last line.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from tests.edge.test_kills import survive

_SIDE_BY_SIDE: Final = 2
_KILLS: Final = 5


class Kills:
    """Incidents until the time is over."""

    def __init__(self, seconds: float, seed: int) -> None:
        self._end_s = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._seed = seed
        self.incidents = 0
        self.kills = 0
        self.within = 0
        self.slowest_s = 0.0
        self.found: list[str] = []

    def run(self) -> None:
        """Several at a time: they wait more than they compute."""
        threads = [threading.Thread(target=self._lane) for _ in range(_SIDE_BY_SIDE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _lane(self) -> None:
        while time.monotonic() < self._end_s:
            with self._lock:
                seed, self._seed = self._seed, self._seed + 1
            with tempfile.TemporaryDirectory(prefix="kills-") as folder:
                try:
                    every_s = 1.0 if seed % 2 else 4.0
                    lived = survive(Path(folder), seed, _KILLS, repeats=2, every_s=every_s)
                except AssertionError as error:
                    self.found.append(f"seed {seed}: {str(error)[:1500]}")
                    continue
            with self._lock:
                self.incidents += 1
                self.kills += lived.kills
                self.within += lived.between
                self.slowest_s = max(self.slowest_s, lived.first_report_s)


def main() -> int:
    """Run; 0 if nobody was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.kills")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    kills = Kills(asked.seconds, asked.seed)
    kills.run()
    more = {
        "incidents": kills.incidents,
        "within_a_report": kills.within,
        "slowest_s": round(kills.slowest_s, 1),
    }
    verdict = {"runs": kills.kills, "found": kills.found, "not_judged": [], "more": more}
    sys.stdout.write(json.dumps(verdict, ensure_ascii=False) + "\n")
    return 1 if kills.found else 0


if __name__ == "__main__":
    sys.exit(main())
