"""The thread at mains and battery: what becomes a trouble, and what the loop hears of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from drivers.ports import Ports
from drivers.power.lines import Lines
from drivers.power.settings import PowerSettings
from edge.events import TroubleGone, TroubleSeen
from edge.loop.crew import Crew
from edge.loop.power_watch import SAG_STANDS_S, TOLD_EVERY_S, PowerWatch, power_posts
from edge.loop.supervisor import Beats
from edge.settings import parse
from edge.supply import DOUBTED_AFTER_S, Supply
from tests.edge.by_hand import HandClock, Told

THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = MockFactory()
    yield factory
    factory.close()


class Watched:
    """A watch that is not started: each look is made by hand, on a clock of its own."""

    def __init__(self, folder: Path, pins: Any, **keys: Any) -> None:
        self.folder = folder
        settings = PowerSettings(supplies=folder / "power_supply", **keys)
        self.told: list[Any] = []
        self.now_s = 1000.0
        self.lines = Lines(settings, Ports(pins))
        self.watch = PowerWatch(
            settings,
            self.lines,
            put=self.told.append,
            beat=lambda: None,
            clock=lambda: self.now_s,
            sys=folder,
        )

    def write(self, file: str, text: str) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    def later(self, seconds: int) -> list[Any]:
        """Look once a second; return what was told."""
        before = len(self.told)
        for _ in range(seconds):
            self.now_s += 1.0
            self.watch.look(self.now_s)
        return self.told[before:]

    def troubles(self, seconds: int) -> list[Any]:
        return [one for one in self.later(seconds) if not isinstance(one, Supply)]


def x728(folder: Path, pins: Any) -> Watched:
    """A board whose line is low while mains are there, which they are."""
    home = Watched(folder, pins, mains_pin=6, mains_level="low")
    home.lines.mains()
    pins.pin(6).drive_low()
    return home


def test_mains_that_go_and_come_are_told_once_each_way(tmp_path: Path, pins: Any) -> None:
    home = x728(tmp_path, pins)
    well = {TroubleGone("mains"), TroubleGone("power"), TroubleGone("supply")}
    assert set(home.troubles(5)) == well, "also of what stood before a restart"
    pins.pin(6).drive_high()
    assert home.troubles(20) == [TroubleSeen("mains", "the bell lives on its battery")]
    pins.pin(6).drive_low()
    assert home.troubles(20) == [TroubleGone("mains")]
    home.lines.close()


def test_a_start_on_battery_is_one_on_battery(tmp_path: Path, pins: Any) -> None:
    """By the line, whatever was remembered; nobody is told before that there are mains."""
    home = x728(tmp_path, pins)
    pins.pin(6).drive_high()
    told = home.later(5)
    assert TroubleSeen("mains", "the bell lives on its battery") in told
    assert TroubleGone("mains") not in told
    assert [one.mains for one in told if isinstance(one, Supply)][-1] is False
    home.lines.close()


def test_the_loop_hears_of_every_change_and_twice_a_minute(tmp_path: Path, pins: Any) -> None:
    home = x728(tmp_path, pins)
    home.later(5)
    calm = [one for one in home.later(300) if isinstance(one, Supply)]
    assert len(calm) == 300 / TOLD_EVERY_S
    pins.pin(6).drive_high()
    seen = [one for one in home.later(5) if isinstance(one, Supply)]
    assert seen[-1].mains is False
    home.lines.close()


def test_a_line_that_cannot_be_read_is_a_trouble_and_no_loss_of_mains(
    tmp_path: Path, pins: Any
) -> None:
    taken = gpiozero.DigitalOutputDevice(6, pin_factory=pins)
    home = Watched(tmp_path, pins, mains_pin=6, mains_level="low")
    told = home.troubles(60)
    (seen,) = [one for one in told if isinstance(one, TroubleSeen)]
    assert (seen.cause, "pin 6" in seen.detail) == ("power", True)
    assert not any(one.cause == "mains" for one in told), "nobody knows"
    assert home.told[-1].mains is None
    taken.close()
    assert TroubleGone("power") in home.troubles(20)
    home.lines.close()


def test_a_line_that_fails_on_battery_is_not_known_any_more(tmp_path: Path, pins: Any) -> None:
    home = x728(tmp_path, pins)
    pins.pin(6).drive_high()
    home.later(5)
    home.lines.close()
    taken = gpiozero.DigitalOutputDevice(6, pin_factory=pins)
    told = home.later(15)
    assert [one.mains for one in told if isinstance(one, Supply)][-1] is None
    taken.close()


def test_where_the_line_is_mute_the_kernel_is_believed(tmp_path: Path, pins: Any) -> None:
    taken = gpiozero.DigitalOutputDevice(6, pin_factory=pins)
    home = Watched(tmp_path, pins, mains_pin=6, mains_level="low")
    home.write("power_supply/ups/type", "Battery")
    home.write("power_supply/ups/status", "Discharging")
    told = home.troubles(15)
    assert TroubleSeen("mains", "the bell lives on its battery") in told
    taken.close()


def test_a_line_that_says_so_for_a_day_is_doubted(tmp_path: Path, pins: Any) -> None:
    home = x728(tmp_path, pins)
    pins.pin(6).drive_high()
    home.later(5)
    home.now_s += DOUBTED_AFTER_S
    (seen,) = home.troubles(5)
    assert seen.cause == "power"
    assert "24 h" in seen.detail
    home.lines.close()


def test_a_battery_that_runs_out_is_told_with_what_is_left(tmp_path: Path, pins: Any) -> None:
    home = Watched(tmp_path, pins)
    home.write("power_supply/ups/type", "Battery")
    home.write("power_supply/ups/capacity", "31")
    home.write("power_supply/ups/status", "Discharging")
    assert TroubleGone("battery") not in home.troubles(20), "it may have been low before"
    home.write("power_supply/ups/capacity", "29")
    assert home.troubles(20) == [TroubleSeen("battery", "battery at 29 %")]
    home.write("power_supply/ups/capacity", "41")
    assert home.troubles(30) == [TroubleGone("battery")]


def test_a_battery_that_takes_no_charge_is_told_as_such(tmp_path: Path, pins: Any) -> None:
    home = Watched(tmp_path, pins)
    home.write("power_supply/ups/type", "Battery")
    home.write("power_supply/ups/capacity", "7")
    home.write("power_supply/ups/status", "Charging")
    home.later(20)
    home.now_s += 12 * 3600
    (seen,) = home.troubles(10)
    assert seen == TroubleSeen("battery", "battery at 7 % after 12 h of mains: it takes no charge")


def test_the_boards_own_word_on_a_low_battery_counts(tmp_path: Path, pins: Any) -> None:
    home = Watched(tmp_path, pins, battery_low_pin=22, battery_low_level="high")
    home.lines.battery_low()
    pins.pin(22).drive_low()
    home.later(5)
    pins.pin(22).drive_high()
    assert home.troubles(5) == [TroubleSeen("battery", "the battery is low")]
    home.lines.close()


def test_under_voltage_is_a_trouble_until_it_was_good_for_a_minute(
    tmp_path: Path, pins: Any
) -> None:
    home = Watched(tmp_path, pins)
    home.write(THROTTLED, "0")
    home.watch = PowerWatch(
        PowerSettings(supplies=tmp_path), home.lines, put=home.told.append, beat=lambda: None,
        clock=lambda: home.now_s, sys=tmp_path,
    )  # fmt: skip
    home.later(10)
    home.write(THROTTLED, "50005")
    assert home.troubles(10) == [TroubleSeen("supply", "under-voltage: below 4.63 V")]
    home.write(THROTTLED, "50000")
    assert home.troubles(int(SAG_STANDS_S) - 10) == []
    assert home.troubles(20) == [TroubleGone("supply")]


def test_a_sag_between_two_looks_is_seen_by_what_the_firmware_remembers(
    tmp_path: Path, pins: Any
) -> None:
    home = Watched(tmp_path, pins)
    home.write(THROTTLED, "0")
    home.later(10)
    home.write(THROTTLED, "50000")
    assert home.troubles(10) == [TroubleSeen("supply", "under-voltage: below 4.63 V")]
    assert home.troubles(80) == [TroubleGone("supply")]
    assert home.troubles(200) == [], "it is remembered for ever, and told once"


def test_a_sag_before_the_start_is_none_of_now(tmp_path: Path, pins: Any) -> None:
    """As each boot begins with one: doctor and health have it."""
    home = Watched(tmp_path, pins)
    home.write(THROTTLED, "50000")
    home.watch = PowerWatch(
        PowerSettings(supplies=tmp_path), home.lines, put=home.told.append, beat=lambda: None,
        clock=lambda: home.now_s, sys=tmp_path,
    )  # fmt: skip
    assert not any(isinstance(one, TroubleSeen) for one in home.later(30))


HOME = """
[site]
id = "a"
district = "b"
address = "c"
[sensors.door]
driver = "simulated"
script = [[0.0, 0.0]]
"""


def test_the_thread_looks_by_itself_and_lets_the_pins_go(tmp_path: Path, pins: Any) -> None:
    table = f'[power]\nmains_pin = 6\nmains_level = "low"\nsupplies = "{tmp_path}"\n'
    told, clock = Told(), HandClock()
    beats = Beats(clock.now_s, frozenset())
    crew = Crew(beats, told)
    (post,) = power_posts(parse((HOME + table).encode()), Ports(pins), clock.now_s)
    crew.hire(post)
    crew.start()
    told.of(Supply)
    assert "power" in beats.pulses
    crew.stop(5.0)
    gpiozero.DigitalOutputDevice(6, pin_factory=pins).close()


def test_a_bug_in_a_look_is_a_trouble_and_not_the_end_of_the_thread(tmp_path: Path) -> None:
    class Buggy:
        def mains(self) -> bool | None:
            raise ZeroDivisionError

        battery_low = mains

        def close(self) -> None:
            pass

    told = Told()
    lines: Any = Buggy()
    watch = PowerWatch(
        PowerSettings(supplies=tmp_path, mains_pin=6), lines, put=told, beat=lambda: None,
        clock=HandClock().now_s, sys=tmp_path,
    )  # fmt: skip
    watch.start()
    events = told.await_(lambda es: TroubleSeen("power", "ZeroDivisionError") in es)
    assert events
    watch.stop()
    assert watch.join(5.0)


def test_on_a_machine_that_is_no_board_nobody_looks_unasked(pins: Any) -> None:
    """A laptop that is unplugged is no bell without mains; the table asks for it."""
    settings = parse(HOME.encode())
    if settings.power_watched is not None:
        pytest.skip("this machine is a board")
    assert list(power_posts(settings, Ports(pins), HandClock().now_s)) == []
    asked = parse((HOME + "[power]\n").encode())
    assert asked.power_watched == asked.power
