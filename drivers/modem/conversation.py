"""One command at a time over the port: the AT session joined to the serial port.

Owns the order of question and answer, and the way back to a known state after silence. Invariant:
every call ends by its time, ``beat`` is called at least once a second meanwhile, and nothing the
modem says by itself is lost: it waits in ``remarks``. It knows no command but ``AT``.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from drivers.errors import NoResponse, TransientError
from drivers.modem.at import (
    AtEvent,
    AtSession,
    FinalError,
    FinalOk,
    LateFinal,
    LateSubmit,
    Line,
    Started,
    Urc,
)
from drivers.modem.port import ModemPort

COMMAND_TIMEOUT_S: Final = 3.0  # design 4.7 gives the prompt as much; local commands take < 0.3 s
SYNCHRONISE_TIMEOUT_S: Final = 3.0
_AT_TIMEOUT_S: Final = 1.0
_QUIET_S: Final = 0.05  # fifty characters at 9600 baud
_DRAIN_S: Final = 1.0
_SLICE_S: Final = 5.0  # the longest between two beats; the watchdog allows 30 s (design 3)
_PAUSE_SLICE_S: Final = 1.0  # the same where nothing can end the wait
_MOST_LINES: Final = 64
_MOST_REMARKS: Final = 256
_SHOWN_BYTES: Final = 80

_log = logging.getLogger(__name__)


class CommandRefused(TransientError):
    """The modem answered with an error; ``final`` says which."""

    def __init__(self, command: str, final: FinalError) -> None:
        super().__init__(f"{command} was answered with {final}")
        self.final = final


class Conversation:
    """Commands and answers on one port, for one thread; only ``port.wake`` is for others.

    Attributes:
        clean: Whether the next answer is certain to belong to the next command.
        restarted: Set when the modem says that it has started and forgotten its settings.
        remarks: What it said without being asked, oldest first.
    """

    def __init__(
        self, port: ModemPort, clock: Callable[[], float], beat: Callable[[], None]
    ) -> None:
        self.port = port
        self.clean = False
        self.restarted = False
        self.remarks: deque[Urc] = deque(maxlen=_MOST_REMARKS)
        self._session = AtSession()
        self._clock = clock
        self._beat = beat
        self._unread: deque[AtEvent] = deque()

    def begin(self) -> None:
        """Begin afresh on a port just opened."""
        self._session.forget()
        self._unread.clear()
        self.clean = False
        self.restarted = False

    def now_s(self) -> float:
        """Return monotonic seconds by the clock of this line."""
        return self._clock()

    def command(self, text: str) -> None:
        """Write a command; its answer is read with ``next_event``."""
        _log.debug("modem > %s", text.partition("=")[0])  # what follows may be a PIN
        self._write(self._session.command(text))

    def body(self, hex_digits: str) -> None:
        """Write the body of a text and Ctrl-Z."""
        self._write(self._session.body(hex_digits))

    def ask(self, command: str, timeout_s: float = COMMAND_TIMEOUT_S) -> list[str]:
        """Write a command and return the lines of its answer.

        Raises:
            CommandRefused: The answer was an error.
            NoResponse: There was none; ``clean`` is False now.
            PortGone: The port vanished.
        """
        self.command(command)
        deadline_s = self._clock() + timeout_s
        lines: list[str] = []
        while (event := self.answer(deadline_s)) is not None:
            if isinstance(event, FinalOk):
                return lines
            if isinstance(event, FinalError):
                raise CommandRefused(command, event)
            if isinstance(event, Line) and len(lines) < _MOST_LINES:
                lines.append(event.text)
        self.clean = False
        raise NoResponse(f"no answer to {command.partition('=')[0]} within {timeout_s:g} s")

    def answer(self, deadline_s: float) -> AtEvent | None:
        """Return the next event that is no remark, or None at the deadline; remarks are kept."""
        while (event := self.next_event(deadline_s)) is not None:
            if not isinstance(event, Urc):
                return event
            self.note(event)
        return None

    def next_event(self, deadline_s: float) -> AtEvent | None:
        """Return the next event of any kind, or None at the deadline."""
        while not self._unread:
            left_s = deadline_s - self._clock()
            if left_s <= 0.0:
                return None
            self.listen(left_s)
        return self._unread.popleft()

    def listen(self, timeout_s: float) -> None:
        """Read once, for some seconds at most; ends early on ``port.wake``."""
        data = self.port.read(min(timeout_s, _SLICE_S))
        self._beat()
        if data:
            _log.debug("modem < %s", data[:_SHOWN_BYTES])
            self._unread.extend(self._session.receive_data(data))

    def take_remarks(self) -> list[Urc]:
        """Note what was read and return all remarks so far."""
        while self._unread:
            event = self._unread.popleft()
            if isinstance(event, Urc):
                self.note(event)
        taken = list(self.remarks)
        self.remarks.clear()
        return taken

    def note(self, remark: Urc) -> None:
        """Keep a remark for ``take_remarks``."""
        if isinstance(remark, Started):
            self.restarted = True
        self.remarks.append(remark)

    def abandon(self) -> None:
        """Leave the prompt, whatever state the modem is in."""
        self.clean = False
        self._write(self._session.escape())

    def synchronise(self, timeout_s: float = SYNCHRONISE_TIMEOUT_S) -> None:
        """Come to a known state: ESC, drain, AT until one OK that nothing follows.

        Raises:
            NoResponse: The modem did not get there in time.
            PortGone: The port vanished.
        """
        deadline_s = self._clock() + timeout_s
        self.abandon()
        self._drained(min(deadline_s, self._clock() + _DRAIN_S))
        while self._clock() < deadline_s:
            self.command("AT")
            event = self.answer(min(deadline_s, self._clock() + _AT_TIMEOUT_S))
            while isinstance(event, Line):
                event = self.answer(min(deadline_s, self._clock() + _AT_TIMEOUT_S))
            followed = self._drained(min(deadline_s, self._clock() + _DRAIN_S))
            if isinstance(event, FinalOk) and not followed:
                self.clean = True
                return
        raise NoResponse(f"the modem does not answer AT within {timeout_s:g} s")

    def pause(self, seconds: float) -> None:
        """Let time pass without the port, beating."""
        deadline_s = self._clock() + seconds
        while (left_s := deadline_s - self._clock()) > 0.0:
            time.sleep(min(left_s, _PAUSE_SLICE_S))
            self._beat()

    def _drained(self, deadline_s: float) -> bool:
        """Read until it is quiet; return whether the end of an earlier command came."""
        ended = False
        while True:
            quiet_s = min(deadline_s, self._clock() + _QUIET_S)
            event = self.next_event(quiet_s)
            if event is None:
                return ended
            if isinstance(event, Urc):
                self.note(event)
            ended = ended or isinstance(event, FinalOk | FinalError | LateFinal | LateSubmit)

    def _write(self, data: bytes) -> None:
        try:
            self.port.write(data)
        except NoResponse:
            self.clean = False  # half a command may lie in the modem
            raise
