"""A device that was away: stores readings, connects, and says how fast and in how much memory.

Arguments: folder of the store, broker port, how many readings. An ``alarm`` is raised when the
first of them have arrived; its payload has the monotonic second of that. Prints one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from drivers.broker.link import Link
from drivers.broker.settings import MqttSettings
from edge.centre.centre import Centre, Place
from edge.store.rows import Batch
from edge.store.store import Store
from tests.bench.process import resident_mib
from tests.bench.reading import READING

BASE = "floodbell/v1/jongno/away"
A_COMMIT = 500
AT_MOST_S = 120.0
LOOK_S = 0.002


def main() -> None:
    """Store, connect, drain, report."""
    folder, port, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    store = Store(folder / "floodbell.db")
    store.open()
    for _ in range(0, count, A_COMMIT):
        store.log_readings([READING] * A_COMMIT, urgent=True)
        assert store.commit(Batch(state="x"), 10.0)
    up = threading.Event()
    centre = Centre(
        Place(BASE, "boot:1"),
        store,
        Link(MqttSettings(host="127.0.0.1", port=port), "away", Path),
        health=dict,
        on_state=lambda _up, _detail: up.set(),
    )
    before_mib = most_mib = resident_mib()
    centre.start()
    assert up.wait(10.0)
    began_s = time.monotonic()
    raised = False
    while left := store.backlog()["readings"]:
        assert time.monotonic() - began_s < AT_MOST_S, f"{left} are left"
        most_mib = max(most_mib, resident_mib())
        if left < count and not raised:
            raised = True
            centre.show("alarm", {"raised_s": time.monotonic(), "left": left})
        threading.Event().wait(LOOK_S)
    took_s = time.monotonic() - began_s
    figures = {
        "a_second": count / took_s,
        "before_mib": before_mib,
        "most_mib": most_mib,
        "after_mib": resident_mib(),
    }
    print(json.dumps(figures), flush=True)
    centre.stop(3.0)
    store.close(5.0)


def drained(folder: Path, port: int, count: int) -> dict[str, float]:
    """What a device in a process of its own says of draining so many readings."""
    folder.mkdir(parents=True)
    said = subprocess.run(
        [sys.executable, "-m", "tests.bench.drain", str(folder), str(port), str(count)],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
    )
    return dict(json.loads(said.stdout))


if __name__ == "__main__":
    main()
