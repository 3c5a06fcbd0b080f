"""Texts that came to the modem's SIM: read, handed on, deleted, so that its storage never fills.

Invariant: nothing stays in the store once it was read, whether or not it made sense; no text that
came is ever logged. A modem that knows none of the commands is left alone.

Source: 3GPP TS 27.005 (+CMGL 3.4.2 and 4.1, +CMGD 3.5.4, +CPMS 3.2.2).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from drivers.errors import NoResponse
from drivers.modem.conversation import CommandRefused, Conversation
from drivers.modem.pdu import Deliver, PduError, strip_service_centre

_LISTED: Final = re.compile(r"\+CMGL:\s*(\d{1,5}),.*?(\d{1,3})", re.ASCII)
_LIST_TIMEOUT_S: Final = 5.0  # a SIM with forty texts takes a second or two
_DELETE_READ: Final = "AT+CMGD=1,3"
"""Everything that was read, and everything that we sent: TS 27.005, 3.5.4."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TextReceived:
    """A text came; ``sender`` is a number, or a name where the network gives one."""

    sender: str
    text: str


class Mailbox:
    """The store of one modem's texts.

    Attributes:
        may_have_texts: Set when one came, or nobody has looked yet.
    """

    def __init__(self, line: Conversation) -> None:
        self._line = line
        self._stuck: set[str] = set()  # places that could not be emptied
        self.may_have_texts = True

    def collect(self, interrupted: Callable[[], bool]) -> Iterator[TextReceived]:
        """Read what came, and delete it.

        Args:
            interrupted: Asked between two texts: the rest waits for the next time.

        Raises:
            NoResponse: The modem fell silent.
            PortGone: The port vanished.
        """
        self.may_have_texts = False
        try:
            lines = self._line.ask("AT+CMGL=4", _LIST_TIMEOUT_S)
        except CommandRefused as refused:
            _log.debug("%s: texts that come are not read", refused)
            return
        for header, body in pairwise(lines):
            listed = _LISTED.fullmatch(header)
            if listed is None:
                continue
            if interrupted():
                self.may_have_texts = True
                return
            if listed[1] in self._stuck:
                continue
            received = _received(body, int(listed[2]))
            if self._delete(f"AT+CMGD={listed[1]}"):
                self.may_have_texts = True  # a long list is shown in part: look again
            else:
                self._stuck.add(listed[1])  # told once, not at every look
            if received is not None:
                yield received

    def make_room(self) -> None:
        """Delete whatever was read or sent: a full store takes no text at all."""
        if self._delete(_DELETE_READ):
            self._stuck.clear()

    def _delete(self, command: str) -> bool:
        try:
            self._line.ask(command, _LIST_TIMEOUT_S)
        except CommandRefused as refused:
            _log.debug("%s", refused)
            return False
        except NoResponse:
            _log.warning("the modem does not say whether it has deleted a text")
            raise
        return True


def received_now(pdu: bytes, octets: int) -> TextReceived | None:
    """Return a text that was handed over as it came, or None if it makes no sense."""
    try:
        deliver = Deliver.from_bytes(strip_service_centre(pdu, octets))
    except PduError:
        _log.warning("a text that came makes no sense")
        return None
    return TextReceived(deliver.sender, deliver.text)


def _received(body: str, octets: int) -> TextReceived | None:
    try:
        pdu = bytes.fromhex(body)
    except ValueError:
        return None
    return received_now(pdu, octets)
