"""Checks of the header's pins: is the chip there, and does anything else want a pin of ours.

Owns what can be told of a pin without requesting it, so that it may be asked while the daemon runs.
Two settings on one pin are an error of the settings and never get here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.host.machine import Machine
from drivers.host.processes import Process, line_holders
from drivers.ports.lines import Line
from edge.diagnose.examination import SERVICE_USER, Examination
from edge.diagnose.hats import WAVESHARE_SIM7600, has_sim7600, hat_of
from edge.diagnose.header import header_chip, used_pins, uses_header
from edge.diagnose.ports import permission_fault, serial_ports
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _

OURS: Final = "lg"
"""What lgpio calls itself when it takes a line. Source: lgpio 0.2.2, seen with gpioinfo."""

_HEADER_UARTS: Final = frozenset({"ttyAMA0", "ttyS0"})
_CONFIG: Final = "/boot/firmware/config.txt"


def check_pins(examination: Examination) -> Iterator[Verdict]:
    """A verdict on the chip, and one for each pin that something else wants."""
    machine, pins = examination.machine, used_pins(examination.settings)
    if not uses_header(examination.settings):
        return
    name, chip = Subject("pins", _("pins")), header_chip(machine)
    path = machine.path(chip)
    if not path.exists():
        yield bad(name, _("{chip} is not there").format(chip=chip), _("use a Raspberry Pi"))
        return
    if fault := permission_fault(examination, path):
        yield bad(
            name,
            fault,
            _("sudo usermod -aG {group} {user}, then: sudo systemctl restart floodbell").format(
                group="gpio", user=SERVICE_USER
            ),
        )
        return
    listed = ", ".join(map(str, sorted(pins))) or "SPI"
    lines = examination.lines
    if lines is None and pins:
        found = _("{chip}: {pins}; who holds them cannot be seen").format(chip=chip, pins=listed)
        yield skip(name, found)
    else:
        yield good(name, f"{chip}: {listed}")
    for pin, key in sorted(pins.items()):
        yield from _first(_Pin(examination, chip, pin, key, (lines or {}).get(pin)))
    yield from _hat(machine)


@dataclass(frozen=True, slots=True)
class _Pin:
    """A pin of ours, and what the kernel says of its line."""

    examination: Examination
    chip: str
    number: int
    key: str
    line: Line | None

    @property
    def name(self) -> Subject:
        return Subject(f"pin:{self.key}", _("pin {key}").format(key=self.key))


def _first(pin: _Pin) -> Iterator[Verdict]:
    """Say the worst that is wrong with a pin, if anything."""
    for look in (_held, _on_uart, _on_bus, _under_hat, _under_modem):
        if (verdict := look(pin)) is not None:
            yield verdict
            return


def _held(pin: _Pin) -> Verdict | None:
    """Whether somebody else has taken the line, so that the bell cannot."""
    if pin.line is None or not pin.line.used:
        return None
    examination = pin.examination
    found = line_holders(examination.machine, Path(pin.chip).name, pin.number)
    others = [process for process in found if not process.ours]
    bell_runs = examination.daemon is not None or examination.ports_taken
    if bell_runs and pin.line.consumer == OURS and len(others) < max(1, len(found)):
        return None
    who = ", ".join(map(str, others)) or pin.line.consumer or _("the kernel")
    return bad(
        pin.name,
        _("pin {pin} is held by {who}").format(pin=pin.number, who=who),
        _let_go(pin, others),
    )


def _let_go(pin: _Pin, others: list[Process]) -> str:
    units = sorted({process.unit for process in others if process.unit is not None})
    if units:
        return f"sudo systemctl disable --now {' '.join(units)}"
    if others:
        return f"sudo kill {' '.join(str(process.pid) for process in others)}"
    assert pin.line is not None  # noqa: S101  _held has looked
    if pin.line.consumer == "sysfs":
        return _("a program took it by /sys/class/gpio: find and end it, or take another pin")
    if pin.line.consumer == OURS:
        return _("another program with lgpio: find it with sudo floodbell doctor, and end it")
    return _("a line dtoverlay= in {config} takes it: delete that, or take another pin").format(
        config=_CONFIG
    )


def _on_uart(pin: _Pin) -> Verdict | None:
    """Pins 14 and 15 are the header's serial port. Source: Raspberry Pi documentation, UARTs."""
    if pin.number not in (14, 15):
        return None
    for key, port in serial_ports(pin.examination.settings).items():
        if "://" not in port and Path(port).resolve().name in _HEADER_UARTS:
            return bad(
                pin.name,
                _("pin {pin} is the wire of {key}").format(pin=pin.number, key=key),
                _("take another pin"),
            )
    if not pin.examination.machine.there("/dev/serial0"):
        return None
    return warn(
        pin.name,
        _("pin {pin} belongs to the serial port, which is on").format(pin=pin.number),
        _("take another pin, or: {command}, and restart").format(
            command="sudo raspi-config nonint do_serial_hw 1"
        ),
    )


def _on_bus(pin: _Pin) -> Verdict | None:
    """Whether the pin is one of a bus that is switched on.

    Source: Raspberry Pi documentation, GPIO and the 40-pin header: I2C1 on 2 and 3, SPI0 on 7 to
    11, PCM on 18 to 21, ID_SD and ID_SC on 0 and 1. A 1-wire bus holds its line, and _held sees it.
    """
    machine = pin.examination.machine
    off = {
        "I2C": "sudo raspi-config nonint do_i2c 1",
        "SPI": "sudo raspi-config nonint do_spi 1",
        "PCM": _("delete dtparam=i2s=on in {config}").format(config=_CONFIG),
    }
    if pin.number in (0, 1):
        return warn(
            pin.name,
            _("pin {pin} is kept for the memory chip of a HAT").format(pin=pin.number),
            _("take another pin"),
        )
    for bus, (pins, is_on) in {
        "I2C": ((2, 3), machine.there("/sys/bus/i2c/devices/i2c-1")),
        "SPI": (range(7, 12), machine.there("/sys/class/spi_master/spi0")),
        "PCM": (range(18, 22), _pcm_is_on(machine)),
    }.items():
        if pin.number in pins and is_on:
            return warn(
                pin.name,
                _("pin {pin} belongs to {bus}, which is on").format(pin=pin.number, bus=bus),
                _("take another pin, or: {command}, and restart").format(command=off[bus]),
            )
    return None


def _pcm_is_on(machine: Machine) -> bool:
    nodes = [name for name in machine.names("/proc/device-tree/soc") if name.startswith("i2s@")]
    return any(
        machine.text(f"/proc/device-tree/soc/{node}/status") in ("okay", "ok") for node in nodes
    )


def _under_hat(pin: _Pin) -> Verdict | None:
    hat = hat_of(pin.examination.machine)
    if hat is None or hat.pins is None or pin.number not in hat.pins:
        return None
    return warn(
        pin.name,
        _("pin {pin} belongs to the board {board}").format(pin=pin.number, board=hat.product),
        _("take another pin"),
    )


def _under_modem(pin: _Pin) -> Verdict | None:
    """A Waveshare board cannot be seen, its modem on USB can."""
    modem = pin.examination.settings.modem
    if pin.number not in WAVESHARE_SIM7600 or pin.key == "modem.power_pin" or modem is None:
        return None
    if modem.power_pin != 6 and not has_sim7600(pin.examination.machine):
        return None
    return warn(
        pin.name,
        _("under a Waveshare SIM7600 board pin {pin} is its {use}").format(
            pin=pin.number, use=WAVESHARE_SIM7600[pin.number]
        ),
        _("take another pin, unless the modem is no such board"),
    )


def _hat(machine: Machine) -> Iterator[Verdict]:
    hat = hat_of(machine)
    if hat is None:
        return
    name, board = Subject("hat", _("board on top")), f"{hat.product} ({hat.vendor})"
    if hat.pins is None:
        yield skip(name, _("{board}: see in its papers which pins it takes").format(board=board))
    else:
        yield good(name, board)
