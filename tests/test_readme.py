"""The README tells the truth: each command in it is run, each file that it names is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.demo.pace import SPEED_MAX

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.ko.md")

# The quick form of what would take a minute, by the command as it stands there.
QUICK = {"make demo": {"DEMO": f"--plain --speed {SPEED_MAX:g}"}}
# Not run here: it is what runs this.
ITSELF = {"make test"}


def commands(readme: str) -> list[str]:
    """The lines of every block marked ``sh``, without their comments."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


ALL = list(dict.fromkeys(line for readme in READMES for line in commands(readme)))


@pytest.mark.parametrize("command", [line for line in ALL if line not in ITSELF])
def test_the_command_works(command: str) -> None:
    if shutil.which("make") is None or not (ROOT / ".venv" / ".floodbell-installed").exists():
        pytest.skip("the environment was not made by `make`, and a test may not fetch anything")
    environment = {**os.environ, **QUICK.get(command, {})}
    words = command.split()
    if words[0] == "make":  # what is installed is not installed again: a test fetches nothing
        words[1:1] = ["-o", ".venv/.floodbell-installed"]
    ran = subprocess.run(
        words,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]


def test_both_readmes_show_the_demo_and_the_tests() -> None:
    for readme in READMES:
        assert {"make demo", "make test"} <= set(commands(readme))


@pytest.mark.parametrize(
    "page",
    [
        *READMES,
        "CONTRIBUTING.md",
        "docs/install.md",
        "docs/sensors.md",
        "docs/field-guide.md",
        "docs/field-guide.ko.md",
    ],
)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    words = set(re.findall(r"`([\w./<>-]+/[\w./<>-]*)`", text))
    links = {link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link}
    ours = ("edge/", "drivers/", "config/", "systemd/", "tests/", "docs/")
    named = {ROOT / word for word in words if word.startswith(ours) and "<" not in word}
    named |= {(ROOT / page).parent / link for link in links}
    assert not [path for path in sorted(named) if not path.exists()]


def test_every_test_that_a_page_names_is_there() -> None:
    """A promise is only as good as the test that holds it."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    there = set(re.findall(r"^def (test_\w+)", "\n".join(sources), re.MULTILINE))
    pages = [(ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/law.md")]
    named = set(re.findall(r"`(test_\w+)`", "\n".join(pages)))
    assert len(named) >= 80
    assert sorted(named - there) == []
