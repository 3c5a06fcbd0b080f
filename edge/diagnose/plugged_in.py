"""What is plugged in: every serial port, looked at all at once, with what was found on it.

Owns the order of looking: whether a port may be touched at all, then who talks on it by himself,
then whether a modem answers. Invariant: a port that somebody holds, or that the kernel talks on, is
left alone and named with what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from drivers.errors import DriverError
from drivers.finding.by_modbus import FoundUnit, find_units
from drivers.finding.by_sound import Noise, Voice, listen
from drivers.finding.modems import FoundModem, ask_modem
from drivers.host.machine import Machine
from drivers.host.processes import holders
from drivers.ports.present import SerialPort
from drivers.sensors.a02yyuw import PARTS
from drivers.sensors.jsn_sr04t import ASK, ASK_EVERY_S
from edge.diagnose.ports import MEDDLERS, console_on
from edge.locale import _

AT_ONCE: Final = 8
PSEUDO_TERMINALS: Final = Path("/dev/pts")

Item = TypeVar("Item")

_SEN0627: Final = PARTS["SEN0627"]


@dataclass(frozen=True, slots=True)
class Found:
    """A port and what is on it; ``fault`` says in words why it could not be looked at."""

    port: SerialPort
    fault: str = ""
    voice: Voice | Noise | None = None
    asked_by: bytes = b""
    modem: FoundModem | None = None
    units: tuple[FoundUnit, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether it could be opened and nothing at all is known of what is there."""
        known = self.fault or self.voice or self.modem or self.units
        return not known and not self.port.of_a_modem


def look(ports: Sequence[SerialPort]) -> list[Found]:
    """Look at ports, without asking anything of what is silent but ``AT``.

    Args:
        ports: As ``drivers.ports.present`` names them.
    """
    return _at_once(_look, ports)


def ask_the_silent(found: Sequence[Found]) -> list[Found]:
    """Ask for what speaks only when spoken to: probes on RS-485, ultrasonic parts of that kind.

    Args:
        found: What ``look`` returned; ports on which something is known stay as they are.
    """
    return _at_once(lambda one: _ask(one) if one.silent else one, found)


def main_modem_port(found: Sequence[Found]) -> Found | None:
    """Return the port for texts: where a modem answers; of several the one its maker means.

    Source:
        SIM7600 and EC25 USB application notes: interface 2 is the AT port, 3 the one for data, and
        both answer.
    """
    answering = [one for one in found if one.modem is not None]
    best = [one for one in answering if one.port.interface == 2]
    return next(iter(best or answering), None)


def _at_once(work: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look") as pool:
        return list(pool.map(work, items))


def _look(port: SerialPort) -> Found:
    if fault := _hands_off(port):
        return Found(port, fault)
    try:
        voice = None if port.of_a_modem else listen(port.path)
        if isinstance(voice, Voice):
            return Found(port, voice=voice)
        # A modem may have something to say at the moment, and then that was the noise.
        modem = ask_modem(port.path)
        return Found(port, voice=None if modem else voice, modem=modem)
    except (DriverError, OSError) as error:
        return Found(port, str(error))


def _hands_off(port: SerialPort) -> str:
    device, machine = Path(port.path), Machine()
    if "://" in port.path:
        return ""
    if not device.exists():
        return _("{port} is not there").format(port=port.path)
    if console_on(machine, device):
        return _("the kernel talks here: sudo raspi-config, Interface Options, Serial Port")
    # A pseudo-terminal is held by whoever plays the device; a second reader is refused anyway.
    played = device.resolve().is_relative_to(PSEUDO_TERMINALS)
    for who in [] if played else holders(machine, device):
        if who.name.startswith(MEDDLERS):
            return _("{who} holds it: sudo systemctl disable --now {service}").format(
                who=who, service=who.unit or who.name
            )
        if who.ours:
            return _("the bell holds it: sudo systemctl stop floodbell, then look again")
        return _("{who} holds it").format(who=who)
    return ""


def _ask(found: Found) -> Found:
    path = found.port.path
    try:
        if units := find_units(path):
            return replace(found, units=tuple(units))
        for ask, every_s, for_s in (
            (ASK, ASK_EVERY_S, 0.6),
            (_SEN0627.ask, _SEN0627.ask_every_s, _SEN0627.ask_every_s + 0.3),
        ):
            voice = listen(path, for_s=for_s, ask=ask, ask_every_s=every_s)
            if isinstance(voice, Voice):
                return replace(found, voice=voice, asked_by=ask)
    except (DriverError, OSError) as error:
        return replace(found, fault=str(error))
    return found
