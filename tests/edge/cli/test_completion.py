"""The shell completes commands, options and names, and never hears a word of complaint."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import app
from edge.store.rows import Batch
from edge.store.store import Store

ROOT = Path(__file__).parents[3]
FLOOD = "0199aaaa-1111-7abc-8def-000000000001"
BELL = "0199bbbb-1112-7abc-8def-000000000002"

SETTINGS = """
[site]
language = "en"
[sensors.door]
driver = "a02yyuw"
zone = "entrance"
[sensors.door-float]
driver = "float_switch"
[sensors.window]
driver = "a02yyuw"
[sensors."dust $(touch ran)"]
driver = "a02yyuw"
[sensors."d`touch ran`"]
zone = "e;touch ran"
[sensors."d\\nplain,drop"]
driver = "a02yyuw"
[sensors.dusk]
driver = "a\\nplain,drill"
[contacts.mother]
role = "guardian"
[contacts.mayor]
role = "office"
[paths]
state = "{folder}"
"""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings that would not pass every check, a history, and the command on the path."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "floodbell.toml").write_text(SETTINGS.format(folder=folder))
    command = folder / "bin" / "floodbell"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m edge.cli "$@"\n')
    command.chmod(0o755)
    store = Store(folder / "floodbell.db")
    store.open()
    events = [
        {"type": "stage_changed", "stage": "alert", "incident": one, "ts": "2026-07-22T12:00:00Z"}
        for one in (FLOOD, BELL)
    ]
    assert store.commit(Batch(events=tuple(events)), 5.0)
    assert store.close()
    return folder


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{home}/bin:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "FLOODBELL_CONFIG": str(home / "floodbell.toml"),
        "LANG": "C.UTF-8",
        **more,
    }


def asked(home: Path, shell: str, typed: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Ask as the scripts of the three shells do: by the environment."""
    *words, incomplete = typed.split(" ")
    position = incomplete if shell == "fish" else str(len(words))
    variables = {
        "COMP_WORDS": typed,
        "COMP_CWORD": position,
        "_FLOODBELL_COMPLETE": f"{shell}_complete",
        **more,
    }
    return subprocess.run(
        [sys.executable, "-m", "edge.cli"],
        cwd=ROOT,
        env=environment(home, **variables),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_bash_completes_commands_options_and_names(home: Path) -> None:
    cases = {
        "floodbell sen": "sensor",
        "floodbell sensor r": "read",
        "floodbell sensor read do": "door door-float",
        "floodbell sensor read d": "door door-float dusk",  # and nothing that a shell would run
        "floodbell sensor calibrate w": "window",
        "floodbell drill alert --to m": "mother mayor",
        "floodbell incidents 0199": "0199bbbb 0199aaaa",
        "floodbell status --js": "--json",
        "floodbell status --lang ": "ko en",
        "floodbell nonsense x": "",
    }
    lines = ["source <(floodbell completion bash)", "complete -p floodbell"]
    for typed in cases:
        words = typed.split(" ")
        quoted = " ".join(f"'{word}'" for word in words)
        lines += [
            f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=()",
            "_floodbell_completion floodbell; echo ${COMPREPLY[@]}",
        ]
    ran = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    registered, *completed = ran.stdout.splitlines()
    assert registered == "complete -o nosort -F _floodbell_completion floodbell"
    assert completed == list(cases.values())
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("shell", "written"),
    [
        ("zsh", "plain\nmother\nguardian\nplain\nmayor\noffice\n"),
        ("fish", "plain,mother\tguardian\nplain,mayor\toffice\n"),
    ],
)
def test_the_other_shells_get_each_name_with_what_it_is(
    home: Path, shell: str, written: str
) -> None:
    ran = asked(home, shell, "floodbell drill alert --to m")
    assert (ran.stdout, ran.stderr) == (written, "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_that_is_here_loads_its_script(home: Path, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    script = subprocess.run(
        [program, "-c", f"floodbell completion {shell} > script; {shell} -n script"],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (script.returncode, script.stderr) == (0, "")


def test_the_settings_that_are_typed_are_those_that_count(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('[sensors.cellar]\ndriver = "x"\n')
    ran = asked(home, "bash", f"floodbell sensor read --config {other} ")
    assert ran.stdout == "plain,cellar\n"
    ran = asked(home, "bash", f"floodbell sensor --config {other} read c")
    assert ran.stdout == "plain,cellar\n"


@pytest.mark.parametrize(
    "variables",
    [
        {"FLOODBELL_CONFIG": "/nowhere.toml"},
        {"COMP_CWORD": "x"},
        {"COMP_WORDS": "floodbell 'unclosed"},
        {"_FLOODBELL_COMPLETE": "rubbish"},
    ],
)
def test_whatever_is_broken_nothing_is_said(home: Path, variables: dict[str, str]) -> None:
    ran = asked(home, "bash", "floodbell incidents 01", **variables)
    assert ran.stderr == ""
    assert all(line.startswith("plain,") for line in ran.stdout.splitlines() if line)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_asks_the_command_by_its_variable(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"_FLOODBELL_COMPLETE={shell}_complete" in script
    assert "floodbell" in script


def test_a_shell_that_is_not_known_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["completion", "cmd.exe", "--lang", "en"]) == 2
    assert "bash" in capsys.readouterr().err
