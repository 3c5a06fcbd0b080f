"""The pin factory: made late, once, and given back; and the folder that its library litters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from drivers.errors import WrongWiring
from drivers.ports import Ports

ROOT = Path(__file__).parents[3]


def test_it_is_made_when_it_is_asked_for_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    ports = Ports()
    assert ports.pins() is ports.pins()
    ports.close()
    ports.close()


def test_what_could_not_be_made_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = Ports()
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "nonsense")
    with pytest.raises(WrongWiring, match="expected one of lgpio"):
        ports.pins()
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    assert ports.pins()
    ports.close()


PROGRAM = """
import os, sys
{before}
from drivers.ports.pins import give_lgpio_a_folder
give_lgpio_a_folder()
print(os.environ["LG_WD"], os.path.isdir(os.environ["LG_WD"]))
"""


def place(before: str = "", **environment: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return ran.stdout.split()


def test_the_service_litters_its_runtime_directory_only(tmp_path: Path) -> None:
    assert place(RUNTIME_DIRECTORY=f"{tmp_path}:/elsewhere") == [str(tmp_path), "True"]
    assert place(RUNTIME_DIRECTORY="/elsewhere", LG_WD=str(tmp_path)) == [str(tmp_path), "True"]


def test_a_command_litters_a_folder_of_its_own_and_takes_it_away(tmp_path: Path) -> None:
    folder, there = place(TMPDIR=str(tmp_path))
    assert Path(folder).parent == tmp_path
    assert there == "True"
    assert list(tmp_path.iterdir()) == []
