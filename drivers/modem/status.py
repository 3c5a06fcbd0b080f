"""How the modem is: SIM, network, signal, model.

Owns the questions that supervision asks and the reading of their answers. Every question is
optional: a modem that knows none of them is not broken, its state is merely unknown.

Source: 3GPP TS 27.007 (+CGMI 5.1 to +CGSN 5.4, +CNUM 7.1, +CREG 7.2, +COPS 7.3, +CPIN 8.3, +CSQ
8.5, +CIREG 8.71, +CEREG 10.1.22); what the network's mean is in ``network``, its time in ``nitz``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import inf
from typing import Final

from drivers.errors import NoResponse
from drivers.modem import network, nitz
from drivers.modem.at import RegistrationChanged
from drivers.modem.conversation import CommandRefused, Conversation
from drivers.modem.network import Registration
from drivers.modem.nitz import NetworkTime

# 1 home, 5 roaming, 6 and 7 texts only, 9 and 10 without circuit-switched calls; 4 is "unknown".
# 8 is "emergency calls only" and carries no texts.
_REGISTERED: Final = frozenset({1, 5, 6, 7, 9, 10})
_UNKNOWN_STATE: Final = 4
_STATE: Final = re.compile(r"\+C(?:E|G|5G)?REG:\s*\d,\s*(\d{1,2}).*", re.ASCII)
_SIGNAL: Final = re.compile(r"\+CSQ:\s*(\d{1,2}),.*", re.ASCII)
_SERVICE_CENTRE: Final = re.compile(r'\+CSCA:\s*"(\+?[0-9]*)".*', re.ASCII)
_OWN_NUMBER: Final = re.compile(r'\+CNUM:\s*(?:"[^"]*")?,"(\+?[0-9]{3,15})".*', re.ASCII)
_IMEI: Final = re.compile(r'(?:\+C?GSN:\s*)?"?([0-9]{14,16})"?', re.ASCII)
_VOICE_EVERY_LOOKS: Final = 20
"""How a call would go is asked so seldom: nothing but ``modem info`` wants to know."""

_TIME_EVERY_S: Final = 3600.0
"""A monotonic clock loses a fifth of a second in an hour: quartz is within 50 ppm."""

_TIME_AGAIN_S: Final = 60.0
"""A network tells the time soon after registration, or when the modem changes cells, or never."""

_MOST_SILENCES: Final = 2


class SimState(StrEnum):
    """What the SIM is waiting for."""

    READY = "ready"
    PIN = "pin"
    PUK = "puk"
    MISSING = "missing"
    FAILED = "failed"
    BUSY = "busy"


class ModemFault(StrEnum):
    """What is wrong with a modem that answers, the gravest first."""

    SIM_MISSING = "sim_missing"
    SIM_LOCKED = "sim_locked"
    NO_NETWORK = "no_network"
    NO_SERVICE_CENTRE = "no_service_centre"
    STORAGE_FULL = "storage_full"
    WEAK_SIGNAL = "weak_signal"

    @property
    def words(self) -> str:
        """What it is called in a log: its name, then a colon and what to do."""
        return _FAULT_WORDS[self]


_FAULT_WORDS: Final = {
    ModemFault.SIM_MISSING: "sim missing: put one in",
    ModemFault.SIM_LOCKED: "sim locked: it wants a PIN or PUK",
    ModemFault.NO_NETWORK: "no network",
    ModemFault.NO_SERVICE_CENTRE: "no service centre: set modem.service_centre",
    ModemFault.STORAGE_FULL: "storage full: texts that came lie in it",
    ModemFault.WEAK_SIGNAL: "weak signal",
}

WEAK_DBM: Final = -107
"""At this strength and below, LTE texts begin to fail: +CSQ 3 of 31, the lowest tenth of its scale
(TS 27.007, 8.5); judged, not measured here."""

_WEAK_LOOKS: Final = 3  # in a row: somebody who walks past the antenna is no trouble
_DENIED: Final = 3

_SIM_ANSWERS: Final = {
    "READY": SimState.READY,
    "SIM PIN": SimState.PIN,
    "SIM PUK": SimState.PUK,
    "NOT INSERTED": SimState.MISSING,
}
_SIM_CODES: Final = {
    5: SimState.FAILED, 10: SimState.MISSING, 11: SimState.PIN, 12: SimState.PUK,
    13: SimState.FAILED, 14: SimState.BUSY, 15: SimState.FAILED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModemStatus:
    """What is known of the modem; None where it did not say.

    Attributes:
        registered: Whether it has a network that carries texts; unknown counts as yes.
        signal_dbm: Received signal strength, -113 to -51 dBm.
        registration: Where it stands with the network, in one word.
        operator: Name or number of the network.
        technology: How it reaches it: ``LTE``, ``3G`` …
        voice: How a call would go: ``volte``, ``cs`` or ``none``.
        sim: What the SIM is waiting for.
        imei: The modem's own number, which an operator asks for.
        own_number: The SIM's, if it is written on it.
        service_centre: Number of the text service centre; empty if the SIM knows none.
        denied: Whether the network refuses the SIM.
        storage_full: Whether the store for texts was full and could not be emptied.
        weak: Whether the signal has been weak for some time.
        network_time: What time the network told last; nobody has judged it.
    """

    registered: bool | None = None
    signal_dbm: int | None = None
    registration: Registration | None = None
    operator: str | None = None
    technology: str | None = None
    voice: str | None = None
    sim: SimState | None = None
    manufacturer: str | None = None
    model: str | None = None
    firmware: str | None = None
    imei: str | None = field(default=None, repr=False)
    own_number: str | None = field(default=None, repr=False)
    service_centre: str | None = None
    denied: bool = False
    storage_full: bool = False
    weak: bool = False
    network_time: NetworkTime | None = None

    @property
    def fault(self) -> ModemFault | None:
        """What is wrong with it, the gravest first; None as far as is known."""
        standing = {
            ModemFault.SIM_MISSING: self.sim is SimState.MISSING,
            ModemFault.SIM_LOCKED: self.sim in (SimState.PIN, SimState.PUK),
            ModemFault.NO_NETWORK: self.registered is False,
            ModemFault.NO_SERVICE_CENTRE: self.service_centre == "",
            ModemFault.STORAGE_FULL: self.storage_full,
            ModemFault.WEAK_SIGNAL: self.weak,
        }
        return next((fault for fault, stands in standing.items() if stands), None)

    @property
    def words(self) -> str:
        """What is wrong with it, for a log; empty if nothing is."""
        if self.fault is ModemFault.NO_NETWORK and self.denied:
            return "no network: it refuses this SIM (registration denied)"
        if self.fault is ModemFault.WEAK_SIGNAL:
            return f"{ModemFault.WEAK_SIGNAL.words}: {self.signal_dbm} dBm"
        return self.fault.words if self.fault else ""


class Supervision:
    """Asks, and keeps the last answers."""

    def __init__(self, line: Conversation) -> None:
        self._line = line
        self._states: dict[str, int] = {}
        self._weak_looks = 0
        self._identified = False
        self._looks_to_voice = 0
        self._follows = False
        self._ask_time_s = -inf
        self._quectel: bool | None = None
        self.status = ModemStatus()

    def note_storage(self, *, full: bool) -> None:
        """Take whether the store for texts is full."""
        self.status = replace(self.status, storage_full=full)

    def service_centre(self) -> str | None:
        """Ask for the number of the service centre: empty if there is none, None if unknown.

        Raises:
            NoResponse: The modem is silent.
            PortGone: The port vanished.
        """
        found = _first(_SERVICE_CENTRE, self._optional("AT+CSCA?"))
        self.status = replace(self.status, service_centre=found)
        return found

    def forget(self) -> None:
        """Know nothing, as of a modem that has just started."""
        self._states.clear()
        self._weak_looks = 0
        self._identified = False
        self._looks_to_voice = 0
        self._follows = False
        self._ask_time_s = -inf
        self._quectel = None
        self.status = ModemStatus()

    def note(self, remark: RegistrationChanged) -> None:
        """Take a change of registration that the modem told by itself."""
        self._states[remark.text.partition(":")[0]] = remark.state
        self._take_states()

    def sim_state(self) -> SimState | None:
        """Ask what the SIM is waiting for.

        Raises:
            NoResponse: The modem is silent.
            PortGone: The port vanished.
        """
        state = self._ask_sim()
        self.status = replace(self.status, sim=state)
        return state

    def check(self, interrupted: Callable[[], bool]) -> ModemStatus:
        """Ask everything again; who it is, once; how a call would go, now and then.

        Args:
            interrupted: Asked between questions; what is not asked keeps its last answer, so that
                a report never waits for small talk. Whether there is a network is always asked: a
                stream of texts that fail must not keep it from being found out.

        Raises:
            NoResponse: The modem has fallen silent.
            PortGone: The port vanished.
        """
        silences = 0
        for place, step in enumerate(self._steps()):
            if (place > 0 and interrupted()) or silences == _MOST_SILENCES:
                break
            try:
                step()
            except NoResponse:
                silences += 1
                self._line.synchronise()
        return self.status

    def _steps(self) -> list[Callable[[], object]]:
        """Return what is to be asked this time, in order."""
        steps: list[Callable[[], object]] = [
            self._ask_registration,
            self.sim_state,
            self._ask_signal,
            self._ask_operator,
        ]
        if not self._follows:
            steps.insert(1, self._follow_time)
        if self.status.model is None:
            steps.append(self._ask_model)
        if not self._identified:
            steps.append(self._ask_numbers)
        self._looks_to_voice -= 1
        if self._looks_to_voice < 0:
            steps.append(self._ask_voice)
        if self._line.now_s() >= self._ask_time_s:
            steps.append(self._ask_time)
        return steps

    def _ask_sim(self) -> SimState | None:
        try:
            lines = self._line.ask("AT+CPIN?")
        except CommandRefused as refused:
            code = refused.final.code
            return None if code is None or refused.final.kind != "CME" else _SIM_CODES.get(code)
        return _SIM_ANSWERS.get(lines[0].partition(":")[2].strip()) if lines else None

    def _ask_registration(self) -> None:
        for command in ("AT+CREG?", "AT+CEREG?"):
            found = _first(_STATE, self._optional(command))
            if found is None:
                self._states.pop(command[2:-1], None)
            else:
                self._states[command[2:-1]] = int(found)
        denied = _DENIED in self._states.values()
        self._take_states()
        self.status = replace(self.status, denied=denied)

    def _take_states(self) -> None:
        self.status = replace(
            self.status,
            registered=self._registered(),
            registration=network.registration(self._states.values()),
        )

    def _registered(self) -> bool | None:
        states = set(self._states.values())
        if states & _REGISTERED:
            return True
        return None if not states or _UNKNOWN_STATE in states else False

    def _ask_signal(self) -> None:
        found = _first(_SIGNAL, self._optional("AT+CSQ"))
        # 8.5: 0 to 31 in steps of 2 dB from -113; 99 and everything else is unknown.
        level = int(found) if found is not None and int(found) <= 31 else None
        signal_dbm = None if level is None else -113 + 2 * level
        weak = signal_dbm is not None and signal_dbm <= WEAK_DBM
        self._weak_looks = self._weak_looks + 1 if weak else 0
        self.status = replace(
            self.status, signal_dbm=signal_dbm, weak=self._weak_looks >= _WEAK_LOOKS
        )

    def _ask_operator(self) -> None:
        operator, technology = network.operator(self._optional("AT+COPS?"))
        self.status = replace(self.status, operator=operator, technology=technology)

    def _ask_model(self) -> None:
        model = _plain(self._optional("AT+CGMM"))
        firmware = _plain(self._optional("AT+CGMR"))
        # Known from here on: a modem that is silent at the next one is not asked at every look.
        self.status = replace(self.status, model=model, firmware=firmware)
        maker = _plain(self._optional("AT+CGMI"))
        self.status = replace(self.status, manufacturer=maker)

    def _ask_numbers(self) -> None:
        self._identified = True  # also if it never answers: nobody needs them for a text
        imei = _first(_IMEI, self._optional("AT+CGSN"))
        own_number = _first(_OWN_NUMBER, self._optional("AT+CNUM"))
        self.status = replace(self.status, imei=imei, own_number=own_number)

    def _ask_voice(self) -> None:
        self._looks_to_voice = _VOICE_EVERY_LOOKS
        way = network.voice(self._optional("AT+CIREG?"), self._states.get("+CREG"))
        self.status = replace(self.status, voice=way)

    def _follow_time(self) -> None:
        """Let the modem follow the network's time; here, where one that chokes on it may."""
        self._follows = True
        self._optional(nitz.FOLLOW)

    def _ask_time(self) -> None:
        """Ask what time the network told: without a network, it tells what the modem began with."""
        if self.status.registered is not True:
            return
        self._ask_time_s = self._line.now_s() + _TIME_AGAIN_S
        told = None
        if self._quectel is not False:
            lines = self._optional(nitz.QUECTEL)
            self._quectel = bool(lines)
            told = nitz.time_in(lines)
        if not self._quectel:
            told = nitz.time_in(self._optional(nitz.ANYBODY))
        if told is not None:
            now_s = self._line.now_s()
            self._ask_time_s = now_s + _TIME_EVERY_S
            self.status = replace(self.status, network_time=NetworkTime(told, now_s))

    def _optional(self, command: str) -> list[str]:
        try:
            return self._line.ask(command)
        except CommandRefused:
            return []


def _first(pattern: re.Pattern[str], lines: Sequence[str]) -> str | None:
    return next((found[1] for line in lines if (found := pattern.fullmatch(line))), None)


def _plain(lines: Sequence[str]) -> str | None:
    text = lines[0] if lines else ""
    return re.sub(r'^\+\w+:\s*|"', "", text) or None
