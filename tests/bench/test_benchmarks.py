"""Every row can be made, and ``docs/benchmarks.md`` has them all. No time is judged here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bench import machine, peers, report
from tests.bench.figures import HEADINGS, MISSED, Measured, Row, cell, quantile
from tests.bench.homes import BUSY, QUIET, Home
from tests.bench.session import ROOT, Plan, Session
from tests.bench.subjects import SUBJECTS, measured

HOME = Home(sensors=2, wire_hz=10.0, interval_s=0.1, pins=True, web=True)
BRIEF = Plan(
    runs=1,
    warm_ups=0,
    quiet=dict.fromkeys(QUIET, HOME),
    busy=dict.fromkeys(BUSY, HOME),
    live_s=0.3,
    busy_s=0.3,
    frames=3,
    trials=1,
    drained=(200, 200),
    waiting=(3, 3, 3),
    rest_s=0.0,
    card_s=0.3,
    settle_s=0.0,
    steps=200,
    years=1,
)
"""One home stands for all homes, and one count for all counts."""
ROWS = [row for subject in SUBJECTS.values() for row in subject.rows]


def make(names: list[str], folder: Path) -> dict[str, Measured]:
    """Measure these subjects in brief."""
    session = Session(folder, BRIEF)
    try:
        rows, failed = measured(session, names)
    finally:
        session.close()
    assert not failed
    return {one.row.words: one for one in rows}


def test_start_memory_and_cpu_are_measured_beside_a_bare_loop(tmp_path: Path) -> None:
    rows = make(["start", "memory", "cpu"], tmp_path)
    assert all(one.figure > 0 and one.ratio for one in rows.values())
    assert rows["start → first publish, s"].figure > 0.05
    assert rows["resident memory after a minute, all packages, MiB"].figure > 20.0


def test_the_ways_from_the_wire_to_a_subscriber_and_to_119_are_measured(tmp_path: Path) -> None:
    rows = make(["latency", "danger"], tmp_path)
    assert all(one.figure > 0 and one.ratio for one in rows.values())


def test_a_drain_is_counted_at_a_subscriber_and_loses_nothing(tmp_path: Path) -> None:
    rows = make(["drain"], tmp_path)
    assert rows["drain of 20,000 stored readings, a second"].figure > 0
    assert rows["… lost, doubled or out of order, of 20,000"].figure == 0


@pytest.mark.long
def test_backlog_law_and_disk_are_measured(tmp_path: Path) -> None:
    rows = make(["backlog", "law", "disk"], tmp_path)
    assert rows["the law: calls of step() a second"].figure > 0
    assert rows["resident memory with 1 waiting, no broker, MiB"].figure > 20.0
    [disk] = [one for words, one in rows.items() if words.startswith("disk, ")]
    assert "drawn on to a day" in disk.note


def test_the_page_has_every_row_in_the_form_that_the_command_writes() -> None:
    shown = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    lines = [line.strip("|").split(" | ") for line in shown.splitlines() if line.startswith("| ")]
    found = [[one.strip() for one in line] for line in lines]
    assert tuple(found[0]) == HEADINGS
    table = found[2 : 2 + len(ROWS)]
    assert [cells[0] for cells in table] == [row.words for row in ROWS]
    for cells, row in zip(table, ROWS, strict=True):
        assert cells[4:6] == [row.bound(row.must), row.bound(row.aim)]
        assert re.match(r"-?[\d.,]+( \(-?[\d.,]+(–-?[\d.,]+)?\))?$", cells[2]), cells
        assert (cells[6] in {"aim", "must", MISSED}) == (row.must is not None)
    assert re.search(r"Before: load [\d. ]+, spin \d+ ms\. After: load [\d. ]+, spin \d+ ms", shown)
    assert re.search(r"Python 3\S+, paho-mqtt \S+, Mosquitto \S+, SQLite \S+\.", shown)


def test_no_two_rows_are_called_the_same_and_peers_are_compared_in_rows_that_are() -> None:
    words = [row.words for row in ROWS]
    assert len(set(words)) == len(words)
    rows = [Measured(row, [1.0, 2.0, 4.0], [1.0]) for row in ROWS]
    assert len(peers.rows(rows)) == 9
    load = machine.Load((0.0, 0.0, 0.0), 10.0)
    page = report.page(report.Run(rows, BRIEF, load, load, 1.0, "2026-01-01"))
    assert "| start → first publish, s | 1 | 2 (1–4) | 2× | ≤ 0.6 | ≤ 0.45 | MISSED |" in page


def test_a_must_is_missed_only_beyond_it() -> None:
    low, high = Row("x", must=2.0, aim=1.0), Row("x", must=2.0, aim=3.0, more_is_better=True)
    assert [Measured(low, [value]).verdict for value in (1.0, 2.0, 2.1)] == ["aim", "must", MISSED]
    assert [Measured(high, [value]).verdict for value in (3.0, 2.0, 1.9)] == ["aim", "must", MISSED]
    assert Measured(Row("x"), [1.0]).verdict == ""


def test_what_is_judged_is_the_median_or_the_value_of_all_together() -> None:
    assert Measured(Row("x"), [9.0, 1.0, 2.0], [2.0, 1.0, 1.0]).ratio == 2.0
    assert Measured(Row("x"), [1.0], value=5.0).figure == 5.0
    assert quantile(list(map(float, range(100))), 0.99) == 98.0
    assert [cell(one) for one in (0.1234, 1.234, 12.34, 123.4, 1234567.8, 5.0)] == [
        "0.123", "1.23", "12.3", "123", "1,234,568", "5",
    ]  # fmt: skip
