"""Help fits a narrow terminal in both languages, a slip gets a suggestion, and the page is true."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from edge.cli import app
from edge.cli.lines import wrap
from edge.cli.manual import EXAMPLES

ROOT = Path(__file__).parents[3]
PAGES = {"en": "docs/commands.md", "ko": "docs/commands.ko.md"}

# A process for each language: what a command says of itself is translated when it is imported.
EVERY_PAGE = """
import json, os, sys
import click
from edge.cli import manual
from edge.cli.app import group
from edge.locale import use
use(sys.argv[1])
root = group()
top = click.Context(root, info_name="floodbell", **root.context_settings)
helps = {}
for columns in ("40", "80"):
    os.environ["COLUMNS"] = columns
    all_ = [("", root, top), *manual.commands(root, top)]
    groups = [(n, root.get_command(top, n)) for n in ("sensor", "service", "schema", "modem")]
    all_ += [(n, one, click.Context(one, info_name=n, parent=top)) for n, one in groups]
    for name, command, _context in all_:
        made = command.context_class(
            command, info_name=name or "floodbell", **root.context_settings
        )
        helps[f"{columns} {name}"] = command.get_help(made)
options = {
    name: [opt for p in command.params for opt in (*p.opts, *p.secondary_opts) if opt[0] == "-"]
    for name, command, _context in manual.commands(root, top)
}
json.dump({"page": manual.page(), "helps": helps, "options": options}, sys.stdout)
"""


def every_page(language: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-c", EVERY_PAGE, language],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_help_fits_and_the_page_is_the_help(language: str) -> None:
    made = every_page(language)
    assert (ROOT / PAGES[language]).read_text(encoding="utf-8") == made["page"], "run make commands"
    for name, text in made["helps"].items():
        columns = int(name.split()[0])
        for line in text.splitlines():
            assert cell_len(line) < columns, f"{name}: {line}"
        assert "..." not in text.replace("CONTACT...", "").replace("ID...", "").replace(
            "[ARGS]...", ""
        ), name
    assert len(made["options"]) > 20
    for name, options in made["options"].items():
        section = made["page"].partition(f"\n## floodbell {name}\n")[2].partition("\n## ")[0]
        assert section, name
        assert "--lang" in options
        for option in options:
            assert option in section, f"{name} {option}"
        assert re.search(r"^    .*floodbell ", section, re.MULTILINE), f"{name} has no example"


def test_every_example_is_one_that_its_command_takes(capsys: pytest.CaptureFixture[str]) -> None:
    for name, example in EXAMPLES.items():
        if name.split()[0] not in app.COMMANDS:
            continue
        words = re.sub(r"^sudo |[|>].*$", "", example).split()
        assert words[:2] == ["floodbell", name.split()[0]]
        assert app.main([*words[1:], "--help", "--lang", "en"]) == 0, example
        assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("typed", "meant"), [(["doctr"], "doctor"), (["stats"], "status"), (["sensor", "reed"], "read")]
)
def test_a_slip_in_a_commands_name_gets_a_suggestion(
    typed: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.main([*typed, "--lang", "en"]) == 2
    assert f"No such command '{typed[-1]}'. Did you mean {meant}?" in capsys.readouterr().err
    assert app.main([*typed, "--lang", "ko"]) == 2
    assert f"혹시 {meant}입니까?" in capsys.readouterr().err


def test_a_word_that_is_near_nothing_gets_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["xyzzy", "--lang", "en"]) == 2
    assert "Did you mean" not in capsys.readouterr().err


def test_settings_and_language_may_stand_before_the_command_of_a_group(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "floodbell.toml"
    config.write_text(
        '[site]\nid = "x"\ndistrict = "x"\naddress = "x"\n[sensors.cellar]\ndriver = "simulated"\n'
        "script = [[0, 0]]\n"
    )
    asked = ["sensor", "--config", str(config), "--lang", "en", "list"]
    assert app.main(asked) == 0
    assert "cellar" in capsys.readouterr().out
    assert app.main(["sensor", "--help", "--lang", "en"]) == 0


def test_lines_break_at_words_and_are_counted_in_cells() -> None:
    assert wrap("물이 차고 있습니다", 10) == ["물이 차고", "있습니다"]
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("[flash-flood|slow-rise|cat]", 14) == ["[flash-flood|", "slow-rise|cat]"]
    assert wrap("가나다라마바사", 6) == ["가나다", "라마바", "사"]
    assert wrap("", 5) == [""]
