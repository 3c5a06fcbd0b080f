"""What a quiet bell gives its card to write, drawn on to a day.

As root by the count of a block device of its own (``tests/bench/wear.py``): five bells with cards
of their own live beside all the other measurements. Anybody else gets what the kernel says that the
process has dirtied, without the journal of the file system.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any, Final

from tests.bench.figures import Measured, Row
from tests.bench.session import ROOT, Session

ROWS = (
    Row("disk, sensor sampled at 1 Hz, quiet, default settings, MB a day", must=20.0, aim=5.0),
    Row("… by the daemon alone, without the file system, MB a day"),
    Row("… every one of these readings logged (log.interval_s = 1), MB a day"),
)
QUIET: Final = "quiet"
DENSE: Final = "quiet, every reading logged"


def begin(session: Session) -> None:
    """Let the bells live from now on; ``measure`` waits for them."""
    card = os.geteuid() == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.wear", "--json"]
        + ["--minutes", str(session.plan.card_s / 60), "--settle", str(session.plan.settle_s)]
        + ([] if card else ["--no-card"])
        + ["--homes", *[QUIET] * session.plan.runs, DENSE],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    session.at_end(lambda: _end(process))
    session.lived["disk"] = process


def _end(process: subprocess.Popen[str]) -> None:
    """In good order, if it is still there: it has file systems mounted."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait()


def measure(session: Session) -> list[Measured]:
    """Wait until they have lived, and draw on."""
    if "disk" not in session.lived:
        begin(session)
    process = session.lived["disk"]
    said, _ = process.communicate()
    assert process.returncode == 0, "the cards could not be measured"
    found: list[dict[str, Any]] = json.loads(said)
    quiet, dense = [one for one in found if one["home"] == QUIET], found[-1]
    card = quiet[0]["card_mb_a_day"] is not None
    name = "card_mb_a_day" if card else "process_mb_a_day"
    how = "block device's own count" if card else "/proc/PID/io, no root"
    minutes = quiet[0]["for_s"] / 60
    return [
        Measured(
            ROWS[0],
            [one[name] for one in quiet],
            note=f"{how}, {minutes:.0f} minutes of each drawn on to a day; "
            f"commits in them: {quiet[0]['commits']}, log lines: {quiet[0]['lines']}",
        ),
        Measured(ROWS[1], [one["process_mb_a_day"] for one in quiet]),
        Measured(ROWS[2], [dense[name]]),
    ]
