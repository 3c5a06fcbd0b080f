"""The figures of the fleet as a table, as a plot and as the page ``docs/fleet.md``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.table import Table

from tests.fleet.figures import (
    AT_LAST_S,
    BREAK_S,
    GROWING,
    PROMISED,
    WORDS,
    Figures,
    drawn_on,
    limits,
)

_GOOD: Final = "Nobody left behind, no alarm and no number lost."
_TO_S: Final = 15.0  # after the return: all is over by then
_TURQUOISE, _RED, _GREY = "#1b9e9e", "#c8442c", "#666666"

_PAGE: Final = Path(__file__).with_name("page.md")


def table(runs: Sequence[Figures]) -> Table:
    """All runs side by side, and ten thousand devices drawn on from the last two without TLS."""
    made = Table("measure", title="floodbell fleet")
    for heading in _headings(runs):
        made.add_column(heading, justify="right")
    for words, *cells in _rows(runs):
        made.add_row(words, *cells)
    return made


def _headings(runs: Sequence[Figures]) -> list[str]:
    named = [f"{run.devices:,}{' TLS' if run.tls else ''}" for run in runs]
    return [*named, f"{PROMISED:,} (drawn on)"] if _two(runs) else named


def _two(runs: Sequence[Figures]) -> tuple[Figures, Figures] | None:
    """The two largest runs of one kind, TLS if there are two of it."""
    for tls in (True, False):
        some = sorted((run for run in runs if run.tls is tls), key=lambda run: run.devices)
        if len(some) > 1:
            return some[-2], some[-1]
    return None


def _rows(runs: Sequence[Figures]) -> list[list[str]]:
    two = _two(runs)
    drawn = drawn_on(*two, PROMISED) if two else {}
    rows = []
    for one in fields(Figures):
        if one.name in WORDS:
            cells = [_cell(float(getattr(run, one.name))) for run in runs]
            last = [_cell(drawn[one.name]) if one.name in GROWING else ""] if two else []
            rows.append([WORDS[one.name], *cells, *last])
    rows.append(["faults", *(str(len(run.faults)) for run in runs), *([""] if two else [])])
    return rows


def _cell(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 or value == int(value) else f"{value:.2f}"


def page(runs: Sequence[Figures], *, version: str, cores: int) -> str:
    """``docs/fleet.md``; wants two runs of one kind."""
    two = _two(runs)
    assert two is not None
    largest = two[1]
    rows = [["measure", *_headings(runs)], *_rows(runs)]
    rows.insert(1, ["---", *["---:"] * (len(rows[0]) - 1)])
    needs = limits(*two)
    percent, when = needs[0]
    enough_for = PROMISED * 100 / percent if percent > 100 else PROMISED
    first = (
        f"one core is too little for {when}: it is enough for some {enough_for:,.0f} devices"
        if enough_for < PROMISED
        else f"one core is enough; what comes nearest to it is {when}"
    )
    faults = sum(len(run.faults) for run in runs)
    return _PAGE.read_text(encoding="utf-8").format(
        version=version,
        cores=cores,
        load=", ".join(run.load for run in runs),
        break_s=BREAK_S,
        table="\n".join(f"| {' | '.join(row)} |" for row in rows),
        verdict=f"{faults} faults."
        if faults
        else "Nobody left behind, no alarm and no number lost.",
        part=0.9,
        peak=largest.reconnects_a_second,
        devices=f"{largest.devices:,}",
        at_last_s=AT_LAST_S,
        all_back_s=largest.all_back_s,
        low=two[0].devices,
        high=f"{largest.devices:,}",
        promised=PROMISED,
        limits="\n".join(f"- {each:,.0f} % for {what}" for each, what in needs),
        first=first,
    )


def plot(run: Figures, to: Path) -> None:
    """Tries and connections a second around the return of the broker."""
    figure = Figure(figsize=(9.0, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    edges = [n / 2 for n in range(int(-2 * BREAK_S), int(2 * _TO_S) + 1)]
    twice = [2.0]  # half-second bins, in events a second
    above.hist(
        run.tries_s, edges, weights=twice * len(run.tries_s), color=_GREY, alpha=0.5, label="tries"
    )
    above.hist(
        run.ups_s, edges, weights=twice * len(run.ups_s), color=_TURQUOISE, label="connections"
    )
    above.set_ylabel("a second")
    above.legend(loc="upper left", frameon=False)
    kind = "TLS" if run.tls else "plain"
    above.set_title(f"{run.devices:,} devices ({kind}) lose one broker for {BREAK_S:.0f} s")
    ups_s = sorted(run.ups_s)
    share = [(n + 1) / run.devices * 100 for n in range(len(ups_s))]
    below.step(
        [-BREAK_S, 0, *ups_s, _TO_S], [0, 0, *share, share[-1] if share else 0], where="post"
    )
    below.set_ylabel("% back")
    below.set_xlabel("seconds since the broker's return")
    below.set_xlim(-BREAK_S, _TO_S)
    for axes in (above, below):
        axes.axvspan(-BREAK_S, 0.0, color=_RED, alpha=0.08)
        axes.grid(alpha=0.3)
    above.annotate(
        "broker down", (-BREAK_S / 2, 0.92), xycoords=("data", "axes fraction"), color=_RED
    )
    figure.savefig(to, dpi=110, metadata={"Software": None})
