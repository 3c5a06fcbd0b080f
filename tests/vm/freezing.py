"""Freezing one thread of a process, as a driver does that hangs in the kernel: from outside.

Owns the tracer's thread. The frozen thread neither runs nor ends until it is let go; the rest of
its process is not touched. It is frozen while it waits in ``select``, where it holds no lock of
Python's. Nothing of ours knows of it: it is ``ptrace``, not a hook.

Source: ptrace(2), PTRACE_SEIZE and PTRACE_INTERRUPT; proc(5), /proc/PID/task/TID/syscall.
"""

from __future__ import annotations

import ctypes
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.vm.home import Home, pause

_SEIZE: Final = 0x4206
_INTERRUPT: Final = 0x4207
_DETACH: Final = 17
_SELECTS: Final = frozenset({23, 270})
"""select and pselect6 on x86-64. Source: arch/x86/entry/syscalls/syscall_64.tbl."""

_FIND_S: Final = 10.0
_LOOK_S: Final = 0.01
_WALL: Final = 0x40000000
"""``__WALL``: wait for threads as well. Source: wait4(2)."""


class NotFoundError(AssertionError):
    """No thread waits for this file."""


def process_here(home: Home) -> int:
    """The bell's process in a container, as this computer numbers it.

    Raises:
        NotFoundError: It does not run, or not on this computer's kernel.
    """
    inside = home.unit("MainPID")
    space = home.machine.exec("readlink", "/proc/self/ns/pid").strip()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if os.readlink(status.with_name("ns") / "pid") != space:  # noqa: PTH115 - no path
                continue
            numbers = re.search(r"^NSpid:.*\b(\d+)$", status.read_text(), re.MULTILINE)
        except OSError:
            continue  # it has ended meanwhile
        if numbers and numbers[1] == inside:
            return int(status.parent.name)
    raise NotFoundError(f"process {inside} of the container is not to be seen")


def thread_waiting_for(process: int, device: str) -> int:
    """Find the thread that waits for a device in ``select``.

    Raises:
        NotFoundError: There is none within ten seconds.
    """
    end_s = time.monotonic() + _FIND_S
    while time.monotonic() < end_s:
        for task in Path(f"/proc/{process}/task").iterdir():
            if _descriptor(process, device) in _awaited(process, task):
                return int(task.name)
        pause(_LOOK_S)
    raise NotFoundError(f"no thread of {process} waits for {device}")


def _descriptor(process: int, device: str) -> int:
    for link in Path(f"/proc/{process}/fd").iterdir():
        try:
            if os.readlink(link) == device:  # noqa: PTH115 - it may be of another mount namespace
                return int(link.name)
        except OSError:
            continue  # closed meanwhile
    return -1


def _awaited(process: int, task: Path) -> set[int]:
    """The descriptors that a thread waits for to be readable."""
    try:
        words = (task / "syscall").read_text(encoding="ascii").split()
        if not words[0].isdigit() or int(words[0]) not in _SELECTS or int(words[2], 16) == 0:
            return set()
        with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
            memory.seek(int(words[2], 16))
            bits = int.from_bytes(memory.read(128), "little")
    except OSError:
        return set()  # it has gone on
    return {number for number in range(int(words[1], 16)) if bits >> number & 1}


@contextmanager
def frozen(thread: int) -> Iterator[None]:
    """Freeze a thread; it goes on afterwards, if its process is still there.

    Raises:
        OSError: It cannot be traced.
    """
    asked, ready, failure = threading.Event(), threading.Event(), [0]

    def trace() -> None:  # a tracer is a thread: all calls must come from the same one
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
        libc.ptrace.restype = ctypes.c_long
        if libc.ptrace(_SEIZE, thread, None, None) or libc.ptrace(_INTERRUPT, thread, None, None):
            failure[0] = ctypes.get_errno()
        else:
            libc.waitpid(thread, None, _WALL)
        ready.set()
        asked.wait()
        libc.ptrace(_DETACH, thread, None, None)  # fails if the process has ended: all the better

    tracer = threading.Thread(target=trace, name="tracer", daemon=True)
    tracer.start()
    ready.wait()
    if failure[0]:
        raise OSError(failure[0], os.strerror(failure[0]))
    try:
        yield
    finally:
        asked.set()
        tracer.join()
