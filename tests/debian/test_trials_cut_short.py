"""A trial whose script is killed comes to an end all the same, with a bell that runs.

The real scripts, moved below a folder; what stands in for systemd is a bell that is a file, and a
guard that is a process of its own. With a real systemd it is tried in ``tests/vm``.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from debian.making.libraries import ROOT

SYSTEMCTL = """\
#!/bin/sh
# The bell runs if "active" is there. A version is as good as its unit says.
cd {home}
case "$*" in
"is-active floodbell.service") if [ -e active ]; then echo active; else echo inactive; fi ;;
"stop floodbell.service") rm -f active ;;
"start floodbell.service")
    unit=run/systemd/system/floodbell.service
    [ -e $unit ] || unit=usr/lib/systemd/system/floodbell.service
    if grep -q bad $unit; then result=1; else result=0; cat $unit >active; fi
    ;;
esac
echo "$*" >>told
at="$(cat kill-at 2>/dev/null) floodbell.service"
[ "$*" != "$at" ] || {{ rm kill-at; kill -9 "$(cat pid)"; }}
exit ${{result:-0}}
"""

SYSTEMD_RUN = """\
#!/bin/sh
# What is run by systemd outlives whoever asked for it.
while [ "${{1#--}}" != "$1" ]; do shift; done
(setsid "$@"; echo end >{home}/guard-end) >{home}/guard.log 2>&1 </dev/null &
"""

MOVED = re.compile(r"(?<![\w/.$}])/(?=(?:opt|var|run|etc|usr/lib)\b)")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A machine with version 1 in force and running, and its store."""
    for folder in ("bin", "run/systemd/system", "etc/floodbell", "var/log", "opt"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/lib/systemd/system").mkdir(parents=True)
    libexec = tmp_path / "usr/libexec/floodbell"
    shutil.copytree(ROOT / "debian/libexec", libexec)
    for piece in libexec.iterdir():
        piece.write_text(MOVED.sub(f"{tmp_path}/", piece.read_text(encoding="utf-8")))
    (libexec / "release").chmod(0o755)
    for name, text in (("systemctl", SYSTEMCTL), ("systemd-run", SYSTEMD_RUN)):
        (tmp_path / "bin" / name).write_text(text.format(home=tmp_path))
        (tmp_path / "bin" / name).chmod(0o755)
    for name in ("deb-systemd-helper", "udevadm", "journalctl", "systemd-sysusers"):
        (tmp_path / "bin" / name).symlink_to("/bin/true")
    (tmp_path / "etc/floodbell/floodbell.toml").touch()
    (tmp_path / "var/lib/floodbell").mkdir(parents=True)
    store(tmp_path, "1")
    unpacked(tmp_path, "1", "good")
    assert bring(tmp_path, "1") == 0
    assert running(tmp_path) == "1"
    os.mkfifo(tmp_path / "guard-end")
    return tmp_path


def unpacked(home: Path, version: str, worth: str) -> None:
    """Leave what dpkg has unpacked: a version whose unit says what it is worth."""
    units = home / "usr/lib/floodbell/share/floodbell/systemd"
    shutil.rmtree(home / "usr/lib/floodbell", ignore_errors=True)
    units.mkdir(parents=True)
    (home / "usr/lib/floodbell/bin").mkdir()
    (home / "usr/lib/floodbell/bin/floodbell").touch(0o755)
    (units / "floodbell.service").write_text(f"ExecStart=/opt/floodbell\n# {worth} {version}\n")


def store(home: Path, schema: str) -> None:
    with closing(sqlite3.connect(home / "var/lib/floodbell/floodbell.db")) as db:
        db.execute(f"PRAGMA user_version = {schema}")


def schema(home: Path) -> int:
    with closing(sqlite3.connect(home / "var/lib/floodbell/floodbell.db")) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def run(home: Path, *words: str) -> int:
    environment = {**os.environ, "PATH": f"{home}/bin:{os.environ['PATH']}"}
    release = home / "usr/libexec/floodbell/release"
    command = ["sh", "-c", f'echo $$ >{home}/pid; exec {release} "$@"', "sh", *words]
    return subprocess.run(
        command, env=environment, capture_output=True, timeout=30, check=False
    ).returncode


def bring(home: Path, version: str) -> int:
    return run(home, "bring", version)


def running(home: Path) -> str:
    """The version that runs; empty if none does."""
    active = home / "active"
    return active.read_text().split()[-1] if active.exists() else ""


def in_force(home: Path) -> str:
    unit = home / "opt/floodbell/share/floodbell/systemd/floodbell.service"
    return unit.read_text().split()[-1]


def await_guard(home: Path) -> None:
    assert (home / "guard-end").read_text() == "end\n"


def nothing_is_left(home: Path) -> None:
    assert not (home / "var/lib/floodbell-before").exists()
    assert not (home / "run/systemd/system/floodbell.service").exists()
    assert (home / "run/floodbell-trial").read_text() == ""


def test_a_trial_that_is_not_disturbed_leaves_its_guard_nothing_to_do(home: Path) -> None:
    unpacked(home, "2", "good")
    assert bring(home, "2") == 0
    await_guard(home)
    assert (running(home), in_force(home)) == ("2", "2")
    nothing_is_left(home)


def test_killed_while_the_bell_is_stopped_the_old_version_runs_again(home: Path) -> None:
    (home / "kill-at").write_text("stop")
    unpacked(home, "2", "good")
    assert bring(home, "2") == -9
    await_guard(home)
    assert (running(home), in_force(home)) == ("1", "1")
    nothing_is_left(home)
    assert bring(home, "2") == 0, "it was never tried, so nothing is said against it"
    await_guard(home)
    assert running(home) == "2"


def test_killed_while_a_good_version_starts_that_one_is_put_into_force(home: Path) -> None:
    (home / "kill-at").write_text("start")
    unpacked(home, "2", "good")
    assert bring(home, "2") == -9
    await_guard(home)
    assert (running(home), in_force(home)) == ("2", "2")
    nothing_is_left(home)


def test_killed_while_a_bad_version_starts_the_old_one_gets_its_store_back(home: Path) -> None:
    (home / "kill-at").write_text("start")
    unpacked(home, "2", "bad")
    wrapped = (home / "bin/systemctl").read_text()
    migrate = (
        "[ -e run/systemd/system/floodbell.service ] && cp later.db var/lib/floodbell/floodbell.db"
    )
    (home / "later.db").touch()
    with closing(sqlite3.connect(home / "later.db")) as db:
        db.execute("PRAGMA user_version = 2")
    (home / "bin/systemctl").write_text(
        wrapped.replace("then result=1;", f"then {migrate}; result=1;")
    )
    assert bring(home, "2") == -9
    await_guard(home)
    assert (running(home), in_force(home)) == ("1", "1")
    assert schema(home) == 1
    nothing_is_left(home)
    assert bring(home, "2") == 1, "refused, and the bell is left alone"
    assert running(home) == "1"


def test_the_next_upgrade_ends_a_trial_whose_guard_was_killed_too(home: Path) -> None:
    """Without that the copy of the old version's store would be replaced by one of the trial's."""
    (home / "bin/systemd-run").write_text("#!/bin/sh\n")
    (home / "kill-at").write_text("start")
    unpacked(home, "2", "good")
    assert bring(home, "2") == -9
    assert (running(home), in_force(home)) == ("2", "1")
    unpacked(home, "3", "bad")
    assert bring(home, "3") == 1
    assert (running(home), in_force(home)) == ("2", "2")
    nothing_is_left(home)


def test_a_trial_that_nobody_can_watch_over_does_not_begin(home: Path) -> None:
    (home / "bin/systemd-run").write_text("#!/bin/sh\nexit 1\n")
    (home / "told").unlink()
    unpacked(home, "2", "good")
    assert bring(home, "2") == 1
    assert running(home) == "1"
    assert "stop floodbell.service" not in (home / "told").read_text()


@pytest.mark.parametrize(("ready", "stays"), [(True, "2"), (False, "1")])
def test_after_a_power_cut_a_version_that_was_ready_stays(
    home: Path, ready: bool, stays: str
) -> None:
    (home / "bin/systemd-run").write_text("#!/bin/sh\n")
    (home / "kill-at").write_text("start")
    unpacked(home, "2", "good")
    assert bring(home, "2") == -9
    before = home / "var/lib/floodbell-before"
    if ready:
        (before / "ready").touch()  # as systemd does
    store(home, "2")  # as the new version has made it
    (home / "active").unlink()
    shutil.rmtree(home / "run")
    (home / "run/systemd/system").mkdir(parents=True)
    assert run(home, "undo") == 0
    assert in_force(home) == stays
    assert schema(home) == int(stays)
    assert not before.exists()
