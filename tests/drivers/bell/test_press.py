"""When a contact to ground is a person in need, and when it is a wet cable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bell.press import Freed, PressDetector, Pressed, PressEvent, Stuck

HOLD_S = 0.7


def played(*changes: tuple[float, bool], until_s: float) -> list[tuple[float, PressEvent]]:
    """Feed the changes, and in between whenever the detector says that it is due."""
    detector = PressDetector(HOLD_S)
    told: list[tuple[float, PressEvent]] = []
    ahead = [*changes, (until_s, changes[-1][1])]
    closed = False
    for at_s, level in ahead:
        while detector.due_s is not None and detector.due_s < at_s:
            now_s = detector.due_s
            told += [(round(now_s, 3), event) for event in detector.feed(closed, now_s)]
            assert detector.due_s is None or detector.due_s > now_s, "due again at once, for ever"
        told += [(round(at_s, 3), event) for event in detector.feed(level, at_s)]
        closed = level
    return told


def test_open_then_held_is_a_press_at_the_end_of_the_hold() -> None:
    assert played((0, False), (5, True), until_s=7) == [(5.7, Pressed())]


def test_a_shorter_touch_is_no_press() -> None:
    assert played((0, False), (5, True), (5.69, False), until_s=9) == []


def test_a_button_held_on_presses_once_and_again_only_after_it_was_let_go() -> None:
    told = played((0, False), (5, True), (20, False), (20.5, True), until_s=22)
    assert told == [(5.7, Pressed()), (21.2, Pressed())]
    told = played((0, False), (5, True), (20, False), (20.05, True), until_s=22)
    assert told == [(5.7, Pressed())]


def test_closed_at_start_is_stuck_and_never_a_press() -> None:
    assert played((0, True), until_s=600) == [(0, Stuck())]


def test_a_button_that_was_stuck_at_start_works_once_it_opened() -> None:
    told = played((0, True), (10, False), (11, True), until_s=12)
    assert told == [(0, Stuck()), (10.1, Freed()), (11.7, Pressed())]


def test_closed_for_over_a_minute_is_stuck_after_the_press_that_began_it() -> None:
    told = played((0, False), (5, True), (100, False), until_s=101)
    assert told == [(5.7, Pressed()), (65, Stuck()), (100.1, Freed())]


def test_contact_bounce_delays_a_press_by_the_bounce_only() -> None:
    bounce = [(5 + step / 100, step % 2 == 0) for step in range(5)]
    assert played((0, False), *bounce, until_s=7) == [(5.74, Pressed())]


def test_a_burst_of_noise_never_adds_up_to_a_press() -> None:
    """Closings of a millisecond each, without an opening of 0.1 s between, over five seconds."""
    noise = [(5 + step / 1000, step % 20 == 0) for step in range(5000)]
    assert played((0, False), *noise, until_s=13) == []


@given(st.lists(st.tuples(st.floats(0.001, 3), st.booleans()), min_size=1, max_size=30))
def test_no_press_without_an_opening_and_a_hold_just_before(
    steps: list[tuple[float, bool]],
) -> None:
    now_s, changes = 0.0, []
    for length_s, level in steps:
        changes.append((now_s, level))
        now_s += length_s
    for pressed_s, event in played(*changes, until_s=now_s):
        if not isinstance(event, Pressed):
            continue
        during = (pressed_s - HOLD_S + 0.01, pressed_s - 0.001)  # told times are rounded
        held = [level for at_s, level in changes if during[0] < at_s < during[1]]
        assert all(held)
        assert any(not level for at_s, level in changes if at_s < pressed_s)


@pytest.mark.parametrize("level", [True, False])
def test_the_same_level_fed_again_and_again_changes_nothing(level: bool) -> None:
    detector = PressDetector(HOLD_S)
    detector.feed(level, 0.0)
    assert [detector.feed(level, tenth / 10) for tenth in range(1, 300)].count([]) == 299
