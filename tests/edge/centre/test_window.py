"""How much may be under way, on simulated paths from a cell's edge to a cable."""

from __future__ import annotations

from collections import deque

import pytest

from edge.centre.window import FIRST_BYTES, LARGEST_BYTES, SMALLEST_BYTES, Window

KNOWN_S = 10.0


def sent_through(
    window: Window, bytes_per_s: float, there_and_back_s: float, for_s: float = 40.0
) -> tuple[float, float]:
    """Send without end; returns bytes a second, and how long the path is occupied at the worst.

    The first ten seconds do not count: so long may it take to know the path.
    """
    now_s = free_s = 0.0
    under_way: deque[tuple[float, int, int]] = deque()
    packet_id = sent_bytes = 0
    worst_s = 0.0
    while now_s < for_s:
        total = sum(size for _, _, size in under_way)
        if window.has_room(total):
            packet_id += 1
            size = window.message_bytes
            free_s = max(free_s, now_s) + size / bytes_per_s
            under_way.append((free_s + there_and_back_s, packet_id, size))
            window.sent(packet_id, now_s)
            if now_s > KNOWN_S:
                worst_s = max(worst_s, free_s - now_s)
                sent_bytes += size
        else:
            now_s, acknowledged, size = under_way.popleft()
            window.acknowledged(acknowledged, size, total, now_s)
    return sent_bytes / (for_s - KNOWN_S), worst_s


@pytest.mark.parametrize("bytes_per_s", [20_000, 62_500, 125_000, 1_250_000])
@pytest.mark.parametrize("there_and_back_s", [0.02, 0.1, 0.6])
def test_an_alarm_never_waits_long_and_the_path_is_used(
    bytes_per_s: float, there_and_back_s: float
) -> None:
    rate, worst_s = sent_through(Window(), bytes_per_s, there_and_back_s)
    assert worst_s < 0.6
    assert rate > min(0.45 * bytes_per_s, 0.9 * LARGEST_BYTES / there_and_back_s)


def test_a_fast_path_that_is_far_carries_thousands_of_readings_a_second() -> None:
    rate, _ = sent_through(Window(), 12_500_000, 0.1)
    assert rate / 190 > 10_000


def test_a_path_that_turns_slow_is_followed() -> None:
    window = Window()
    sent_through(window, 12_500_000, 0.05)
    assert window.size_bytes == LARGEST_BYTES
    _, worst_s = sent_through(window, 62_500, 0.05, for_s=60.0)
    assert worst_s < 0.6
    assert window.size_bytes <= FIRST_BYTES


def test_it_never_grows_by_what_is_not_used() -> None:
    """Else a calm day would end in a burst that fills the path for seconds."""
    window = Window()
    for packet_id in range(1000):
        window.sent(packet_id, float(packet_id))
        window.acknowledged(packet_id, 300, 300, packet_id + 0.05)
    assert window.size_bytes == FIRST_BYTES


def test_two_messages_fit_into_the_smallest_and_one_giant_holds_up_the_rest() -> None:
    window = Window()
    window.size_bytes = SMALLEST_BYTES
    assert window.has_room(0)
    assert window.has_room(window.message_bytes)
    assert not window.has_room(window.message_bytes + 1)
    assert not window.has_room(300_000)
