"""Kinds of modem and their manners: data for ``ModemPeer``.

Owns what differs between modems as people meet them. It is not a claim about every firmware.

Source: manuals of SIM7600 and EC25 for names and start-up lines; reports of users for the manners.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ModemProfile:
    """A kind of modem and its manners.

    Attributes:
        answer_delay_s: From Ctrl-Z to ``+CMGS:``; on LTE usually one to five seconds.
        delivery_delay_s: From acceptance to the status report.
        registered: Whether it has a network when it starts.
        sim_pin: What the SIM wants; None for a SIM without PIN.
        prompt: What it sends when it wants the body of a text.
        echo_stays_on: ``ATE0`` is answered with OK and ignored.
        byte_by_byte: Its USB side hands over one byte at a time.
        boot_lines: What it says without being asked after a start.
        minimal: ERROR to everything except what a text needs.
        deaf_while_sending: Reads no command until the text in flight is answered, as real ones do.
        answers_escape: ESC at the prompt is answered with OK.
        answers_atz_twice: ATZ is answered with two OK.
        voice_urcs: It says when a conversation begins and ends.
        makes_calls: It, or its SIM, can make calls.
        plays: It can play a recording to the other side.
        obeys: Settings of its own that it takes.
        tells_time: Whether its network tells the time (NITZ), and it passes that on.
        begins: What its clock shows before the network has told the time.
        keeps_utc: ``AT+CCLK?`` is UTC under the zone of the place, as Quectel's after AT+CTZU=1,
            and ``AT+QLTS`` tells what is right.
    """

    manufacturer: str
    model: str
    firmware: str
    answer_delay_s: float = 0.0
    delivery_delay_s: float = 0.2
    reboot_s: float = 0.2
    registered: bool = True
    sim_pin: str | None = None
    prompt: bytes = b"> "
    echo_stays_on: bool = False
    byte_by_byte: bool = False
    boot_lines: tuple[str, ...] = ()
    minimal: bool = False
    deaf_while_sending: bool = True
    answers_escape: bool = True
    answers_atz_twice: bool = False
    voice_urcs: bool = False
    makes_calls: bool = True
    plays: bool = False
    obeys: tuple[str, ...] = ()
    tells_time: bool = True
    begins: str = "70/01/01,00:00:12+00"
    keeps_utc: bool = False


SIM7600: Final = ModemProfile(
    manufacturer="SIMCOM INCORPORATED",
    model="SIMCOM_SIM7600G-H",
    firmware="SIM7600M22_V2.0",
    boot_lines=("RDY", "+CPIN: READY", "SMS DONE", "PB DONE"),
    voice_urcs=True,
    plays=True,
    obeys=("AT+CSDVC", "AT+CLVL"),
)
EC25: Final = ModemProfile(
    manufacturer="Quectel",
    model="EC25",
    firmware="EC25EFAR06A06M4G",
    boot_lines=("RDY", "+CPIN: READY", "+QUSIM: 1", "+CFUN: 1", "+QIND: SMS DONE"),
    plays=True,
    obeys=("AT+QAUDMOD", "AT+CLVL"),
    begins="80/01/06,00:00:12+00",
    keeps_utc=True,
)
RUDE: Final = ModemProfile(
    manufacturer="?",
    model="?",
    firmware="?",
    prompt=b">",
    echo_stays_on=True,
    byte_by_byte=True,
    boot_lines=("RDY", "^BOOT:27710117,0,0,0,75", "OK, ready"),
    answers_atz_twice=True,
    minimal=True,
    deaf_while_sending=False,
    answers_escape=False,
)
PROFILES: Final = {"sim7600": SIM7600, "ec25": EC25, "rude": RUDE}
