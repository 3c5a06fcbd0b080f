"""Checks of the ports: are they there, may the bell use them, does somebody else hold them.

Owns what can be told of a port without opening it, so that it may be asked while the daemon runs.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _
from edge.settings import Settings

SERVICE_USER: Final = "floodbell"
SERVICE_GROUPS: Final = ("floodbell", "dialout", "gpio", "spi")
"""User and groups of the system service, see systemd/floodbell.service."""

GPIO_CHIP: Final = Path("/dev/gpiochip0")
BY_ID: Final = Path("/dev/serial/by-id")
_MEDDLERS: Final = ("ModemManager", "agetty", "getty", "pppd", "gpsd", "brltty")
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


def uses_pins(settings: Settings) -> bool:
    """Whether anything hangs on the header's pins."""
    on_pins = any(
        claim.what.startswith("pin ")
        for sensor in settings.sensors.values()
        for claim in sensor.claims()
    )
    return on_pins or (settings.bell is not None and bool(settings.bell.pins))


def check_ports(examination: Examination) -> Iterator[Verdict]:
    """A verdict for each port in the settings."""
    for key, port in serial_ports(examination.settings).items():
        name = Subject(f"port:{key}", _("port {key}").format(key=key))
        if "://" in port:
            yield skip(name, _("{port} is not a device").format(port=port))
        else:
            yield _serial(name, Path(port))
    if uses_pins(examination.settings):
        yield _pins()
    for device in spi_devices(examination.settings):
        yield _spi(device)


def _serial(name: Subject, port: Path) -> Verdict:
    if not port.exists():
        return bad(name, _("{port} is not there").format(port=port), _missing_remedy(port))
    if fault := permission_fault(port):
        return bad(name, fault, _("sudo usermod -aG dialout {user}").format(user=SERVICE_USER))
    if console_on(port):
        return bad(
            name,
            _("{port} is the kernel's console").format(port=port),
            _("sudo raspi-config: Interface Options, Serial Port, no login shell"),
        )
    strangers = [who for who in holders(port) if "floodbell" not in who]
    for who in strangers:
        if who.startswith(_MEDDLERS):
            return bad(
                name,
                _("{who} holds {port}").format(who=who, port=port),
                _("keep it off: sudo systemctl disable --now {who}").format(who=who.split()[0]),
            )
    if strangers:
        return warn(
            name,
            _("{who} holds {port} too").format(who=", ".join(strangers), port=port),
            _("two programs on one port get half of each frame: end the other"),
        )
    return good(name, str(port) if not port.is_symlink() else f"{port} → {port.resolve()}")


def _missing_remedy(port: Path) -> str:
    if str(port).startswith("/dev/ttyAMA"):
        return _("switch the header's serial port on, see docs/install.md, and restart")
    there = sorted(entry.name for entry in BY_ID.iterdir()) if BY_ID.is_dir() else []
    if there:
        return _("plugged in are: {ports}").format(ports=", ".join(there))
    return _("plug it in; no USB serial port is there")


def _pins() -> Verdict:
    name = Subject("pins", _("pins"))
    if not GPIO_CHIP.exists():
        return bad(name, _("{chip} is not there").format(chip=GPIO_CHIP), _("use a Raspberry Pi"))
    if fault := permission_fault(GPIO_CHIP):
        return bad(name, fault, _("sudo usermod -aG gpio {user}").format(user=SERVICE_USER))
    return good(name, str(GPIO_CHIP))


def spi_devices(settings: Settings) -> list[Path]:
    """Every SPI device that the settings name, once."""
    chosen = {
        int(sensor.spi_device)
        for sensor in settings.sensors.values()
        if hasattr(sensor, "spi_device")  # only what is on a converter has one
    }
    return [Path(f"/dev/spidev0.{number}") for number in sorted(chosen)]


def _spi(device: Path) -> Verdict:
    name = Subject(f"spi:{device.name}", _("SPI {device}").format(device=device.name))
    if not device.exists():
        return bad(
            name,
            _("{port} is not there").format(port=device),
            _("switch SPI on: sudo raspi-config nonint do_spi 0, and restart"),
        )
    if fault := permission_fault(device):
        return bad(name, fault, _("sudo usermod -aG spi {user}").format(user=SERVICE_USER))
    return good(name, str(device))


def permission_fault(device: Path) -> str | None:
    """Say why the service could not open a device for reading and writing; None if it can."""
    status = device.stat()
    try:
        user = pwd.getpwnam(SERVICE_USER)
    except KeyError:  # not installed as a service: judge for whoever asks
        if os.access(device, os.R_OK | os.W_OK):
            return None
        return _("{device} is closed to you").format(device=device)
    groups = {user.pw_gid, *_ids_of(SERVICE_GROUPS)}
    open_to_user = status.st_uid == user.pw_uid and _both(status.st_mode, stat.S_IRUSR)
    open_to_group = status.st_gid in groups and _both(status.st_mode, stat.S_IRGRP)
    if open_to_user or open_to_group or _both(status.st_mode, stat.S_IROTH):
        return None
    return _("{device} is closed to the user {user}").format(device=device, user=SERVICE_USER)


def _ids_of(groups: tuple[str, ...]) -> set[int]:
    return {entry.gr_gid for entry in grp.getgrall() if entry.gr_name in groups}


def _both(mode: int, read_bit: int) -> bool:
    """Whether the read bit and the write bit beside it are set."""
    wanted = read_bit | read_bit >> 1
    return mode & wanted == wanted


def console_on(port: Path) -> bool:
    """Whether the kernel talks on this port: its boot messages would reach the sensor."""
    try:
        words = Path("/proc/cmdline").read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return False
    consoles = [word.removeprefix("console=").split(",")[0] for word in words if "console=" in word]
    return port.resolve().name in {Path("/dev", console).resolve().name for console in consoles}


def holders(port: Path) -> list[str]:
    """Name the processes that hold a port open, as far as this user may see, without ourselves."""
    device = str(port.resolve())
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if process.name != str(os.getpid()) and _holds(process, device):
            found.append(_title(process))
    return found


def _holds(process: Path, device: str) -> bool:
    try:
        return any(str(entry.readlink()) == device for entry in (process / "fd").iterdir())
    except OSError:  # gone meanwhile, or somebody else's
        return False


def _title(process: Path) -> str:
    try:
        command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        name = (process / "comm").read_text(errors="replace").strip()
    except OSError:
        return process.name
    # A Python program is known by its arguments only.
    return "floodbell" if "floodbell" in command else f"{name} ({process.name})"
