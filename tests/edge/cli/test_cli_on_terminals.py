"""What a technician sees in a wide and in a narrow window, in both languages, kept as snapshots."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from edge.cli.screen import finds_room
from tests.edge.cli.snapshots import assert_as_kept
from tests.edge.cli.terminal import on_terminals
from tests.edge.cli.test_cli import DANGER, STATUS, Answering, config, daemon

__all__ = ["config", "daemon"]  # fixtures

UNWELL: dict[str, Any] = {
    **STATUS,
    "report_armed": True,
    "disarmed": {"by": "kim", "for_s": 10.0, "left_s": 590.0},
    "service": {"by": "kim", "left_s": 1800.0},
    "http": {"state": "down", "detail": "the service does not know the key"},
    "modem": {**STATUS["modem"], "state": "down", "registered": None, "detail": "SIM is locked"},
    "troubles": [{"cause": "modem", "detail": "SIM is locked", "for_s": 7300.0}],
}
WIDTHS = (100, 80, 40)


@pytest.mark.parametrize(
    ("name", "answer", "code"),
    [("calm", STATUS, 0), ("danger", DANGER, 1), ("unwell", UNWELL, 1)],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_status_can_be_read_in_every_window(
    daemon: Answering, config: str, language: str, name: str, answer: dict[str, Any], code: int
) -> None:
    daemon.answers["status"] = answer
    command = ["status", "--config", config, "--lang", language]
    pages = []
    for width in WIDTHS:
        (ran,) = on_terminals([command], width)
        assert ran.code == code
        # pyte lets a wide letter begin in the last column, where a terminal begins a new line.
        assert all(cell_len(line) <= width + 1 for line in ran.screen.splitlines())
        pages.append(f"{'-' * width}\n{ran.screen}")
    assert_as_kept(f"status-{name}-{language}", "\n".join(pages))


def test_a_table_is_folded_only_as_far_as_it_can_be_read() -> None:
    long = "a sentence of some length, that says what was found and why it matters"
    heads = ("check", "found", "what to do")
    assert finds_room(heads, [("modem", "good", "")], 40)
    assert finds_room(heads, [("modem", long, long)], 80)
    assert not finds_room(heads, [("door-float", long, long)], 40)
    assert not finds_room(heads, [("a-sensor-at-the-door", long, "")], 40)
    assert finds_room((), [], 40)
    assert finds_room(("",), [("문" * 10,)], 20)
    assert not finds_room(("",), [("문" * 10,)], 19), "a Korean letter is two columns wide"
