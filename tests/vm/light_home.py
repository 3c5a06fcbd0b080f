"""A home in the rig's light machine: a real systemd at native speed, up within two seconds.

The container has neither pins nor USB, and enforces neither device rules nor limits of memory: what
the sandbox lets through is judged in the whole machine (``tests.vm.home``). Sensor and modem are
emulated on pseudo-terminals of the host, bound into it as ``/dev/ttyUSB0`` and ``/dev/ttyUSB1``.
Every home begins with the root tree that ``tests.vm.provision`` made.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from drivers.emulated.modem import EmulatedModem
from drivers.emulated.ranger import EmulatedA02yyuw
from tests.bells import ADDRESS, MOUNT_MM, PHONES
from tests.vm.bridge import Bridge
from tests.vm.home import Home
from tests.vm.machine import Machine
from tests.vm.provision import written

LIGHT_NAME: Final = "floodbell-light"

SENSOR_PORT: Final = "/dev/ttyUSB0"
MODEM_PORT: Final = "/dev/ttyUSB1"

DIALOUT: Final = 20
"""The group of serial ports. Source: base-passwd of Debian, the same everywhere."""

_BOOT_S: Final = 60.0

LIGHT_SETTINGS: Final = f"""
[site]
id = "jongno-0042"
district = "jongno"
address = "{ADDRESS}"
occupants = 1
[sensors.door]
driver = "a02yyuw"
port = "{SENSOR_PORT}"
mount_height_mm = {MOUNT_MM}
[contacts.kim]
role = "partner"
phone = "{PHONES["kim"]}"
[contacts.office]
role = "office"
phone = "{PHONES["office"]}"
[report]
armed = true
[modem]
port = "{MODEM_PORT}"
[trouble]
on_delay_s = 5.0
off_delay_s = 10.0
"""


class LightMachine(Machine):
    """The container of the rig; what is bound into it stays over a power cut."""

    def __init__(self, binds: Iterable[str] = (), name: str = LIGHT_NAME) -> None:
        super().__init__(name)
        self._binds = tuple(f"--bind={bind}" for bind in binds)

    def resume(self) -> None:
        """Boot it afresh."""
        self.off()
        self.rig("boot", "nspawn", *self._binds, timeout_s=_BOOT_S)

    def power_on(self, *how: str) -> None:
        """Boot with the disk as it was left; return at once."""
        self.rig("boot", "nspawn", "--keep", "--no-wait", *how, *self._binds, timeout_s=_BOOT_S)

    def power_cut(self) -> None:
        """Kill all of it at once, and boot with the disk as it was left."""
        self.rig("powercut")
        self.rig("boot", "nspawn", "--keep", *self._binds, timeout_s=_BOOT_S)


class LightHome(Home):
    """The container with a sensor and a modem, floodbell installed and not yet started.

    ``settings`` of None leaves the machine without any.
    """

    def __init__(self, settings: str | None = LIGHT_SETTINGS, binds: Iterable[str] = ()) -> None:
        self._open = ExitStack()
        self._bridges: dict[str, Bridge] = {}
        try:
            self.sensor = self._open.enter_context(EmulatedA02yyuw(MOUNT_MM))
            self.modem = self._open.enter_context(EmulatedModem())
            ports = [*_bound(self.sensor.path, SENSOR_PORT), *_bound(self.modem.path, MODEM_PORT)]
            self.machine = LightMachine([*ports, *binds])
            self.machine.resume()
            self._open.callback(self.machine.off)
            self._install()
            if settings is not None:
                self.write_settings(settings)
        except BaseException:
            self._open.close()
            raise

    def _install(self) -> None:
        """The service, by the commands of the manual where the tree does not have it yet."""
        there = "test -e /usr/lib/systemd/system/floodbell.service && echo there || true"
        if not self.machine.exec("sh", "-c", there).strip():
            self.machine.exec("sh", "-c", written("3. The service"))  # no udev, no modules in here

    def write_settings(self, text: str) -> None:
        """Put settings into the machine, as a technician would leave them."""
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            self.machine.put(Path(file.name), "/etc/floodbell/floodbell.toml")
        self.machine.exec("systemd-tmpfiles", "--create", "--prefix=/etc/floodbell")

    def power_cut(self) -> None:
        """Cut the power and give it back."""
        self.machine.power_cut()

    def flood(self, to_mm: float) -> None:
        """Let the water stand so high; it rises as fast as water may."""
        self.rise(to_mm)


def _bound(path: str, port: str) -> Iterator[str]:
    """Let a pseudo-terminal of the host be a serial port in there."""
    os.chown(path, 0, DIALOUT)
    os.chmod(path, 0o660)  # noqa: PTH101 - beside its chown
    yield f"{path}:{port}"
