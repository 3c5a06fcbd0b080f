"""How little of the machine's memory this process holds: it may have 512 MB in all.

Owns two calls of the C library. Invariant: none raises; where there is no such call, the process
is a little larger, and nothing else.
"""

from __future__ import annotations

import contextlib
import gc
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ctypes

# malloc.h: M_ARENA_MAX, M_MMAP_THRESHOLD, M_TOP_PAD
_ARENA_MAX: Final = -8
_MMAP_THRESHOLD: Final = -3
_TOP_PAD: Final = -2

_ALONE_FROM_BYTES: Final = 16 * 1024
"""What is as large is gone for good when it is freed. By itself glibc raises its threshold to the
largest that was ever freed, and cuts such holes up for small things: the heap then grows for hours
(five sensors, ten readings a second each: 40 kB a minute after four minutes, with this 10)."""


def share_one_arena() -> None:
    """Let all threads take their memory from one place; to be called before there are any.

    glibc gives each thread a place of its own, for the sake of programs whose threads compute at
    the same time: ours wait, and hold 0.3 MiB more for it. Source: mallopt(3).
    """
    with contextlib.suppress(OSError, AttributeError):
        _libc().mallopt(_ARENA_MAX, 1)
        _libc().mallopt(_MMAP_THRESHOLD, _ALONE_FROM_BYTES)
        _libc().mallopt(_TOP_PAD, _ALONE_FROM_BYTES)


def give_back() -> None:
    """Collect what the start has left behind, once, and hand free pages back.

    Building the models of the settings leaves holes that glibc keeps for itself: 0.8 MiB of 46.
    What is left lives as long as the daemon, so that the collector need not look at it again. Nor
    may it wait for a quarter as much again before it looks at all of the rest, which it would for
    hours: the second collection is to find that little is left to compare with.
    Source: gc.freeze in the manual of Python; "25%" in its Modules/gcmodule.c.
    """
    gc.collect()
    gc.freeze()
    tidy()


def tidy() -> None:
    """Collect what is left of the rest, and hand back whole pages that are free.

    Texts of some kB that live for minutes leave holes between those that live for hours: by and by
    a megabyte, in a week of floods. Takes some 0.2 ms in the daemon. Source: malloc_trim(3).
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        _libc().malloc_trim(0)


@cache
def _libc() -> ctypes.CDLL:
    """The C library, opened once: each opening makes a class, which only the collector frees."""
    import ctypes  # noqa: PLC0415 - as the clock does

    return ctypes.CDLL(None)
