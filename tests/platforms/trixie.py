"""The whole of ``make test`` on Debian 13: Python 3.13, Mosquitto 2.0.21, SQLite 3.46, OpenSSL 3.5.

That is what Raspberry Pi OS Trixie runs. Owns a Debian 13 in a folder (``$FLOODBELL_TRIXIE``, else
in the cache), in which nothing is installed but git, make and the certificates of authorities: all
else comes by ``make`` itself, as in a fresh clone. Invariant: the machine stays as it is. What runs
in there sees only its own processes, and its mounts are gone with it, also when it is killed.

    make test-trixie
    make test-trixie TRIXIE=--fresh                    # made anew first: minutes
    make test-trixie TRIXIE="make test TESTS=tests/config"
    make test-trixie TRIXIE=".venv/bin/floodbell doctor"
    make test-trixie TRIXIE="--suite sid make test"    # Debian's next, with a newer Python
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.platforms.tree import GENTLE, cache, give_up, lay_out, need, need_root

WHERE: Final = "FLOODBELL_TRIXIE"
HOME: Final = "srv/floodbell"

_FIRST: Final = "ca-certificates,git,make"
"""What a person has who clones the repository; the rest is for ``make`` to bring."""

_MOUNTED: Final = """
set -e; system=$1; shift
mount -t proc proc "$system/proc"
mount --bind /sys "$system/sys"; mount -o remount,ro,bind "$system/sys"
mount -t tmpfs -o mode=755 dev "$system/dev"
mkdir "$system/dev/pts" "$system/dev/shm"
for device in null zero full random urandom tty; do
    : >"$system/dev/$device"; mount --bind "/dev/$device" "$system/dev/$device"
done
ln -s /proc/self/fd "$system/dev/fd"
ln -s /proc/self/fd/0 "$system/dev/stdin"
ln -s /proc/self/fd/1 "$system/dev/stdout"
ln -s /proc/self/fd/2 "$system/dev/stderr"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 pts "$system/dev/pts"
ln -s pts/ptmx "$system/dev/ptmx"
mount -t tmpfs -o mode=1777 shm "$system/dev/shm"
mount -t tmpfs -o mode=755 run "$system/run"
for shared in $SHARED; do
    [ -e "$shared" ] || continue
    [ -d "$shared" ] && mkdir -p "$system$shared" || : >>"$system$shared"
    mount --bind "$shared" "$system$shared"; mount -o remount,ro,bind "$system$shared"
done
exec chroot "$system" /bin/sh -c 'cd "$0" && exec "$@"' "$FOLDER" "$@"
"""
"""Run in a mount and process namespace of its own. No device of this machine is in there; names and
the certificates of authorities are this machine's, for pip.
"""


RESOLVER: Final = "/etc/resolv.conf"

SHARED: Final = (
    RESOLVER,
    *("/etc/ssl/certs", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates"),
)
"""What a system has of this machine, read-only. Its own certificates cannot be upgraded then."""


def build(system: Path, suite: str) -> None:
    """Make the system, unless it is there."""
    if (system / HOME).exists():
        return
    print(f"floodbell: making Debian {suite} in {system} (minutes the first time)", flush=True)
    shutil.rmtree(system, ignore_errors=True)
    system.mkdir(parents=True)
    made = subprocess.run(
        [*GENTLE, "debootstrap", "--variant=minbase", f"--include={_FIRST}", suite, str(system)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if made.returncode:
        sys.stderr.write("\n".join(made.stdout.splitlines()[-5:]) + "\n")
        give_up(f"debootstrap could not make Debian {suite} (see above).")
    (system / HOME).mkdir(parents=True)


def run(system: Path, command: list[str], shared: Sequence[str] = SHARED) -> int:
    """Run a command in the system's copy of the working tree; return its exit code."""
    ours = {name: value for name, value in os.environ.items() if name in _KEPT}
    places = {"FOLDER": f"/{HOME}", "SHARED": " ".join(shared)}
    environment = {**ours, **places, "PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8"}
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    inside = ["sh", "-c", _MOUNTED, "sh", str(system), *command]
    return subprocess.run([*GENTLE, *apart, *inside], env=environment, check=False).returncode


_KEPT: Final = {"TERM", "COLUMNS", "CI", "PIP_CERT", "PIP_DEFAULT_TIMEOUT", "PIP_INDEX_URL"} | {
    name for proxy in ("http_proxy", "https_proxy", "no_proxy") for name in (proxy, proxy.upper())
}
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def main() -> int:
    """Make the system if need be, give it this tree, run the command in it."""
    parser = argparse.ArgumentParser(prog="make test-trixie TRIXIE=…", allow_abbrev=False)
    parser.add_argument("--fresh", action="store_true", help="make the system anew")
    parser.add_argument("--suite", default="trixie", help="another Debian, in a folder of its own")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="instead of 'make test'")
    asked = parser.parse_args()
    need_root("test-trixie")
    need("debootstrap", "debootstrap")
    need("unshare", "util-linux")
    system = cache(WHERE, "floodbell-trixie") / asked.suite
    if asked.fresh:
        shutil.rmtree(system, ignore_errors=True)
    build(system, asked.suite)
    lay_out(system / HOME)
    for left in (system / "tmp").iterdir():  # no tmpfs: the bell says that such a state is lost
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    return run(system, asked.command or ["make", "test"])


if __name__ == "__main__":
    sys.exit(main())
