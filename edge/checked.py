"""Settings as another process has read and judged them.

To check a file takes pydantic and all that can be said of mistakes: a quarter of the daemon's
memory for a moment's work. So that is done by ``edge.checking`` in a process of its own, beside the
daemon's own start, and what comes back is plain (``drivers.plain``). Owns the way there and back.
Invariant: every wait has an end, and a process that gives no answer keeps no bell down: then the
daemon begins anew and reads its file itself, as every other command does. Libraries that are
imported and not used here are for both: loaded before there are two processes.
"""

from __future__ import annotations

import calendar  # noqa: F401
import contextlib
import json  # noqa: F401
import logging  # noqa: F401
import os
import select
import signal
import sys
import time
import unicodedata  # noqa: F401
import urllib.parse  # noqa: F401
import zoneinfo  # noqa: F401
from _pickle import loads
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, Self

from drivers import plain

if TYPE_CHECKING:
    from edge.home import Home

ANSWER_WITHIN_S: Final = 20.0
"""Several times what an SD card and a Pi Zero take to load it all. A wrong guess costs memory only:
at the start the daemon can always read its file itself, within what systemd allows (90 s)."""

_COMMAND: Final = f"""
import sys
sys.path.append({str(Path(__file__).parents[1])!r})
from edge.checking import main
sys.exit(main(sys.argv[1:]))
"""
"""With ``-P``: what lies in the directory that the bell was started in is no library of ours."""

_LOOKS: Final = 200
_BETWEEN_LOOKS_S: Final = 0.001

HERE: Final = "FLOODBELL_CHECKS_HERE"
"""Set for a daemon that is to read its settings by itself."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no home: for a person at the machine, and in one line that names no value."""

    words: str
    in_one_line: str


class NoAnswer(Exception):
    """The other process could not be started, or ended or hung without an answer."""


def begin(config: Path) -> Checking | None:
    """Let a process of its own read the settings, if it can, and this one have plain models.

    To be said before anything is imported that declares a model.

    Returns:
        Who reads them; None if they are to be read here.
    """
    if os.environ.pop(HERE, None):
        return None
    try:
        checking = Checking.forked(config)
    except NoAnswer:
        return None
    plain.choose()
    return checking


class Checking:
    """A process that reads one settings file. It runs from now on; ``answer`` waits for its end."""

    def __init__(self, pid: int, answers: int) -> None:
        """Hold a process of ``forked`` or ``spawned``, and the descriptor that it answers on."""
        self._pid = pid
        self._from = answers

    @classmethod
    def forked(cls, config: Path) -> Self:
        """Let a twin of this process read it: what both need is loaded once.

        For the very start only, before there is a second thread.

        Raises:
            NoAnswer: There is none.
        """
        answers, into = _pipe()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(answers)
            os.close(into)
            raise NoAnswer(f"no process: {error}") from error
        if pid == 0:
            _read_and_end(config, into)
        os.close(into)
        return cls(pid, answers)

    @classmethod
    def spawned(cls, config: Path) -> Self:
        """Let a new process read it, without anything that stands in. At any time.

        Raises:
            NoAnswer: There is none.
        """
        answers, into = _pipe()
        command = [sys.executable, "-P", "-c", _COMMAND, str(config), "--alone"]
        try:
            pid = os.posix_spawn(
                sys.executable,
                command,
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, into, 1)],
                setsigmask=(),
            )
        except OSError as error:
            os.close(answers)
            raise NoAnswer(f"no process: {error}") from error
        finally:
            os.close(into)
        return cls(pid, answers)

    def answer(self, within_s: float = ANSWER_WITHIN_S) -> Home | Refused:
        """Wait for the end of it and return what it says.

        Raises:
            NoAnswer: It says nothing that can be used, or nothing in time.
        """
        ends_s = time.monotonic() + within_s
        told = bytearray()
        try:
            while True:
                left_s = ends_s - time.monotonic()
                if left_s <= 0 or not select.select([self._from], [], [], left_s)[0]:
                    raise NoAnswer(f"no answer within {within_s:g} s")
                if not (piece := os.read(self._from, 1 << 16)):
                    break
                told += piece
        finally:
            os.close(self._from)
            self._end()
        try:
            found: Home | Refused = loads(told)
        except Exception as error:  # whatever half an answer may be taken for
            raise NoAnswer(f"an answer that is none: {error!r}") from error
        return found

    def _end(self) -> None:
        """End the process: what it had to say is said. A disk may hold it; then it is left."""
        with contextlib.suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
            for _ in range(_LOOKS):
                if os.waitpid(self._pid, os.WNOHANG)[0]:
                    return
                time.sleep(_BETWEEN_LOOKS_S)


def _pipe() -> tuple[int, int]:
    try:
        return os.pipe()
    except OSError as error:
        raise NoAnswer(f"no pipe: {error}") from error


def _read_and_end(config: Path, into: int) -> NoReturn:
    """Be the twin: answer, and end without what this process would do at its end."""
    status = 1
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.dup2(into, 1)
        from edge.checking import main  # noqa: PLC0415 - with pydantic, which the other does without

        status = main([str(config)])
    except BaseException:  # noqa: BLE001 - whatever it was: the other learns of it by the silence
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)
