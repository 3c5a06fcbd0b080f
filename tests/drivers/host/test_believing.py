"""Whom to believe about the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from drivers.host.believing import (
    AHEAD_MOST,
    BACK_MOST,
    LEAST_UTC,
    Anchor,
    Known,
    Source,
    believe,
    may_be,
)

NOW = datetime(2026, 8, 8, 9, 0, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HINT = Anchor(NOW - timedelta(seconds=50), 50.0)  # carried to 100 s it is NOW


def known(
    system_utc: datetime = NOW,
    *,
    synced: bool = False,
    battery: bool = False,
    hint: Anchor | None = None,
    newest: datetime | None = None,
) -> Known:
    remembered = None if newest is None else Anchor(newest - timedelta(seconds=100), 0.0)
    return Known(100.0, system_utc, synced, battery, hint, remembered)


def test_a_time_server_is_believed_before_everybody() -> None:
    belief = believe(known(synced=True, battery=True, hint=Anchor(NOW, 0.0)))
    assert (belief.source, belief.basis) == (Source.NTP, None)


def test_a_time_server_mends_what_was_remembered_wrongly() -> None:
    assert believe(known(synced=True, newest=NOW + timedelta(days=3650))).source is Source.NTP


def test_a_clock_in_1970_is_not_synced_whatever_the_kernel_says() -> None:
    belief = believe(known(EPOCH, synced=True, battery=True))
    assert (belief.source, belief.basis) == (Source.NONE, None)


def test_a_battery_comes_before_the_network_and_the_network_before_nothing() -> None:
    assert believe(known(battery=True, hint=HINT)).source is Source.RTC
    belief = believe(known(hint=HINT))
    assert (belief.source, belief.basis) == (Source.NITZ, HINT)
    assert belief.basis is not None
    assert belief.basis.carried_to(100.0) == NOW
    assert believe(known()).source is Source.NONE


@pytest.mark.parametrize("battery", [True, False])
def test_a_clock_that_went_back_is_carried_on_from_the_newest_time_that_was_known(
    battery: bool,
) -> None:
    belief = believe(known(NOW - timedelta(days=30), battery=battery, newest=NOW))
    assert belief.source is Source.NONE
    assert belief.basis is not None
    assert belief.basis.carried_to(100.0) == NOW
    assert belief.basis.carried_to(160.0) == NOW + timedelta(seconds=60), "it does not stand still"


def test_a_clock_after_the_newest_time_shows_what_it_shows() -> None:
    assert believe(known(NOW + timedelta(days=1), newest=NOW)).basis is None


def test_the_networks_time_is_judged_by_what_is_known() -> None:
    early = Anchor(NOW - timedelta(days=1), 100.0)
    assert believe(known(EPOCH, hint=early, newest=NOW)).source is Source.NONE
    assert believe(known(EPOCH, hint=early)).source is Source.NITZ


@pytest.mark.parametrize(
    ("told", "least", "whether"),
    [
        (LEAST_UTC, EPOCH, True),
        (LEAST_UTC - timedelta(seconds=1), EPOCH, False),
        (LEAST_UTC - timedelta(seconds=1), LEAST_UTC, False),
        (NOW - BACK_MOST, NOW, True),
        (NOW - BACK_MOST - timedelta(seconds=1), NOW, False),
        (NOW + AHEAD_MOST, NOW, True),
        (NOW + AHEAD_MOST + timedelta(seconds=1), NOW, False),
        (datetime(2080, 1, 6, tzinfo=UTC), LEAST_UTC, False),
    ],
)
def test_what_can_be_the_time(told: datetime, least: datetime, whether: bool) -> None:
    assert may_be(told, least) is whether
