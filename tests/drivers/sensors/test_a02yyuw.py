"""The A02YYUW on a real pseudo-terminal, with everything that a cable can do to it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from drivers.emulated.ranger import EmulatedA02yyuw
from drivers.errors import NoResponse, OutOfRange, PortGone, WrongWiring
from drivers.measurement import Echoes
from drivers.sensors.a02yyuw import A02yyuwSettings
from drivers.sensors.calibration import Calibration
from drivers.sensors.framing import frame_of
from drivers.sensors.listening import NOTHING_SEEN_S, Listener


@pytest.fixture
def emulated() -> Iterator[EmulatedA02yyuw]:
    with EmulatedA02yyuw(600, rate_hz=100) as sensor:
        yield sensor


def settings(port: str) -> A02yyuwSettings:
    return A02yyuwSettings(driver="a02yyuw", port=port, mount_height_mm=600)


@pytest.fixture
def sensor(emulated: EmulatedA02yyuw) -> Iterator[Listener]:
    opened = settings(emulated.path).open()
    yield opened
    opened.close()


def sent(emulated: EmulatedA02yyuw, sensor: Listener, *ranges_mm: int) -> Echoes:
    """Let the sensor read exactly these frames."""
    sensor.read()  # opens the port
    emulated.mute()
    marker_mm = 4321
    emulated.send(frame_of(marker_mm))
    while sensor.read().ranges_mm[-1] != marker_mm:
        pass  # frames that were on their way
    emulated.send(b"".join(map(frame_of, ranges_mm)))
    return sensor.read()


def read_on(sensor: Listener) -> None:
    """Read what was still on the line, and a little more."""
    for _ in range(10):
        sensor.read()


def test_it_hears_the_distance_to_the_water(emulated: EmulatedA02yyuw, sensor: Listener) -> None:
    emulated.set_depth_mm(150)
    echoes = sensor.read()
    assert set(echoes.ranges_mm) == {450}
    assert echoes.too_near == 0


def test_everything_that_waits_is_returned_oldest_first(
    emulated: EmulatedA02yyuw, sensor: Listener
) -> None:
    assert sent(emulated, sensor, 600, 590, 30, 580, 4501) == Echoes((600, 590, 580), too_near=1)


def test_the_limits_of_the_range_are_the_makers(
    emulated: EmulatedA02yyuw, sensor: Listener
) -> None:
    assert sent(emulated, sensor, 30, 31, 4500) == Echoes((31, 4500), too_near=1)


def test_water_at_the_face_is_too_near_and_not_a_fault(
    emulated: EmulatedA02yyuw, sensor: Listener
) -> None:
    assert sent(emulated, sensor, 1, 30) == Echoes((), too_near=2)


@pytest.mark.parametrize("range_mm", [0, 4501, 5000, 0xFFFD, 0xFFFE])
def test_no_echo_is_never_a_distance(
    emulated: EmulatedA02yyuw, sensor: Listener, range_mm: int
) -> None:
    sent(emulated, sensor, 600)
    emulated.send(frame_of(range_mm))
    later = threading.Timer(NOTHING_SEEN_S + 0.1, emulated.send, [frame_of(range_mm)])
    later.start()
    with pytest.raises(OutOfRange):
        sensor.read()
    later.join()


def test_one_frame_without_an_echo_is_no_fault(emulated: EmulatedA02yyuw, sensor: Listener) -> None:
    """One frame in 100 is bad: the read goes on to the next one about the water."""
    sent(emulated, sensor, 600)
    emulated.send(frame_of(0xFFFD))
    later = threading.Timer(0.1, emulated.send, [frame_of(590)])
    later.start()
    assert sensor.read() == Echoes((590,))
    later.join()


def test_one_frame_without_an_echo_and_then_silence_decides_nothing(
    emulated: EmulatedA02yyuw, sensor: Listener
) -> None:
    sent(emulated, sensor, 600)
    emulated.send(frame_of(0))
    with pytest.raises(NoResponse, match="the next ones decide"):
        sensor.read()
    with pytest.raises(NoResponse, match="silent"):
        sensor.read()


def test_a_missing_port_is_found_by_the_read_after_it_came(
    tmp_path: Path, emulated: EmulatedA02yyuw
) -> None:
    port = tmp_path / "ttyUSB0"
    late = settings(str(port)).open()
    with pytest.raises(PortGone, match="not there"):
        late.read()
    emulated.line.link(port)
    assert set(late.read().ranges_mm) == {600}
    late.close()


def test_a_pulled_plug_is_gone_at_once_and_back_when_it_is_back(tmp_path: Path) -> None:
    port = tmp_path / "ttyUSB0"
    sensor = settings(str(port)).open()
    for _ in range(2):
        with EmulatedA02yyuw(600, rate_hz=100) as emulated:
            emulated.line.link(port)
            sensor.read()
            emulated.unplug()
            with pytest.raises(PortGone):
                read_on(sensor)
    sensor.close()


def test_two_daemons_cannot_hear_one_sensor_and_the_second_learns_who_has_it(
    emulated: EmulatedA02yyuw, sensor: Listener
) -> None:
    sensor.read()
    second = settings(emulated.path).open()
    with pytest.raises(PortGone, match=rf"in use by .*process {os.getpid()}"):
        second.read()
    sensor.close()
    assert second.read().ranges_mm
    second.close()


def test_a_port_that_can_never_work_is_wrong_wiring_or_gone(tmp_path: Path) -> None:
    with pytest.raises(WrongWiring):
        settings("nonsense://x").open().read()
    plain = tmp_path / "file"
    plain.write_text("no tty")
    with pytest.raises(PortGone):
        settings(str(plain)).open().read()


def test_a_url_of_pyserial_is_a_port() -> None:
    looped = settings("loop://").open()
    with pytest.raises(NoResponse):
        looped.read()
    looped.close()


def test_it_decides_a_depth_that_it_can_still_see() -> None:
    model = A02yyuwSettings(driver="a02yyuw", port="x", mount_height_mm=180)
    assert not model.can_decide(150)
    assert model.can_decide(149)


def test_the_blind_zone_is_as_far_as_the_calibration_says() -> None:
    moved = Calibration(offset_mm=20.0, scale=1.1)
    model = A02yyuwSettings(driver="a02yyuw", port="x", mount_height_mm=203, calibration=moved)
    assert model.nearest_mm == pytest.approx(53.0)
    assert not model.can_decide(150.1)
    assert model.can_decide(149.9)


@pytest.mark.parametrize("height_mm", [0, 10_001, float("nan"), "600", True])
def test_an_impossible_mounting_is_refused(height_mm: object) -> None:
    with pytest.raises(ValidationError):
        A02yyuwSettings.model_validate(
            {"driver": "a02yyuw", "port": "x", "mount_height_mm": height_mm}
        )
