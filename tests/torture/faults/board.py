"""The pins of the bell, held by somebody outside: gpiozero's own imitation, with a wire to it.

Runs in the daemon's process and becomes the daemon: ``python -m tests.torture.faults.board python
-m edge run …``. What the daemon sets on an output is told through a socket at once; what is said
there moves an input. The daemon opens its pins as on any board without a chip.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import socket
import sys
import threading
from typing import Any

from gpiozero.pins import mock

VARIABLE = "FLOODBELL_TORTURE_BOARD"


class WiredPin(mock.MockPin):  # type: ignore[misc]  # gpiozero is untyped
    """A pin whose changes are told."""

    def _change_state(self, value: bool) -> bool:
        changed: bool = super()._change_state(value)
        if changed and self.function == "output":
            self.factory.tell(self.info.name, value)
        return changed


class WiredFactory(mock.MockFactory):  # type: ignore[misc]
    """A board on the far end of a socket; without anybody there it is a board with no wires."""

    def __init__(self) -> None:
        super().__init__(pin_class=WiredPin)
        self._wire: socket.socket | None = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._wire.connect(os.environ[VARIABLE])
        except (OSError, KeyError):
            self._wire = None
            return
        threading.Thread(target=self._listen, name="board", daemon=True).start()

    def tell(self, name: str, value: Any) -> None:
        """An output has changed."""
        if self._wire is not None:
            with contextlib.suppress(OSError):
                self._wire.sendall(f"{name} {int(value)}\n".encode())

    def _listen(self) -> None:
        assert self._wire is not None
        with contextlib.suppress(OSError), self._wire.makefile() as lines:
            for line in lines:
                name, _, level = line.partition(" ")
                with contextlib.suppress(AssertionError):
                    pin = self.pin(name)
                    pin.drive_high() if level.strip() == "1" else pin.drive_low()


def main() -> None:
    """Put the board in, and become the module that the command names."""
    mock.MockFactory = WiredFactory
    _, _, _, module, *arguments = sys.argv  # this, python, -m, the module and what it is told
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
