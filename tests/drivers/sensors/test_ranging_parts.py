"""The ultrasonic parts by their own limits, on real pseudo-terminals."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from drivers.emulated.pty import PseudoTerminal
from drivers.emulated.ranger import JSN_SR04T_ASKED, SEN0627, EmulatedRanger
from drivers.errors import NoResponse, OutOfRange
from drivers.measurement import Echoes, Sensor
from drivers.sensors.a02yyuw import PARTS, A02yyuwSettings, PartName
from drivers.sensors.framing import frame_of, line_of
from drivers.sensors.jsn_sr04t import JsnSr04tSettings
from drivers.sensors.maxbotix import MaxbotixSettings


@pytest.fixture
def line() -> Iterator[PseudoTerminal]:
    with PseudoTerminal() as ready:
        yield ready


def dfrobot(part: PartName, port: str = "x", **more: Any) -> A02yyuwSettings:
    return A02yyuwSettings(driver="a02yyuw", port=port, mount_height_mm=900, part=part, **more)


def maxbotix(port: str = "x", **more: Any) -> MaxbotixSettings:
    return MaxbotixSettings(driver="maxbotix", port=port, mount_height_mm=900, **more)


def jsn(port: str = "x", mode: Literal["automatic", "asked"] = "automatic") -> JsnSr04tSettings:
    return JsnSr04tSettings(driver="jsn_sr04t", port=port, mount_height_mm=900, mode=mode)


def heard(sensor: Sensor, line: PseudoTerminal, *frames: bytes) -> Echoes:
    """What the sensor makes of exactly these frames."""
    with pytest.raises(NoResponse):
        sensor.read()  # opens the port
    os.write(line.fd, b"".join(frames))
    try:
        sample = sensor.read()
    finally:
        sensor.close()
    assert isinstance(sample, Echoes)
    return sample


def test_one_frame_is_millimetres_or_centimetres_by_the_part(line: PseudoTerminal) -> None:
    """FF 01 A1 A1 is 417 mm from an A01NYUB and 4170 mm from a SEN0627: never guessed."""
    frame = bytes.fromhex("FF 01 A1 A1")
    assert heard(dfrobot("A01NYUB", line.path).open(), line, frame) == Echoes((417,))
    in_cm = dfrobot("A02YYUW", line.path, unit="cm").open()
    assert heard(in_cm, line, frame) == Echoes((4170,))


def test_a_part_in_centimetres_is_asked_by_a_falling_edge_and_read() -> None:
    with EmulatedRanger(900, depth=lambda: 300.0, rate_hz=20, habit=SEN0627) as emulated:
        sensor = dfrobot("SEN0627", emulated.path, blind_zone_mm=250, stale_after_s=6).open()
        assert sensor.read() == Echoes((600,))
        sensor.close()


def test_the_blind_zone_is_the_parts_own(line: PseudoTerminal) -> None:
    frames = (frame_of(280), frame_of(281), frame_of(7500))
    sample = heard(dfrobot("A01NYUB", line.path).open(), line, *frames)
    assert sample == Echoes((281, 7500), too_near=1)


def test_a_blind_zone_in_the_settings_goes_before_the_parts(line: PseudoTerminal) -> None:
    sensor = dfrobot("A02YYUW", line.path, blind_zone_mm=100).open()
    assert heard(sensor, line, frame_of(100), frame_of(101)) == Echoes((101,), too_near=1)


@pytest.mark.parametrize("sentinel", [0xFFFD, 0xFFFE])
def test_the_sentinels_of_the_115200_parts_are_never_a_distance(
    line: PseudoTerminal, sentinel: int
) -> None:
    settings = dfrobot("SEN0754", line.path, blind_zone_mm=30)
    assert PARTS[settings.part].baud == 115200
    with pytest.raises(OutOfRange, match="no echo"):
        heard(settings.open(), line, frame_of(sentinel) * 3)


def test_interference_is_told_by_its_name(line: PseudoTerminal) -> None:
    sensor = dfrobot("SEN0754", line.path, blind_zone_mm=30).open()
    with pytest.raises(OutOfRange, match="another sensor interferes"):
        heard(sensor, line, frame_of(0xFFFE) * 2)


def test_maxbotix_full_scale_is_no_target_and_the_minimum_is_too_near(
    line: PseudoTerminal,
) -> None:
    with pytest.raises(OutOfRange, match="no echo"):
        heard(maxbotix(line.path).open(), line, line_of(5000) * 3)
    sample = heard(maxbotix(line.path).open(), line, line_of(300), line_of(301), line_of(4999))
    assert sample == Echoes((301, 4999), too_near=1)


def test_maxbotix_ten_metre_parts_have_their_own_limits(line: PseudoTerminal) -> None:
    far = maxbotix(line.path, full_scale_mm=9999)
    sample = heard(far.open(), line, line_of(500), line_of(5000), line_of(9998), line_of(9999))
    assert sample == Echoes((5000, 9998), too_near=1)


def test_jsn_that_must_be_asked_says_nothing_by_itself_and_answers_0x55() -> None:
    with EmulatedRanger(900, rate_hz=50, habit=JSN_SR04T_ASKED) as emulated:
        unasked = jsn(emulated.path).open()
        with pytest.raises(NoResponse):
            unasked.read()
        unasked.close()
        asked = jsn(emulated.path, "asked").open()
        for _ in range(3):
            assert asked.read() == Echoes((900,))
        asked.close()


def test_jsn_zero_is_no_echo_and_what_lies_within_25_cm_is_too_near(line: PseudoTerminal) -> None:
    with pytest.raises(OutOfRange):
        heard(jsn(line.path).open(), line, frame_of(0) * 3)
    sample = heard(jsn(line.path).open(), line, frame_of(250), frame_of(200), frame_of(251))
    assert sample == Echoes((251,), too_near=2)


def test_who_feels_the_air_and_who_takes_it_for_granted() -> None:
    felt = {part: dfrobot(part).assumed_air_celsius is None for part in PARTS}
    assert [part for part, feels in felt.items() if feels] == ["A02YYUW"]
    assert maxbotix().assumed_air_celsius is None
    assert jsn().assumed_air_celsius == 20.0


def contradicted(settings: Any) -> dict[str, str]:
    return {key: allowed for key, _found, allowed in settings.contradictions()}


def test_a_part_whose_blind_zone_nobody_published_wants_it_told() -> None:
    assert "data sheet" in contradicted(dfrobot("SEN0754"))["blind_zone_mm"]
    assert contradicted(dfrobot("SEN0754", blind_zone_mm=30)) == {}


def test_a_face_too_high_for_the_part_is_refused() -> None:
    high = A02yyuwSettings(driver="a02yyuw", port="x", mount_height_mm=4501)
    assert "at most 4500" in contradicted(high)["mount_height_mm"]


def test_a_thermometer_for_a_part_that_has_its_own_is_refused() -> None:
    own = dfrobot("A02YYUW", air_temperature="/sys/t")
    assert "by itself" in contradicted(own)["air_temperature"]
    assert contradicted(dfrobot("A01NYUB", air_temperature="/sys/t")) == {}


def test_a_slow_part_may_not_go_stale_between_two_frames() -> None:
    slow = dfrobot("SEN0627", blind_zone_mm=250)
    assert contradicted(slow) == {"stale_after_s": "at least two frames of this part: 5.2 s"}


def test_the_filter_is_no_faster_than_the_part() -> None:
    assert dfrobot("A02YYUW").filter_delay_s == pytest.approx(1.5)
    assert dfrobot("SEN0627").filter_delay_s == pytest.approx(5.1)
    assert maxbotix(sample_interval_s=0.05).filter_delay_s == pytest.approx(1.1)
