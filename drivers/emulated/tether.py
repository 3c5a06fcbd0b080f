"""A child process that cannot outlive the process that started it.

Owns one promise: however the parent ends (return, exception, kill -9), the kernel sends SIGTERM to
the child at that moment. The child runs in a session of its own, so that Ctrl-C in the parent's
terminal reaches only the parent, which then ends its children in its own order. What the child does
is its own business. Linux only (prctl).

Started as a script, it becomes the command it is given. Doing that in a fresh interpreter instead
of between fork and exec keeps it safe in a parent that has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
"""Source: prctl(2), linux/prctl.h."""


def start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start ``command`` tethered to this process. Call it from the main thread only.

    Source: prctl(2): the signal comes when the *thread* that created the child ends.

    Args:
        command: Program and arguments; the program is looked up in ``PATH``.
        log: File that standard output and standard error are appended to.

    Returns:
        The process; its pid is the pid of the command.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the command is the caller's, and no shell sees it
            [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes], within_s: float) -> int:
    """End a process: SIGTERM, and SIGKILL if it is still there after ``within_s``.

    Returns:
        Its exit status; negative is the signal that ended it, so -9 says that it had to be killed.
    """
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(within_s)


def _become() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the tether held
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - becoming the command without a shell is the purpose


if __name__ == "__main__":
    _become()
