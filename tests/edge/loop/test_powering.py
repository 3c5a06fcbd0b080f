"""A home on its battery: what goes less often, what stays, and when all goes as ever again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from edge.centre.vitals import health
from edge.events import BellPressed
from edge.loop.powering import OLD_AFTER_S
from edge.store.rows import Batch
from edge.supply import Supply
from tests.edge.by_hand import HandMade

FED = Supply(mains=True)


def lose_mains(home: HandMade, *, low: bool = False) -> None:
    home.put(Supply(mains=False, since_s=home.clock.at_s, low=low, percent=55))


def paces(home: HandMade) -> list[str]:
    """How often the centre was to be told the same, in turn."""
    return [line for line in home.book if line.startswith("repeat ")]


def test_on_battery_the_same_goes_less_often_and_the_lamp_flashes_less(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(10, door=0.0)
        assert paces(home) == []
        lose_mains(home)
        home.later(2, door=0.0)
        assert paces(home) == ["repeat 60"]
        home.siren.bouts.clear()
        home.later(20, door=0.0)
        assert home.siren.bouts == ["heartbeat"] * 4, "every five seconds"
        lose_mains(home, low=True)
        home.later(2, door=0.0)
        home.siren.bouts.clear()
        home.later(20, door=0.0)
        assert home.siren.bouts == ["heartbeat"] * 2
        home.put(FED)
        home.later(2, door=0.0)
        assert paces(home) == ["repeat 60", "repeat 60", "repeat 0"]


def test_on_battery_a_dry_floor_is_logged_every_five_minutes(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        lose_mains(home)
        home.later(2, door=0.0)
        log = home.app.parts.reading_log
        assert log.least_interval_s == 300.0
        lose_mains(home, low=True)
        home.later(2, door=0.0)
        assert log.least_interval_s == 900.0
        home.put(FED)
        home.later(2, door=0.0)
        assert log.least_interval_s == 0.0


def test_water_ends_it_before_the_delay_is_over(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(5, door=0.0)
        lose_mains(home)
        home.later(3, door=0.0)
        assert paces(home) == ["repeat 60"]
        home.later(2, door=30.0)
        assert home.app.state.raising
        assert not home.app.state.level
        assert paces(home) == ["repeat 60", "repeat 0"]
        home.later(10, door=30.0)
        assert home.app.state.level
        assert paces(home) == ["repeat 60", "repeat 0"]


def test_a_press_of_the_bell_ends_it_and_its_lamp_is_as_fast_as_ever(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(5, door=0.0)
        lose_mains(home)
        home.later(3, door=0.0)
        home.put(BellPressed())
        home.later(1, door=0.0)
        assert paces(home) == ["repeat 60", "repeat 0"]
        home.siren.bouts.clear()
        home.later(5, door=0.0)
        assert home.siren.bouts == ["fast"] * 5


def test_a_watch_that_says_nothing_more_sheds_nothing_more(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(5, door=0.0)
        lose_mains(home)
        home.later(3, door=0.0)
        assert health(home.app, tmp_path)["mains"] is False
        home.later(OLD_AFTER_S, door=0.0)
        assert paces(home) == ["repeat 60", "repeat 0"]
        assert health(home.app, tmp_path)["mains"] is None


def test_what_counts_time_is_stored_when_mains_go_and_when_the_battery_runs_low(
    tmp_path: Path,
) -> None:
    """The next thing may be that the board dies: what is stored every ten minutes is stored now."""
    with HandMade(tmp_path) as home:

        def stored_s() -> float:
            assert home.store.commit(Batch(), 5.0), "what was handed over before is on the disk"
            with home.store.reader() as reader:
                return float(json.loads(reader.state() or "{}").get("written_s", 0.0))

        home.later(60, door=0.0)
        before_s = stored_s()
        lose_mains(home)
        home.later(2, door=0.0)
        on_battery_s = stored_s()
        assert before_s < on_battery_s
        home.later(30, door=0.0)
        assert stored_s() == on_battery_s
        lose_mains(home, low=True)
        home.later(2, door=0.0)
        assert stored_s() > on_battery_s


def test_health_and_status_say_what_is_known(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(5, door=0.0)
        state, _ = home.ask("status")
        assert state is not None
        assert state["power"] is None, "nothing tells"
        assert health(home.app, tmp_path)["battery_percent"] is None
        lose_mains(home)
        home.later(30, door=0.0)
        seen = health(home.app, tmp_path)
        keys = ("mains", "on_battery_s", "battery_percent", "battery_low", "shedding")
        assert [seen[key] for key in keys] == [False, 30.0, 55, False, "battery"]
        state, _ = home.ask("status")
        assert state is not None
        assert state["power"].pop("since") == home.app.wall_of(home.clock.at_s - 30.0)
        assert state["power"] == {key: seen[key] for key in keys}
        home.put(replace(FED, percent=56))
        home.later(1, door=0.0)
        state, _ = home.ask("status")
        assert state is not None
        assert state["power"]["since"] is None
        assert state["power"]["mains"] is True
