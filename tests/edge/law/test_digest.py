"""Once a day the keepers are told of everything that stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.effects import Notice, Purpose, Withdraw
from edge.law.state import Disarmed, Service, State
from tests.edge.law.basement import Basement
from tests.edge.law.keepers import DAY_S, HOUR_S, Keepers


def digests(home: Keepers) -> list[tuple[float, str]]:
    """When there was a digest, seconds since the beginning, and what it named."""
    return [
        (t - home.began_s, e.facts.cause)
        for t, e in home.effects
        if isinstance(e, Notice) and e.purpose is Purpose.DIGEST
    ]


def test_a_day_on_which_nothing_stands_needs_no_text() -> None:
    home = Keepers()
    home.trouble("modem")
    home.wait(100.0)
    home.mend("modem")
    home.wait(3 * DAY_S)
    assert digests(home) == []
    assert home.logs("digest") == []


def test_what_stands_is_named_every_day_until_it_is_over() -> None:
    home = Keepers()
    home.trouble("modem")
    home.wait(2.5 * DAY_S)
    home.mend("modem")
    home.wait(2 * DAY_S)
    assert digests(home) == [(DAY_S, "modem"), (2 * DAY_S, "modem")]
    assert home.told(Purpose.DIGEST) == {"office", "tech"}


def test_everything_that_stands_is_in_one_text_and_in_the_log() -> None:
    home = Keepers()
    home.press()
    home.trouble("gpio")
    home.trouble("sensor:door")
    home.state = replace(
        home.state,
        armed=False,
        report_armed=True,
        disarmed=Disarmed(home.now_s, None, "kim"),
        service=Service(home.now_s + 2 * DAY_S, "kim"),
        incident=home.state.incident and replace(home.state.incident, pressed_s=home.now_s + DAY_S),
    )
    home.wait(DAY_S)
    named = "incident,unarmed,service,gpio,sensor:door"
    assert digests(home) == [(DAY_S, named)]
    (log,) = home.logs("digest")
    assert log.fields == {"causes": named.split(",")}


def test_a_trouble_whose_kind_is_not_texted_yet_is_named_all_the_same() -> None:
    home = Keepers()
    home.wait(DAY_S - 600.0)
    home.trouble("broker")
    home.trouble("mains")
    home.wait(600.0)
    assert home.notices(Purpose.TROUBLE) == []
    assert digests(home) == [(DAY_S, "broker,mains")]


def test_what_is_not_raised_yet_does_not_stand() -> None:
    home = Keepers()
    home.wait(DAY_S - 5.0)
    home.trouble("siren")
    home.wait(5.0)
    assert digests(home) == []


def test_an_incident_that_is_held_open_is_named_until_it_closes() -> None:
    """L4: a sensor that was wet and died holds it for as long as nobody comes."""
    home = Keepers()
    home.flood(200.0)
    home.lose("door")
    home.wait(3 * DAY_S)
    named = [cause.split(",")[0] for _, cause in digests(home)]
    assert named == ["incident"] * 3


@pytest.mark.parametrize("power_cut", [False, True])
def test_restarts_and_power_cuts_do_not_put_the_digest_off(power_cut: bool) -> None:
    home = Keepers()
    home.trouble("gpio")
    for _ in range(5 * 24):
        home.wait(HOUR_S - 1.0)
        home.crash(power_cut=power_cut)
        home.trouble("gpio")
    home.wait(60.0)
    assert len(digests(home)) in ((3, 4, 5) if power_cut else (5,)), "a cut loses 15 minutes"


def test_a_device_that_was_told_nothing_of_its_start_makes_no_digest() -> None:
    home = Basement(state=State())
    home.trouble("modem")
    home.now_s += 2 * DAY_S
    home.run(1)
    assert home.notices(Purpose.DIGEST) == []


def test_each_digest_has_a_key_of_its_own_and_takes_the_place_of_one_that_waits() -> None:
    home = Keepers()
    home.trouble("modem")
    home.wait(2 * DAY_S)
    first, second = home.notices(Purpose.DIGEST)
    assert first.episode != second.episode
    assert home.withdrawn().count(Withdraw(None, (Purpose.DIGEST,), "superseded by today's")) == 2
