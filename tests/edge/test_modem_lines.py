"""Three kinds of modem, each through whatever a modem can do to one: 119 first, and in time."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from drivers.emulated.modem import EC25, RUDE, SIM7600, EmulatedModem, ModemProfile
from drivers.ports import Ports
from edge.events import BellPressed
from tests.edge.by_hand import NUMBERS
from tests.edge.lines import OnALine

most_profiles = pytest.mark.parametrize(
    "profile",
    [SIM7600, EC25, pytest.param(RUDE, marks=pytest.mark.long)],
    ids=["sim7600", "ec25", "rude"],
)
"""One that speaks byte by byte takes seconds for what the others say at once."""


WITHIN_S = 20.0
"""From the water to the last byte for 119 (design 1)."""

most_profiles = pytest.mark.parametrize(
    "profile",
    [SIM7600, EC25, pytest.param(RUDE, marks=pytest.mark.long)],
    ids=["sim7600", "ec25", "rude"],
)
"""One that speaks byte by byte takes seconds for what the others say at once."""

WITHIN_S = 20.0
"""From the water to the last byte for 119 (design 1)."""

profiles = pytest.mark.parametrize(
    "profile", [SIM7600, EC25, RUDE], ids=["sim7600", "ec25", "rude"]
)


def reported_after_s(line: OnALine) -> float:
    return line.texts_to("119")[0].accepted_s - line.began_s


@profiles
def test_danger_reaches_119_first_and_then_everybody(profile: ModemProfile, tmp_path: Path) -> None:
    with OnALine(tmp_path, profile).ready() as line:
        line.water(200.0)
        line.until(line.all_told)
        assert line.told()[0][0] == "119"
        assert reported_after_s(line) < 2.0
        roles = [number for number, _ in line.told()[1:]]
        assert roles == [NUMBERS[name] for name in ("home", "kim", "mother", "office")]


@pytest.mark.long
@profiles
def test_bytes_that_come_one_by_one_make_no_difference(
    profile: ModemProfile, tmp_path: Path
) -> None:
    with OnALine(tmp_path, replace(profile, byte_by_byte=True)).ready() as line:
        line.water(200.0)
        line.until(line.all_told)
        assert line.told()[0][0] == "119"


@most_profiles
def test_a_sim_with_a_pin_is_unlocked_where_the_modem_knows_the_command(
    profile: ModemProfile, tmp_path: Path
) -> None:
    locked = replace(profile, sim_pin="2468", minimal=False)
    with OnALine(tmp_path, locked, sim_pin="2468").ready() as line:
        line.water(200.0)
        line.until(lambda: bool(line.texts_to("119")))


def test_a_locked_sim_is_told_as_that_and_its_pin_is_tried_once(tmp_path: Path) -> None:
    with OnALine(tmp_path, replace(SIM7600, sim_pin="1111"), sim_pin="7531") as line:
        line.until(lambda: "modem" in line.home.app.state.troubles)
        assert line.home.app.state.troubles["modem"].detail.startswith("sim locked")
        line.until(lambda: line.modem.transcript.count(b"AT+CPIN?") >= 3)
        assert line.modem.transcript.count(b'AT+CPIN="7531"') == 1


@most_profiles
def test_119_calls_back_while_texts_go_on(profile: ModemProfile, tmp_path: Path) -> None:
    with OnALine(tmp_path, profile).ready() as line:
        line.water(200.0)
        line.until(lambda: bool(line.texts_to("119")))
        line.modem.ring("119")
        line.until(lambda: b"ATA" in line.modem.transcript and line.all_told())
        taken = ["119"] if not profile.minimal else [line.modem.taken[0]]
        assert line.modem.taken == taken


@most_profiles
def test_a_stranger_is_never_answered(profile: ModemProfile, tmp_path: Path) -> None:
    with OnALine(tmp_path, profile).ready() as line:
        line.water(60.0)
        line.until(lambda: bool(line.texts_to(NUMBERS["home"])))
        line.modem.ring("01099998888")
        line.until(lambda: bool(line.home.events("call_ignored")))
        assert line.modem.taken == []
        assert b"ATA\r" not in line.modem.transcript


@pytest.mark.parametrize("profile", [SIM7600, EC25], ids=["sim7600", "ec25"])
def test_the_bell_rings_119_after_its_texts(profile: ModemProfile, tmp_path: Path) -> None:
    settings = {"voice_message": "E:/floodbell.wav"}
    with OnALine(tmp_path, profile, settings=settings).ready() as line:
        line.modem.let_answer(0.3)
        line.home.put(BellPressed())
        line.until(lambda: bool(line.home.events("call_answered")))
        assert line.modem.dialled == ["119"]
        transcript = line.modem.transcript
        assert transcript.rindex(b"\x1a") < transcript.index(b"ATD119;"), "the texts come first"
        assert line.texts_to("119")
        if profile.plays:
            line.until(lambda: line.modem.played == ["E:/floodbell.wav"])
        line.modem.hang_up_remotely()
        line.until(lambda: line.voice.due_s() == float("inf"))


def test_a_danger_in_the_middle_of_a_call_does_not_wait_for_it(tmp_path: Path) -> None:
    with OnALine(tmp_path).ready() as line:
        line.home.put(BellPressed())
        line.until(lambda: bool(line.modem.dialled))
        before = len(line.texts_to("119"))
        line.water(200.0)
        line.until(lambda: len(line.texts_to("119")) > before)
        assert time.monotonic() - line.began_s < 2.0
        assert line.modem.dialled == ["119"], "it rings on meanwhile"


@pytest.mark.long
def test_an_engaged_119_is_rung_again(tmp_path: Path) -> None:
    with OnALine(tmp_path).ready() as line:
        line.modem.let_answer(0.1, busy=True)
        line.home.put(BellPressed())
        line.until(lambda: bool(line.home.events("call_attempt_failed")))
        line.modem.let_answer(0.1)
        line.until(lambda: bool(line.home.events("call_answered")))
        assert line.modem.dialled == ["119", "119"]


@pytest.mark.long
def test_a_danger_is_not_held_up_by_a_lower_text_for_longer_than_eight_seconds(
    tmp_path: Path,
) -> None:
    slow = replace(SIM7600, answer_delay_s=12.0, deaf_while_sending=False)
    with OnALine(tmp_path, slow).ready() as line:
        line.water(60.0)
        line.until(lambda: b"\x1a" in line.modem.transcript)
        line.water(200.0)
        line.modem.set_answer_delay(0.1)
        line.until(lambda: bool(line.texts_to("119")), 15.0)
        assert 6.0 < reported_after_s(line) < 10.5


@pytest.mark.long
@pytest.mark.timeout(120)
@profiles
def test_a_slow_network_holds_119_up_by_one_answer(profile: ModemProfile, tmp_path: Path) -> None:
    with OnALine(tmp_path, replace(profile, answer_delay_s=5.0)).ready() as line:
        line.water(200.0)
        line.until(line.all_told, 60.0)
        assert line.told()[0][0] == "119"
        assert reported_after_s(line) < WITHIN_S


@pytest.mark.long
@pytest.mark.timeout(120)
@profiles
def test_two_refusals_cost_119_two_seconds_each(profile: ModemProfile, tmp_path: Path) -> None:
    with OnALine(tmp_path, profile).ready() as line:
        line.modem.fail_next(2)
        line.water(200.0)
        line.until(line.all_told, 60.0)
        assert reported_after_s(line) < WITHIN_S


@pytest.mark.long
@pytest.mark.timeout(120)
@profiles
def test_a_missing_prompt_costs_119_five_seconds(profile: ModemProfile, tmp_path: Path) -> None:
    """In the two seconds before its next attempt people have their turn (design 4.7)."""
    with OnALine(tmp_path, profile).ready() as line:
        line.modem.withhold_prompts(1)
        line.water(200.0)
        line.until(line.all_told, 60.0)
        assert reported_after_s(line) < WITHIN_S


@pytest.mark.long
@pytest.mark.timeout(180)
@profiles
def test_a_swallowed_answer_has_119_told_again_and_people_at_once(
    profile: ModemProfile, tmp_path: Path
) -> None:
    with OnALine(tmp_path, profile).ready() as line:
        line.modem.swallow_next(1)
        line.water(200.0)
        line.until(lambda: len(line.texts_to("119")) >= 2 and line.all_told(), 90.0)
        first, second = line.texts_to("119")[:2]
        assert first.accepted_s - line.began_s < WITHIN_S, "the network had it all the same"
        assert second.accepted_s - first.accepted_s >= 20.0


@pytest.mark.long
@pytest.mark.timeout(120)
@profiles
def test_a_late_answer_settles_the_report_that_it_is_for(
    profile: ModemProfile, tmp_path: Path
) -> None:
    with OnALine(tmp_path, profile).ready() as line:
        line.modem.swallow_next(1, late_after_s=40.0)
        line.water(200.0)
        line.until(lambda: bool(line.home.events("report_accepted")), 90.0)
        line.until(line.all_told, 30.0)
        assert len(line.texts_to("119")) == 1


@pytest.mark.long
@pytest.mark.timeout(180)
@profiles
def test_a_plug_that_is_pulled_in_the_middle_of_a_text_and_comes_back(
    profile: ModemProfile, tmp_path: Path
) -> None:
    link = tmp_path / "by-id"
    with OnALine(tmp_path, replace(profile, answer_delay_s=1.0), link=link).ready() as line:
        line.water(200.0)
        line.until(lambda: b"\x1a" in line.modem.transcript)
        line.modem.unplug()
        with EmulatedModem(profile, link=link) as again:
            line.until(lambda: len({t.number for t in again.texts}) == 5, 60.0)
            assert again.texts[-1].number, "and 119 was told again, as nobody knew"


@pytest.mark.long
@pytest.mark.timeout(300)
@profiles
def test_a_modem_that_refuses_everything_is_taken_up_the_ladder_to_its_power_key(
    profile: ModemProfile, tmp_path: Path
) -> None:
    pins = MockFactory()
    link = tmp_path / "by-id"
    try:
        with OnALine(
            tmp_path, profile, settings={"power_pin": 6}, ports=Ports(pins), link=link
        ).ready() as line:
            line.modem.fail_next(12)
            line.water(200.0)
            line.until(lambda: pins.pin(6).state == 1 or bool(line.texts_to("119")), 200.0)
            assert b"ATZ" in line.modem.transcript
            assert b"AT+CFUN=1,1" in line.modem.transcript
            line.until(line.all_told, 120.0)
            assert line.texts_to("119"), "after more than one reset"
    finally:
        pins.close()


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("profile", "away_s"),
    [(SIM7600, 597.0), (EC25, 57.0), (RUDE, 57.0)],
    ids=["sim7600", "ec25", "rude"],
)
def test_a_network_that_is_away_for_a_minute_or_ten_is_used_when_it_is_back(
    profile: ModemProfile, away_s: float, tmp_path: Path
) -> None:
    with OnALine(tmp_path, profile).ready() as line:
        line.modem.set_registered(False)
        line.water(200.0)
        over = threading.Timer(away_s, lambda: line.modem.set_registered(True))
        over.start()
        line.until(line.all_told, away_s + 60.0)
        back_s = line.began_s + away_s
        assert line.texts_to("119")[0].accepted_s - back_s < WITHIN_S
        # A person's text may be the one that finds the network back; 119 waits for no second one.
        assert "119" in [number for number, *_ in line.told()[:2]]
        if away_s > 60.0:
            assert line.home.events("report_unreached"), "people would have been told to call"
