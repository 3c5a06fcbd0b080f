"""A Modbus slave that is not ours (pymodbus), on the far end of a pseudo-terminal.

Between it and the driver lies a wire that a test may spoil: noise before an answer, an echo of the
question, an answer a byte at a time, nothing at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import threading
from collections.abc import Callable, Mapping
from typing import Self

from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.emulated.pty import PseudoTerminal

Spoil = Callable[[bytes], list[bytes]]


def as_it_is(data: bytes) -> list[bytes]:
    return [data]


class Wire:
    """Two pseudo-terminals, joined: what one side writes the other reads."""

    def __init__(self) -> None:
        self.near, self.far = PseudoTerminal(), PseudoTerminal()
        self.spoil: Spoil = as_it_is
        self.echo = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        near, far = self.near.fd, self.far.fd
        while not self._over.is_set():
            ready, _, _ = select.select([near, far], [], [], 0.05)
            with contextlib.suppress(BlockingIOError):
                if near in ready:
                    asked = os.read(near, 4096)
                    if self.echo:
                        os.write(near, asked)
                    os.write(far, asked)
                if far in ready:
                    for piece in self.spoil(os.read(far, 4096)):
                        os.write(near, piece)

    def close(self) -> None:
        self._over.set()
        self._thread.join(timeout=5)
        self.near.close()
        self.far.close()


class Slave:
    """Serves registers of several units until it is closed.

    Attributes:
        port: Where the driver finds it.
    """

    def __init__(self, units: Mapping[int, Mapping[int, int]]) -> None:
        """Begin to serve.

        Args:
            units: For each address on the line, its registers and their values.
        """
        self.wire = Wire()
        self.port = self.wire.near.path
        self._units = units
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10), "the slave never listened"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        devices = [
            SimDevice(
                unit,
                [
                    SimData(address, values=value, datatype=DataType.REGISTERS)
                    for address, value in sorted(registers.items())
                ],
            )
            for unit, registers in self._units.items()
        ]
        self._server = ModbusSerialServer(devices, port=self.wire.far.path, baudrate=9600)
        self._stop = asyncio.Event()
        serving = asyncio.ensure_future(self._server.serve_forever(background=True))
        await serving
        self._ready.set()
        await self._stop.wait()
        await self._server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it so

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=5)
        self.wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
