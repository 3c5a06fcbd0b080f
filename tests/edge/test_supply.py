"""Whether the bell is on its battery: what is known follows what is seen, once it has lasted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.supply import (
    BACK_AFTER_S,
    CHARGED_WITHIN_S,
    DOUBTED_AFTER_S,
    FLICKERS_S,
    GONE_AFTER_S,
    GOOD_PERCENT,
    LOW_PERCENT,
    UNKNOWN,
    UNKNOWN_AFTER_S,
    Look,
    Supply,
    judged,
)

FED = Supply(mains=True, since_s=0.0)
ON_BATTERY = Supply(mains=False, since_s=0.0)


def after(known: Supply, looks: Iterable[Look], *, from_s: float = 100.0) -> Supply:
    """What is known after looks a second apart."""
    for number, look in enumerate(looks):
        known = judged(known, look, from_s + number)
    return known


def seconds(look: Look, known: Supply, *, at_most: int = 60_000, step_s: float = 1.0) -> float:
    """How long a look must last until what is known has changed."""
    before = (known.mains, known.low)
    for number in range(at_most):
        known = judged(known, look, 100.0 + number * step_s)
        if (known.mains, known.low) != before:
            return number * step_s
    return inf


def test_nothing_is_known_before_anything_was_seen() -> None:
    assert Supply(None, -inf, None, None, None, None) == UNKNOWN
    assert not UNKNOWN.on_battery
    assert not UNKNOWN.doubted(1e9)
    assert UNKNOWN.on_battery_s(5.0) is None
    assert judged(UNKNOWN, Look(), 5.0) == UNKNOWN


@pytest.mark.parametrize(
    ("known", "look", "lasts_s"),
    [
        (FED, Look(mains=False), GONE_AFTER_S),
        (UNKNOWN, Look(mains=False), GONE_AFTER_S),
        (UNKNOWN, Look(mains=True), GONE_AFTER_S),
        (ON_BATTERY, Look(mains=True), BACK_AFTER_S),
        (ON_BATTERY, Look(), UNKNOWN_AFTER_S),
        (FED, Look(), UNKNOWN_AFTER_S),
        (FED, Look(mains=True), inf),
        (ON_BATTERY, Look(mains=False), inf),
        (ON_BATTERY, Look(mains=False, battery_low=True), GONE_AFTER_S),
        (UNKNOWN, Look(percent=LOW_PERCENT - 1), GONE_AFTER_S),
        (UNKNOWN, Look(percent=LOW_PERCENT), inf),
        (UNKNOWN, Look(percent=GOOD_PERCENT), BACK_AFTER_S),
        (replace(FED, low=False), Look(mains=True, battery_low=True), inf),
        (replace(UNKNOWN, low=True), Look(percent=GOOD_PERCENT), BACK_AFTER_S),
        (replace(UNKNOWN, low=True), Look(percent=GOOD_PERCENT - 1), inf),
        (replace(UNKNOWN, low=True), Look(), inf),
    ],
)
def test_what_is_seen_counts_once_it_has_lasted(known: Supply, look: Look, lasts_s: float) -> None:
    assert seconds(look, known, at_most=100) == lasts_s


def test_figures_are_what_their_reasons_say() -> None:
    assert (GONE_AFTER_S, BACK_AFTER_S, UNKNOWN_AFTER_S) == (2.0, 10.0, 10.0)
    assert (LOW_PERCENT, GOOD_PERCENT) == (30, 40)
    assert (CHARGED_WITHIN_S, DOUBTED_AFTER_S) == (43200.0, 86400.0)


def test_a_battery_that_is_low_on_mains_is_told_only_if_it_takes_no_charge() -> None:
    low = Look(mains=True, percent=10)
    assert seconds(low, FED, step_s=10.0) == CHARGED_WITHIN_S
    charging = after(FED, [low] * 60)
    assert charging.low is None
    assert charging.percent == 10


def test_a_flicker_of_a_second_is_no_loss_of_mains() -> None:
    flicker = [Look(mains=False), Look(mains=False), Look(mains=True)]
    assert after(FED, flicker * 50).mains is True


def test_mains_that_chatter_are_gone_until_they_stay() -> None:
    chatter = [Look(mains=True)] * 9 + [Look(mains=False)]
    assert after(ON_BATTERY, chatter * 20).mains is False
    assert after(ON_BATTERY, chatter * 20 + [Look(mains=True)] * 11).mains is True


def test_a_line_that_says_one_thing_and_then_nothing_is_timed_anew_for_each() -> None:
    """The time of what was said before is not that of what is said now."""
    mixed = [Look(mains=True)] * 6 + [Look()] * 6
    assert after(ON_BATTERY, mixed).mains is False
    assert after(ON_BATTERY, [*mixed, *[Look()] * 5]).mains is None


def test_it_is_so_since_it_was_first_seen() -> None:
    gone = after(FED, [Look(mains=False)] * 5, from_s=100.0)
    assert gone.since_s == 100.0
    assert gone.on_battery_s(130.0) == 30.0
    assert gone.turn is None
    at_once = after(FED, [Look(mains=False, battery_low=True)] * 3)
    lost = Supply(mains=False, since_s=100.0, low=True, lost_s=100.0)
    assert at_once == lost, "nothing speaks against it"


def test_a_battery_that_is_neither_low_nor_good_changes_nothing() -> None:
    between = Look(mains=False, percent=35)
    assert between.low is None
    assert not after(ON_BATTERY, [between] * 100).low
    assert after(replace(ON_BATTERY, low=True), [between] * 100).low
    low, good = (Look(mains=False, percent=percent) for percent in (20, 90))
    for other in (between, good):  # what lies between starts the time anew, and so does good
        assert after(ON_BATTERY, [low, low, other, low, low]).low is None
    assert after(ON_BATTERY, [good] * 9 + [low] + [good] * 9).low is None


@pytest.mark.parametrize(
    ("look", "low"),
    [
        (Look(), None),
        (Look(mains=False), None),
        (Look(battery_low=True), True),
        (Look(battery_low=False), False),
        (Look(battery_low=True, percent=90), True),
        (Look(battery_low=False, percent=29), True),
        (Look(battery_low=False, percent=35), None),
        (Look(percent=30), None),
        (Look(percent=39), None),
        (Look(percent=40), False),
        (Look(percent=0), True),
    ],
)
def test_the_worse_of_line_and_gauge_counts(look: Look, low: bool | None) -> None:
    assert look.low is low


def test_a_day_on_a_battery_is_doubted() -> None:
    assert not ON_BATTERY.doubted(DOUBTED_AFTER_S - 1)
    assert ON_BATTERY.doubted(DOUBTED_AFTER_S)
    assert not FED.doubted(DOUBTED_AFTER_S)


LOOKS = st.builds(
    Look,
    mains=st.sampled_from([None, True, False]),
    battery_low=st.sampled_from([None, True, False]),
    percent=st.none() | st.integers(0, 100),
)
PAUSES = st.floats(0.1, 40.0)


@given(st.lists(st.tuples(LOOKS, PAUSES), max_size=60))
def test_what_is_known_was_seen_without_a_break_for_its_time(
    run: list[tuple[Look, float]],
) -> None:
    """Whatever the lines say: no change of what is known that did not last."""
    known, now_s = UNKNOWN, 0.0
    seen: list[tuple[float, Look]] = []
    for look, pause_s in run:
        now_s += pause_s
        seen.append((now_s, look))
        before, known = known, judged(known, look, now_s)
        if known.mains is not before.mains:
            lasts_s = UNKNOWN_AFTER_S
            if look.mains is not None:
                lasts_s = BACK_AFTER_S if look.mains and before.on_battery else GONE_AFTER_S
            assert now_s - known.since_s >= lasts_s
            assert all(one.mains is known.mains for at_s, one in seen if at_s >= known.since_s)
        if known.low is not before.low:
            assert look.low is known.low
        assert known.percent == look.percent


@given(LOOKS, st.lists(st.tuples(LOOKS, PAUSES), max_size=20))
def test_what_lasts_is_known_in_the_end(look: Look, before: list[tuple[Look, float]]) -> None:
    known, now_s = UNKNOWN, 0.0
    for one, pause_s in before:
        now_s += pause_s
        known = judged(known, one, now_s)
    for _ in range(3):
        known = judged(known, look, now_s)
        now_s += CHARGED_WITHIN_S
    assert known.mains is look.mains
    if look.low is not None:
        assert known.low is look.low


def flickering(known: Supply, cycles: int, *, from_s: float = 1000.0) -> tuple[Supply, int]:
    """Three seconds without mains, eleven with, again and again; and how often they were lost."""
    losses = 0
    for number in range(cycles * 14):
        before, known = known, judged(known, Look(mains=number % 14 >= 3), from_s + number)
        losses += known.on_battery and not before.on_battery
    return known, losses


def test_a_pin_that_floats_is_no_new_loss_each_few_seconds() -> None:
    """Each loss and each return is a commit: one in seven seconds writes a card to death."""
    known, losses = flickering(FED, 6 * 3600 // 14)
    assert losses == 2
    assert known.on_battery
    assert known.flickers
    assert seconds(Look(mains=True), replace(known, turn=None)) == FLICKERS_S


@pytest.mark.parametrize(("apart_s", "flickers"), [(FLICKERS_S - 1, True), (FLICKERS_S, False)])
def test_two_losses_close_together_are_a_flicker(apart_s: float, flickers: bool) -> None:
    known = Supply(mains=True, since_s=0.0, lost_s=1000.0)
    known = judged(known, Look(mains=False), 1000.0 + apart_s)
    known = judged(known, Look(mains=False), 1000.0 + apart_s + GONE_AFTER_S)
    assert (known.lost_before_s, known.lost_s) == (1000.0, 1000.0 + apart_s)
    assert known.flickers is flickers
    assert seconds(Look(mains=True), known) == (FLICKERS_S if flickers else BACK_AFTER_S)
