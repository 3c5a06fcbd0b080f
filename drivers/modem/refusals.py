"""What a modem's error numbers mean for the text that met them.

Owns the table from ``+CMS ERROR`` and ``+CME ERROR`` to our error types, so that whoever retries
decides by type. It never decides that a text was sent.

Source: 3GPP TS 27.005, 3.2.5 (CMS), TS 27.007, 9.2 (CME), TS 24.011, annex E (CMS 1 to 127).
"""

from __future__ import annotations

from typing import Final

from drivers.errors import DriverError, NotRegistered, NumberRefused, SimLocked, SubmitFailed
from drivers.modem.at import FinalError

_REFUSED: Final = {
    1: "the number is not assigned",
    8: "the operator bars it",
    10: "the SIM is barred from sending",
    21: "the network rejects it",
    28: "the subscriber is not identified",
    29: "the network refuses the facility",
    30: "the subscriber is not known",
    50: "the facility is not subscribed",
    69: "the facility is not implemented",
}
_NO_NETWORK: Final = frozenset({("CMS", 331), ("CMS", 332), ("CME", 30), ("CME", 31), ("CME", 32)})
# 314 and CME 14 are "SIM busy", as after a start: that passes by itself.
_SIM: Final = frozenset(
    {("CMS", code) for code in (310, 311, 312, 313, 315, 316, 317, 318)}
    | {("CME", code) for code in (5, 6, 7, 10, 11, 12, 13, 15, 16, 17, 18)}
)


class SimBusy(SubmitFailed):
    """The SIM is busy, as after a start: that passes within seconds."""


class MailboxFull(SubmitFailed):
    """The store for texts is full: once it is emptied the text may go."""


class NoServiceCentre(SubmitFailed):
    """The SIM knows no service centre: without its number no text leaves."""


_REMEDIABLE: Final[dict[tuple[str, int], tuple[type[SubmitFailed], str]]] = {
    ("CMS", 314): (SimBusy, "the SIM is busy"),
    ("CME", 14): (SimBusy, "the SIM is busy"),
    ("CMS", 322): (MailboxFull, "the modem's storage is full"),
    ("CMS", 330): (NoServiceCentre, "no service centre number: set modem.service_centre"),
}
"""What can be mended within the same attempt (domain 5.1)."""


def refusal(final: FinalError, *, about_number: bool = True) -> DriverError:
    """Return the error that a failed submission means.

    Args:
        final: What the modem said.
        about_number: False where it cannot be about this number, so that it is never refused for
            good by an answer to something else.

    Returns:
        ``NumberRefused``, ``SimLocked``, ``NotRegistered``, or ``SubmitFailed`` for all the rest:
        what is not known to be permanent is tried again. What can be mended is a kind of it.
    """
    seen = (final.kind, final.code)
    if seen in _NO_NETWORK:
        return NotRegistered(f"{final}: no network, wait for registration")
    if seen in _SIM:
        return SimLocked(f"{final}: check the SIM and its PIN")
    if about_number and final.kind == "CMS" and final.code in _REFUSED:
        return NumberRefused(f"{final}: {_REFUSED[final.code]}")
    if final.code is not None and (final.kind, final.code) in _REMEDIABLE:
        kind, words = _REMEDIABLE[final.kind, final.code]
        return kind(f"{final}: {words}")
    return SubmitFailed(f"{final}: not sent, try again")
