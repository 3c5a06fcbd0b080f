"""The ways out of the house, made from the settings: modem, web service for texts, broker.

Owns how they are put together; what goes out is decided elsewhere. A missing secret or certificate
never keeps the daemon down: it is a trouble, and the way out says so itself.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from edge import __version__
from edge.centre import discovery, topics
from edge.centre.topics import timestamp
from edge.events import Attempted, RouteState
from edge.law.state import State
from edge.loop.assembly import device_of
from edge.loop.inbox import Asked, Refused
from edge.messages.outbox import VOICE
from edge.messages.relay import Relay
from edge.messages.restoring import left
from edge.settings import Settings, credential_path
from edge.store.journal import Entry
from edge.store.reader import UnreadableError

if TYPE_CHECKING:
    from drivers.host.clock import Clock
    from drivers.modem.interlock import Interlock
    from drivers.modem.settings import ModemSettings
    from drivers.ports import Ports
    from edge.centre.admission import Earlier
    from edge.centre.commands import Command
    from edge.centre.desk import Desk
    from edge.centre.outpost import Outpost
    from edge.loop.crew import Shift
    from edge.messages.calling import VoiceLine
    from edge.messages.delivery import ModemRoute
    from edge.messages.web_route import WebRoute
    from edge.settings.tree import Report
    from edge.store.store import Store

_log = logging.getLogger(__name__)

_EVENTS: Final = 500  # looked through for requests that were done before a restart
_HOUR_S: Final = 3600.0

MODEM: Final = "modem"

PORT_LAG_S: Final = 5.0
"""Between the journal's line and the last byte: the prompt, or a port that is just being opened."""


class Line:
    """The modem's line: the gate in front of it, and its worker, whichever thread that is.

    Attributes:
        interlock: The last gate, one for all generations of the worker.
        worker: Takes texts.
        calls: Takes calls.
    """

    def __init__(
        self,
        settings: ModemSettings,
        report: Report,
        interlock: Interlock,
        *,
        sim_pin: str | None,
        ports: Ports,
        clock: Clock,
        put: Callable[[Attempted | RouteState], None],
    ) -> None:
        self.interlock = interlock
        self.worker = Relay(MODEM, put)
        self.calls = Relay(VOICE, put)
        self._settings = settings
        self._report = report
        self._sim_pin = sim_pin
        self._ports = ports
        self._clock = clock
        self._put = put
        self._voice: VoiceLine | None = None

    def make(self, shift: Shift) -> ModemRoute:
        """Make a worker; it knows what the one before knew of a conversation with 119."""
        from drivers.modem.modem import Modem  # noqa: PLC0415 - only with a modem
        from edge.messages.calling import VoiceLine  # noqa: PLC0415
        from edge.messages.delivery import ModemRoute  # noqa: PLC0415

        modem = Modem(
            self._settings,
            self.interlock,
            sim_pin=self._sim_pin,
            clock=self._clock.now_s,
            beat=shift.beat,
            ports=self._ports,
        )
        before, self._voice = (
            self._voice,
            VoiceLine(
                modem,
                put=shift.put,
                clock=self._clock.now_s,
                report_number=self._report.number,
                answer_calls_from=self._settings.answer_calls_from,
                message=self._settings.voice_message,
            ),
        )
        if before is not None:
            self._voice.take_over(before)
        worker = ModemRoute(
            modem,
            put=shift.put,
            beat=shift.beat,
            clock=self._clock.now_s,
            voice=self._voice,
            # A name may end in 119 too; only digits are a number.
            is_report=lambda sender: (
                sender.lstrip("+").isdecimal() and self.interlock.is_report(sender)
            ),
            told_time=self._clock.hint,
        )
        self.worker.serve_by(worker)
        self.calls.serve_by(self._voice)
        return worker

    def heard(self, event: object) -> None:
        """Note the end of a job, before the worker's event is let in."""
        self.worker.heard(event)
        self.calls.heard(event)

    def left(self, why: str) -> None:
        """The worker is lost: tell what became of its jobs, and that nothing leaves just now."""
        self.worker.lost(why)
        self.calls.lost(why)
        self._put(RouteState(MODEM, up=False, detail=why))

    def expect(self, state: State, reported_s: float | None) -> None:
        """Say who may be answered now: it depends on the incident, and on what 119 was told."""
        from edge.messages.calling import Expected  # noqa: PLC0415 - only with a modem

        if self._voice is not None:
            self._voice.expected = Expected(state.incident is not None, reported_s)


def open_line(
    settings: Settings,
    journalled: Sequence[Entry],
    *,
    boot_id: str,
    sim_pin: str | None,
    ports: Ports,
    clock: Clock,
    put: Callable[[Attempted | RouteState], None],
) -> Line | None:
    """Make the modem's line; None without a modem in the settings.

    The interlock is told of the reports that left in the last hour of this boot, so that a crash
    loop cannot send more than its limits allow.
    """
    if settings.modem is None:
        return None
    from drivers.modem.interlock import Interlock  # noqa: PLC0415 - only with a modem

    interlock = Interlock(settings.report.number)
    remember_reports(interlock, journalled, boot_id, clock.now_s())
    return Line(
        settings.modem,
        settings.report,
        interlock,
        sim_pin=sim_pin,
        ports=ports,
        clock=clock,
        put=put,
    )


def open_http(
    settings: Settings,
    *,
    secret: Callable[[str | None], str | None],
    wall_utc: Callable[[], datetime],
    clock: Callable[[], float],
    put: Callable[[Attempted | RouteState], None],
    beat: Callable[[], None],
) -> WebRoute | None:
    """Make the worker of the web service for texts; None without one in the settings.

    A worker whose credentials are missing refuses every text at once, so that the next route is
    taken: without a worker a text would wait for it.
    """
    if settings.http_sms is None:
        return None
    from drivers.channels.sms.channel import SmsChannel  # noqa: PLC0415 - loads urllib3
    from drivers.channels.sms.provider import Credentials  # noqa: PLC0415
    from drivers.channels.web import Web  # noqa: PLC0415
    from edge.messages.web_route import WebRoute  # noqa: PLC0415

    names = (settings.http_sms.key_credential, settings.http_sms.secret_credential)
    key, hidden = (secret(name) for name in names)
    whole = not settings.http_sms.missing and all(
        name is None or value for name, value in zip(names, (key, hidden), strict=True)
    )
    stopping = threading.Event()
    channel = SmsChannel(
        settings.http_sms,
        Credentials(key or "", hidden or "") if whole else None,
        report_number=settings.report.number,
        web=Web(stopping=stopping, beat=beat),
        wall_utc=wall_utc,
    )
    return WebRoute(
        "http", channel, put=put, beat=beat, clock=clock, look=channel.look, stopping=stopping
    )


def open_cap(
    settings: Settings,
    *,
    put: Callable[[Attempted | RouteState], None],
    beat: Callable[[], None],
    clock: Callable[[], float],
) -> WebRoute | None:
    """Make the worker that posts CAP documents; None where nobody takes them by HTTPS."""
    if settings.cap_url is None:
        return None
    from drivers.channels.cap import CapChannel  # noqa: PLC0415 - loads urllib3
    from drivers.channels.web import Web  # noqa: PLC0415
    from edge.messages.web_route import WebRoute  # noqa: PLC0415

    stopping = threading.Event()
    channel = CapChannel(settings.cap_url, Web(stopping=stopping, beat=beat))
    return WebRoute("cap", channel, put=put, beat=beat, clock=clock, stopping=stopping)


def remember_reports(
    interlock: Interlock, journalled: Sequence[Entry], boot_id: str, now_s: float
) -> None:
    """Tell the last gate of the reports that left in the last hour of this boot.

    The journal has a report before the modem has it: its last byte may have left some seconds
    later, while the port was being opened, and is counted then.
    """
    for entry in left(journalled, boot_id):
        if entry.kind == "submitting" and now_s - entry.monotonic_s < _HOUR_S + PORT_LAG_S:
            left_s = min(now_s, entry.monotonic_s + PORT_LAG_S)
            interlock.remember(left_s, entry.more.get("origin"))
    for entry in journalled:
        recent = now_s - entry.monotonic_s < _HOUR_S
        if entry.kind == "dialling" and entry.boot_id == boot_id and recent:
            interlock.remember_call(entry.monotonic_s)


@dataclass(frozen=True, slots=True)
class Reach:
    """The broker's threads, and the desk where the centre's requests come in."""

    outpost: Outpost
    desk: Desk


def open_centre(
    settings: Settings,
    store: Store,
    *,
    session: str,
    clock: Clock,
    health: Callable[[], Mapping[str, Any]],
    beat: Callable[[], None],
    put: Callable[[Asked | Refused], None],
    put_up_before: Iterable[str] = (),
) -> Reach | None:
    """Make the broker's thread; None without a broker in the settings.

    Args:
        settings: The settings.
        store: The three logs.
        session: Of this run.
        clock: The machine's clocks.
        health: The payload of ``health``.
        beat: The thread's beat.
        put: Takes what the centre asks.
        put_up_before: Topics that earlier runs left at the broker: see ``put_up``.
    """
    if settings.mqtt is None:
        return None
    from drivers.broker.link import Link  # noqa: PLC0415 - only with a broker
    from edge.centre.centre import Centre, Place  # noqa: PLC0415
    from edge.centre.desk import Desk  # noqa: PLC0415
    from edge.centre.outpost import Outpost  # noqa: PLC0415

    mqtt = settings.mqtt
    outpost: Outpost

    def reply(command: Command, payload: Mapping[str, Any]) -> None:
        outpost.reply(command, payload)

    def new_link() -> Link:
        return Link(mqtt, settings.site.id, lambda name: credential_path(settings, name))

    desk = Desk(
        take=lambda name, admitted, by, answer: put(
            Asked(name, admitted.id, admitted.arguments, by, answer)
        ),
        tell=lambda name, refusal, by, count: put(
            Refused(name, refusal.error, refusal.reason, by, count)
        ),
        reply=reply,
        stamp=lambda: {"ts": timestamp(clock.wall_utc()), "session": session},
        clock=clock.now_s,
        wall_utc=lambda: clock.wall_utc() if clock.wall_is_synced() else None,
        done_before=lambda: done_before(store, clock.wall_utc()),
    )
    now = put_up(settings)
    # Taken down first: an announcement under a new prefix shows the device anew.
    extras = {topic: b"" for topic in put_up_before if topic not in now}
    if prefix := settings.mqtt.home_assistant:
        topic, announcement = discovery.announcement(device_of(settings), prefix)
        extras[topic] = announcement
    centre = Centre(
        Place(
            base_of(settings),
            session,
            heartbeat_s=settings.mqtt.heartbeat_s,
            reconnect_max_s=settings.mqtt.reconnect_max_s,
            first_connect_max_s=settings.mqtt.first_connect_max_s,
            repeat_s=settings.mqtt.repeat_s,
            extras=extras,
        ),
        store,
        new_link(),
        health=health,
        beat=beat,
        on_command=desk.hear,
        wall_utc=clock.wall_utc,
    )
    outpost = Outpost(centre, new_link)
    return Reach(outpost, desk)


def base_of(settings: Settings) -> str:
    """Return the topic under which everything of this device lies."""
    return topics.base(settings.site.district, settings.site.id)


def put_up(settings: Settings) -> tuple[str, ...]:
    """Return the retained topics that are ours only as long as the settings stay as they are.

    They are remembered: once a sensor has left the settings, its last word must not lie at the
    broker for ever, nor the bell in a Home Assistant that it is no longer to be in.
    """
    if settings.mqtt is None:
        return ()
    sensors = tuple(f"{base_of(settings)}/sensors/{name}" for name in settings.sensors)
    if prefix := settings.mqtt.home_assistant:
        return (*sensors, discovery.topic(prefix, settings.site.id))
    return sensors


def private_words(settings: Settings) -> tuple[str, ...]:
    """Return names and the parts of the address, longest first: who texts us may say them."""
    words = {contact.name for contact in settings.contacts.values() if contact.name}
    words |= {settings.site.address, *settings.site.address.split()}
    return tuple(sorted((w for w in words if len(w) > 1), key=len, reverse=True))


def done_before(store: Store, wall_utc: datetime) -> tuple[Earlier, ...]:
    """Return the requests that the newest events tell of, oldest first.

    Args:
        store: Where the events are.
        wall_utc: The time of day, by the same clock as that of the events.
    """
    from edge.centre.admission import Earlier  # noqa: PLC0415 - only with a broker

    try:
        with store.reader() as reader:
            events = [json.loads(body) for _, body in reader.history("events", limit_rows=_EVENTS)]
    except (UnreadableError, ValueError) as error:
        _log.warning("which requests were done before is not known: %s", error)
        return ()
    return tuple(
        Earlier(str(e["id"]), str(e.get("command")), bool(e.get("done")) and _recent(e, wall_utc))
        for e in events
        if e.get("type") == "command" and "id" in e
    )


def _recent(event: Mapping[str, Any], wall_utc: datetime) -> bool:
    """Whether it was within the last hour; what cannot be told counts as if it was."""
    try:
        ago_s = (wall_utc - datetime.fromisoformat(str(event["ts"]))).total_seconds()
    except (KeyError, ValueError, TypeError):
        return True
    return ago_s < _HOUR_S


def status_fields(settings: Settings, state: State) -> dict[str, Any]:
    """Return what ``status`` says besides being online."""
    return {
        "version": __version__,
        "armed": state.armed,
        "service": state.service is not None,
        "config_sha256": settings.sha256,
    }
