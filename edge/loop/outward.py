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
from edge.events import Attempted, CallCame, Delivered, RouteState, TextCame
from edge.law.state import State
from edge.loop.assembly import device_of
from edge.loop.inbox import Asked, Refused
from edge.messages.restoring import left
from edge.settings import Settings, credential_path
from edge.store.journal import Entry
from edge.store.reader import UnreadableError

if TYPE_CHECKING:
    from drivers.host.clock import Clock
    from drivers.modem.interlock import Interlock
    from drivers.ports import Ports
    from edge.centre.admission import Earlier
    from edge.centre.centre import Centre
    from edge.centre.commands import Command
    from edge.centre.desk import Desk
    from edge.messages.calling import VoiceLine
    from edge.messages.delivery import ModemRoute
    from edge.messages.web_route import WebRoute
    from edge.store.store import Store

_log = logging.getLogger(__name__)

_EVENTS: Final = 500  # looked through for requests that were done before a restart
_HOUR_S: Final = 3600.0

PORT_LAG_S: Final = 5.0
"""Between the journal's line and the last byte: the prompt, or a port that is just being opened."""


@dataclass(frozen=True, slots=True)
class Line:
    """The modem's worker, and the gate in front of it."""

    interlock: Interlock
    worker: ModemRoute
    voice: VoiceLine

    def expect(self, state: State, reported_s: float | None) -> None:
        """Say who may be answered now: it depends on the incident, and on what 119 was told."""
        from edge.messages.calling import Expected  # noqa: PLC0415 - only with a modem

        self.voice.expected = Expected(state.incident is not None, reported_s)


def open_line(
    settings: Settings,
    journalled: Sequence[Entry],
    *,
    boot_id: str,
    sim_pin: str | None,
    ports: Ports,
    clock: Clock,
    put: Callable[[Attempted | Delivered | RouteState | CallCame | TextCame], None],
    beat: Callable[[], None],
) -> Line | None:
    """Make the modem's worker; None without a modem in the settings.

    The interlock is told of the reports that left in the last hour of this boot, so that a crash
    loop cannot send more than its limits allow.
    """
    if settings.modem is None:
        return None
    from drivers.modem.interlock import Interlock  # noqa: PLC0415 - only with a modem
    from drivers.modem.modem import Modem  # noqa: PLC0415
    from edge.messages.calling import VoiceLine  # noqa: PLC0415
    from edge.messages.delivery import ModemRoute  # noqa: PLC0415

    interlock = Interlock(settings.report.number)
    remember_reports(interlock, journalled, boot_id, clock.now_s())
    modem = Modem(
        settings.modem, interlock, sim_pin=sim_pin, clock=clock.now_s, beat=beat, ports=ports
    )
    voice = VoiceLine(
        modem,
        put=put,
        clock=clock.now_s,
        report_number=settings.report.number,
        answer_calls_from=settings.modem.answer_calls_from,
        message=settings.modem.voice_message,
    )
    worker = ModemRoute(
        modem,
        put=put,
        beat=beat,
        clock=clock.now_s,
        voice=voice,
        # A name may end in 119 too; only digits are a number.
        is_report=lambda sender: sender.lstrip("+").isdecimal() and interlock.is_report(sender),
        told_time=clock.hint,
    )
    return Line(interlock, worker, voice)


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
    """The broker's thread, and the desk where the centre's requests come in."""

    centre: Centre
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

    centre: Centre

    def reply(command: Command, payload: Mapping[str, Any]) -> None:
        centre.reply(command, payload)

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
        Link(settings.mqtt, settings.site.id, lambda name: credential_path(settings, name)),
        health=health,
        beat=beat,
        on_command=desk.hear,
    )
    return Reach(centre, desk)


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
