"""A home for tests: the saved machine, emulated parts on its USB adapters, the bell started.

Every home begins with the same saved machine, so that no test sees what another did. Nothing of
ours runs in the test's process but the emulated parts. Every wait has an end and says what it
waited for.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final, Self

from drivers.emulated.modem import EmulatedModem, ReceivedText
from drivers.emulated.ranger import EmulatedA02yyuw
from tests.bells import MOUNT_MM
from tests.vm.bridge import Bridge
from tests.vm.machine import Machine
from tests.vm.settings import FLOAT

SOON_S: Final = 60.0
"""Everything takes longer in there, and longer still beside another job."""

STARTED_S: Final = 120.0
_LOOK_S: Final = 0.3
_RISE_MM_S: Final = 30.0

Status = dict[str, Any]


def pause(seconds: float) -> None:
    """Let time pass, where time is what is tested."""
    threading.Event().wait(seconds)


class Home:
    """The machine with a sensor, a float, a modem, a button, a siren and a strobe."""

    machine: Machine

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._open = ExitStack()
        try:
            machine.resume()
            self._open.callback(machine.off)
            self.sensor = self._open.enter_context(EmulatedA02yyuw(MOUNT_MM))
            self.modem = self._open.enter_context(EmulatedModem())
            self._bridges: dict[str, Bridge] = {}
            self._open.callback(self._disconnect)
            self.connect()
            self.hang_float()
        except BaseException:
            self._open.close()
            raise

    def connect(self) -> None:
        """Lay the cables from the parts to the adapters of the machine."""
        folder = self.machine.folder
        for name, path in (("sensor", self.sensor.path), ("modem", self.modem.path)):
            self._bridges[name] = Bridge(folder / name, path)

    def _disconnect(self) -> None:
        for bridge in self._bridges.values():
            bridge.close()

    def close(self) -> None:
        """Cut the power and put the parts away."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def power_cut(self) -> None:
        """Cut the power and give it back; return when the machine answers, floodbell or not."""
        self.cut()
        self.power_back()

    def cut(self) -> None:
        """Cut the power."""
        self.machine.cut()
        self._disconnect()

    def power_back(self) -> None:
        """Give the power back: the parts talk from the first moment, and the float is as it was."""
        self.machine.power_on()
        self.connect()
        self.machine.await_agent()
        if self.float_hangs:
            self.hang_float()

    # The service

    def start(self) -> Self:
        """Start the service as a technician does; wait until it is active and all is well."""
        self.machine.exec("systemctl", "enable", "--now", "--no-block", "floodbell")
        return self.ready()

    def ready(self) -> Self:
        """Wait until the service is active, every sensor good and the modem up."""
        self.wait_for(
            "the unit to be active", lambda: self.unit("ActiveState") == "active", STARTED_S
        )
        self.await_status("every part to be well", all_well)
        return self

    def is_active(self) -> bool:
        """Whether the service has said READY; false while systemd itself starts."""
        ask = ("systemctl", "is-active", "floodbell")
        return self.machine.exec(*ask, check=False).strip() == "active"

    def unit(self, name: str) -> str:
        """A property of the unit."""
        return self.machine.exec("systemctl", "show", "--value", "-p", name, "floodbell").strip()

    def log(self) -> str:
        """What the service has logged."""
        return self.machine.exec("journalctl", "-u", "floodbell", "--no-pager", "-o", "cat")

    def logged(self, pattern: str) -> int:
        """How often the service has logged something."""
        return len(re.findall(pattern, self.log()))

    def status(self) -> Status:
        """``floodbell status --json``; empty if the service does not answer."""
        answer = self.machine.exec("floodbell", "status", "--json", check=False)
        try:
            status: Status = json.loads(answer)
        except ValueError:
            return {}
        return status if "stage" in status else {}

    # What somebody does at home

    def hang_float(self) -> None:
        """Let the float hang dry."""
        self.float_hangs = True
        self.machine.close_contact(FLOAT)

    def lift_float(self) -> None:
        """Let water lift the float."""
        self.float_hangs = False
        self.machine.open_contact(FLOAT)

    def pull(self, adapter: str) -> None:
        """Pull a USB adapter out."""
        self._bridges[adapter].pull()
        self.machine.unplug(adapter)

    def put_back(self, adapter: str) -> None:
        """Put a USB adapter back."""
        self.machine.plug(adapter)
        self._bridges[adapter].mend()

    def flood(self, to_mm: float) -> None:
        """Let the water rise as fast as water may, and lift the float."""
        self.rise(to_mm)
        self.lift_float()

    def rise(self, to_mm: float) -> None:
        """Let the water rise below the sensor."""
        began_s = time.monotonic()
        self.sensor.follow(lambda: min(to_mm, _RISE_MM_S * (time.monotonic() - began_s)))

    # Waiting

    def wait_for(self, what: str, true: Callable[[], bool], timeout_s: float = SOON_S) -> float:
        """Look until something is true; return how long it took."""
        began_s = time.monotonic()
        while not true():
            if time.monotonic() - began_s >= timeout_s:
                raise AssertionError(f"waited {timeout_s} s for {what}; log:\n{self.log()}")
            threading.Event().wait(_LOOK_S)
        return time.monotonic() - began_s

    def await_status(
        self, what: str, wanted: Callable[[Status], bool], timeout_s: float = SOON_S
    ) -> Status:
        """Ask for the status until it is as wanted; return it."""
        last: Status = {}

        def true() -> bool:
            nonlocal last
            last = self.status()
            return bool(last) and wanted(last)

        try:
            self.wait_for(what, true, timeout_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\nlast status: {last}") from None
        return last

    def await_level(self, line: int, level: int, timeout_s: float = SOON_S) -> None:
        """Wait until a line has a level."""
        what = f"line {line} to be {level}"
        self.wait_for(what, lambda: self.machine.gpio_get(line) == level, timeout_s)

    def texts_to(self, number: str) -> list[ReceivedText]:
        """What somebody was texted."""
        return [text for text in self.modem.texts if text.number == number]

    def await_text_to(self, number: str, timeout_s: float = SOON_S) -> str:
        """Wait until somebody has got a text; return the first one."""
        self.wait_for(f"a text to {number}", lambda: bool(self.texts_to(number)), timeout_s)
        return self.texts_to(number)[0].text


def all_well(status: Status) -> bool:
    """Whether every sensor is good, the modem up, and nothing else the matter."""
    good = all(sensor["quality"] == "good" for sensor in status["sensors"].values())
    return good and status["modem"]["state"] == "ready" and not status["troubles"]
