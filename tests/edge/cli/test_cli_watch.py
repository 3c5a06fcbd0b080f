"""``floodbell watch``: live on a terminal, a line a change without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from edge.cli.watch import _one_line
from edge.cli.watch_view import depth_bar, lines
from edge.locale import use
from tests.edge.cli.terminal import ROOT, Terminal, surroundings
from tests.edge.cli.test_cli import DANGER, STATUS, Answering, config, daemon

__all__ = ["config", "daemon"]  # fixtures

SEOUL = ZoneInfo("Asia/Seoul")
CALM: dict[str, Any] = {
    **STATUS,
    "setpoints": {"alert_mm": 20.0, "danger_mm": 150.0},
    "events": [
        {"type": "started", "ts": "2026-07-22T12:00:00.000Z", "reason": ""},
        {"type": "armed", "ts": "2026-07-22T12:00:01.000Z", "by": "kim", "reason": "by hand"},
    ],
}
FLOOD: dict[str, Any] = {**CALM, **DANGER, "siren": True, "for_s": 12.0}
FLOOD["sensors"] = {"door": {**STATUS["sensors"]["door"], "depth_mm": 183, "at_least_mm": 183}}
FLOOD["events"] = [
    {
        "type": "stage_changed",
        "stage": "danger",
        "zone": "entrance",
        "ts": "2026-07-22T12:00:09.000Z",
        "reason": "door 183 mm",
    }
]


def picture(answer: dict[str, Any], width: int = 80, height: int = 24, age_s: float = 0.0) -> str:
    use("en")
    drawn = lines(answer, age_s=age_s, width=width, height=height, zone=SEOUL)
    return "\n".join(line.plain for line in drawn)


def test_it_shows_the_water_follows_it_and_ends_at_q(daemon: Answering, config: str) -> None:
    daemon.answers["watch"] = CALM
    with Terminal("watch", "--config", config, "--interval", "0.2") as terminal:
        terminal.until("NORMAL: no water").until("21:00:01 armed  kim")
        daemon.answers["watch"] = FLOOD
        terminal.until("DANGER: deep water (18 cm)").until("183 mm").until("siren sounds")
        terminal.press("x")  # no key of ours
        terminal.resize(40, 30)
        terminal.until(lambda screen: "DANGER" in screen and "call" not in screen.split("\n")[0])
        assert terminal.press("q").ended() == 0
        assert terminal.raw.startswith(b"\x1b[?1049h")
        assert terminal.raw.endswith(b"\x1b[?1049l"), "what stood there before is there again"
        assert terminal.line_by_line


def test_a_bell_that_falls_silent_is_old_news_until_it_answers_again(
    daemon: Answering, config: str, tmp_path: Path
) -> None:
    daemon.answers["watch"] = CALM
    with Terminal("watch", "--config", config, "--interval", "0.2") as terminal:
        terminal.until("NORMAL: no water")
        daemon.server.close()
        terminal.until("NO ANSWER for", 10.0)
        again = Answering(tmp_path)
        again.answers["watch"] = FLOOD
        terminal.until("DANGER: deep water").until(lambda screen: "NO ANSWER" not in screen)
        again.server.close()
        assert terminal.press("\x03").ended() == 0, "Ctrl-C is the usual way out"


def test_into_a_pipe_goes_a_line_for_each_change_and_a_closed_pipe_ends_it(
    daemon: Answering, config: str
) -> None:
    daemon.answers["watch"] = CALM
    command = [sys.executable, "-m", "edge.cli", "watch", "--config", config, "--interval", "0.2"]
    with subprocess.Popen(
        command, cwd=ROOT, env=surroundings(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline().decode()
        assert first.startswith("NORMAL: no water; not armed")
        assert "door 3 mm; float below 20 mm" in first
        daemon.answers["watch"] = FLOOD
        assert process.stdout.readline().decode().startswith("DANGER: deep water")
        process.stdout.close()
        daemon.answers["watch"] = CALM
        assert process.wait(10) == 141


def test_json_is_a_document_a_line_as_often_as_asked(daemon: Answering, config: str) -> None:
    daemon.answers["watch"] = CALM
    ran = subprocess.run(
        [sys.executable, "-m", "edge.cli", "watch", "--json", "--times", "2", "--config", config],
        cwd=ROOT,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    one, two = map(json.loads, ran.stdout.splitlines())
    assert one["stage"] == two["stage"] == "normal"
    assert one["setpoints"] == {"alert_mm": 20.0, "danger_mm": 150.0}


def test_what_is_not_known_is_drawn_as_not_known() -> None:
    dead = {"quality": "faulted", "depth_mm": None, "at_least_mm": None, "below_mm": None}
    assert depth_bar(dead, 20, 150, 12).plain == "?" * 12
    hanging = {"quality": "good", "depth_mm": None, "at_least_mm": None, "below_mm": 150}
    assert depth_bar(hanging, 20, 150, 21).plain == "??┃??????????" + "?┃······"[:8]
    wet = {"quality": "good", "depth_mm": None, "at_least_mm": 20, "below_mm": None}
    assert depth_bar(wet, 20, 150, 21).plain.startswith("▓▓┃??")
    dry = {"quality": "good", "depth_mm": 0, "at_least_mm": 0, "below_mm": 0}
    assert set(depth_bar(dry, 20, 150, 21).plain) == {"·", "┃"}
    a_little = {"quality": "good", "depth_mm": 2, "at_least_mm": 2, "below_mm": 2}
    assert depth_bar(a_little, 20, 150, 21).plain.startswith("█")


def test_old_news_says_so_and_a_calm_bell_with_a_trouble_does_not_look_safe() -> None:
    assert "NO ANSWER for 9 s: what stands here is OLD" in picture(CALM, age_s=9.0)
    trouble = {**CALM, "troubles": [{"cause": "sensor:door", "detail": "no echo", "for_s": 12.0}]}
    drawn = picture(trouble)
    assert "NO WATER SEEN, but the bell is not well" in drawn
    assert "NORMAL" not in drawn
    assert "no echo" in drawn


@pytest.mark.parametrize("more", [{"troubles": [{"cause": "modem"}]}, {"sensors": {}}])
def test_the_one_line_of_a_pipe_does_not_look_safe_either(more: dict[str, Any]) -> None:
    line = _one_line({**CALM, **more}, 0.1)
    assert line.startswith("NO WATER SEEN, but ")
    assert "NO ANSWER" in _one_line(CALM, 9.0)


@pytest.mark.parametrize("height", [1, 4, 6, 8, 12, 24])
def test_a_low_window_keeps_the_state_and_the_sensors(height: int) -> None:
    drawn = picture(FLOOD, 40, height).split("\n")
    assert len(drawn) <= height
    if height >= 4:
        assert "DANGER: deep water (18 cm)" in drawn[1]
    if height >= 8:
        assert any("183 mm" in line for line in drawn)


@given(
    depth=st.one_of(st.none(), st.floats(-50, 6000)),
    low=st.one_of(st.none(), st.floats(-50, 6000)),
    high=st.one_of(st.none(), st.floats(-50, 6000)),
    quality=st.sampled_from(["good", "suspect", "faulted", "stale", "?"]),
    alert=st.one_of(st.none(), st.floats(1, 500)),
    width=st.integers(1, 80),
)
def test_a_bar_is_as_wide_as_asked(
    depth: float | None,
    low: float | None,
    high: float | None,
    quality: str,
    alert: float | None,
    width: int,
) -> None:
    sensor = {"depth_mm": depth, "at_least_mm": low, "below_mm": high, "quality": quality}
    drawn = depth_bar(sensor, alert, None if alert is None else alert * 3, width)
    assert cell_len(drawn.plain) == width
