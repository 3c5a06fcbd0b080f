"""Many bells against one broker: ``python -m tests.fleet --devices 1000``.

Runs 1, a tenth and all of the devices, prints a table, and with ``--docs`` makes ``docs/fleet.md``
and its plot.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from tests.brokers import program
from tests.fleet.figures import Figures
from tests.fleet.outing import Plan, run
from tests.fleet.report import page, plot, table

DOCS = Path(__file__).resolve().parents[2] / "docs"


def main() -> int:
    """Read the command line, run, and show."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet", description=__doc__)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--only", action="store_true", help="no smaller runs before")
    parser.add_argument("--plain", action="store_true", help="no runs with TLS")
    parser.add_argument("--no-docs", action="store_true", help="leave docs/ as it is")
    asked = parser.parse_args()
    sizes = (
        [asked.devices] if asked.only else sorted({1, max(1, asked.devices // 10), asked.devices})
    )
    console = Console()
    runs: list[Figures] = []
    for tls in (False,) if asked.plain else (False, True):
        for devices in sizes[-2:] if tls else sizes:
            console.print(f"{devices} devices{' with TLS' if tls else ''} …")
            runs.append(run(Plan(devices, asked.processes, tls=tls)))
            for fault in runs[-1].faults[:20]:
                console.print(f"  [red]{fault}[/red]")
    console.print(table(runs))
    if not (asked.no_docs or asked.only):
        plot(runs[-1], DOCS / "fleet.png")
        text = page(runs, version=_version(), cores=os.cpu_count() or 1)
        (DOCS / "fleet.md").write_text(text, encoding="utf-8")
        console.print("docs/fleet.md and docs/fleet.png are made")
    return 1 if any(one.faults for one in runs) else 0


def _version() -> str:
    said = subprocess.run([program("mosquitto"), "-h"], capture_output=True, text=True, check=False)
    return said.stdout.split("\n", 1)[0].removeprefix("mosquitto version ")


if __name__ == "__main__":
    sys.exit(main())
