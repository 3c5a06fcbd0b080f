"""GPIO pins through gpiozero: which back end, and its errors in our words.

Invariant: gpiozero is imported by nobody until ``open_pin_factory`` is called, and its global
default factory is never used: every device is given the factory, by ``Ports.pins``.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from drivers.errors import DriverError, PortGone, WrongWiring

if TYPE_CHECKING:
    from gpiozero.pins import Factory

DEFAULT_FACTORY: Final = "lgpio"
"""The one back end that works on every Pi, 5 included; the others go through a chip that it
lacks."""

_FACTORIES: Final = {
    "lgpio": ("gpiozero.pins.lgpio", "LGPIOFactory"),
    "rpigpio": ("gpiozero.pins.rpigpio", "RPiGPIOFactory"),
    "pigpio": ("gpiozero.pins.pigpio", "PiGPIOFactory"),
    "native": ("gpiozero.pins.native", "NativeFactory"),
    "mock": ("gpiozero.pins.mock", "MockFactory"),
}


def open_pin_factory() -> Factory:
    """Open the machine's GPIO: ``$GPIOZERO_PIN_FACTORY`` if set, else lgpio.

    Returns:
        A gpiozero pin factory; close it after the devices made with it.

    Raises:
        WrongWiring: The back end is unknown or not installed, or this is no board with pins.
        PortGone: The GPIO chip cannot be opened now (permission, or not there yet).
    """
    name = os.environ.get("GPIOZERO_PIN_FACTORY") or DEFAULT_FACTORY
    if name not in _FACTORIES:
        raise WrongWiring(f"GPIOZERO_PIN_FACTORY={name}: expected one of {', '.join(_FACTORIES)}")
    module, factory = _FACTORIES[name]
    if name == "lgpio":
        give_lgpio_a_folder()
    try:
        with pin_errors():
            return getattr(importlib.import_module(module), factory)()
    except ImportError as error:
        raise WrongWiring(
            f"pin factory {name}: {error}; install floodbell[pi] or the package python3-{name}"
        ) from error


def give_lgpio_a_folder() -> None:
    """Set ``$LG_WD`` if nobody has: the service's runtime directory, else one of our own.

    lgpio makes a FIFO in it when it is imported, by default in the working directory: there a
    service may not write, and a technician's command would leave litter. It must not be shared
    either: the FIFO of a command in the daemon's folder would take the daemon's place, and with it
    every edge of the bell's button.

    Source: lgpio 0.2.2, seen in a machine with systemd.
    """
    if os.environ.get("LG_WD"):
        return
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if runtime:
        os.environ["LG_WD"] = runtime
        return
    folder = tempfile.mkdtemp(prefix="floodbell-lgpio-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["LG_WD"] = folder


def release(*held: Any) -> None:  # noqa: ANN401 - gpiozero is untyped
    """Close devices, or their factory after them; None is passed over, and so is any fault."""
    for device in held:
        if device is not None:
            with contextlib.suppress(DriverError), pin_errors():
                device.close()


@contextmanager
def pin_errors(pin: int | None = None, *, where: str = "GPIO") -> Iterator[None]:
    """Turn whatever gpiozero and its back end raise inside the block into our errors.

    Args:
        pin: BCM number for the message.
        where: What else the message is about, such as a chip on the SPI bus.

    Raises:
        WrongWiring: The pin cannot be used like that.
        PortGone: The GPIO chip cannot be reached now.
    """
    where = where if pin is None else f"pin {pin}"
    try:
        yield
    except (DriverError, ImportError):
        raise
    except OSError as error:
        raise PortGone(f"{where}: {error}; is the user in the group gpio?") from error
    except _back_end_errors() as error:
        raise WrongWiring(f"{where}: {error}") from error


def _back_end_errors() -> tuple[type[BaseException], ...]:
    gpiozero = sys.modules.get("gpiozero")
    errors: list[type[BaseException]] = [gpiozero.GPIOZeroError] if gpiozero is not None else []
    lgpio = sys.modules.get("lgpio")
    if lgpio is not None:
        errors.append(lgpio.error)  # its own class, neither an OSError nor gpiozero's
    return tuple(errors)
