"""The figures as a table and as the page ``docs/benchmarks.md``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.table import Table

from tests.bench import machine, peers
from tests.bench.figures import HEADINGS, MISSED, Measured
from tests.bench.session import Plan

_PAGE: Final = Path(__file__).with_name("page.md")


@dataclass(frozen=True, slots=True)
class Run:
    """One session: its rows, and when, how long and under what load they were measured."""

    rows: Sequence[Measured]
    plan: Plan
    before: machine.Load
    after: machine.Load
    minutes: float
    date: str


def table(run: Run) -> Table:
    """For a terminal."""
    made = Table(title="floodbell bench")
    for number, heading in enumerate(HEADINGS):
        made.add_column(heading, justify="right" if number else "left", overflow="fold")
    for one in run.rows:
        made.add_row(*one.cells(), style="red" if one.verdict == MISSED else None)
    return made


def about(run: Run) -> str:
    """Where and with what, in plain lines."""
    return (
        f"{machine.machine()}\n{machine.versions()}\nbefore: {run.before}\nafter: {run.after}\n"
        f"{run.plan.runs} runs each, {run.minutes:.0f} minutes in all"
    )


def page(run: Run) -> str:
    """``docs/benchmarks.md``."""
    notes = [f"- *{one.row.words}*: {one.note}." for one in run.rows if one.note]
    missed = [one.row.words for one in run.rows if one.verdict == MISSED]
    return _PAGE.read_text(encoding="utf-8").format(
        date=run.date,
        machine=machine.machine(),
        versions=machine.versions(),
        before=run.before,
        after=run.after,
        minutes=run.minutes,
        runs=run.plan.runs,
        trials=run.plan.runs * run.plan.trials,
        frames=run.plan.runs * run.plan.frames,
        live_s=run.plan.live_s,
        busy_s=run.plan.busy_s,
        table=_markdown(HEADINGS, [one.cells() for one in run.rows]),
        notes="\n".join(notes),
        verdict=f"Missed: {'; '.join(missed)}." if missed else "Every must is met.",
        peers=_markdown(peers.HEADINGS, peers.rows(run.rows)),
        peers_date=peers.MEASURED_ON,
    )


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
