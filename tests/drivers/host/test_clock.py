"""Clocks and ids."""

from __future__ import annotations

import gc
import time
import uuid
from datetime import UTC, datetime, timedelta

from drivers.host.clock import Clock, boot_id, clock_state, uuid7, wall_is_synced


def test_monotonic_seconds_never_go_back_and_wall_time_is_aware() -> None:
    clock = Clock()
    assert clock.now_s() <= clock.now_s()
    assert abs(clock.wall_utc() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.wall_utc().tzinfo is UTC


def test_asking_whether_the_clock_is_synced_is_quick() -> None:
    before_s = time.monotonic()
    answers = {wall_is_synced() for _ in range(100)}
    assert answers <= {True, False}
    assert (time.monotonic() - before_s) / 100 < 0.005


def test_the_kernel_says_how_far_its_clock_may_be_off() -> None:
    """``adjtimex`` as CPython's ctypes reads it, beside what the time call itself shows."""
    state = clock_state()
    assert state.synced is wall_is_synced()
    if state.max_error_s is not None:
        assert state.offset_s is not None
        assert abs(state.offset_s) < 1.0, "a kernel slews half a second at the most"
        assert 0.0 <= state.max_error_s <= 16.1, "NTP_PHASE_MAX, 16 s, is the most it says"


def test_the_boot_has_one_id() -> None:
    assert str(uuid.UUID(boot_id())) == boot_id()


def test_ids_are_uuid7_all_different_and_sorted_by_the_millisecond() -> None:
    ids = [uuid7() for _ in range(2000)]
    assert len(set(ids)) == 2000
    for text in ids:
        parsed = uuid.UUID(text)
        assert str(parsed) == text
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    stamps = [uuid.UUID(text).int >> 80 for text in ids]
    assert stamps == sorted(stamps)
    assert abs(stamps[0] / 1000 - time.time()) < 60


def test_asking_the_kernel_again_and_again_makes_nothing_that_only_the_collector_frees() -> None:
    """Found by make soak: each opening of the C library made a class, six a minute for years."""
    clock_state()
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(100):
            clock_state()
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()
