"""What ``--since`` and ``--until`` take, in the time of the bell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.cli import moments

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 7, 22, 16, 30, tzinfo=UTC)
"""In Seoul it is half past one on the 23rd."""


@pytest.mark.parametrize(
    ("words", "since", "until"),
    [
        ("90s", "2026-07-22T16:28:30Z", "2026-07-22T16:28:30Z"),
        ("2h", "2026-07-22T14:30:00Z", "2026-07-22T14:30:00Z"),
        ("1w", "2026-07-15T16:30:00Z", "2026-07-15T16:30:00Z"),
        ("today", "2026-07-23T00:00:00+09:00", "2026-07-24T00:00:00+09:00"),
        ("yesterday", "2026-07-22T00:00:00+09:00", "2026-07-23T00:00:00+09:00"),
        ("2026-07-01", "2026-07-01T00:00:00+09:00", "2026-07-02T00:00:00+09:00"),
        ("2026-07-01T12:00", "2026-07-01T12:00:00+09:00", "2026-07-01T12:00:00+09:00"),
        ("2026-07-01 12:00:05.5", "2026-07-01T12:00:05.5+09:00", "2026-07-01T12:00:05.5+09:00"),
        ("2026-07-01T12:00Z", "2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z"),
        ("2026-07-01T12:00-05:30", "2026-07-01T17:30:00Z", "2026-07-01T17:30:00Z"),
    ],
)
def test_every_form_means_a_moment_and_a_day_its_beginning_or_its_end(
    words: str, since: str, until: str
) -> None:
    assert moments.since(words, NOW, SEOUL) == datetime.fromisoformat(since)
    assert moments.until(words, NOW, SEOUL) == datetime.fromisoformat(until)


def test_all_has_no_beginning() -> None:
    assert moments.since("all", NOW, SEOUL) is None


@pytest.mark.parametrize(
    "words",
    [
        *("", "2", "h", "-2h", "1.5h", "2 h", "2H", "2y", "٢h", "now", "Today", "all "),
        *("2026-02-30", "2026-7-1", "20260701", "2026-07-01T", "2026-07-01T25:00"),
        *("2026-07-01T12", "2026-07-01T12:00+9", "2026-07-01T12:00+09:00:00", "12:00"),
        *("999999999w", "0000-01-01"),
    ],
)
def test_what_is_not_understood_is_refused(words: str) -> None:
    with pytest.raises(moments.NotAMoment):
        moments.since(words, NOW, SEOUL)
    with pytest.raises(moments.NotAMoment):
        moments.until(words, NOW, SEOUL)


def test_the_last_day_of_the_calendar_has_no_end() -> None:
    with pytest.raises(moments.NotAMoment):
        moments.until("9999-12-31", NOW, SEOUL)


@given(st.text("0123456789smhdwTZ:+-. altoye٢", max_size=26))
@settings(max_examples=150)
def test_any_words_are_a_moment_or_are_refused(words: str) -> None:
    for read in (moments.since, moments.until):
        try:
            found = read(words, NOW, SEOUL)
        except moments.NotAMoment:
            continue
        assert found is None or found.tzinfo is not None


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001  bounds are naive
@settings(max_examples=100)
def test_what_is_told_is_read_back(moment: datetime) -> None:
    logged = moment.replace(tzinfo=UTC, microsecond=0)
    words = moments.told(logged.isoformat(), SEOUL, moments.WHOLE)
    assert moments.since(words, NOW, SEOUL) == logged


@given(st.integers(0, 10**6), st.sampled_from("smhdw"))
@settings(max_examples=50)
def test_ago_is_so_long_before_now(count: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}[unit] * count
    if seconds < 60_000_000_000:
        assert moments.since(f"{count}{unit}", NOW, None) == NOW - timedelta(seconds=seconds)


def test_a_logged_time_that_is_none_is_told_as_it_is() -> None:
    assert moments.told("soon", SEOUL, moments.WHOLE) == "soon"
    assert moments.told("2026-07-01T12:00:00Z", SEOUL, "%H:%M", synced=False) == "21:00 ?"
