"""Processes that try mutants: so many at a time, each with an end, and what became of each.

Invariant: a child never returns into the code of its parent, and none outlives its limits. The
limit is in seconds of processor time, so that results do not depend on the load of the machine.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from tests.mutants.breeding import Mutant

CPU_LEAST_S = 5
CPU_FACTOR = 3
"""Processor time of a mutant: so much, and so many times what its tests need without it."""

WALL_FACTOR = 20
"""A mutant that waits instead of computing is ended after so many times its processor time."""

MEMORY_BYTES = 2 << 30


Found = Callable[[str], NoReturn]
"""Ends the process of a trial with the name of the test that failed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: killed, survived or timeout, and the test that noticed."""

    fate: str
    test: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant, what to do in its process, and the seconds that this takes without a mutant."""

    mutant: Mutant
    live: Callable[[Found], None]
    usual_s: float


def try_all(trials: Sequence[Trial], jobs: int) -> Iterator[tuple[Trial, Verdict]]:
    """Give every trial a process, ``jobs`` at a time; return each as it ends."""
    waiting, living = list(reversed(trials)), dict[int, tuple[Trial, int, float]]()
    while waiting or living:
        while waiting and len(living) < jobs:
            trial = waiting.pop()
            cpu_s = CPU_LEAST_S + int(CPU_FACTOR * trial.usual_s)
            pid, out = _fork(trial.live, cpu_s)
            living[out] = (trial, pid, time.monotonic() + WALL_FACTOR * cpu_s)
        ready, _, _ = select.select(list(living), [], [], 1.0)
        for out in list(living):
            trial, pid, end_s = living[out]
            if out not in ready:
                if time.monotonic() < end_s:
                    continue
                os.kill(pid, signal.SIGKILL)
            del living[out]
            yield trial, _verdict(pid, out)


def _verdict(pid: int, out: int) -> Verdict:
    with os.fdopen(out) as pipe:
        test = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        limits = {signal.SIGXCPU, signal.SIGKILL}
        return Verdict("timeout" if os.WTERMSIG(status) in limits else "killed")
    code = os.waitstatus_to_exitcode(status)
    return Verdict("survived" if code == 0 else "killed", test)


def _fork(live: Callable[[Found], None], cpu_s: int) -> tuple[int, int]:
    out, into = os.pipe()
    pid = os.fork()
    if pid:
        os.close(into)
        return pid, out

    def found(test: str) -> NoReturn:
        # No exception: pytest would catch it.
        os.write(into, test.encode())
        os._exit(1)

    code = 2
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        say_nothing(2)
        live(found)
        code = 0
    finally:
        os._exit(code)  # whatever was raised: a mutant that breaks the import is killed


def lines_of_a_child(live: Callable[[int], None]) -> Iterator[str]:
    """Return, one by one, the lines that a child writes into the pipe that it is given.

    Raises:
        RuntimeError: The child did not come to its end.
    """
    out, into = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            os.close(out)
            live(into)
            code = 0
        except BaseException:  # noqa: BLE001 - the parent hears of it by the exit code
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)
    os.close(into)
    with os.fdopen(out) as pipe:
        yield from pipe
    _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError("the session in which mutants are tried has ended early")


def in_a_child(live: Callable[[], str]) -> str:
    """Return what a function returns in a child: this process imports and keeps nothing of it."""

    def answer(into: int) -> None:
        with os.fdopen(into, "w") as pipe:
            pipe.write(live())

    return "".join(lines_of_a_child(answer))


def say_nothing(*streams: int) -> None:
    """Send what is printed nowhere; errors too, if stream 2 is named."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, *streams):
        os.dup2(nowhere, stream)
