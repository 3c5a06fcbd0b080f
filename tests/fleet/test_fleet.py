"""A small fleet, in a few seconds: nobody is left behind, no alarm and no number is missing."""

from __future__ import annotations

from tests.fleet.figures import Figures, busiest_second, drawn_on, limits, quantile
from tests.fleet.outing import Plan, run


def test_twenty_devices_come_back_and_all_their_alarms_are_seen() -> None:
    plan = Plan(
        20,
        processes=1,
        calm_s=0.1,
        break_s=0.5,
        flooded_within_s=0.5,
        reconnect_max_s=1.0,
        settle_s=0.1,
    )
    figures = run(plan)
    assert figures.faults == []
    assert figures.alarms_seen == figures.alarms_shown == 20
    assert figures.all_back_s < 10.0
    assert figures.rows >= 20 * 3, "two events and a reading of each at least"


def test_the_busiest_second_is_wherever_it_begins() -> None:
    assert busiest_second([0.0, 0.9, 1.1, 1.2, 1.8, 5.0]) == 4
    assert busiest_second([]) == 0


def test_a_part_is_not_exceeded() -> None:
    assert quantile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.0
    assert quantile([4.0, 1.0, 3.0, 2.0], 0.99) == 4.0
    assert quantile([], 0.5) == 0.0


def test_what_grows_is_drawn_on_as_a_line_and_the_first_limit_comes_first() -> None:
    small = Figures(100, steady_broker_percent=1.0, reconnects_a_second=20)
    large = Figures(
        1000, steady_broker_percent=10.0, reconnects_a_second=200, broker_ms_a_reconnect=1.0
    )
    assert drawn_on(small, large, 10_000)["steady_broker_percent"] == 100.0
    assert limits(small, large)[0] == (200.0, "the busiest second of coming back")
