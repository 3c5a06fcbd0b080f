"""``docs/power-cuts.md``, written from what was found: pure but for the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

Row = dict[str, Any]

_WORDS: Final = Path(__file__).with_name("page.md")
_COLUMNS: Final = (
    "cut",
    "the flood",
    "power lost",
    "the modem was at",
    "told by then",
    "READY after",
    "last text after",
    "repeated",
    "verdict",
)
_TABLE: Final = f"\n| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|\n"


def write(page: Path, whole: Sequence[Row], light: Sequence[Row], disks: Row | None) -> None:
    """Write the page of the cuts in both machines, and of the disks that could have been left."""
    head, *rest, of_disks = _WORDS.read_text(encoding="utf-8").split("<!-- next -->\n")
    parts = [head]
    for words, rows in zip(rest, (whole, light), strict=True):
        if rows:
            parts += [words, "\n", *_summary(rows), _TABLE, *map(_line, rows)]
    if disks:
        parts.append(of_disks.format_map(disks))
    page.write_text("".join(parts), encoding="utf-8")


def _summary(rows: Sequence[Row]) -> Iterator[str]:
    seeds = ", ".join(str(seed) for seed in sorted({row["seed"] for row in rows}))
    cuts = sum(row["cuts"] for row in rows)
    bad = sum(bool(row["wrong"]) for row in rows)
    yield f"{len(rows)} floods (seed {seeds}) with {cuts} power cuts: "
    yield f"{len(rows) - bad} as they must be, {bad} not. "
    lived = [row for row in rows if "active_s" in row]
    if not lived:
        return
    active = [row["active_s"] for row in lived]
    yield f"READY {median(active):.0f} s after the power was back "
    yield f"(median; at most {max(active):.0f} s). "
    last = [row["told_s"] for row in lived if row["told_s"] is not None]
    if last:
        yield f"The last text {median(last):.0f} s after it (median; at most {max(last):.0f} s). "
    texts = sum(sum(row["told_after"].values()) for row in lived)
    again = sum(row["repeated"] for row in lived)
    aside = sum(row["set_aside"] for row in lived)
    yield f"{texts} texts about water, {again} of them repeats; {aside} stores set aside. "
    at = Counter(row["under_way"] for row in lived)
    yield f"In {len(lived) - at['nothing']} floods the power went in the midst of a text.\n"


def _line(row: Row) -> str:
    water = "water gone" if row["gone"] else "water stands"
    flood = f"{row['peak_mm'] / 10:.0f} cm, then {water}"
    if "active_s" not in row:
        told = " | | | | | "
        return f"| {row['number']} | {flood} | {row['instant']}{told}| {_verdict(row)} |\n"
    twice = ", and once more" if row["cuts"] > 1 else ""
    last = "–" if row["told_s"] is None else f"{row['told_s']:.0f} s"
    return (
        f"| {row['number']} | {flood} | {row['instant']}{twice} | {row['under_way']} |"
        f" {row['told_before']} | {row['active_s']:.0f} s | {last} | {row['repeated']} |"
        f" {_verdict(row)} |\n"
    )


def _verdict(row: Row) -> str:
    if not row["wrong"]:
        return "good"
    return "; ".join(words.splitlines()[0][:160] for words in row["wrong"])
