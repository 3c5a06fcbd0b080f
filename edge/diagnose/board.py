"""Checks of the board: its supply, its heat, its memory, its battery."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from drivers.host.board import board_health, was_under_voltage
from drivers.host.machine import Machine
from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _
from edge.supply import LOW_PERCENT

HOT_C: Final = 80.0
TOO_HOT_C: Final = 85.0
"""From 80 °C on the firmware slows the processor down, from 85 °C on as far as it can.

Source: Raspberry Pi documentation, frequency management and thermal control.
"""

LOW_MEMORY_MIB: Final = 64
"""Less than this and the kernel begins to end programs: a bell takes about 45 MiB. Our figure."""

_SUPPLIES: Final = "/sys/class/power_supply"


def check_board(examination: Examination) -> Iterator[Verdict]:
    """Whether the board can go on like this."""
    machine = examination.machine
    health = board_health(examination.settings.paths.state, machine.path("/sys"))
    yield _supply(machine, health.under_voltage, health.throttled)
    yield _heat(health.cpu_temperature_c)
    yield from _memory(machine)
    yield from _battery(machine, examination)


def _supply(machine: Machine, under_voltage: bool | None, throttled: bool | None) -> Verdict:
    """Judge the supply. Source: Raspberry Pi documentation, get_throttled; under 4.63 V."""
    name = Subject("power", _("power supply"))
    remedy = _("use the board's own power supply and a short, thick cable; the modem takes 2 A")
    if under_voltage is None and throttled is None:
        return skip(name, _("this board does not tell"))
    if under_voltage:
        return bad(name, _("under-voltage now: below 4.63 V"), remedy)
    if was_under_voltage(machine.path("/sys")):
        return warn(name, _("under-voltage since the last start: below 4.63 V"), remedy)
    if throttled:
        return warn(
            name,
            _("the processor is slowed down"),
            _("too hot, or the supply too weak: look at both"),
        )
    return good(name, _("no under-voltage"))


def _heat(celsius: float | None) -> Verdict:
    name = Subject("temperature", _("temperature"))
    if celsius is None:
        return skip(name, _("this board does not tell"))
    found, remedy = f"{celsius:.0f} °C", _("air or a heat sink; not beside the heating")
    if celsius >= TOO_HOT_C:
        return bad(name, found, remedy)
    return warn(name, found, remedy) if celsius >= HOT_C else good(name, found)


def _memory(machine: Machine) -> Iterator[Verdict]:
    """Judge the memory. Source: proc(5), /proc/meminfo, MemAvailable."""
    for line in (machine.text("/proc/meminfo") or "").splitlines():
        key, _colon, value = line.partition(":")
        if key == "MemAvailable" and value.split()[:1]:
            mib = int(value.split()[0]) // 1024
            name, found = Subject("memory", _("memory")), _("{mib} MiB left").format(mib=mib)
            if mib < LOW_MEMORY_MIB:
                remedy = _("what takes it: {command}; end what is no part of the bell").format(
                    command="ps aux --sort=-rss | head"
                )
                yield warn(name, found, remedy)
            else:
                yield good(name, found)


def _battery(machine: Machine, examination: Examination) -> Iterator[Verdict]:
    """Judge mains and battery where the kernel knows them, or the running bell by its pins.

    Source: kernel documentation, ABI sysfs-class-power: type, online, status, capacity.
    """
    batteries, mains = [], []
    for supply in machine.names(_SUPPLIES):
        folder = f"{_SUPPLIES}/{supply}"
        kind = machine.text(f"{folder}/type")
        if kind == "Battery" and machine.text(f"{folder}/scope") != "Device":
            batteries.append(folder)
        elif kind in ("Mains", "USB") and machine.number(f"{folder}/online") is not None:
            mains.append(folder)
    told = (examination.daemon or {}).get("power") or {}
    if not batteries:
        yield _untold(examination, told)
    for folder in batteries:
        yield _charge(machine, folder)
    lost = bool(mains) and not any(machine.number(f"{folder}/online") for folder in mains)
    if lost or told.get("mains") is False:
        yield warn(
            Subject("mains", _("mains")),
            _("gone: the bell lives on its battery"),
            _("look for the plug and the fuse"),
        )


def _untold(examination: Examination, told: Mapping[str, Any]) -> Verdict:
    """Say what is known without the kernel: by the pins, of which only the running bell knows."""
    name = Subject("battery", _("battery"))
    if told.get("battery_low"):
        return bad(name, _("low, says the UPS board"), _low_remedy())
    if told.get("mains") is not None:
        return skip(name, _("its charge is not known: pull the plug and let it run for an hour"))
    if examination.settings.power is not None and examination.settings.power.pins:
        return skip(name, _("only the running bell reads the pins of the UPS board"))
    return skip(
        name, _("none that the system sees: pull the plug and look whether the bell goes on")
    )


def _low_remedy() -> str:
    return _("an hour of watching is no longer sure: give it mains, or a new battery")


def _charge(machine: Machine, folder: str) -> Verdict:
    name = Subject("battery", _("battery"))
    percent = machine.number(f"{folder}/capacity")
    status = machine.text(f"{folder}/status") or "?"
    found = status if percent is None else f"{percent} %, {status}"
    if percent is None or percent >= LOW_PERCENT:
        return good(name, found)
    return (bad if status == "Discharging" else warn)(name, found, _low_remedy())
