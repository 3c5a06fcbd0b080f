"""The modem by ourselves, where no daemon runs: how it is, and one test text.

Owns the way to the port and the form of what is found, which is that of the daemon's own answers.
Invariant: the gate is never armed here, so whatever goes wrong nothing reaches 119; whoever holds
the port is left alone and named; a bell that starts meanwhile gets the port within seconds, because
119 may need it; and a PIN is entered only while all of its tries are left (``drivers.modem.look``).
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drivers.errors import DriverError, PortGone, SimLocked, SubmitAmbiguous
from drivers.host.clock import Clock
from drivers.host.control import ControlClient
from drivers.host.machine import Machine
from drivers.host.processes import holders
from drivers.modem.interlock import Interlock, refuse_all_but_people
from drivers.modem.look import Pin
from drivers.modem.look import look as look_at
from drivers.modem.modem import Modem, OutgoingText, StatusReported
from drivers.modem.settings import ModemSettings
from drivers.modem.status import SimState
from edge.diagnose.access import closed_to_us
from edge.law import modemtest
from edge.law.state import State
from edge.loop.assembly import desk_of, policy_of
from edge.messages import texts as files
from edge.messages.delivery import card_of
from edge.messages.drafting import draft_notice
from edge.messages.job import Job
from edge.messages.jobs import Clerk
from edge.messages.outbox import Outbox, add
from edge.settings import CredentialMissing, Settings, credential

REPORT_WITHIN_S: Final = 15.0
"""How long the network's word that a text has arrived is waited for: it usually takes seconds, but
a telephone that is off gets the text next morning."""

LOOK_EVERY_S: Final = 0.5
"""How soon a bell that has started meanwhile is seen."""

_ASKED_WITHIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a test text: ``outcome`` is ``delivered``, ``accepted``, ``undelivered``,
    ``unconfirmed`` (it may have left) or ``failed``; ``text`` are its words.
    """  # noqa: D205 - one sentence

    outcome: str
    reason: str
    text: str
    parts: int


class HeldByOthers(PortGone):
    """Another program has the port; ``who`` names it."""

    def __init__(self, port: str, who: str) -> None:
        super().__init__(f"{port} is held by {who}")
        self.port = port
        self.who = who


@contextmanager
def opened(settings: Settings) -> Iterator[Modem]:
    """Open the modem, with a gate that is not armed.

    Raises:
        HeldByOthers: Another program has the port.
        DriverError: It does not come up; as ``Modem.open`` says.
    """
    assert settings.modem is not None  # noqa: S101  the caller has asked
    modem = Modem(settings.modem, Interlock(settings.report.number))
    try:
        if (pin := _pin(settings)) is not None:
            _unlock(settings.modem, pin)
        modem.open()
    except PortGone as error:
        port = settings.modem.port
        others = holders(Machine(), Path(port)) if "://" not in port else []
        if others:
            raise HeldByOthers(port, ", ".join(map(str, others))) from error
        raise
    try:
        yield modem
    finally:
        modem.close()


def _unlock(modem: ModemSettings, pin: str) -> None:
    """Enter the PIN if the SIM wants one: each of our starts would else cost the bell a try.

    Raises:
        SimLocked: It is not the right one, or was spared.
    """
    seen = look_at(modem, pin)
    if seen.pin is Pin.MALFORMED:
        raise SimLocked("sim locked: its PIN must be four to eight digits")
    if seen.pin is Pin.REFUSED:
        raise SimLocked("sim locked: it refused its PIN, correct it")
    if seen.pin is Pin.NOT_TRIED and seen.status.sim is SimState.PIN:
        raise SimLocked("sim locked: its PIN was not tried here, to spare it; see floodbell doctor")


def _pin(settings: Settings) -> str | None:
    name = settings.modem.sim_pin_credential if settings.modem else None
    if name is None:
        return None
    with contextlib.suppress(CredentialMissing):  # the SIM may be open all the same
        return credential(settings, name)
    return None


def look(settings: Settings) -> dict[str, Any]:
    """Return how the modem is, in the form of the daemon's answer ``modem``.

    Raises:
        DriverError: It does not come up.
    """
    assert settings.modem is not None  # noqa: S101  the caller has asked
    with opened(settings) as modem:
        status = modem.status
    return {
        "state": "down" if status.registered is False else "ready",
        "registered": status.registered,
        "signal_dbm": status.signal_dbm,
        "operator": status.operator,
        "detail": status.words,
        "sim": status.sim,
        **asdict(card_of(status)),
        "port": settings.modem.port,
        "power_pin": settings.modem.power_pin,
        "troubles": _troubles(str(status.fault or ""), status.words),
        "last_accepted": None,
    }


def _troubles(fault: str, words: str) -> list[dict[str, Any]]:
    return [{"cause": f"modem:{fault}", "detail": words}] if fault else []


def send_test(settings: Settings, texts_beside: Path, contact: str) -> Sent:
    """Send one test text, once, and wait a little for the network's word that it has arrived.

    A bell that starts meanwhile ends the waiting: the modem is its own.

    Args:
        settings: The settings.
        texts_beside: The folder of the settings file: texts of its own may lie there.
        contact: To whom; one of the settings'.

    Raises:
        DriverError: The modem does not come up.
        TextsError: The texts cannot be read.
    """
    jobs = _jobs(settings, texts_beside, contact)
    whole = "".join(job.text for job in jobs)
    references: set[int] = set()
    wanted = _every(LOOK_EVERY_S, lambda: a_bell_runs(settings))
    with opened(settings) as modem:
        try:
            for job in jobs:
                if wanted():
                    raise PortGone(STARTED)
                references.add(modem.submit(_outgoing(job), job.answer_timeout_s, wanted))
        except SubmitAmbiguous as error:
            return Sent("unconfirmed", str(error), whole, len(jobs))
        except DriverError as error:
            return Sent("failed", str(error), whole, len(jobs))
        outcome = _reported(modem, references, wanted)
    return Sent(outcome, "", whole, len(jobs))


STARTED: Final = "a bell has started meanwhile and has the modem now: ask it"


def a_bell_runs(settings: Settings) -> bool:
    """Whether a bell answers by now, or is there and closed to us."""
    path = settings.paths.run / "floodbell.sock"
    try:
        with ControlClient(path, _ASKED_WITHIN_S) as client:
            client.ask("status")
    except PortGone as fault:
        return closed_to_us(fault)
    except (DriverError, OSError):
        return True
    return True


def _every(period_s: float, look: Callable[[], bool]) -> Callable[[], bool]:
    """Return ``look``, done at most once in a period; once it has said yes it is not done again."""
    seen, next_s = False, 0.0

    def seen_by_now() -> bool:
        nonlocal seen, next_s
        if not seen and time.monotonic() >= next_s:
            seen = look()
            next_s = time.monotonic() + period_s
        return seen

    return seen_by_now


def _outgoing(job: Job) -> OutgoingText:
    return OutgoingText(number=job.number, text=job.text, live_origin=job.origin, concat=job.concat)


def _jobs(settings: Settings, texts_beside: Path, contact: str) -> list[Job]:
    """Word the text as the daemon would."""
    texts = files.load(files.find(settings.site.language, texts_beside))
    desk = desk_of(settings, texts, boot_id="")
    now_s = time.monotonic()
    messages = draft_notice(
        desk,
        modemtest.notice(contact, now_s, "no daemon runs", armed=False),
        now_s,
        time_words=_local_time(settings.site.timezone),
        concat_reference=lambda: random.randrange(1, 256),
    )
    outbox = add(Outbox(), messages)
    clerk = Clerk(desk, policy_of(settings, broker_jitter=0.0), settings.report.number)
    jobs = [clerk.job(message, modemtest.ROUTE, outbox, State()) for message in messages]
    for job in jobs:
        refuse_all_but_people(job.number, settings.report.number)
    return jobs


def _local_time(timezone: str) -> str:
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = None
    return Clock().local_time(zone)


def _reported(modem: Modem, waiting: set[int], wanted: Callable[[], bool]) -> str:
    """Wait for a status report of every part, until a bell wants the modem."""
    end_s = time.monotonic() + REPORT_WITHIN_S
    with contextlib.suppress(DriverError):  # it was accepted; nothing more is known
        while waiting and not wanted() and (left_s := end_s - time.monotonic()) > 0.0:
            for event in modem.wait(min(left_s, LOOK_EVERY_S)):
                if not isinstance(event, StatusReported) or event.report.delivered is None:
                    continue
                if event.report.reference in waiting and not event.report.delivered:
                    return "undelivered"
                waiting.discard(event.report.reference)
    return "accepted" if waiting else "delivered"
