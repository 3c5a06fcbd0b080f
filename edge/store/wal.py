"""SQLite's write-ahead log as a file: laid out once, then overwritten, and how full it is.

A commit that makes a file grow costs ext4 notes of its own: 79 kB a quarter of an hour's commit of
a quiet bell, 44 kB if it overwrites (``make bench``). SQLite overwrites by itself once the log has
been full and brought home; we give it its length at once. So the length says nothing, and how full
it is follows from its frames.

Invariant: nothing that a frame may stand in is touched. SQLite holds no lock on this file, so that
to close it takes none away.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

# SQLite file format, "The Write-Ahead Log": page size at 8 and two salts at 16 of the header; a
# frame is 24 bytes, the salts at 8, and a page. A frame counts if its salts are the header's.
_HEADER_BYTES: Final = 32
_FRAME_BYTES: Final = 24
_CHUNK_BYTES: Final = 64 * 1024


def lay_out(wal: Path, length: int) -> None:
    """Let the file be so long; what is behind its end becomes zeros, which are no frame.

    Only ever appends, and takes nothing back: a writer that hung in here and was superseded must
    not touch what its successor has written meanwhile.

    Raises:
        OSError: The disk does not let us; the log is as good as it was.
    """
    fd = os.open(wal, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    try:
        while (missing := length - os.fstat(fd).st_size) > 0:
            os.write(fd, bytes(min(missing, _CHUNK_BYTES)))
    finally:
        os.close(fd)


def filled_bytes(wal: Path) -> int:
    """How much of the log is of its present round; 0 without a log.

    The frames of a round lie before those that older rounds have left, so halving finds the last.
    """
    try:
        fd = os.open(wal, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        return _filled_bytes(fd)
    finally:
        os.close(fd)


def _filled_bytes(fd: int) -> int:
    header = os.pread(fd, _HEADER_BYTES, 0)
    if len(header) < _HEADER_BYTES:
        return 0
    salts = header[16:24]
    step = _FRAME_BYTES + int.from_bytes(header[8:12])
    low, high = 0, (os.fstat(fd).st_size - _HEADER_BYTES) // step
    while low < high:
        middle = (low + high) // 2
        if os.pread(fd, len(salts), _HEADER_BYTES + middle * step + 8) == salts:
            low = middle + 1
        else:
            high = middle
    return _HEADER_BYTES + low * step if low else 0
