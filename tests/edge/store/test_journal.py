"""The journal of reports in the run directory."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.store.journal import Entry, Journal


def test_what_was_recorded_is_read_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "report.journal")
    assert journal.read() == ()
    assert journal.record("submitting", "i1:1:119:1", monotonic_s=12.5, boot_id="b")
    assert journal.record("disarmed", "", monotonic_s=13.0, boot_id="b", until_s=99.0)
    assert Journal(tmp_path / "report.journal").read() == (
        Entry("submitting", "i1:1:119:1", 12.5, "b"),
        Entry("disarmed", "", 13.0, "b", {"until_s": 99.0}),
    )


@given(cut=st.integers(0, 200))
def test_a_torn_last_line_costs_that_line_only(cut: int, tmp_path_factory: object) -> None:
    path = tmp_path_factory.mktemp("journal") / "report.journal"  # type: ignore[attr-defined]
    journal = Journal(path)
    for n in range(3):
        journal.record("accepted", f"k{n}", monotonic_s=n, boot_id="b")
    data = path.read_bytes()
    path.write_bytes(data[: max(0, len(data) - cut)])
    whole = data[: max(0, len(data) - cut)].count(b"\n")
    journal.record("accepted", "after", monotonic_s=9, boot_id="b")
    keys = [entry.key for entry in journal.read()]
    assert keys[-1] == "after"
    assert keys[:whole] == ["k0", "k1", "k2"][:whole]
    assert len(keys) in (whole + 1, whole + 2)  # a line without its newline may still be whole


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 9999,
        b'{"kind":"accepted","key":"k","boot_id":"b","monotonic_s":1' + b"0" * 400 + b"}",
        b'{"kind":"accepted","key":"k","boot_id":"b","monotonic_s":[1]}',
    ],
)
def test_a_line_that_cannot_be_is_passed_over(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "report.journal"
    path.write_bytes(line + b"\n")
    journal = Journal(path)
    assert journal.read() == ()
    assert journal.record("accepted", "k1", monotonic_s=2.0, boot_id="b")
    assert [entry.key for entry in journal.read()] == ["k1"]


def test_it_stays_small_and_keeps_the_newest_of_each_kind(tmp_path: Path) -> None:
    path = tmp_path / "report.journal"
    journal = Journal(path, max_bytes=30_000)
    journal.record("disarmed", "", monotonic_s=1.0, boot_id="b")
    for n in range(2_000):
        journal.record("submitting", f"key {n}", monotonic_s=n, boot_id="b")
    assert path.stat().st_size <= 30_000
    entries = journal.read()
    assert entries[0].kind == "disarmed"
    assert [entry.key for entry in entries[-100:]] == [f"key {n}" for n in range(1_900, 2_000)]


def test_a_missing_run_directory_is_told_not_raised(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "gone" / "report.journal")
    assert not journal.record("accepted", "k", monotonic_s=1.0, boot_id="b")
    assert journal.read() == ()
