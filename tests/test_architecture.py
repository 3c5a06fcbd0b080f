"""What no linter sees: things that must not stand in the tree at all."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Put together, so that this file does not find itself.
FORBIDDEN = {
    "a path of somebody's machine": re.compile("(/wo" + "rk/|/ro" + "ot/|/ho" + "me/[a-z])"),
    "unfinished business": re.compile("TO" + "DO|FIX" + "ME|\\bXX" + "X\\b"),
}

OPENERS = "Serial|serial_for_url"
TALKATIVE = ("edge/cli/", "edge/demo/", "tests/")


def tracked() -> list[Path]:
    """Every file under version control, and every new one that is not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=20
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def python_files() -> list[Path]:
    """All of ours; the benchmark measures programs that are not the product, and is no test."""
    files = [path for path in tracked() if path.suffix == ".py"]
    return [path for path in files if not path.is_relative_to(ROOT / "tests" / "bench")]


def calls(path: Path, named: str) -> Iterator[ast.Call]:
    """Calls of what ends in such a name; a file that does not hold the word is not parsed."""
    text = path.read_text(encoding="utf-8")
    if not re.search(named, text):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and re.fullmatch(named, name_of(node).split(".")[-1]):
            yield node


def name_of(call: ast.Call) -> str:
    return ast.unparse(call.func)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_tree_holds_nothing_that_does_not_belong(what: str) -> None:
    found = []
    for path in tracked():
        if path.suffix in {".mo", ".gz", ".png"} or path.name == "survivors.toml":
            continue  # the list of mutants quotes what a mutation writes
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not found


def test_every_serial_port_is_opened_with_time_outs() -> None:
    """A port without a time-out hangs its thread at the first unplugged cable."""
    for path in python_files():
        needed = {"timeout"} if "tests" in path.parts else {"timeout", "write_timeout"}
        for call in calls(path, OPENERS):
            given = {keyword.arg for keyword in call.keywords}
            assert needed <= given, f"{path.relative_to(ROOT)}:{call.lineno}"


def test_only_the_command_line_and_the_demo_print() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in python_files()
        if not str(path.relative_to(ROOT)).startswith(TALKATIVE)
        for call in calls(path, "print")
        if name_of(call) == "print"
    ]
    assert not found


def test_no_test_sleeps_and_none_mocks() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {name_of(call)}"
        for path in python_files()
        if path.is_relative_to(ROOT / "tests")
        for call in calls(path, "sleep|.*Mock|setattr")
        if re.fullmatch(r"time\.sleep|sleep|.*MagicMock|.*Mock|monkeypatch\.setattr", name_of(call))
    ]
    assert not found


def test_every_test_file_has_a_name_of_its_own() -> None:
    """A name that is met in a traceback says which file it is."""
    paths = [path for path in python_files() if path.is_relative_to(ROOT / "tests")]
    names = [path.name for path in paths if path.name != "__main__.py"]  # what -m runs
    assert sorted(names) == sorted(set(names))
