"""How doctor's verdicts look: a line each where there is room, blocks where there is none.

What must stay as it was agreed lies in ``snapshots``: times, versions, ports and paths are masked,
and what the machine of the test says is left out.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from edge.cli.app import main
from edge.cli.doctor import show_blocks
from edge.diagnose.verdict import Grade, Verdict
from edge.locale import use
from tests.brokers import mosquitto
from tests.edge.cli.snapshots import assert_as_kept
from tests.edge.diagnose.broken_homes import Home

SHOWN_OF = frozenset(
    {
        *("settings", "armed", "sensor", "noise", "height", "calibration", "wet", "kinds", "modem"),
        *("last_text", "self_test", "report_text", "address", "report_number", "contact"),
        *("broker", "http_sms"),
    }
)


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Verdict]]:
    """One broken home, examined in each language."""
    folder = tmp_path_factory.mktemp("layout")
    with mosquitto(folder / "broker") as broker, Home(folder / "home", broker.port) as home:
        home.sensor.set_depth_mm(120)
        home.modem.set_registered(False)
        home.change("서울 종로구", "종로구")
        return {language: home.examined(language) for language in ("en", "ko")}


@pytest.fixture
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    use(request.param)
    yield request.param
    use("en")


def blocks(verdicts: list[Verdict], width: int) -> str:
    page = Console(file=io.StringIO(), width=width, highlight=False, color_system=None)
    show_blocks(page, verdicts)
    assert isinstance(page.file, io.StringIO)
    return page.file.getvalue()


def masked(text: str) -> str:
    text = re.sub(r"(127\.0\.0\.1:)\d+", r"\g<1>PORT", text)
    text = re.sub(r"\b\d+ frames", "N frames", text)
    text = re.sub(r"값 \d+개", "값 N개", text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("language", ["en", "ko"], indirect=True)
def test_a_narrow_terminal_shows_what_was_agreed(
    language: str, width: int, found: dict[str, list[Verdict]]
) -> None:
    shown = [v for v in found[language] if v.id.partition(":")[0] in SHOWN_OF]
    text = masked(blocks(shown, width))
    assert_as_kept(f"doctor-{language}-{width}", text.rstrip("\n"))


@pytest.mark.parametrize("language", ["en", "ko"], indirect=True)
def test_nothing_runs_over_the_edge_of_forty_columns_and_bad_comes_first(
    language: str, found: dict[str, list[Verdict]]
) -> None:
    text = blocks(found[language], 40)
    assert max(map(cell_len, text.splitlines())) <= 40
    order = [text.index(word) for word in {"en": ("BAD", "good"), "ko": ("이상", "좋음")}[language]]
    assert order == sorted(order)


def test_the_command_can_leave_out_what_is_good_and_names_last_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "floodbell.toml"
    broken.write_text('[site]\nid = "A"\n')
    assert main(["doctor", "--lang", "en", "--quiet", "--config", str(broken)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["verdict", "check", "found", "what", "to", "do"]
    assert "check(s) failed: settings: sensors" in said[-1]
    assert main(["doctor", "--lang", "en", "--json", "--config", str(broken)]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert {tuple(check) for check in document["checks"]} == {
        ("id", "name", "grade", "found", "remedy")
    }
    use("en")


def test_only_what_is_not_good_is_shown_if_asked_for(found: dict[str, list[Verdict]]) -> None:
    quiet = [v for v in found["en"] if v.grade in (Grade.BAD, Grade.WARN)]
    assert "good  " not in blocks(quiet, 80)
