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

# The pages that say which test holds what, and how many tests each names at least.
PROMISING = {
    "README.md": 8,
    "docs/law.md": 70,
    "docs/architecture.md": 16,
    "docs/reliability.md": 30,
}


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


def test_both_readmes_show_the_same_commands_and_pages() -> None:
    english, korean = ([line.replace(" --lang ko", "") for line in commands(r)] for r in READMES)
    assert english == korean
    links = [
        {link.replace(".ko.", ".") for link in re.findall(r"\]\(([^)#]+)", text) if "/" in link}
        for text in ((ROOT / readme).read_text(encoding="utf-8") for readme in READMES)
    ]
    assert links[0] ^ links[1] == set()


@pytest.mark.parametrize(
    "page",
    [
        *READMES,
        "CONTRIBUTING.md",
        "tests/README.md",
        "docs/architecture.md",
        "docs/where.md",
        "docs/reliability.md",
        "docs/hardware.md",
        "docs/mqtt.md",
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
    pages = {page: (ROOT / page).read_text(encoding="utf-8") for page in PROMISING}
    named = {page: set(re.findall(r"`(test_\w+)`", text)) for page, text in pages.items()}
    assert all(len(named[page]) >= least for page, least in PROMISING.items())
    assert sorted(set.union(*named.values()) - there) == []
