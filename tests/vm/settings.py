"""The settings of the bell in the machine, and where its parts are connected."""

from __future__ import annotations

from typing import Final

from drivers.bell.settings import BellSettings
from tests.bells import ADDRESS, MOUNT_MM, PHONES

BUTTON: Final = 5
STROBE: Final = 13
SIREN: Final = 16
FLOAT: Final = 17
LAMP: Final = 26
FLOAT_MM: Final = 20.0
HOLD_S: Final = 0.7

HAS_LAMP: Final = "lamp_pin" in BellSettings.model_fields

INPUTS: Final = (BUTTON, FLOAT)
OUTPUTS: Final = (STROBE, SIREN, LAMP) if HAS_LAMP else (STROBE, SIREN)


def adapter(name: str) -> str:
    """The stable name of a USB adapter in the machine, made by udev."""
    return f"/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_{name}-if00-port0"


SETTINGS: Final = f"""
[site]
id = "jongno-0042"
district = "jongno"
address = "{ADDRESS}"
occupants = 1
[zones.entrance]
voting = "1oo2"
[sensors.door]
driver = "a02yyuw"
zone = "entrance"
port = "{adapter("sensor")}"
mount_height_mm = {MOUNT_MM}
[sensors.door-float]
driver = "float_switch"
zone = "entrance"
pin = {FLOAT}
height_mm = {FLOAT_MM}
contact = "normally_closed"
[contacts.home]
role = "resident"
phone = "{PHONES["home"]}"
[contacts.kim]
role = "partner"
phone = "{PHONES["kim"]}"
[contacts.mother]
role = "guardian"
phone = "{PHONES["mother"]}"
[contacts.office]
role = "office"
phone = "{PHONES["office"]}"
[report]
armed = true
[bell]
button_pin = {BUTTON}
hold_s = {HOLD_S}
siren_pin = {SIREN}
strobe_pin = {STROBE}
{f"lamp_pin = {LAMP}" if HAS_LAMP else ""}
[modem]
port = "{adapter("modem")}"
[trouble]
on_delay_s = 5.0
off_delay_s = 10.0
"""
