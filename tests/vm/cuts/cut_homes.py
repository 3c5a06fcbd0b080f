"""The two homes whose power is cut: the whole machine, and the light one at native speed.

Both have the same people and the same delays. The whole machine loses the page cache with the
power, as a bell does; the light one only its processes and ``/run``, so it proves less of the disk
and, being much quicker, more of everything else. It has no pins: one sensor watches the water.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from tests.bells import PHONES
from tests.vm.cuts import instants
from tests.vm.home import Home
from tests.vm.light_home import LIGHT_SETTINGS, LightHome, LightMachine
from tests.vm.machine import Machine, RigError
from tests.vm.settings import SETTINGS

_EVERY: Final = f"armed = true\nrepeat_interval_s = {instants.REPORT_EVERY_S}"
_ALARM: Final = f"""
[alarm.alert]
setpoint_mm = 20
on_delay_s = {instants.ALERT_DELAY_S}
off_delay_s = {instants.OFF_DELAY_S}
[alarm.danger]
setpoint_mm = 150
on_delay_s = {instants.DANGER_DELAY_S}
off_delay_s = {instants.OFF_DELAY_S}
"""
"""Shorter delays, so that a flood takes a minute; everything else as in the other tests."""

_MORE_PEOPLE: Final = f"""
[contacts.home]
role = "resident"
phone = "{PHONES["home"]}"
[contacts.mother]
role = "guardian"
phone = "{PHONES["mother"]}"
"""

_TRIES: Final = 5
_PATIENCE: Final = "[Service]\\nTimeoutStartSec=300\\nWatchdogSec=300\\n"
"""An emulated processor beside other work may be a hundred times slower than the slowest Pi."""


class PatientMachine(Machine):
    """The whole machine beside so much other work that its agent does not answer in time."""

    def exec(self, *command: str, check: bool = True, timeout_s: float = 60.0) -> str:
        """Run a command, again if need be: all that are run here may be run twice."""
        for _ in range(_TRIES):
            try:
                return super().exec(*command, check=check, timeout_s=timeout_s)
            except RigError as error:
                if "TimeoutError" not in str(error) or not self.running:
                    raise
        return super().exec(*command, check=check, timeout_s=timeout_s)


def furnish(home: Home) -> None:
    """Give a whole machine the settings of the cuts, and its service patience."""
    drop_in = "/etc/systemd/system/floodbell.service.d"
    patience = f"mkdir -p {drop_in} && printf '{_PATIENCE}' >{drop_in}/patience.conf"
    home.machine.exec("sh", "-ec", f"{patience}; systemctl daemon-reload", timeout_s=300.0)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(SETTINGS.replace("armed = true", _EVERY) + _ALARM)
        file.flush()
        home.machine.put(Path(file.name), "/etc/floodbell/floodbell.toml")
    home.machine.exec("systemd-tmpfiles", "--create", "--prefix=/etc/floodbell")


class CutHome(Home):
    """The whole machine, with the settings of the cuts; the bell not yet started."""

    def __init__(self) -> None:
        super().__init__(PatientMachine())
        try:
            furnish(self)
        except BaseException:
            self.close()
            raise


class LightCutHome(LightHome):
    """The container, with the settings of the cuts; the bell not yet started."""

    def __init__(self) -> None:
        settings = LIGHT_SETTINGS.replace("armed = true", _EVERY) + _MORE_PEOPLE + _ALARM
        super().__init__(settings)

    def power_back(self) -> None:
        """Give the power back; sensor and modem are bound into it for good."""
        assert isinstance(self.machine, LightMachine)
        self.machine.power_on()
        self.machine.await_agent()

    def hang_float(self) -> None:
        """There is none."""

    def lift_float(self) -> None:
        """There is none."""

    def _disconnect(self) -> None:
        """There is no cable in between."""
