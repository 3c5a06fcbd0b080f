"""What time the network told, out of the modem's answers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.emulated.modem_clock import EmulatedClock
from drivers.emulated.modem_profiles import EC25, SIM7600
from drivers.modem.nitz import time_in


@pytest.mark.parametrize(
    ("line", "utc"),
    [
        # TS 27.007, 8.15, in its own example: 1994, two hours east
        ('+CCLK: "94/05/06,22:10:00+08"', datetime(1994, 5, 6, 20, 10, tzinfo=UTC)),
        ('+CCLK: "26/08/08,18:04:07+36"', datetime(2026, 8, 8, 9, 4, 7, tzinfo=UTC)),
        ('+CCLK: "26/12/31,18:30:00-24"', datetime(2027, 1, 1, 0, 30, tzinfo=UTC)),
        ('+CCLK: "26/08/08,14:49:07+23"', datetime(2026, 8, 8, 9, 4, 7, tzinfo=UTC)),  # Nepal
        ('+CCLK: "28/02/29,08:59:59+36"', datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC)),
        ('+CCLK: "26/12/31,23:59:60+00"', datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ('+QLTS: "2019/12/12,10:49:42+32,0"', datetime(2019, 12, 12, 2, 49, 42, tzinfo=UTC)),
        ('+CCLK: "80/01/06,00:00:12+00"', datetime(1980, 1, 6, 0, 0, 12, tzinfo=UTC)),
        ('+CCLK: "70/01/01,00:00:12+00"', datetime(1970, 1, 1, 0, 0, 12, tzinfo=UTC)),
        ('+CCLK: "04/01/01,00:41:10+00"', datetime(2004, 1, 1, 0, 41, 10, tzinfo=UTC)),
        ('+CCLK: "00/01/01,00:00:00+00"', datetime(2000, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_modems_say(line: str, utc: datetime) -> None:
    assert time_in(["+OTHER: 1", line]) == utc


@pytest.mark.parametrize(
    "line",
    [
        '+QLTS: ""',
        '+CCLK: ""',
        '+CCLK: "26/08/08,18:04:07"',  # no zone: it may be nine hours off
        '+CCLK: "26/13/08,18:04:07+36"',
        '+CCLK: "27/02/29,18:04:07+36"',
        '+CCLK: "00/00/00,00:00:00+00"',
        '+CCLK: "26/08/08,24:04:07+36"',
        '+CCLK: "26/08/08,18:04:07+96"',
        '+QLTS: "0001/01/01,00:00:00+36,0"',
        "+CCLK: 26/08/08,18:04:07+36",
        "",
    ],
)
def test_what_is_no_time(line: str) -> None:
    assert time_in([line]) is None
    assert time_in([]) is None


@given(st.text(max_size=60))
def test_no_rubbish_is_more_than_none(text: str) -> None:
    assert time_in([f'+CCLK: "{text}"']) is None or re.search(r"\d", text)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2069, 12, 30)),  # noqa: DTZ001 - given its zone below
    st.integers(-48, 56),
)
def test_every_moment_in_every_zone_comes_back(at: datetime, quarters: int) -> None:
    utc = at.replace(microsecond=0, tzinfo=UTC)
    local = utc.astimezone(timezone(timedelta(minutes=15 * quarters)))
    assert time_in([f'+CCLK: "{local:%y/%m/%d,%H:%M:%S}{quarters:+03d}"']) == utc
    assert time_in([f'+QLTS: "{local:%Y/%m/%d,%H:%M:%S}{quarters:+03d},1"']) == utc


def test_a_quectels_own_clock_would_be_nine_hours_off_and_its_other_answer_is_right() -> None:
    modem = EmulatedClock(EC25)
    modem.network_utc = lambda: datetime(2026, 8, 8, 9, 4, 7, tzinfo=UTC)
    modem.follow("1")
    assert time_in(modem.told(registered=True)) == datetime(2026, 8, 8, 0, 4, 7, tzinfo=UTC)
    told = time_in(modem.latest("2", registered=True))
    assert told == datetime(2026, 8, 8, 9, 4, 7, tzinfo=UTC)
    assert time_in(modem.latest("2", registered=False)) is None


def test_a_modem_that_follows_no_network_shows_what_it_began_with() -> None:
    modem = EmulatedClock(SIM7600)
    assert time_in(modem.told(registered=True)) == datetime(1970, 1, 1, 0, 0, 12, tzinfo=UTC)
