"""The soak as a plot and as the page ``docs/soak.md``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tests.soak.life import RATE_HZ, SENSORS
from tests.soak.verdict import CALM, GROWS_KB_H, MEASURES, Verdict
from tests.soak.watching import Sample

_PAGE: Final = Path(__file__).with_name("page.md")
_TURQUOISE, _RED, _GREY = "#1b9e9e", "#c8442c", "#666666"


@dataclass(frozen=True, slots=True)
class Lived:
    """What happened in the soak, as far as it can be counted."""

    minutes: float
    warm_up_min: float
    readings: int
    incidents: int
    reports: int
    texts: int
    broker_gone: int
    asked: int
    unanswered: int
    drills: int
    python: str


def page(samples: Sequence[Sample], verdict: Verdict, lived: Lived) -> str:
    """``docs/soak.md``."""
    calm = [one for one in samples if one.phase == CALM]
    warm = [one for one in calm if one.at_s >= lived.warm_up_min * 60]
    rows = []
    for name, value in MEASURES.items():
        slope = verdict.slopes[name]
        rows.append(
            f"| {name} | {value(warm[0]) / 1024:.1f} | {value(warm[-1]) / 1024:.1f}"
            f" | {max(map(value, samples)) / 1024:.1f}"
            f" | {slope.slope:+.0f} ({slope.low:+.0f} to {slope.high:+.0f}) |"
        )
    counts = [
        f"| {name} | {low} | {high} |"
        for name, (low, high) in (
            ("file descriptors", verdict.descriptors),
            ("threads", verdict.threads),
            ("messages that wait", _range([one.waiting for one in warm])),
            ("rows the broker does not have yet", _range([one.backlog for one in warm])),
            ("store, kB", _range([one.store_bytes // 1000 for one in warm])),
        )
    ]
    return _PAGE.read_text(encoding="utf-8").format(
        **{name: getattr(lived, name) for name in Lived.__slots__},
        sensors=SENSORS,
        rate_hz=RATE_HZ,
        rate=SENSORS * RATE_HZ,
        bound=GROWS_KB_H,
        memory="\n".join(rows),
        counts="\n".join(counts),
        verdict="; ".join(verdict.faults) or "No memory grows, nothing is held that was not held.",
    )


def _range(values: Sequence[int]) -> tuple[int, int]:
    return min(values), max(values)


def plot(samples: Sequence[Sample], warm_up_s: float, to: Path) -> None:
    """Memory above, counts below, over the minutes."""
    figure = Figure(figsize=(9.0, 6.0), layout="constrained")
    FigureCanvasAgg(figure)
    memory, store, counts = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1, 1))
    at = [one.at_s / 60 for one in samples]
    for (name, value), colour in zip(MEASURES.items(), (_TURQUOISE, _RED, _GREY), strict=True):
        memory.plot(at, [value(one) / 1024 for one in samples], label=name, color=colour, lw=0.9)
    memory.set_ylabel("MiB")
    memory.set_ylim(bottom=0)
    memory.legend(loc="lower right", frameon=False, ncols=3)
    memory.set_title(f"{SENSORS * RATE_HZ:.0f} readings a second, a flood a minute")
    store.plot(at, [one.store_bytes / 1e6 for one in samples], color=_TURQUOISE, lw=0.9)
    store.set_ylabel("store, MB")
    store.set_ylim(bottom=0)
    counts.plot(at, [one.descriptors for one in samples], label="descriptors", color=_RED, lw=0.9)
    counts.plot(at, [one.threads for one in samples], label="threads", color=_GREY, lw=0.9)
    counts.set_ylim(bottom=0)
    counts.legend(loc="lower right", frameon=False, ncols=2)
    counts.set_xlabel("minutes")
    for axes in (memory, store, counts):
        axes.axvspan(0.0, warm_up_s / 60, color=_GREY, alpha=0.12)
        axes.grid(alpha=0.3)
    figure.savefig(to, dpi=110, metadata={"Software": None})
