"""From Debian 12 to 13 with the package installed: apt does not remove it, and it works on.

Makes a Debian 12 in a folder, installs the package of this tree, points apt at Debian 13 and lets
it upgrade everything, as a technician does. Invariant: as in ``tests.platforms.trixie``. No systemd
runs in there, so no bell either: what is seen is that apt leaves the program and its Python alone.

    make test-full-upgrade
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import Final

from tests.platforms.tree import GENTLE, ROOT, cache, give_up, need, need_root
from tests.platforms.trixie import HOME, RESOLVER, build, run

WHERE: Final = "FLOODBELL_FULL_UPGRADE"

_UPGRADED: Final = """
export DEBIAN_FRONTEND=noninteractive
apt="apt-get --quiet=2 --yes -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0"
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d
$apt update
$apt install ./floodbell.deb
floodbell --version
sed -i s/bookworm/trixie/ /etc/apt/sources.list
$apt update
if apt-get --simulate full-upgrade | grep '^Remv floodbell'; then exit 1; fi
$apt -o Dpkg::Options::=--force-confold full-upgrade
$apt autoremove
grep -q '^13' /etc/debian_version
dpkg -s floodbell | grep '^Status: install ok installed'
floodbell --version
/opt/floodbell/bin/python3 -c '
import sys, gpiozero, lgpio, paho.mqtt.client, pydantic, serial, sqlite3, ssl
print("Python", sys.version.split()[0], ssl.OPENSSL_VERSION, "SQLite", sqlite3.sqlite_version)'
"""


def main() -> int:
    """Make a Debian 12, upgrade it; return the exit code."""
    need_root("test-full-upgrade")
    need("debootstrap", "debootstrap")
    system = cache(WHERE, "floodbell-full-upgrade")
    shutil.rmtree(system, ignore_errors=True)
    build(system, "bookworm")
    making = [sys.executable, "-m", "debian.making", "--release", "bookworm", "--arch", "amd64"]
    subprocess.run([*GENTLE, *making, "--into", str(system / "srv")], cwd=ROOT, check=True)
    package = next((system / "srv").glob("*.deb"))
    package.rename(system / HOME / "floodbell.deb")
    code = run(system, ["sh", "-ec", _UPGRADED], shared=[RESOLVER])
    shutil.rmtree(system)
    if code:
        give_up("the bell did not come through the upgrade to Debian 13 (see above).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
