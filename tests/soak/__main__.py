"""The bell for half an hour at fifty readings a second: ``python -m tests.soak --minutes 30``.

Samples the daemon from outside every five seconds, prints each minute, and fails if memory grows,
or if descriptors or threads in calm are not always the same. ``--docs`` makes ``docs/soak.md`` and
its plot.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import threading
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console

from edge.store.reader import Reader
from tests.soak.life import CYCLE_S, Life
from tests.soak.soak_report import Lived, page, plot
from tests.soak.verdict import judge
from tests.soak.watching import Sample, descriptors

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
EVERY_S: Final = 5.0
FEWEST_MIN: Final = 4  # three points make a slope, and the first minute may be half in the warm-up


def main() -> int:
    """Read the command line, live, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--warm-up", type=int, default=0, help="minutes; a third if left out")
    parser.add_argument("--docs", action="store_true", help="make docs/soak.md and its plot")
    parser.add_argument("--samples", type=Path, help="write every sample there, a JSON line each")
    asked = parser.parse_args()
    if asked.minutes - (asked.warm_up or max(1, asked.minutes // 3)) < FEWEST_MIN:
        parser.error(f"after the warm-up {FEWEST_MIN} minutes at least are wanted")
    warm_up_min = asked.warm_up or max(1, asked.minutes // 3)
    console = Console()
    with tempfile.TemporaryDirectory() as folder, Life(Path(folder)) as life:
        samples = live(life, asked.minutes, console, asked.samples)
        lived = _lived(life, Path(folder), asked.minutes, warm_up_min)
        open_ones = descriptors(life.pid)
    verdict = judge(samples, warm_up_min * 60.0)
    for name, slope in verdict.slopes.items():
        console.print(f"{name}: {slope.slope:+.0f} kB/h ({slope.low:+.0f} to {slope.high:+.0f})")
    console.print(f"descriptors {verdict.descriptors}, threads {verdict.threads}; {lived}")
    for fault in verdict.faults:
        console.print(f"[red]{fault}[/red]")
    if verdict.descriptors[0] != verdict.descriptors[1]:
        console.print(open_ones)
    if asked.docs:
        plot(samples, warm_up_min * 60.0, DOCS / "soak.png")
        (DOCS / "soak.md").write_text(page(samples, verdict, lived), encoding="utf-8")
        console.print("docs/soak.md and docs/soak.png are made")
    return 1 if verdict.faults else 0


def live(life: Life, cycles: int, console: Console, into: Path | None) -> list[Sample]:
    """Look while life goes on in a thread of its own; what goes wrong there is raised here."""
    samples: list[Sample] = []
    ended = threading.Event()
    wrong: list[BaseException] = []

    def live() -> None:
        try:
            for number in range(cycles):
                life.cycle(number)
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            wrong.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=live, name="life")
    thread.start()
    told = -1
    while not ended.wait(EVERY_S):
        samples.append(life.look())
        if into is not None:
            with into.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(samples[-1])) + "\n")
        if (minute := int(samples[-1].at_s // CYCLE_S)) != told:
            told = minute
            console.print(samples[-1])
    thread.join()
    if wrong:
        raise wrong[0]
    return samples


def _lived(life: Life, folder: Path, minutes: float, warm_up_min: float) -> Lived:
    assert life.alive, "the daemon has ended"
    with closing(Reader(folder / "state" / "floodbell.db")) as reader:
        readings = reader.rows_before("readings", None, 1)[0][0]
    log = "\n".join(life.bell.log)
    texts = life.bell.modem.texts
    return Lived(
        minutes=minutes,
        warm_up_min=warm_up_min,
        readings=readings,
        incidents=log.count("incident_closed"),
        reports=sum(1 for text in texts if text.number == "119"),
        texts=sum(1 for text in texts if text.number != "119"),
        broker_gone=life.broker_gone,
        asked=life.asked,
        unanswered=life.unanswered,
        drills=log.count("drill_started"),
        python=platform.python_version(),
    )


if __name__ == "__main__":
    sys.exit(main())
