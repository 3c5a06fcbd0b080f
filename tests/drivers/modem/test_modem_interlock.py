"""The interlock: 119 is never reached for nothing, and never held back for nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import ReportWithheld
from drivers.modem.interlock import Interlock, TooManyReports

seeded = settings(max_examples=300, derandomize=True, deadline=None, database=None)


def armed(report_number: str = "119") -> Interlock:
    interlock = Interlock(report_number)
    interlock.armed = True
    return interlock


@pytest.mark.parametrize("origin", ["water", "bell"])
def test_an_armed_device_reports_water_and_the_bell(origin: str) -> None:
    assert armed().permit("119", origin, 0.0) is True


def test_a_device_starts_unarmed() -> None:
    with pytest.raises(ReportWithheld, match="not armed"):
        Interlock("119").permit("119", "water", 0.0)


@pytest.mark.parametrize("origin", [None, "", "drill", "test", "self_test", "WATER"])
def test_nothing_but_water_and_the_bell_reaches_119(origin: str | None) -> None:
    with pytest.raises(ReportWithheld, match="neither water nor the bell"):
        armed().permit("119", origin, 0.0)


@pytest.mark.parametrize(
    "number",
    [
        "119",
        "+82119",
        "0082119",
        "82119",
        "+82 119",
        "1 1 9",
        "1-1-9",
        "１１９",
        "0119",
        "119;",
        "(119)",
    ],
)
def test_119_is_known_however_it_is_written(number: str) -> None:
    with pytest.raises(ReportWithheld, match="not armed"):
        Interlock("119").permit(number, "water", 0.0)


@pytest.mark.parametrize(
    "number",
    ["112", "+82112", "0082 112", "911", "+1 911", "110", "1", "1234", "", "+", "02119", "031-119",
     "+82 2 119", "0112", "999", "١١٢"],
)  # fmt: skip
def test_another_short_number_is_refused_even_when_armed(number: str) -> None:
    with pytest.raises(ReportWithheld, match="short number"):
        armed().permit(number, "water", 0.0)


def test_119_is_refused_when_another_number_takes_the_reports() -> None:
    interlock = armed("+821012345678")
    with pytest.raises(ReportWithheld, match="short number"):
        interlock.permit("119", "water", 0.0)
    assert interlock.permit("010-1234-5678", "water", 0.0) is True


@pytest.mark.parametrize(
    "number", ["+821012345678", "010-1234-5678", "+8221191190", "+15551234567"]
)
def test_people_are_reached_armed_or_not(number: str) -> None:
    assert Interlock("119").permit(number, None, 0.0) is False


def test_no_more_than_three_reports_leave_in_a_minute() -> None:
    interlock = armed()
    for now_s in (0.0, 1.0, 2.0):
        interlock.permit("119", "water", now_s)
    with pytest.raises(TooManyReports) as withheld:
        interlock.permit("119", "water", 30.0)
    assert withheld.value.wait_s == 30.0
    interlock.permit("119", "water", 60.0)


def test_no_more_than_twelve_reports_leave_in_an_hour() -> None:
    interlock = armed()
    for count in range(12):
        interlock.permit("119", "water", count * 100.0)
    with pytest.raises(TooManyReports) as withheld:
        interlock.permit("119", "water", 3599.0)
    assert withheld.value.wait_s == 1.0
    interlock.permit("119", "water", 3600.0)


def test_the_bell_has_nine_of_the_twelve_in_an_hour_and_water_the_rest() -> None:
    interlock = armed()
    for count in range(9):
        interlock.permit("119", "bell", count * 100.0)
    with pytest.raises(TooManyReports, match="of the bell") as withheld:
        interlock.permit("119", "bell", 3599.0)
    assert withheld.value.wait_s == 1.0
    for now_s in (3000.0, 3060.0, 3120.0):
        interlock.permit("119", "water", now_s)
    with pytest.raises(TooManyReports):
        interlock.permit("119", "water", 3599.0)


def test_a_bell_pressed_three_times_in_a_minute_leaves_the_third_report_to_water() -> None:
    interlock = armed()
    interlock.permit("119", "bell", 0.0)
    interlock.permit("119", "bell", 5.0)
    with pytest.raises(TooManyReports) as withheld:
        interlock.permit("119", "bell", 10.0)
    assert withheld.value.wait_s == 50.0
    interlock.permit("119", "water", 11.0)
    with pytest.raises(TooManyReports):
        interlock.permit("119", "water", 12.0)
    interlock.permit("119", "bell", 60.0)


def test_water_does_not_use_up_the_bells_share() -> None:
    interlock = armed()
    for now_s in (*range(0, 900, 100), 3500.0, 3501.0):
        interlock.permit("119", "water", now_s)
    interlock.permit("119", "bell", 3502.0)


def test_reports_of_unknown_origin_never_hold_water_back_beyond_the_limits() -> None:
    """A journal that does not say what it was about."""
    interlock = armed()
    for now_s in range(0, 900, 100):
        interlock.remember(now_s)
    with pytest.raises(TooManyReports):
        interlock.permit("119", "bell", 1000.0)
    interlock.permit("119", "water", 1000.0)


def test_the_journal_tells_the_bells_reports_from_waters() -> None:
    interlock = armed()
    for now_s in range(0, 900, 100):
        interlock.remember(now_s, "water")
    interlock.permit("119", "bell", 1000.0)


def test_reports_before_a_crash_count() -> None:
    interlock = armed()
    for now_s in (97.0, 98.0, 99.0):
        interlock.remember(now_s)
    with pytest.raises(TooManyReports):
        interlock.permit("119", "water", 100.0)


def test_a_journal_from_another_boot_holds_nothing_back() -> None:
    interlock = armed()
    for now_s in (90_001.0, 90_002.0, 90_003.0):
        interlock.remember(now_s)
    interlock.permit("119", "water", 10.0)


def test_what_the_modem_refused_does_not_count() -> None:
    interlock = armed()
    for attempt in range(10):
        now_s = attempt * 2.0
        interlock.permit("119", "water", now_s)
        interlock.take_back(now_s)
    interlock.permit("119", "water", 20.0)


@seeded
@given(
    steps=st.lists(
        st.tuples(
            st.floats(0.0, 400.0) | st.floats(0.0, 20.0),
            st.sampled_from(["water", "bell", "bell", "bell", None]),
            st.booleans() | st.just(True),
            st.booleans(),
        ),
        max_size=80,
    )
)
def test_whatever_happens_the_limits_hold_and_the_bell_never_uses_up_what_water_needs(
    steps: list[tuple[float, str | None, bool, bool]],
) -> None:
    interlock, now_s = Interlock("119"), 0.0
    left: list[tuple[float, str]] = []
    for pause_s, origin, is_armed, refused in steps:
        now_s += pause_s
        interlock.armed = is_armed
        waters = [at_s for at_s, by in left if by == "water"]
        try:
            interlock.permit("119", origin, now_s)
        except TooManyReports:
            if origin == "water":
                in_a_minute = sum(now_s - 60.0 < at_s for at_s in waters)
                in_an_hour = sum(now_s - 3600.0 < at_s for at_s in waters)
                assert in_a_minute >= 1 or in_an_hour >= 3, "the bell held water back"
            continue
        except ReportWithheld:
            continue
        assert is_armed
        assert origin is not None
        if refused:
            interlock.take_back(now_s)
        else:
            left.append((now_s, origin))
    bells = [at_s for at_s, by in left if by == "bell"]
    for of_whom, minute, hour in (([at_s for at_s, _ in left], 3, 12), (bells, 2, 9)):
        for end_s in of_whom:
            assert sum(end_s - 60.0 < at_s <= end_s for at_s in of_whom) <= minute
            assert sum(end_s - 3600.0 < at_s <= end_s for at_s in of_whom) <= hour
