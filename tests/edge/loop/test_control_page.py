"""docs/control-socket.md says what the socket does: every command, every field, every figure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.host.control import ControlServer, Request
from drivers.host.control.messages import MAX_ANSWER_BYTES, MAX_REQUEST_BYTES, VERSION
from drivers.host.control.server import MAX_CLIENTS, MAX_PENDING
from edge.events import BellPressed, Measured, RouteState
from edge.law.modemtest import LIMITS, WITHIN_S
from edge.loop.answers import COMMANDS
from edge.loop.ways_out import MOST_ROWS
from edge.messages.book import GIVEN_UP_KEPT
from tests.edge.by_hand import HandMade

PAGE = (Path(__file__).parents[3] / "docs" / "control-socket.md").read_text(encoding="utf-8")


def section(command: str) -> str:
    found = re.search(rf"^### `{command}`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, command
    return found[1]


def test_every_command_has_its_place_and_no_other() -> None:
    assert sorted(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)) == sorted(COMMANDS)


@pytest.mark.parametrize("command", ["status", "modem", "outbox", "sensor"])
def test_every_field_of_an_answer_is_named(tmp_path: Path, command: str) -> None:
    with HandMade(tmp_path) as home:
        home.put(Measured("door", 0.0, 0.0))
        home.put(RouteState("modem", up=True))
        home.put(BellPressed())
        answer, error = home.ask(command, sensor="door")
    assert error is None
    assert answer is not None
    fields = {*answer, *(answer["waiting"][0] if command == "outbox" else ())}
    missing = {name for name in fields if f"`{name}`" not in section(command)}
    assert not missing


def test_its_figures_are_those_of_the_code() -> None:
    (most, minute_s), (hourly, hour_s) = LIMITS
    assert (minute_s, hour_s) == (60.0, 3600.0)
    for words in (
        f'`"v": {VERSION}`',
        f"at most {MAX_REQUEST_BYTES} bytes",
        f"{MAX_PENDING} requests of one client",
        f"{MAX_CLIENTS} clients",
        f"({MAX_ANSWER_BYTES // 2**20} MiB)",
    ):
        assert words in PAGE
    assert f"At most {most} a minute and {hourly} an hour" in section("modem_test")
    assert f"after {WITHIN_S:.0f} s" in section("modem_test")
    assert f"at most {MOST_ROWS} of them" in section("outbox")
    assert f"the last {GIVEN_UP_KEPT} since" in section("outbox")


@pytest.fixture
def socket_path(tmp_path: Path) -> Iterator[Path]:
    def answer(request: Request) -> None:
        request.reply({"waiting": [request.arguments]})

    server = ControlServer(tmp_path / "floodbell.sock", answer)
    server.start()
    yield tmp_path / "floodbell.sock"
    server.close()


def test_its_program_runs(socket_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    exec(program.replace("/run/floodbell/floodbell.sock", str(socket_path)), {})  # noqa: S102
    assert capsys.readouterr().out == "[{'texts': True}]\n"
