"""Checks of serial ports and SPI: are they there, may the bell use them, who else holds them.

Owns what can be told of a port without opening it, so that it may be asked while the daemon runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from drivers.host.machine import Machine
from drivers.host.processes import Process, holders, named
from edge.diagnose.examination import SERVICE_USER, Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _
from edge.settings import Settings

BY_ID: Final = "/dev/serial/by-id"
MEDDLERS: Final = ("ModemManager", "agetty", "getty", "pppd", "gpsd", "brltty")
"""Programs that are known to take serial ports which are not theirs."""


def serial_ports(settings: Settings) -> dict[str, str]:
    """Every serial port that the settings name, by its key."""
    found = {}
    for sensor_id, sensor in settings.sensors.items():
        if port := getattr(sensor, "port", None):
            found[f"sensors.{sensor_id}.port"] = str(port)
    if settings.modem is not None:
        found["modem.port"] = settings.modem.port
    return found


def check_ports(examination: Examination) -> Iterator[Verdict]:
    """A verdict for each port in the settings."""
    ports = serial_ports(examination.settings)
    for key, port in ports.items():
        name = Subject(f"port:{key}", _("port {key}").format(key=key))
        if "://" in port:
            yield skip(name, _("{port} is not a device").format(port=port))
        else:
            yield _serial(examination, name, Path(port))
    yield from _modem_manager(examination)
    for device in spi_devices(examination.settings):
        yield _spi(examination, device)


def _serial(examination: Examination, name: Subject, port: Path) -> Verdict:
    machine = examination.machine
    if not port.exists():
        return bad(name, _("{port} is not there").format(port=port), _missing_remedy(machine, port))
    if fault := permission_fault(examination, port):
        return bad(name, fault, _join("dialout"))
    if console_on(machine, port):
        return bad(
            name,
            _("{port} is the kernel's console").format(port=port),
            _("{command}, and restart").format(command="sudo raspi-config nonint do_serial_cons 1"),
        )
    held_by = holders(machine, port)
    strangers = [process for process in held_by if not process.ours]
    if strangers:
        return _held(name, port, strangers)
    if held_by and examination.daemon is None and not examination.ports_taken:
        return bad(
            name,
            _("{who} holds {port}").format(who=", ".join(map(str, held_by)), port=port),
            _(
                "a bell that cannot be asked, or another command: end that, or"
                " sudo systemctl restart floodbell"
            ),
        )
    return good(name, str(port) if not port.is_symlink() else f"{port} → {port.resolve()}")


def _held(name: Subject, port: Path, strangers: list[Process]) -> Verdict:
    found = _("{who} holds {port}").format(who=", ".join(map(str, strangers)), port=port)
    services = sorted({process.unit for process in strangers if process.unit is not None})
    meddlers = sorted({who.name for who in strangers if who.name.startswith(MEDDLERS)})
    if services or meddlers:
        which = " ".join(services or meddlers)
        remedy = _("keep it off: sudo systemctl disable --now {who}").format(who=which)
    else:
        pids = " ".join(str(process.pid) for process in strangers)
        remedy = _("two programs on one port get half of each frame: sudo kill {pids}").format(
            pids=pids
        )
    return (bad if meddlers else warn)(name, found, remedy)


def _missing_remedy(machine: Machine, port: Path) -> str:
    if port.name.startswith(("ttyAMA", "serial0")):
        return _(
            "switch the header's serial port on and restart: "
            "docs/install.md, section 1: The hardware"
        )
    there = machine.names(BY_ID)
    if there:
        return _("plugged in are: {ports}").format(ports=", ".join(there))
    return _("plug it in; no USB serial port is there")


def _join(group: str) -> str:
    return _("sudo usermod -aG {group} {user}, then: sudo systemctl restart floodbell").format(
        group=group, user=SERVICE_USER
    )


def _modem_manager(examination: Examination) -> Iterator[Verdict]:
    """ModemManager probes new ports and puts AT commands of its own into ours (domain §5.2)."""
    modem, machine = examination.settings.modem, examination.machine
    if modem is None or "://" in modem.port or not Path(modem.port).exists():
        return
    running = named(machine, "ModemManager")
    if running and not kept_off(machine, Path(modem.port)):
        yield warn(
            Subject("modemmanager", "ModemManager"),
            _("{who} runs, and no rule keeps it off {port}").format(
                who=running[0], port=modem.port
            ),
            _(
                "sudo systemctl disable --now ModemManager; or add the modem's USB vendor to"
                " /etc/udev/rules.d/60-floodbell.rules and plug it in anew"
            ),
        )


def spi_devices(settings: Settings) -> list[Path]:
    """Every SPI device that the settings name, once."""
    chosen = {
        int(sensor.spi_device)
        for sensor in settings.sensors.values()
        if hasattr(sensor, "spi_device")  # only what is on a converter has one
    }
    return [Path(f"/dev/spidev0.{number}") for number in sorted(chosen)]


def _spi(examination: Examination, device: Path) -> Verdict:
    name = Subject(f"spi:{device.name}", _("SPI {device}").format(device=device.name))
    path = examination.machine.path(device)
    if not path.exists():
        return bad(
            name,
            _("{port} is not there").format(port=device),
            _("switch SPI on: sudo raspi-config nonint do_spi 0, and restart"),
        )
    if fault := permission_fault(examination, path):
        return bad(name, fault, _join("spi"))
    return good(name, str(device))


def permission_fault(examination: Examination, device: Path) -> str | None:
    """Say why the service could not open a device for reading and writing; None if it can."""
    service = examination.service_user
    if service is None:  # not installed as a service: judge for whoever asks
        if os.access(device, os.R_OK | os.W_OK):
            return None
        return _("{device} is closed to you").format(device=device)
    if service.may_read_and_write(device):
        return None
    return _("{device} is closed to the user {user}").format(device=device, user=SERVICE_USER)


def console_on(machine: Machine, port: Path) -> bool:
    """Whether the kernel talks on this port: its boot messages would reach the sensor."""
    words = (machine.text("/proc/cmdline") or "").split()
    consoles = [
        word.removeprefix("console=").split(",")[0] for word in words if word.startswith("console=")
    ]
    # Through serial0, which is a link.
    return port.resolve().name in {
        machine.path(f"/dev/{console}").resolve().name for console in consoles
    }


def kept_off(machine: Machine, port: Path) -> bool:
    """Whether udev tells ModemManager to leave a port alone.

    Source: ModemManager, port and device filtering: ID_MM_DEVICE_IGNORE, ID_MM_PORT_IGNORE; udev
    keeps the properties of a device in /run/udev/data.
    """
    number = port.stat().st_rdev
    entry = machine.text(f"/run/udev/data/c{os.major(number)}:{os.minor(number)}") or ""
    return any(
        line in ("E:ID_MM_DEVICE_IGNORE=1", "E:ID_MM_PORT_IGNORE=1") for line in entry.splitlines()
    )
