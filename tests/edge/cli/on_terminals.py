"""Runs commands that stand on stdin, each in a child on a terminal of its own; see ``terminal.py``.

A program, not a test: it has no threads, so that it may fork.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import struct
import sys
import termios

from edge.cli import app


def run(arguments: list[str], rows: int, columns: int) -> dict[str, object]:
    """Run one command; return its exit code, and all it wrote, in hex."""
    child, terminal = pty.fork()
    if child == 0:
        code = 70
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            code = app.main(arguments)
            sys.stdout.flush()
        finally:
            os._exit(code)
    output = bytearray()
    with contextlib.suppress(OSError):  # how Linux says that nobody is left at the other end
        while data := os.read(terminal, 65536):
            output += data
    os.close(terminal)
    return {"code": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "output": output.hex()}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    results = [run(one, asked["rows"], asked["columns"]) for one in asked["commands"]]
    json.dump(results, sys.stdout)
