"""What is installed: one command, its catalogues, its settings and unit files."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from edge import __version__

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.xdist_group("wheel")  # built once


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as pip would build it, without fetching anything."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=50)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with nothing of ours in it but the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # The libraries come from here; a folder named in a .pth file has its own .pth files ignored, so
    # the working tree, installed here for development, is not seen.
    libraries = sysconfig.get_paths()["purelib"]
    (folder / "lib" / version / "site-packages" / "libraries.pth").write_text(libraries)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    command = [
        *pip,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--ignore-installed",
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=50, cwd=folder)
    return folder


def test_the_command_works_from_the_wheel(installed: Path) -> None:
    command = [str(installed / "bin" / "floodbell"), "--version"]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=20, check=True, cwd=installed
    )
    assert ran.stdout == f"floodbell {__version__}\n"
    where = subprocess.run(
        [str(installed / "bin" / "python"), "-c", "import edge; print(edge.__file__)"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
        cwd=installed,
    )
    assert where.stdout.startswith(str(installed))


def test_an_installed_command_speaks_korean(installed: Path) -> None:
    command = [str(installed / "bin" / "floodbell"), "--lang", "ko", "--help"]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=20, check=True, cwd=installed
    )
    assert "침수 비상벨" in ran.stdout


def test_settings_and_unit_files_are_installed_beside_it(installed: Path) -> None:
    share = installed / "share" / "floodbell"
    for tree in ("config", "systemd"):
        here = {path.relative_to(ROOT / tree) for path in (ROOT / tree).rglob("*")}
        assert {path.relative_to(share / tree) for path in (share / tree).rglob("*")} >= here


def test_the_wheel_holds_only_what_is_meant(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.startswith("floodbell-")} == {"edge", "drivers"}
    assert "edge/locale/ko/LC_MESSAGES/floodbell.mo" in names
    unwanted = (".po", ".pyc")
    assert not [n for n in names if n.endswith(unwanted) or "tests" in n or "test_" in n]


def test_run_loads_nothing_that_only_the_other_commands_need(tmp_path: Path) -> None:
    """The bell must be up again within a second of a crash, and stay small."""
    broken = tmp_path / "broken.toml"
    broken.write_text("[site]\n")
    program = (
        "import sys, edge.cli\n"
        f"sys.argv = ['floodbell', 'run', '--config', {str(broken)!r}]\n"
        "code = edge.cli.main()\n"
        "heavy = {'click', 'rich', 'argparse', 'asyncio', 'plotille', 'matplotlib', 'numpy'}\n"
        "heavy |= {'phonenumbers', 'tomlkit'}\n"
        "heavy |= {'urllib3', 'tenacity'}  # only where texts go by the internet as well\n"
        "heavy |= {'edge.locale', 'edge.demo', 'edge.diagnose', 'edge.simulate'}\n"
        "heavy |= {'edge.centre.interface', 'edge.commission', 'drivers.finding'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False
    )
    assert ran.stdout == "2 []\n", ran.stderr
