"""The Debian package: what is in it, by dpkg's own account, and what it was made of.

The libraries are left out here; the whole package is made by ``make deb`` and lived through in
``tests/vm/test_vm_package.py``.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

from debian.making.bill import bill_of_materials
from debian.making.contents import TREE, is_unit, place_of
from debian.making.libraries import LOCK, ROOT, lay_out
from debian.making.package import PROGRAM, SCRIPTS, complete, pack
from debian.making.target import RELEASES, Target

pytestmark = [
    pytest.mark.xdist_group("debian"),
    pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="there is no dpkg-deb here"),
]
VERSION = "1.2.3+deb13"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package for another system than this one most likely is, without libraries."""
    folder = tmp_path_factory.mktemp("package")
    target, root = Target("trixie", "arm64"), folder / "root"
    libraries = lay_out(root / TREE, target)
    about = libraries / "floodbell-1.2.3.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.4\nName: floodbell\nVersion: 1.2.3\n")
    shutil.copytree(ROOT / "systemd", root / TREE / "share/floodbell/systemd")
    complete(root, target, VERSION, 1_700_000_000)
    return pack(root, folder / "dist", target, VERSION)


@pytest.fixture(scope="module")
def unpacked(package: Path) -> Path:
    """What dpkg takes out of it."""
    folder = package.parent / "unpacked"
    command = ["dpkg-deb", "--raw-extract", str(package), str(folder)]
    subprocess.run(command, check=True, timeout=30)
    return folder


def test_the_package_asks_for_exactly_the_python_that_its_wheels_are_for(package: Path) -> None:
    command = ["dpkg-deb", "--field", str(package), "Depends", "Version", "Architecture"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    assert "python3.13, python3, " in told
    assert "<<" not in told, "an upgrade to the next Debian would remove the bell in passing"
    assert "python3-lgpio" in told
    assert "Version: 1.2.3+deb13" in told
    assert "Architecture: arm64" in told
    assert package.name == "floodbell_1.2.3+deb13_arm64.deb"


def test_debian_12_brings_its_own_library_for_pins() -> None:
    assert "lgpio" not in Target("bookworm", "amd64").depends
    assert re.search(r"^lgpio==.*python_full_version < '3.12'", LOCK.read_text(), re.MULTILINE)


def test_settings_and_state_are_nobodys_but_the_owners(unpacked: Path) -> None:
    tops = {path.name for path in unpacked.iterdir()}
    assert tops == {"DEBIAN", "usr"}
    assert not (unpacked / "DEBIAN/conffiles").exists()


def test_every_piece_for_systemd_follows_the_release_in_force(unpacked: Path) -> None:
    for piece in (path.relative_to(ROOT / "systemd") for path in (ROOT / "systemd").rglob("*")):
        place = place_of(piece)
        if place is None or not (ROOT / "systemd" / piece).is_file():
            continue
        if is_unit(piece):
            assert not (unpacked / place).exists(), "dpkg would replace it before its program"
        else:
            told = (unpacked / place).readlink()
            assert told == Path("/opt/floodbell/share/floodbell/systemd", piece)


def test_the_environment_belongs_where_a_bell_has_it(unpacked: Path) -> None:
    assert (unpacked / "usr/bin/floodbell").readlink() == Path("/opt/floodbell/bin/floodbell")
    command = unpacked / TREE / "bin/floodbell"
    assert command.read_text().startswith("#!/opt/floodbell/bin/python3\n")
    assert command.stat().st_mode & 0o777 == 0o755
    assert (unpacked / TREE / "bin/python3").readlink() == Path("/usr/bin/python3.13")
    assert "include-system-site-packages = true" in (unpacked / TREE / "pyvenv.cfg").read_text()


def test_completions_and_papers_are_where_debian_looks(unpacked: Path) -> None:
    assert "floodbell" in (
        (unpacked / "usr/share/bash-completion/completions/floodbell").read_text()
    )
    papers = unpacked / "usr/share/doc/floodbell"
    assert "Apache License" in (papers / "copyright").read_text(encoding="utf-8")
    assert (papers / "changelog.gz").exists()


def test_each_script_is_plain_shell_and_whole(unpacked: Path) -> None:
    helpers = (unpacked / "usr/libexec/floodbell").iterdir()
    for script in (*(unpacked / "DEBIAN" / name for name in SCRIPTS), *helpers):
        subprocess.run(["sh", "-n", str(script)], check=True, timeout=10)
        text = script.read_text(encoding="utf-8")
        assert not re.search(r"#[A-Z-]+#", text), "something was left to be filled in"
    if checker := shutil.which("shellcheck"):
        scripts = [str(unpacked / "DEBIAN" / name) for name in SCRIPTS]
        subprocess.run([checker, "-s", "sh", *scripts], check=True, timeout=30)


def test_the_bill_of_materials_is_good_cyclonedx(tmp_path: Path) -> None:
    for name, licence in (("floodbell", "Apache-2.0"), ("other", "A licence of its own")):
        (tmp_path / f"{name}-1.0.dist-info").mkdir()
        (tmp_path / f"{name}-1.0.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nLicense: {licence}\n"
        )
    bill = bill_of_materials(tmp_path, PROGRAM, VERSION)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    told = json.loads(bill)
    assert [part["purl"] for part in told["components"]] == ["pkg:pypi/other@1.0"]
    assert told["metadata"]["component"]["version"] == VERSION


def locked() -> dict[str, list[Requirement]]:
    """Every requirement of the lock, by name."""
    found: dict[str, list[Requirement]] = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line[:1].isalnum():
            wanted = Requirement(line.removesuffix("\\").strip())
            found.setdefault(wanted.name, []).append(wanted)
    return found


def test_the_lock_is_in_step_with_what_the_program_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = locked()
    for release in RELEASES.values():
        python = {"python_full_version": f"{release.python[0]}.{release.python[1]}.0"}
        for line in project["dependencies"]:
            wanted = Requirement(line)
            for_it = [
                pin
                for pin in pins.get(wanted.name, [])
                if pin.marker is None or pin.marker.evaluate(python)
            ]
            assert len(for_it) == 1, f"{line}: run make lock"
            version = str(for_it[0].specifier).removeprefix("==")
            assert wanted.specifier.contains(version), f"{line}: run make lock"


def test_everything_in_the_lock_has_hashes_and_no_place_is_named() -> None:
    text = LOCK.read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        assert "--hash=sha256:" in block, block
    assert "://" not in text
    assert "index" not in text
