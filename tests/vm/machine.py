"""The rig's virtual machine as an object: boot, commands, pins, USB adapters.

Owns nothing but the calls of the ``rig`` program. Every call has an end, and one that fails says
what the rig said.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

NAME: Final = "floodbell-vm"
"""Of the machine and of its saved state: another machine of the rig is left alone."""

_LINES: Final = "/sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio"
_CALL_S: Final = 60.0
_AGENT_S: Final = 30.0
"""What the rig may take on top of the command that it runs."""


class RigError(AssertionError):
    """The rig refused, or what it ran failed."""


def rig_program() -> Path:
    """Where the rig is, whether it is there or not."""
    folder = os.environ.get("FLOODBELL_RIG") or ROOT.parent / "shared" / "rig"
    return Path(folder) / "rig"


def why_not() -> str | None:
    """Say why there can be no machine here, or None."""
    program = rig_program()
    if not os.access(program, os.X_OK):
        return f"there is no rig at {program}; set FLOODBELL_RIG to the folder that holds it"
    if os.geteuid() != 0:
        return "the rig needs root"
    return None


class Machine:
    """One machine of the rig, running or not."""

    def __init__(self, name: str = NAME) -> None:
        self.name = name
        self._program = rig_program()

    # The rig's verbs

    def rig(self, *words: str, timeout_s: float = _CALL_S, check: bool = True) -> str:
        """Run the rig; return what it printed.

        Raises:
            RigError: It failed (unless ``check`` is false), or took longer than ``timeout_s``.
        """
        try:
            ran = subprocess.run(
                [str(self._program), *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, "FLOODBELL_RIG_NAME": self.name},
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RigError(f"rig {' '.join(words)}: still running after {timeout_s} s") from error
        if check and ran.returncode != 0:
            raise RigError(
                f"rig {' '.join(words)}: exit status {ran.returncode}\n{ran.stdout}{ran.stderr}"
            )
        return ran.stdout

    def status(self) -> Mapping[str, object]:
        """What the rig knows of the machine: ``running``, ``pid``, ``run`` (its folder)."""
        answer = self.rig("status")
        found: Mapping[str, object] = json.loads(answer)
        return found

    @property
    def folder(self) -> Path:
        """Where its sockets are."""
        return Path(str(self.status()["run"]))

    @property
    def running(self) -> bool:
        return bool(self.status()["running"])

    def resume(self) -> None:
        """Go on from the state that was saved, whatever was running before."""
        self.off()
        self.rig("boot", "--resume", self.name, timeout_s=240.0)

    def off(self) -> None:
        """Cut its power, if it runs."""
        if self.running:
            self.rig("powercut")

    def cut(self) -> None:
        """Kill it, as a power cut does: what was not flushed is gone."""
        self.rig("powercut")

    def power_on(self, *how: str) -> None:
        """Boot with the disk as it was left, with more options of the rig; return at once."""
        self.rig("boot", "--keep", "--no-wait", *how, timeout_s=_CALL_S)

    def await_agent(self, timeout_s: float = 180.0) -> None:
        """Wait until commands can be run in it.

        Raises:
            RigError: Not within the time.
        """
        end_s = time.monotonic() + timeout_s
        while True:
            try:
                self.exec("true", timeout_s=10.0)
            except RigError:
                if time.monotonic() >= end_s or not self.running:
                    raise
            else:
                return

    def power_cut(self) -> None:
        """Cut the power and give it back: a cold boot with the disk as it was left."""
        self.rig("powercut")
        self.rig("boot", "--keep", timeout_s=240.0)

    def exec(self, *command: str, check: bool = True, timeout_s: float = _CALL_S) -> str:
        """Run a command as root in the machine; return what it printed."""
        return self.rig(
            "exec", "-t", str(timeout_s), *command, check=check, timeout_s=timeout_s + _AGENT_S
        )

    def put(self, source: Path, target: str) -> None:
        """Copy a file into the machine."""
        self.rig("put", str(source), target)

    def plug(self, adapter: str) -> None:
        """Put a USB serial adapter back."""
        self.rig("plug", adapter)

    def unplug(self, adapter: str) -> None:
        """Pull a USB serial adapter out."""
        self.rig("unplug", adapter)

    def gpio_get(self, line: int) -> int:
        """The level of a line, also of one that is an output."""
        return int(self.rig("gpio", "get", str(line)))

    def gpio_set(self, line: int, level: int) -> None:
        """Drive an input line."""
        self.rig("gpio", "set", str(line), str(level))

    # What is built on them

    def gpio_pulses(self, line: int, *, low_s: float, high_s: float, count: int) -> None:
        """Pull a line low for a moment, ``count`` times.

        It is done inside the machine: a call of the rig takes longer than a bounce lasts.
        """
        pull = f"f=$(echo {_LINES}{line}/pull); i=0; while [ $i -lt {count} ]; do i=$((i+1))"
        low, high = f"echo pull-down >$f; sleep {low_s}", f"echo pull-up >$f; sleep {high_s}"
        self.exec("sh", "-c", f"{pull}; {low}; {high}; done")

    def close_contact(self, line: int) -> None:
        """Wire a line to ground for good, as a float that hangs; ``open_contact`` undoes it.

        The simulator lets a pull-up that a program asks for win over what drives the line from
        outside; a contact is stronger. So somebody has to hold it.
        """
        f, v = f"$(echo {_LINES}{line}/pull)", f"$(echo {_LINES}{line}/value)"
        hold = (
            f'f={f}; v={v}; while :; do read -r is <"$v"; '
            '[ "$is" = 0 ] || echo pull-down >"$f"; sleep 0.2; done'
        )
        self.exec("systemd-run", "--quiet", f"--unit=contact-{line}", "sh", "-c", hold)

    def open_contact(self, line: int) -> None:
        """Lift the float: only the pull-up is left."""
        self.exec("systemctl", "stop", f"contact-{line}", check=False)  # it may be open already
        self.gpio_set(line, 1)
