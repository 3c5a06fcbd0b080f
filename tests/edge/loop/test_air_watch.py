"""The thermometer's thread, and the way of a temperature through the loop to a depth."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from drivers.errors import OutOfRange
from drivers.sensors.air import MeasuresThroughAir, Thermometer
from drivers.sensors.mounting import Kind
from edge.conditioning import Mounting
from edge.events import AirFelt, Echoed, Health, TroubleGone, TroubleSeen
from edge.loop.air_watch import AirWatch, air_posts
from edge.loop.assembly import mountings_of
from edge.settings import Settings, advice, parse
from tests.edge.by_hand import HandMade, Told

SITE = b"""
[site]
id = "jongno-0042"
district = "jongno"
address = "Changsin-gil 12-3"
[sensors.door]
driver = "a02yyuw"
port = "/dev/ttyAMA0"
mount_height_mm = 600
"""


class DeafToAirSettings(MeasuresThroughAir):
    """A driver's settings that say: it takes the air for granted."""

    kind: ClassVar[Kind] = "ultrasonic"
    driver: Literal["deaf_to_air"] = "deaf_to_air"
    mount_height_mm: float = 600.0

    @property
    def blind_mm(self) -> float:
        return 20.0

    def can_decide(self, setpoint_mm: float) -> bool:
        return self.mount_height_mm - self.blind_mm > setpoint_mm


def home_with(**sensors: DeafToAirSettings) -> Settings:
    settings = parse(SITE)
    every: dict[str, Any] = {**settings.sensors, **sensors}
    return settings.model_copy(update={"sensors": every})


class Script:
    """A thermometer that reads from a list, and then goes on with its last word."""

    def __init__(self, *words: float | Exception) -> None:
        self._words = list(words)

    def read(self) -> float:
        word = self._words.pop(0) if len(self._words) > 1 else self._words[0]
        if isinstance(word, Exception):
            raise word
        return word


def test_every_sensor_in_the_same_air_is_told_of_it(tmp_path: Path) -> None:
    file = tmp_path / "temperature"
    file.write_text("4500\n")
    told = Told()
    watch = AirWatch(Thermometer(str(file)), ("door", "window"), put=told, beat=lambda: None)
    watch.start()
    assert told.of(AirFelt, 2) == [AirFelt("door", 4.5), AirFelt("window", 4.5)]
    watch.stop()
    assert watch.join(5.0)


def test_one_failure_is_no_trouble_two_are_and_the_next_word_ends_it() -> None:
    bad, told = OutOfRange("85 °C"), Told()
    script = Script(20.0, bad, 20.0, bad, bad, ZeroDivisionError(), 20.0)
    watch = AirWatch(script, ("door",), put=told, beat=lambda: None, look_every_s=0.001)
    watch.start()
    events = told.await_(lambda es: es.count(TroubleGone("air:door")) >= 2)
    watch.stop()
    assert watch.join(5.0)
    ends = [i for i, event in enumerate(events) if event == TroubleGone("air:door")]
    seen = [e for e in events[: ends[1]] if isinstance(e, TroubleSeen) and e.cause == "air:door"]
    assert [e.detail for e in seen] == ["85 °C", "ZeroDivisionError"]
    assert events.index(TroubleGone("air:door")) < events.index(seen[0]), "of before a restart"


def test_each_thermometer_has_one_thread_and_a_sensor_without_one_none() -> None:
    one, other = "/sys/bus/w1/devices/28-1/temperature", "/sys/bus/w1/devices/28-2/temperature"
    settings = home_with(
        a=DeafToAirSettings(air_temperature=one),
        b=DeafToAirSettings(air_temperature=other),
        c=DeafToAirSettings(air_temperature=one),
        d=DeafToAirSettings(),
    )
    assert [post.name for post in air_posts(settings)] == ["air-a", "air-b"]
    assert list(air_posts(parse(SITE))) == []


def test_the_mounting_knows_the_air_that_the_driver_takes_for_granted() -> None:
    mountings = mountings_of(home_with(deaf=DeafToAirSettings()))
    assert mountings["deaf"].assumed_air_celsius == 20.0
    assert mountings["door"].assumed_air_celsius is None, "an A02YYUW feels it by itself"


def test_a_sensor_without_a_thermometer_is_advised_of() -> None:
    told = {one.key: one.text for one in advice(home_with(deaf=DeafToAirSettings()))}
    assert "21 mm at the floor" in told["sensors.deaf.air_temperature"]
    named = home_with(deaf=DeafToAirSettings(air_temperature="/sys/x"))
    assert "sensors.deaf.air_temperature" not in {one.key for one in advice(named)}
    assert "sensors.door.air_temperature" not in told


def test_the_air_reaches_the_depth_through_the_loop(tmp_path: Path) -> None:
    mounting = Mounting(height_mm=600.0, blind_zone_mm=30.0, assumed_air_celsius=20.0)
    with HandMade(tmp_path, mounting=mounting) as home:
        (name,) = home.app.conditioned
        home.app.put(Echoed(name, (600, 600, 600)))
        home.drain()
        reading, _ = home.app.readings[name]
        assert (reading.depth_mm, reading.health) == (0.0, Health.SUSPECT)
        home.app.put(AirFelt(name, 0.0))
        home.app.put(AirFelt("nobody", 0.0))
        home.app.put(Echoed(name, (600, 600, 600)))
        home.drain()
        reading, _ = home.app.readings[name]
        assert reading.depth_mm == pytest.approx(20.8, abs=0.1)
        assert reading.health is Health.GOOD
