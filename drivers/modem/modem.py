"""The LTE modem: texts out, remarks in.

Owns the order of things on the modem's line: bringing it up, submitting a text, checking on it,
getting it back when it hangs. Invariant: every call ends by its time, and whenever one has returned
the modem is either ready for the next text or known not to be. It decides nothing about what to
send, or when to try again, and writes no destination: ``Submission`` does, behind the interlock.

For one thread; only ``wake``, ``take_away`` and the interlock's ``armed`` are for others.

Source: 3GPP TS 27.005, TS 27.007; design 4.7 and 5.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from drivers.errors import DriverError, PortGone, TransientError
from drivers.modem.at import (
    IncomingTextLine,
    LateFinal,
    LateSubmit,
    RegistrationChanged,
    StatusReportLine,
    StorageFull,
    TextStored,
    Urc,
)
from drivers.modem.bring_up import bring_up, set_service_centre
from drivers.modem.calls import Call
from drivers.modem.conversation import Conversation
from drivers.modem.interlock import Interlock
from drivers.modem.mailbox import Mailbox, TextReceived, received_now
from drivers.modem.pdu import PduError, StatusReport, strip_service_centre
from drivers.modem.port import ModemPort
from drivers.modem.power import PowerKey
from drivers.modem.refusals import MailboxFull, NoServiceCentre, SimBusy
from drivers.modem.settings import ModemSettings
from drivers.modem.status import ModemFault, ModemStatus, SimState, Supervision
from drivers.modem.submission import (
    ANSWER_TIMEOUT_S,
    PROMPT_TIMEOUT_S,
    LateReference,
    OutgoingText,
    Submission,
    encode,
)
from drivers.modem.telephone import Telephone
from drivers.ports import Ports

__all__ = [
    "ANSWER_TIMEOUT_S",
    "PROMPT_TIMEOUT_S",
    "LateReference",
    "Modem",
    "ModemEvent",
    "ModemFault",
    "ModemStatus",
    "OutgoingText",
    "Rung",
    "SimState",
    "StatusReported",
    "TextReceived",
]

_GOING_DOWN_S: Final = 3.0
_REBOOT_S: Final = 40.0  # SIM7600 and EC25 take 15 to 30 s from CFUN=1,1 to the first OK
_REOPEN_S: Final = 0.5
_SIM_BUSY_S: Final = 4.0  # domain 5.1: retry for 2 to 5 s
_SIM_BUSY_PAUSE_S: Final = 1.0
_log = logging.getLogger(__name__)


class Rung(IntEnum):
    """The ladder that gets a hung modem back, gentlest first."""

    AT = 0
    ATZ = 1
    CFUN = 2
    POWER = 3


@dataclass(frozen=True, slots=True)
class StatusReported:
    """The network says what became of a text; may come before ``submit`` has returned."""

    report: StatusReport


ModemEvent = LateReference | StatusReported | TextReceived | Urc


class Modem:
    """A modem on a serial port.

    Args:
        settings: Where it is.
        interlock: Asked before every destination that is written.
        sim_pin: The SIM's PIN, if it wants one.
        clock: Monotonic seconds, the same as the interlock's journal.
        beat: Called at least once a second while a call lasts: the thread is alive.
        ports: Where the pin of the power key is.

    Every call but ``wake`` raises ``PortGone`` when the port vanishes; the modem is closed then.
    """

    def __init__(
        self,
        settings: ModemSettings,
        interlock: Interlock,
        *,
        sim_pin: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        beat: Callable[[], None] = lambda: None,
        ports: Ports | None = None,
    ) -> None:
        self._settings = settings
        self._sim_pin = sim_pin
        self._clock = clock
        self._ports = ports or Ports()
        self._port = ModemPort(settings.port, settings.baud)
        self._line = Conversation(self._port, clock, beat)
        self._supervision = Supervision(self._line)
        self._submission = Submission(self._line, interlock, clock)
        self._telephone = Telephone(self._line, interlock, clock)
        self._mailbox = Mailbox(self._line)
        self._woken = threading.Event()
        self._events: deque[ModemEvent] = deque(maxlen=256)

    @property
    def status(self) -> ModemStatus:
        """What is known of the modem without asking it."""
        return self._supervision.status

    @property
    def is_open(self) -> bool:
        """Whether the port is held."""
        return self._port.is_open

    def open(self) -> None:
        """Open the port, bring the modem up, and ask how it is.

        Raises:
            PortGone: The port is not there, or somebody else holds it.
            NoResponse: No modem answers on it.
            SimLocked: The SIM wants what we do not have; the modem is closed again.
            SubmitFailed: It refuses PDU mode.
        """
        self.close()
        self._port.open()
        try:
            self._line.begin()
            self._supervision.forget()
            self._mailbox.may_have_texts = True
            self._make_ready()
            self._supervision.check(self._woken.is_set)
        except DriverError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the port; safe to call twice, never raises."""
        self._port.close()

    def take_away(self) -> None:
        """Give this modem up for good, whatever its thread does: nothing is written any more.

        From any thread. The interlock stays, for whoever serves the modem next.
        """
        self._port.take_away()

    def wake(self) -> None:
        """End ``wait`` now, or the next one unless a ``submit`` comes first; from any thread."""
        self._woken.set()
        self._port.wake()

    def wait(self, timeout_s: float) -> list[ModemEvent]:
        """Return what the modem said by itself, as soon as there is something.

        Args:
            timeout_s: Seconds to wait; 0 takes what is there.

        Returns:
            Events, oldest first; empty at the time-out or after ``wake``.

        Raises:
            NoResponse: It has restarted and does not come up; climb the ladder.
        """
        deadline_s = self._clock() + timeout_s
        while True:
            at_once = self._events or self._woken.is_set()
            self._line.listen(0.0 if at_once else max(0.0, self._left(deadline_s)))
            self._sort(self._line.take_remarks())
            if self._line.restarted or not self._line.clean:
                self._make_ready()
                self._sort(self._line.take_remarks())
            self._collect()
            if self._events or self._woken.is_set() or self._left(deadline_s) <= 0.0:
                self._woken.clear()
                return self._take_events()

    def check(self) -> ModemStatus:
        """Ask how the modem is; a ``wake`` cuts it short.

        Raises:
            NoResponse: It has fallen silent.
        """
        self._become_ready()
        return self._supervision.check(self._woken.is_set)

    def submit(
        self,
        text: OutgoingText,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        hurried: Callable[[], bool] = lambda: False,
    ) -> int:
        """Hand one text to the network.

        What can be mended at once is, within this attempt: a SIM that is busy after a start, a full
        store, a service centre that the SIM has forgotten.

        Args:
            text: What to whom.
            answer_timeout_s: How long the network may take from the last byte on.
            hurried: Asked every half second: once it is true the text has eight seconds in all.

        Returns:
            The message reference, 0 to 255; a ``StatusReported`` with it may follow.

        Raises:
            ReportWithheld: The interlock said no; nothing was written.
            NumberRefused: It will never be sent to this number.
            SubmitFailed: It was certainly not sent; try again.
            NotRegistered: There is no network.
            SimLocked: The SIM wants what we do not have.
            SubmitAmbiguous: Silence after it was handed over: it may have been sent.
            NoResponse: The modem does not answer at all; climb the ladder.
        """
        self._woken.clear()  # this is what the waker wanted; a later wake still ends the next wait
        submit = encode(text)
        self._become_ready()
        busy_until_s, mended = self._clock() + _SIM_BUSY_S, False
        while True:
            try:
                reference = self._submission.submit(text, submit, answer_timeout_s, hurried)
            except SimBusy:
                if self._clock() >= busy_until_s:
                    raise
                self._line.pause(_SIM_BUSY_PAUSE_S)
            except (MailboxFull, NoServiceCentre) as error:
                if mended or not self._mend(error):
                    self._supervision.note_storage(full=isinstance(error, MailboxFull))
                    raise
                mended = True
            else:
                self._supervision.note_storage(full=False)
                return reference

    def _mend(self, error: MailboxFull | NoServiceCentre) -> bool:
        """Make room, or tell the SIM its service centre; return whether that may have helped."""
        if isinstance(error, NoServiceCentre):
            wanted = self._settings.service_centre
            return set_service_centre(self._line, self._supervision, wanted) and wanted is not None
        self._mailbox.make_room()
        self._mailbox.may_have_texts = True
        return True

    # Calls

    def dial(self, number: str, live_origin: str | None) -> None:
        """Ring the report number; return once the modem has taken the command.

        Raises:
            ReportWithheld: The interlock said no; nothing was written.
            NumberRefused: This modem or SIM makes no calls.
            SubmitFailed: The call did not come about; try again.
            NotRegistered: There is no network for calls.
            NoResponse: The modem has not answered within five seconds.
        """
        self._become_ready()
        self._telephone.dial(number, live_origin)

    def calls(self) -> tuple[Call, ...] | None:
        """Return the calls there are; None where the modem cannot list them."""
        self._become_ready()
        return self._telephone.calls()

    def answer(self) -> None:
        """Take the call that comes in.

        Raises:
            SubmitFailed: It is gone already.
        """
        self._telephone.answer()

    def hang_up(self) -> None:
        """End every call."""
        self._become_ready()
        self._telephone.hang_up()

    def make_hands_free(self) -> bool:
        """Let the room hear and speak; False where we do not know how."""
        self._become_ready()
        return self._telephone.make_hands_free(self.status.model)

    def play_message(self, name: str) -> bool:
        """Play a recording on the modem's disk to the other side; False where it cannot be."""
        return self._telephone.play(self.status.model, name)

    def reset(self, rung: Rung) -> None:
        """Get a hung modem back; it is open and ready when this returns.

        Without a power pin the last rung is the one before it.

        Raises:
            PortGone: It has not come back in 40 s, or there is no port; open it later.
            NoResponse: It does not answer; take the next rung.
        """
        _log.warning("resetting the modem: %s", rung.name)
        if rung is Rung.POWER and self._settings.power_pin is not None:
            self.close()
            PowerKey(self._settings.power_pin, self._ports).cycle(self._line.pause)
            self._reopen()
        elif rung >= Rung.CFUN:
            self._restart()
            self._reopen()
        else:
            self._line.synchronise()
            if rung is Rung.ATZ:
                with contextlib.suppress(TransientError):
                    self._line.ask("ATZ")
            self._make_ready()

    # Being ready

    def _become_ready(self) -> None:
        if self._line.restarted or not self._line.clean:
            self._make_ready()

    def _make_ready(self) -> None:
        self._line.synchronise()
        # What it said of a start until now was before this; what it says from here on is not.
        self._line.restarted = False
        bring_up(self._line, self._supervision, self._sim_pin, self._settings.service_centre)

    def _restart(self) -> None:
        with contextlib.suppress(TransientError):
            self._line.ask("AT+CFUN=1,1")
        self._line.restarted = False
        deadline_s = self._clock() + _GOING_DOWN_S
        # A USB modem vanishes, one on a UART says RDY; either way its last OK is not a fresh one.
        with contextlib.suppress(PortGone):
            while self._left(deadline_s) > 0.0 and not self._line.restarted:
                self._line.listen(self._left(deadline_s))
                self._sort(self._line.take_remarks())
        self.close()

    def _reopen(self) -> None:
        deadline_s = self._clock() + _REBOOT_S
        while True:
            try:
                self.open()
            except TransientError:
                if self._left(deadline_s) <= 0.0:
                    raise
                self._line.pause(_REOPEN_S)
            else:
                return

    # Remarks

    def _collect(self) -> None:
        """Read what came for us, unless somebody waits for the line."""
        if self._mailbox.may_have_texts and not self._woken.is_set():
            self._events.extend(self._mailbox.collect(self._woken.is_set))
            self._sort(self._line.take_remarks())

    def _sort(self, remarks: list[Urc]) -> None:
        self._events.extend(self._submission.settled)
        self._submission.settled.clear()
        for remark in remarks:
            if isinstance(remark, LateSubmit):
                self._events.append(self._submission.settle(remark))
            elif isinstance(remark, StatusReportLine):
                self._report(remark)
            elif isinstance(remark, IncomingTextLine):
                received = received_now(remark.pdu, remark.octets)
                self._events.extend([received] if received else [])
            elif isinstance(remark, (TextStored, StorageFull)):
                self._mailbox.may_have_texts = True
            elif type(remark) is Urc or isinstance(remark, LateFinal):
                _log.debug("the modem says %s", remark.text)
            else:
                if isinstance(remark, RegistrationChanged):
                    self._supervision.note(remark)
                self._events.append(remark)

    def _report(self, remark: StatusReportLine) -> None:
        try:
            report = StatusReport.from_bytes(strip_service_centre(remark.pdu, remark.octets))
        except PduError as error:
            _log.warning("a status report makes no sense: %s", error)
        else:
            self._events.append(StatusReported(report))

    def _take_events(self) -> list[ModemEvent]:
        taken = list(self._events)
        self._events.clear()
        return taken

    def _left(self, deadline_s: float) -> float:
        return deadline_s - self._clock()
