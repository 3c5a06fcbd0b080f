"""The far end of the modem's serial line: what an LTE modem says, without a port and a clock.

Owns the modem's side of the AT conversation and the bad manners that real ones have. Bytes and a
time go in, bytes come out. It shares no code with ``drivers.modem``: an error there must not be
forgiven here. It sends nothing anywhere: ``take_texts`` hands out what it accepted.

Source: 3GPP TS 27.005 (texts), TS 27.007 (everything else), ITU-T V.250 (echo, results); manners
as reported for SIM7600 and EC25.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from drivers.emulated.modem_calls import EmulatedCalls
from drivers.emulated.modem_clock import EmulatedClock
from drivers.emulated.modem_profiles import SIM7600, ModemProfile
from drivers.emulated.modem_storage import EmulatedStorage, delivered
from drivers.emulated.tpdu import SubmittedText, decode_submit, status_report

_ESC: Final = 0x1B
_CTRL_Z: Final = 0x1A
_MAX_LINE: Final = 512  # a body is at most 2 * (12 + 164) hex digits
_TRANSCRIPT_BYTES: Final = 262_144
_OPEN_GATES: Final = frozenset({"AT", "ATZ", "ATE0", "ATE1", "AT+CMGF", "AT+CMGS", "ATA", "ATH"})
_OBEYED: Final = frozenset({"AT+CMEE", "AT+CFUN", "AT+COPS", "AT+COLP"})


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """One text, or one part of one, that the network took.

    Attributes:
        whole: The text put together from all its parts; None until the last part is there.
        reference: The message reference that ``+CMGS:`` told (or would have told) the host.
        tpdu_hex: The body as it was handed over, service centre address included.
        first_byte_s: Monotonic time at which the first byte of its ``AT+CMGS`` arrived.
        accepted_s: Monotonic time at which it was accepted.
        answered: False if the answer was swallowed: the host does not know.
    """

    number: str
    toa: int
    text: str
    part: int
    total: int
    whole: str | None
    reference: int
    tpdu_hex: str
    first_byte_s: float
    accepted_s: float
    answered: bool = True


class ModemPeer:
    """The modem's side of the line; for one thread, ``EmulatedModem`` is the thread-safe one."""

    def __init__(self, profile: ModemProfile = SIM7600, now_s: float = 0.0) -> None:
        self.profile = profile
        self.registered = profile.registered
        self.rssi = 20  # TS 27.007 +CSQ: -113 + 2 * 20 = -73 dBm
        self.silent = False
        self.answer_delay_s = profile.answer_delay_s
        self.failures: list[int] = []
        self.swallow = 0
        self.late_after_s: float | None = None
        self.mute_prompts = 0
        self.transcript = bytearray()
        self.storage = EmulatedStorage()
        self.clock = EmulatedClock(profile)
        self.service_centre = "+821000000000"
        self._now_s = now_s
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._counter = 0
        self._out = bytearray()
        self._reference = 0
        self._texts: list[ReceivedText] = []
        self._parts: dict[tuple[str, int], dict[int, str]] = {}
        self._locked = profile.sim_pin is not None
        self.pin_tries = 3
        self.sim_there = True
        self.registration: int | None = None  # what +CREG says instead; TS 27.007, 7.2
        self.calls = EmulatedCalls(self._line_out, self._after, voice_urcs=profile.voice_urcs)
        self._forget()
        self._boot()

    # What the line brings

    def receive_data(self, data: bytes, now_s: float | None = None) -> bytes:
        """Take bytes from the host; return what is to be said at once."""
        if now_s is not None:
            self._now_s = now_s
        self.transcript += data
        del self.transcript[:-_TRANSCRIPT_BYTES]
        if self.silent:
            return b""
        self._waiting += data
        self._read()
        return self._take_out()

    def tick(self, now_s: float) -> bytes:
        """Let time pass to ``now_s``; return what is said by then."""
        self._now_s = max(now_s, self._now_s)
        while self._events and self._events[0][0] <= self._now_s:
            heapq.heappop(self._events)[2]()
        return self._take_out()

    @property
    def due_s(self) -> float | None:
        """When ``tick`` next has something to do; None if never."""
        return self._events[0][0] if self._events else None

    def take_texts(self) -> list[ReceivedText]:
        """Return the texts accepted since the last call, oldest first."""
        taken, self._texts = self._texts, []
        return taken

    # What somebody does to it

    def say(self, line: str) -> None:
        """Say a line that nobody asked for, at once."""
        self._line_out(line)

    def set_registered(self, registered: bool) -> None:
        """Find or lose the network; says so if the host asked to be told."""
        self.registered = registered
        state = 1 if registered else 2
        for name in sorted(self._registration_urcs):
            self._line_out(f"+{name}: {state}")

    def text_comes(self, sender: str, text: str) -> None:
        """Somebody writes to the bell; a full store loses it."""
        place = self.storage.put(delivered(sender, text))
        if place is None:
            self._line_out("+SMS FULL")
        else:
            self._line_out(f'+CMTI: "SM",{place}')

    def reboot(self) -> None:
        """Start again, as after ``AT+CFUN=1,1`` or a loss of power."""
        self._forget()
        self._events.clear()
        self._locked = self.profile.sim_pin is not None
        self._booting = True
        self._after(self.profile.reboot_s, self._boot)

    def _forget(self) -> None:
        self._echo = True
        self._waiting = bytearray()
        self._line = bytearray()
        self._first_byte_s = 0.0
        self._at_prompt = False
        self._sending = False
        self._booting = False
        self._announced = 0
        self._reports = False
        self.calls.forget()
        self._registration_urcs: set[str] = set()

    def _boot(self) -> None:
        self._booting = False
        for line in self.profile.boot_lines:
            self._line_out(line)

    # Reading

    def _read(self) -> None:
        while self._waiting and not self._booting:
            if self._sending and self.profile.deaf_while_sending:
                del self._waiting[:-_MAX_LINE]
                return
            self._take_byte(self._waiting.pop(0))
        if self._booting:
            self._waiting.clear()

    def _take_byte(self, byte: int) -> None:
        if self._echo:
            self._out.append(byte)
        if self._at_prompt:
            self._take_body_byte(byte)
        elif byte == 0x0D:
            command = bytes(self._line).decode("ascii", "replace").strip()
            self._line.clear()
            self._obey(command)
        elif byte == _ESC:
            self._line.clear()
        elif byte != 0x0A and len(self._line) < _MAX_LINE:
            if not self._line:
                self._first_byte_s = self._now_s
            self._line.append(byte)

    def _take_body_byte(self, byte: int) -> None:
        if byte not in (_ESC, _CTRL_Z):
            if len(self._line) < _MAX_LINE:
                self._line.append(byte)
            return
        body = bytes(self._line).decode("ascii", "replace").strip()
        self._line.clear()
        self._at_prompt = False
        if byte == _CTRL_Z:
            self._submit(body)
        elif self.profile.answers_escape:
            self._line_out("OK")

    # Texts

    def _prompt(self, announced: str) -> None:
        if not announced.isdecimal():
            self._line_out("+CMS ERROR: 304")
            return
        self._announced = int(announced)
        if self.mute_prompts:
            self.mute_prompts -= 1
            return
        self._at_prompt = True
        self._out += b"\r\n" + self.profile.prompt

    def _submit(self, body: str) -> None:
        code = self._refusal()
        if code is not None:
            self._later(lambda: self._line_out(f"+CMS ERROR: {code}"))
            return
        try:
            pdu = bytes.fromhex(body)
            submitted = decode_submit(pdu, self._announced)
        except ValueError:
            self._later(lambda: self._line_out("+CMS ERROR: 304"))
            return
        first_byte_s = self._first_byte_s
        self._later(lambda: self._accept(submitted, body, first_byte_s))

    def _refusal(self) -> int | None:
        if self._locked:
            return 311
        if not self.registered:
            return 331
        if self.storage.is_full:
            return 322
        if not self.service_centre:
            return 330
        return self.failures.pop(0) if self.failures else None

    def _later(self, answer: Callable[[], None]) -> None:
        self._sending = True

        def answer_now() -> None:
            answer()
            self._sending = False
            self._read()

        if self.answer_delay_s > 0.0:
            self._after(self.answer_delay_s, answer_now)
        else:
            answer_now()

    def _accept(self, submitted: SubmittedText, body: str, first_byte_s: float) -> None:
        self._reference = (self._reference + 1) % 256
        reference = self._reference
        answered = not self.swallow
        if answered:
            self._tell_reference(reference)
        else:
            self.swallow -= 1
            if self.late_after_s is not None:
                self._after(self.late_after_s, lambda: self._tell_reference(reference))
        self._texts.append(
            ReceivedText(
                number=submitted.number,
                toa=submitted.toa,
                text=submitted.text,
                part=submitted.part,
                total=submitted.total,
                whole=self._put_together(submitted),
                reference=reference,
                tpdu_hex=body,
                first_byte_s=first_byte_s,
                accepted_s=self._now_s,
                answered=answered,
            )
        )
        if submitted.status_report and self._reports:
            self._after(self.profile.delivery_delay_s, lambda: self._report(reference, submitted))

    def _put_together(self, submitted: SubmittedText) -> str | None:
        if submitted.concat_reference is None:
            return submitted.text
        key = (submitted.number, submitted.concat_reference)
        parts = self._parts.setdefault(key, {})
        parts[submitted.part] = submitted.text
        if len(parts) < submitted.total:
            return None
        del self._parts[key]
        return "".join(text for _, text in sorted(parts.items()))

    def _tell_reference(self, reference: int) -> None:
        self._line_out(f"+CMGS: {reference}")
        self._line_out("OK")

    def _report(self, reference: int, submitted: SubmittedText) -> None:
        tpdu = status_report(reference, submitted, 0x00, datetime.now(UTC))
        self._out += f"\r\n+CDS: {len(tpdu)}\r\n00{tpdu.hex().upper()}\r\n".encode()

    # Commands

    def _obey(self, command: str) -> None:
        name = command.upper().split("=")[0].rstrip("?")
        if not name:
            return
        dials = command.upper().startswith("ATD")
        if self.profile.minimal and name not in _OPEN_GATES and not dials:
            self._line_out("ERROR")
        elif name == "AT+CMGS" and "=" in command:
            self._prompt(command.split("=", 1)[1])
        else:
            for line in self._answer(name, command):
                self._line_out(line)

    def _answer(self, name: str, command: str) -> list[str]:
        if command in ("AT+CFUN=1,1", "AT+CRESET"):
            self._after(0.0, self.reboot)
            return ["OK"]
        if command.upper().startswith("ATD"):
            able = self.profile.makes_calls
            return self.calls.dial(command[3:].rstrip(";")) if able else ["+CME ERROR: 3"]
        if "=" in command:
            return self._set(name, command.split("=", 1)[1])
        fixed = {
            "AT": [], "AT&F": [], "AT+CMGF": ["+CMGF: 0"], "AT+CFUN": ["+CFUN: 1"],
            "AT+CGMI": [self.profile.manufacturer], "AT+CGMM": [self.profile.model],
            "AT+CGMR": [self.profile.firmware], "AT+CIMI": ["450060000000001"],
            "AT+CGSN": ["490154203237518"], "AT+CNUM": ['+CNUM: "","+821000000001",145'],
            "AT+CIREG": ["+CIREG: 0,1,5" if self.registered else "+CIREG: 0,0"],
            "AT+CCID": ["+CCID: 89820000000000000001"], "AT+CSQ": [f"+CSQ: {self.rssi},99"],
            "AT+CSMS": ["+CSMS: 0,1,1,1"], "AT+CSCA": [f'+CSCA: "{self.service_centre}",145'],
            "AT+CPINR": [f"+CPINR: SIM PIN,{self.pin_tries},3"],
        }  # fmt: skip
        if name in fixed:
            return [*fixed[name], "OK"]
        changing = {
            "ATZ": self._restart, "ATE0": self._echo_off, "ATE1": self._echo_on,
            "ATH": self.calls.hang_up, "AT+CHUP": self.calls.hang_up, "ATA": self.calls.answer,
            "AT+CLCC": self.calls.listed, "AT+CPIN": self._sim_state, "AT+CPMS": self.storage.used,
            "AT+CREG": lambda: self._registration("CREG"),
            "AT+CEREG": lambda: self._registration("CEREG"), "AT+COPS": self._operator,
            "AT+CCLK": self._time,
        }  # fmt: skip
        return changing[name]() if name in changing else ["ERROR"]

    def _set(self, name: str, value: str) -> list[str]:
        setters: dict[str, Callable[[str], list[str]]] = {
            "AT+CPIN": lambda pin: self._enter_pin(pin.strip('"')),
            "AT+CMGF": lambda mode: ["OK"] if mode == "0" else ["ERROR"],
            "AT+CREG": lambda mode: self._tell_registration("CREG", mode),
            "AT+CEREG": lambda mode: self._tell_registration("CEREG", mode),
            "AT+CNMI": self._tell_reports,
            "AT+CLIP": self._show_numbers,
            "AT+CSCA": self._learn_service_centre,
            "AT+CSMS": lambda _mode: ["+CSMS: 1,1,1", "OK"],
            "AT+CMGL": lambda _which: self.storage.listed(),
            "AT+CMGR": self.storage.read,
            "AT+CMGD": self.storage.delete,
            "AT+CTZU": self.clock.follow,
            "AT+QLTS": self._latest_time,
        }
        if name in setters:
            return setters[name](value)
        if name in ("AT+CCMXPLAY", "AT+QPSND") and self.profile.plays:
            return self.calls.play(value.split('"')[1])
        return ["OK"] if name in _OBEYED or name in self.profile.obeys else ["ERROR"]

    def _time(self) -> list[str]:
        return self.clock.told(registered=self.registered)

    def _latest_time(self, which: str) -> list[str]:
        return self.clock.latest(which, registered=self.registered)

    def _tell_registration(self, name: str, mode: str) -> list[str]:
        change = self._registration_urcs.add if mode != "0" else self._registration_urcs.discard
        change(name)
        return ["OK"]

    def _tell_reports(self, value: str) -> list[str]:
        self._reports = value.split(",")[3:4] == ["1"]
        return ["OK"]

    def _show_numbers(self, value: str) -> list[str]:
        self.calls.shows_number = value == "1"
        return ["OK"]

    def _learn_service_centre(self, value: str) -> list[str]:
        self.service_centre = value.split(",", maxsplit=1)[0].strip('"')
        return ["OK"]

    def _restart(self) -> list[str]:
        self._echo = True
        return ["OK", "OK"] if self.profile.answers_atz_twice else ["OK"]

    def _echo_off(self) -> list[str]:
        self._echo = self.profile.echo_stays_on
        return ["OK"]

    def _echo_on(self) -> list[str]:
        self._echo = True
        return ["OK"]

    def _sim_state(self) -> list[str]:
        if not self.sim_there:
            return ["+CME ERROR: 10"]
        if not self._locked:
            return ["+CPIN: READY", "OK"]
        return ["+CPIN: SIM PIN" if self.pin_tries else "+CPIN: SIM PUK", "OK"]

    def _enter_pin(self, pin: str) -> list[str]:
        if self._locked and (pin != self.profile.sim_pin or not self.pin_tries):
            self.pin_tries = max(0, self.pin_tries - 1)
            return ["+CME ERROR: 16"]
        self._locked = False
        self.pin_tries = 3
        return ["OK"]

    def _registration(self, name: str) -> list[str]:
        state = 1 if self.registered and not self._locked else 2
        state = state if self.registration is None else self.registration
        return [f"+{name}: {int(name in self._registration_urcs)},{state}", "OK"]

    def _operator(self) -> list[str]:
        return ['+COPS: 0,0,"floodbell test",7' if self.registered else "+COPS: 0", "OK"]

    # Saying

    def ring(self, number: str) -> None:
        """Let a call come in; the number is shown if the host asked for it."""
        self.calls.ring(number)

    def _line_out(self, line: str) -> None:
        self._out += f"\r\n{line}\r\n".encode()

    def _take_out(self) -> bytes:
        said = bytes(self._out)
        self._out.clear()
        return b"" if self.silent else said

    def _after(self, delay_s: float, action: Callable[[], None]) -> None:
        self._counter += 1
        heapq.heappush(self._events, (self._now_s + delay_s, self._counter, action))
