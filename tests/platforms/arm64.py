"""The unit part of the suite on a 64-bit Raspberry Pi's processor: Debian 12 arm64, emulated.

Owns the choice of what is run there. The system is the rig's (``$FLOODBELL_RIG``, else
``../shared/rig``; kept in ``$FLOODBELL_RIG_CACHE``): its ``rig-arm64`` says how it is made. All
libraries, those of the command line and of the tests too, come as wheels: nothing is compiled.

The emulator is about ten times slower than this machine, so a test may take ten minutes, and the
tests that need a broker, whole processes of ours or a promise of milliseconds are not run: there is
no Mosquitto in that system (it is unpacked, not installed), and what they would measure is the
emulator. The daemon itself is tried by hand: ``ARM64="-- floodbell doctor"``.

    make test-arm64
    make test-arm64 ARM64="host store"             # these pieces only
    make test-arm64 ARM64="-- floodbell doctor"    # a command of its virtual environment
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.platforms.tree import GENTLE, ROOT, cache, give_up, lay_out, need, need_root

PIECES: Final = {
    "host": "tests/drivers/host tests/drivers/ports tests/drivers/bell/test_press.py",
    "values": "tests/edge/test_conditioning.py tests/edge/test_calibration.py"
    " tests/edge/test_events.py tests/edge/test_effects.py tests/edge/test_reading_log.py",
    "settings": "tests/edge/settings tests/edge/commission",
    "protocols": "tests/drivers/modem/test_pdu_codec.py tests/drivers/modem/test_at_session.py"
    " tests/drivers/modem/test_callers.py tests/drivers/sensors/test_framing.py"
    " tests/drivers/sensors/test_modbus_rtu.py tests/drivers/sensors/test_data_sheets.py"
    " tests/drivers/channels/test_sms_providers.py tests/drivers/broker/test_broker_settings.py",
    "store": "tests/edge/store/test_store.py tests/edge/store/test_retention.py"
    " tests/edge/store/test_journal.py",
    "messages": "tests/edge/messages --ignore=tests/edge/messages/test_web_route.py"
    " --ignore=tests/edge/messages/test_delivery.py",
    "words": "tests/edge/cli/test_moments.py tests/edge/cli/test_init_words.py"
    " tests/edge/diagnose/test_words_of_troubles.py tests/edge/demo/test_demo_verdict.py",
    "replay": "tests/edge/simulate",
    "law": "tests/edge/law",
}
"""What is run, the quick first."""

NOT_THERE: Final = {
    "tests/drivers/host/test_clock.py::test_asking_whether_the_clock_is_synced_is_quick": (
        "its 5 ms are of a real processor"
    ),
    "tests/drivers/host/test_control_door.py::test_who_may_ask_is_answered[64003-64004-groups3]": (
        "the emulator does not know SO_PEERGROUPS"
    ),
    "tests/drivers/ports/test_lines.py::test_what_is_no_chip_is_an_error_of_the_operating_system": (
        "the emulator refuses an ioctl that it does not know before the kernel sees it"
    ),
}
"""Tests that ask for what the emulator cannot give, with the reason; not of the processor."""

_ONE_TEST_S: Final = 600
_VENV: Final = "/opt/venv"
_HOME: Final = "srv/floodbell"
_WORKERS: Final = "2"
_DAEMON: Final = "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"


class Emulated:
    """The system, driven by the rig's own command."""

    def __init__(self, program: Path, tree: Path) -> None:
        self._program = program
        self.tree = tree

    def rig(self, *words: str) -> int:
        """Run one of the rig's verbs; return its exit code."""
        command = [*GENTLE, sys.executable, str(self._program), *words]
        return subprocess.run(command, check=False).returncode

    def run(self, *words: str) -> int:
        """Run a command in the copy of this working tree."""
        inside = 'cd "$0"; export PYTHONPATH=$PWD PATH="$1/bin:$PATH"; shift; exec "$@"'
        return self.rig("run", "sh", "-c", inside, f"/{_HOME}", _VENV, *words)

    def install(self) -> None:
        """Install the wheel of this tree with everything, unless pyproject.toml is as it was."""
        wanted = (ROOT / "pyproject.toml").read_bytes()
        installed = self.tree / _VENV.lstrip("/") / "installed-from"
        if installed.exists() and installed.read_bytes() == wanted:
            return
        print("floodbell: installing everything from wheels (some minutes)", flush=True)
        started_s = time.monotonic()
        if self.rig("install", f"/{_HOME}[pi,demo,dev]"):
            give_up("not everything could be installed from wheels (see above).")
        installed.write_bytes(wanted)
        print(f"floodbell: installed in {time.monotonic() - started_s:.0f} s", flush=True)

    def piece(self, name: str) -> bool:
        """Run one piece of the suite; whether it passed."""
        print(f"floodbell: {name}", flush=True)
        options = ["-q", "-n", _WORKERS, "--timeout", str(_ONE_TEST_S), "-p", "no:cacheprovider"]
        options += [part for test in NOT_THERE for part in ("--deselect", test)]
        return self.run("python", "-m", "pytest", *options, *PIECES[name].split()) == 0

    def people(self) -> None:
        """Give it the ordinary user that every Debian has: it is unpacked, not installed."""
        accounts = self.tree / "etc" / "passwd"
        if "daemon:" not in (there := accounts.read_text(encoding="utf-8")):
            accounts.write_text(there + _DAEMON, encoding="utf-8")


def main() -> int:
    """Make the system if need be, give it this tree, run the pieces or the command in it."""
    asked = sys.argv[1:]
    need_root("test-arm64")
    program = Path(os.environ.get("FLOODBELL_RIG") or ROOT.parent / "shared" / "rig") / "rig-arm64"
    if not program.exists():
        give_up(f"there is no {program}; set FLOODBELL_RIG to the folder that holds it.")
    for needed, package in (("qemu-aarch64-static", "qemu-user-static"), ("mmdebstrap",) * 2):
        need(needed, package)
    emulated = Emulated(program, cache("FLOODBELL_RIG_CACHE", "floodbell-rig") / "arm64")
    if unknown := set(asked) - set(PIECES) if asked[:1] != ["--"] else None:
        give_up(f"there is no piece called {' or '.join(sorted(unknown))}: {', '.join(PIECES)}")
    if emulated.rig("run", "true"):
        give_up("the emulated system does not run; rig-arm64 says what it needs.")
    lay_out(emulated.tree / _HOME)
    emulated.people()
    emulated.install()
    if emulated.run("python", "hatch_build.py"):
        give_up("the catalogues could not be compiled there (see above).")
    if asked[:1] == ["--"]:
        return emulated.run(*asked[1:])
    failed = [name for name in asked or PIECES if not emulated.piece(name)]
    print(f"floodbell: on arm64 {'failed: ' + ', '.join(failed) if failed else 'all passed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
