"""Troubles: each kind and its times, what comes and goes, and what a restart makes of it."""

from __future__ import annotations

import tomllib
from math import inf
from pathlib import Path

import pytest

from edge.effects import Purpose, Withdraw
from edge.law.courses import course_of
from edge.law.troubles import standing
from tests.edge.law.basement import DOOR_AND_FLOAT, ONE_SENSOR
from tests.edge.law.keepers import DAY_S, HOUR_S, Keepers

ROOT = Path(__file__).parents[3]

TABLE = {
    # kind: raised, texted, texted again (seconds since it began)
    "sensor": (10, 10, inf),
    "blind": (0, 0, inf),
    "modem": (0, 0, inf),
    "http": (10, 10, inf),
    "store": (0, 0, inf),
    "broker": (10, 1800, inf),
    "held": (10, 10, inf),
    "discrepancy": (10, 10, inf),
    "button": (10, 10, inf),
    "thread": (10, 10, inf),
    "journal": (10, 10, inf),
    "control": (10, 10, inf),
    "calibration": (10, 10, inf),
    "certificate": (10, 1800, inf),
    "siren": (10, 10, inf),
    "credential": (10, 10, inf),
    "fault": (0, 0, inf),
    "unchanged": (0, 0, inf),
    "untested": (0, 0, inf),
    "unarmed": (7200, 7200, DAY_S),
    "mains": (0, 900, inf),
    "power": (10, 10, inf),
    "supply": (10, 10, inf),
    "air": (10, 10, inf),
    "battery": (0, 0, inf),
    "self_test": (0, 0, inf),
    "cap": (10, 10, inf),
    "settings": (10, 10, inf),
}
"""Every kind of trouble, with the times of design 4.8 and 4.10."""

SELF_JUDGED = ("held", "discrepancy")
"""The law finds these out by itself; somebody else's word for them is overruled."""

NO_TROUBLES = {"incident", "service", "other"}
"""Words for the digest, and for what has none."""


def cause_of(kind: str) -> str:
    names = {"sensor": "door", "blind": "entrance", "unchanged": "door", "untested": "door"}
    named = {**names, "thread": "control", "credential": "sim-pin"}
    return f"{kind}:{named[kind]}" if kind in named else kind


# The table


def test_the_table_has_every_kind_that_the_texts_have_words_for() -> None:
    for language in ("ko", "en"):
        texts = tomllib.loads((ROOT / f"config/texts.{language}.toml").read_text("utf-8"))
        kinds = {k.split("_")[0] if k.startswith("modem_") else k for k in texts["causes"]}
        assert kinds - NO_TROUBLES == set(TABLE), language


@pytest.mark.parametrize("kind", TABLE)
def test_each_kind_has_the_times_of_the_table(kind: str) -> None:
    course = course_of(cause_of(kind))
    policy = ONE_SENSOR.trouble
    times = (course.raised_after_s(policy), course.texted_after_s(policy), course.again_s)
    raised_s, texted_s, again_s = TABLE[kind]
    assert (times[0], max(times[:2]), times[2]) == (raised_s, texted_s, again_s)


@pytest.mark.parametrize("kind", [k for k in TABLE if k not in SELF_JUDGED])
def test_each_kind_is_raised_texted_cleared_and_told_once_more_as_unstable(kind: str) -> None:
    cause, home = cause_of(kind), Keepers()
    raised_s, texted_s, _ = TABLE[kind]
    home.trouble(cause)
    home.wait(texted_s + 100.0)
    home.mend(cause)
    home.wait(100.0)
    over_s = texted_s + 160.0
    assert home.logged(cause) == [(raised_s, "trouble_raised"), (over_s, "trouble_cleared")]
    assert home.told_of(cause) == [(texted_s, "trouble"), (over_s, "trouble_cleared")]

    back_s = texted_s + 200.0
    unstable = back_s + raised_s < over_s + HOUR_S
    how = " unstable" if unstable else ""
    home.trouble(cause)
    home.wait(texted_s + 100.0)
    assert home.logged(cause)[2:] == [(back_s + raised_s, "trouble_raised" + how)]
    assert home.told_of(cause)[2:] == [(back_s + texted_s, "trouble" + how)]

    well_s = back_s + texted_s + 100.0
    home.mend(cause)
    home.wait(HOUR_S + 1)
    last_s = well_s + (HOUR_S if unstable else 60.0)
    assert home.logged(cause)[3:] == [(last_s, "trouble_cleared" + how)]
    assert home.told_of(cause)[3:] == [(last_s, "trouble_cleared")]


@pytest.mark.parametrize("kind", [k for k in TABLE if k not in SELF_JUDGED])
def test_each_kind_that_ends_before_its_time_is_never_told(kind: str) -> None:
    cause, home = cause_of(kind), Keepers()
    raised_s = TABLE[kind][0]
    if not raised_s:
        return
    home.trouble(cause)
    home.wait(raised_s - 1.0)
    home.mend(cause)
    home.wait(DAY_S - raised_s - 10.0)
    assert (home.logged(cause), home.told_of(cause)) == ([], [])
    assert cause not in home.state.troubles


@pytest.mark.parametrize("kind", ["held", "discrepancy"])
def test_what_the_law_itself_finds_out_is_not_raised_by_anybody_else(kind: str) -> None:
    home = Keepers()
    home.trouble(kind)
    home.wait(60.0)
    assert home.logged(kind) == []


# What stands, and how it is told


def test_lost_mains_that_come_back_within_their_time_are_shown_and_never_texted() -> None:
    home = Keepers()
    home.trouble("mains")
    home.wait(600.0)
    assert [t["cause"] for t in standing(home.state, home.now_s)] == ["mains"]
    home.mend("mains")
    home.wait(HOUR_S)
    assert [what for _, what in home.logged("mains")] == ["trouble_raised", "trouble_cleared"]
    assert home.told_of("mains") == []


def test_an_unarmed_device_is_texted_daily_until_it_is_armed() -> None:
    home = Keepers()
    home.trouble("unarmed", "disarmed by kim")
    home.wait(7200.0 + 2.5 * DAY_S)
    days = [7200.0, 7200.0 + DAY_S, 7200.0 + 2 * DAY_S]
    assert home.told_of("unarmed") == [(at_s, "trouble") for at_s in days]
    again = [n.facts.again for n in home.notices(Purpose.TROUBLE)]
    assert again == [False, True, True]
    home.mend("unarmed")
    home.wait(DAY_S)
    assert home.told_of("unarmed")[3:] == [(7200.0 + 2.5 * DAY_S + 60.0, "trouble_cleared")]


def test_a_detail_that_counts_is_not_told_again_and_the_newest_is_shown() -> None:
    home = Keepers()
    before = home.stored
    for second in range(500):
        home.trouble("modem", f"not accepted for {60 + second} s")
        home.wait(1.0)
    assert home.told_of("modem") == [(0.0, "trouble")]
    assert [what for _, what in home.logged("modem")] == ["trouble_raised"]
    (shown,) = standing(home.state, home.now_s)
    assert shown["detail"] == "not accepted for 559 s"
    assert home.stored[0] == before[0], "and a count is not worth a write to the card"


def test_a_detail_that_counts_does_not_put_the_telling_off() -> None:
    home = Keepers()
    for second in range(12):
        home.trouble("siren", f"no answer for {second} s")
        home.wait(1.0)
    assert home.logged("siren") == [(10.0, "trouble_raised")]


def test_a_link_that_is_back_for_moments_only_is_texted_after_its_time() -> None:
    home = Keepers()
    for _ in range(4):
        home.trouble("broker")
        home.wait(595.0)
        home.mend("broker")
        home.wait(5.0)
    assert home.logged("broker") == [(10.0, "trouble_raised")]
    assert home.told_of("broker") == [(1800.0, "trouble")]


def test_each_telling_has_a_key_of_its_own() -> None:
    home = Keepers()
    for _ in range(3):
        home.trouble("modem")
        home.wait(1.0)
        home.mend("modem")
        home.wait(HOUR_S)
    notices = home.notices(Purpose.TROUBLE) + home.notices(Purpose.TROUBLE_CLEARED)
    keys = {(n.purpose, n.facts.cause, n.episode) for n in notices}
    assert len(keys) == len(notices) > 2


def test_a_text_takes_back_what_still_waits_about_its_cause() -> None:
    home = Keepers()
    home.trouble("modem")
    (withdrawn,) = home.withdrawn()
    assert withdrawn == Withdraw(
        None, (Purpose.TROUBLE, Purpose.TROUBLE_CLEARED), "told anew", "modem"
    )
    place = [e for _, e in home.effects]
    assert place.index(withdrawn) < place.index(home.notices(Purpose.TROUBLE)[0])


def test_an_unstable_trouble_says_that_it_is_well_just_now() -> None:
    home = Keepers()
    for _ in range(2):
        home.trouble("modem", "no network")
        home.wait(10.0)
        home.mend("modem")
        home.wait(70.0)
    (shown,) = standing(home.state, home.now_s)
    assert (shown["unstable"], shown["well_for_s"], shown["detail"]) == (True, 70.0, "no network")
    home.wait(HOUR_S)
    assert standing(home.state, home.now_s) == []


def test_an_unstable_link_is_texted_once_it_was_away_for_its_time_without_a_break() -> None:
    home = Keepers()
    for _ in range(6):
        home.trouble("broker")
        home.wait(1200.0)
        home.mend("broker")
        home.wait(100.0)
    assert home.told_of("broker") == []
    home.trouble("broker")
    home.wait(1801.0)
    assert home.told_of("broker") == [(6 * 1300.0 + 1800.0, "trouble unstable")]


def test_a_modem_that_flaps_each_minute_for_a_day_is_told_twice_and_then_cleared() -> None:
    home = Keepers()
    for _ in range(24 * 20):
        home.trouble("modem")
        home.wait(60.0)
        home.mend("modem")
        home.wait(120.0)
    told = ["trouble", "trouble_cleared", "trouble unstable"]
    assert [what for _, what in home.told_of("modem")] == told
    home.wait(HOUR_S)
    assert [what for _, what in home.told_of("modem")] == [*told, "trouble_cleared"]


def test_a_sensor_that_flaps_is_told_twice_and_so_is_the_blind_zone() -> None:
    home = Keepers()
    for _ in range(200):
        home.lose("door")
        home.wait(90.0)
        home.read("door", 0.0)
        home.wait(90.0)
    for cause in ("sensor:door", "blind:entrance"):
        told = [what for _, what in home.told_of(cause)]
        assert told == ["trouble", "trouble_cleared", "trouble unstable"], cause


# Restarts


@pytest.mark.parametrize("power_cut", [False, True])
@pytest.mark.parametrize("cause", ["modem", "broker", "siren", "unarmed", "thread:control"])
def test_what_stands_is_neither_told_again_nor_cleared_by_a_restart(
    cause: str, power_cut: bool
) -> None:
    home = Keepers()
    home.trouble(cause)
    home.wait(3 * HOUR_S)
    told = (home.told_of(cause), home.logged(cause))
    for _ in range(5):
        home.crash(power_cut=power_cut)
        home.wait(100.0)
        home.trouble(cause)
        home.wait(HOUR_S)
    assert (home.told_of(cause), home.logged(cause)) == told


def test_a_dead_sensor_is_not_told_as_well_because_it_has_not_spoken_since_a_restart() -> None:
    home = Keepers(policy=DOOR_AND_FLOAT)
    home.bound("float", -inf, 20.0)
    home.lose("door")
    home.wait(100.0)
    home.crash()
    home.bound("float", -inf, 20.0)
    home.wait(HOUR_S)
    for cause in ("sensor:door", "blind:entrance"):
        assert [what for _, what in home.logged(cause)] == ["trouble_raised"], cause
    home.read("door", 0.0)
    home.wait(61.0)
    for cause in ("sensor:door", "blind:entrance"):
        assert [what for _, what in home.logged(cause)][1:] == ["trouble_cleared"], cause


def test_a_button_that_is_still_stuck_after_a_restart_is_neither_told_again_nor_cleared() -> None:
    home = Keepers()
    home.trouble("button", "held closed")
    home.wait(100.0)
    home.crash()
    home.mend("button")  # its pin can be read...
    home.trouble("button", "held closed")  # ...and says so again
    home.wait(HOUR_S)
    assert home.told_of("button") == [(10.0, "trouble")]
    home.mend("button")
    home.wait(61.0)
    assert [what for _, what in home.told_of("button")] == ["trouble", "trouble_cleared"]


def test_what_nobody_sees_again_after_a_restart_is_over_within_200_s() -> None:
    home = Keepers()
    home.trouble("siren")
    home.wait(100.0)
    home.crash()
    assert home.told_of("siren")[1:] == []
    home.wait(200.0)
    assert [what for _, what in home.told_of("siren")][1:] == ["trouble_cleared"]


def test_a_part_that_says_after_a_restart_that_it_is_well_is_believed_at_once() -> None:
    home = Keepers()
    home.trouble("modem")
    home.wait(100.0)
    home.crash()
    home.mend("modem")
    home.wait(61.0)
    assert home.told_of("modem")[1:] == [(161.0, "trouble_cleared")]


@pytest.mark.parametrize("power_cut", [False, True])
def test_a_restart_does_not_forget_the_hour(power_cut: bool) -> None:
    home = Keepers()
    for _ in range(8):
        home.trouble("modem")
        home.wait(100.0)
        home.mend("modem")
        home.wait(100.0)
        home.crash(power_cut=power_cut)
    told = [what for _, what in home.told_of("modem")]
    assert told == ["trouble", "trouble_cleared", "trouble unstable"]


def test_the_time_that_a_device_has_been_unarmed_goes_on_after_a_restart() -> None:
    home = Keepers()
    home.trouble("unarmed")
    home.wait(7000.0)
    home.crash()
    home.wait(200.0)
    assert home.told_of("unarmed") == [(7200.0, "trouble")]


def test_a_sensor_that_left_the_settings_is_not_a_trouble_for_ever() -> None:
    home = Keepers()
    home.trouble("sensor:cellar")
    home.wait(100.0)
    home.crash()
    home.wait(200.0)
    assert home.state.troubles == {}


def test_the_memory_of_what_was_cleared_does_not_grow_with_time() -> None:
    home = Keepers()
    for number in range(50):
        home.trouble(f"thread:{number}")
        home.wait(20.0)
        home.mend(f"thread:{number}")
        home.wait(1000.0)
    assert len(home.state.cleared_s) <= 4
