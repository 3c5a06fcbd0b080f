"""The running parts of one home: made from the settings, started in order, stopped in reverse.

Owns which part is connected to which. Invariant: a part that cannot be opened is a trouble, never a
reason not to start; whatever was started is stopped, also when starting fails half-way.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drivers.bell.outputs import Outputs
from drivers.host.asking import Asker, Unanswered
from drivers.host.clock import Clock, boot_id, uuid7
from drivers.host.control import Request
from drivers.host.notify import Notifier
from drivers.host.users import written_down
from drivers.ports import Ports
from edge import __version__
from edge.centre.front import Front
from edge.centre.topics import timestamp
from edge.centre.vitals import certificate_days, health
from edge.events import Armed, TroubleGone, TroubleSeen
from edge.law.state import State
from edge.loop.air_watch import air_posts
from edge.loop.announcer import Announcer
from edge.loop.answers import answer
from edge.loop.app import App
from edge.loop.assembly import desk_of, log_policy_of, mountings_of, policy_of, source_of
from edge.loop.bench import Bench
from edge.loop.clock_watch import ClockWatch
from edge.loop.crew import Crew, Shift
from edge.loop.hands_journal import record_changes
from edge.loop.inbox import Inbox, InboxEvent, Late, Question
from edge.loop.look_round import LookRound
from edge.loop.outward import (
    Line,
    open_cap,
    open_centre,
    open_http,
    open_line,
    private_words,
    put_up,
    status_fields,
)
from edge.loop.parts import Parts, Site
from edge.loop.posts import (
    BrokerHand,
    StoreHand,
    bell_posts,
    broker_post,
    control_post,
    modem_post,
    sensor_posts,
    store_post,
    web_post,
)
from edge.loop.power_watch import power_posts
from edge.loop.supervisor import Beats
from edge.loop.taking_up import Memory
from edge.messages.cap_words import CapWords
from edge.messages.outbox import VOICE
from edge.messages.relay import Relay
from edge.messages.sending import Sender, Worker
from edge.messages.words import Texts
from edge.reading_log import ReadingLog
from edge.settings import CredentialMissing, Settings, credential
from edge.store.hold import hold
from edge.store.journal import Journal
from edge.store.rows import Recovered
from edge.store.store import Store

if TYPE_CHECKING:
    from edge.centre.desk import Desk
    from edge.centre.outpost import Outpost
    from edge.messages.web_route import WebRoute

_log = logging.getLogger(__name__)

PUT_UP: Final = 64
"""So many retained topics are remembered, to be taken down once they are ours no more."""

HOLD_WITHIN_S: Final = 3.0
"""A card that answers at all does so within one."""

STOP_WITHIN_S: Final = 1.0
"""How long stopping waits for the threads; SIGTERM ends the daemon within 5 s (contract 2)."""

VITAL: Final = frozenset({"main", "store", "modem"})
"""Threads that may not be declared in trouble: without them nobody is told (design 3)."""


class House:
    """Builds and connects the parts."""

    def __init__(
        self,
        settings: Settings,
        texts: Texts,
        clock: Clock,
        notifier: Notifier,
        closing: ExitStack,
        *,
        cap_words: tuple[CapWords, ...] = (),
        standing_in: str | None = None,
    ) -> None:
        self._settings = settings
        self._standing_in = standing_in
        self._cap_words = cap_words
        self._texts = texts
        self._clock = clock
        self._notifier = notifier
        self._closing = closing
        self._ports = Ports()
        closing.callback(self._ports.close)
        self._bench = Bench(settings, self.put)
        self._inbox: Inbox = queue.SimpleQueue()
        self._boot = boot_id()
        self._beats = Beats(clock.now_s, VITAL)
        self._crew = Crew(self._beats, self.put)
        self._policy = policy_of(settings, broker_jitter=random.random())
        self._journal = Journal(settings.paths.run / "report.journal")
        self._memory = Memory(
            self._policy, self._journal, self._boot, self.put, knew_utc=clock.remember
        )
        self._starts = 0
        self._session = f"{self._boot}:0"
        self._zone = _zone_of(settings.site.timezone)
        self._centre: Outpost | None = None
        self._web: dict[str, WebRoute] = {}
        self._desk: Desk | None = None
        self._put_up: tuple[str, ...] = ()
        self._app: App | None = None

    def put(self, event: InboxEvent) -> None:
        """Put an event into the inbox, stamped with the time of now; from any thread."""
        self._inbox.put((self._clock.now_s(), event))

    def build(self, judge_settings: Callable[[], None]) -> App:
        """Start every part; return the loop, ready to run.

        Raises:
            AlreadyRunning: Another daemon holds the state directory.
        """
        with contextlib.suppress(OSError):  # the part that needs it says so
            self._settings.paths.run.mkdir(parents=True, exist_ok=True)
        held = self._hold()
        if held is not None:
            self._closing.callback(os.close, held)
        journalled = self._memory.read_journal()
        stores = self._crew.shift("store")
        store = Store(
            self._settings.paths.state / "floodbell.db",
            max_mb=self._settings.store.max_mb,
            on_committed=self._committed,
            beat=stores.beat,
            stamp_event=self._stamped,
            on_recovered=lambda recovered: self.put(Late(recovered)),
            has_centre=self._settings.mqtt is not None,
        )
        recovered = store.open()
        self._closing.callback(store.close, STOP_WITHIN_S)
        self._crew.adopt(store_post(store), stores, StoreHand(store))
        self._bench.take_up(recovered)
        self._settings = self._bench.settings
        now_s = self._clock.now_s()
        taken = self._memory.take_up(recovered, now_s)
        self._starts = taken.starts + 1
        self._session = f"{self._boot}:{self._starts}"
        announcer = self._announcer()
        if announcer is not None:
            announcer.take_up(taken.cap, now_s)
        line = self._line()
        sender = self._sender(self._ways(line))
        news = sender.restore(
            recovered.messages, recovered.accepted, journalled, taken.state, now_s
        )
        self._put_up = tuple(dict.fromkeys((*taken.put_up, *put_up(self._settings))))[-PUT_UP:]
        self._open_centre(store, taken.state, taken.put_up)
        self._record("started", "", now_s)
        app = App(
            Parts(
                policy=self._policy,
                mountings=mountings_of(self._settings),
                siren=self._outputs(),
                store=store,
                sender=sender,
                front=Front(
                    self._centre,
                    store,
                    min_change_mm=self._min_change_mm(),
                    patience_s=log_policy_of(self._settings).patience_s,
                ),
                clocks=self._clock,
                beats=self._beats,
                reading_log=ReadingLog(log_policy_of(self._settings)),
                new_id=self._clock.new_id,
                site=self._site(),
                session=self._session,
                starts=self._starts,
                boot_id=self._boot,
                broker_state=self._broker_state,
                set_armed=lambda armed: self._set_armed(line, armed=armed),
                expect_callers=line.expect if line is not None else _nobody,
                answer=answer,
                look_round=LookRound(
                    store,
                    self._centre,
                    self._beats,
                    self._notifier,
                    self._clock_watch(),
                    self._crew,
                ),
                judge_settings=judge_settings,
                remember_late=self._take_up_late,
                bench=self._bench,
                set_by_hand=self._set_by_hand,
                announcer=announcer,
                put_up=self._lies_at_the_broker,
                private=private_words(self._settings),
            ),
            self._inbox,
            taken.state,
        )
        self._app = app
        app.begin(taken.effects, self._started(recovered), self._to_remember(recovered))
        self._tell_standing_in()
        app.recall(news, now_s)
        app.take(Armed(self._settings.report.armed, "report.armed in the settings"), now_s)
        self._man_posts()
        return app

    def _hold(self) -> int | None:
        """Keep the state directory to us; a disk that does not answer keeps nobody waiting."""
        folder = self._settings.paths.state

        def made() -> int | None:
            with contextlib.suppress(OSError):  # the store says so
                folder.mkdir(parents=True, exist_ok=True)
            return hold(folder)

        try:
            return Asker().ask(made, HOLD_WITHIN_S)
        except Unanswered:
            _log.error("the disk under %s does not answer: going on without it", folder)
            return None

    def _man_posts(self) -> None:
        """Let every thread begin that is not at its post yet; the control socket is the last."""
        for post in (
            *sensor_posts(self._settings, self._ports, self._bench, self._clock.now_s),
            *bell_posts(self._settings, self._ports),
            *air_posts(self._settings),
            *power_posts(self._settings, self._ports, self._clock.now_s),
            control_post(self._settings.paths.run / "floodbell.sock", self._asked, self.put),
        ):
            self._crew.hire(post)
        self._closing.callback(self._crew.stop, STOP_WITHIN_S)
        self._crew.start()

    def _take_up_late(self, app: App, recovered: Recovered) -> None:
        """A disk that came after the start has a memory, and calibrations."""
        self._memory.take_up_late(app, recovered)
        self._bench.take_up_late(app, recovered)

    def _started(self, recovered: Recovered) -> dict[str, Any]:
        """Return what the event ``started`` says."""
        return {
            "version": __version__,
            "config_sha256": self._settings.sha256,
            "armed": self._settings.report.armed,
            "recovered": recovered.state is not None,
            "waiting": len(recovered.messages),
        }

    def _to_remember(self, recovered: Recovered) -> str | None:
        """Return the text of the settings, if it is news to the store and no stand-in."""
        text = self._settings.text
        return text if text and not self._standing_in and text != recovered.settings else None

    def _tell_standing_in(self) -> None:
        """The trouble outlives a restart: a file that was mended ends it."""
        if self._standing_in:
            self.put(TroubleSeen("settings", self._standing_in))
        else:
            self.put(TroubleGone("settings"))

    def _line(self) -> Line | None:
        modem = self._settings.modem
        return open_line(
            self._settings,
            self._memory.journalled,
            boot_id=self._boot,
            sim_pin=self._secret(modem.sim_pin_credential) if modem else None,
            ports=self._ports,
            clock=self._clock,
            put=self.put,
        )

    def _ways(self, line: Line | None) -> dict[str, Worker]:
        """Man the ways out, and return where jobs are handed over."""
        ways: dict[str, Worker] = {}
        if line is not None:
            self._crew.hire(modem_post(line, self.put))
            ways["modem"] = line.worker
        if self._settings.http_sms is not None:
            ways["http"] = self._web_way("http", self._http)
        if self._settings.cap_url is not None:
            ways["cap"] = self._web_way("cap", self._cap)
        if line is not None:
            ways[VOICE] = line.calls  # last: they wait for the texts
        return ways

    def _web_way(self, name: str, make: Callable[[Shift], WebRoute | None]) -> Relay:
        relay = Relay(name, self.put)
        self._crew.hire(web_post(name, relay, make, self.put))
        return relay

    def _http(self, shift: Shift) -> WebRoute | None:
        worker = open_http(
            self._settings,
            secret=self._secret,
            wall_utc=self._clock.wall_utc,
            clock=self._clock.now_s,
            put=shift.put,
            beat=shift.beat,
        )
        return self._kept(worker)

    def _cap(self, shift: Shift) -> WebRoute | None:
        clock = self._clock.now_s
        return self._kept(open_cap(self._settings, put=shift.put, beat=shift.beat, clock=clock))

    def _kept(self, worker: WebRoute | None) -> WebRoute | None:
        """Remember who serves a route now: a clock that is set concerns him."""
        if worker is not None:
            self._web[worker.thread.name] = worker
        return worker

    def _clock_watch(self) -> ClockWatch:
        """Let those look at certificates again that a wrong clock has kept out."""

        def look_again() -> None:
            for way in self._web.values():
                way.clock_was_set()
            if self._centre is not None:
                self._centre.clock_was_set()

        return ClockWatch(self._clock, [look_again])

    def _secret(self, name: str | None) -> str | None:
        """Return a credential, or None with a trouble: a missing file never keeps us down."""
        if name is None:
            return None
        try:
            return credential(self._settings, name)
        except CredentialMissing as error:
            self.put(TroubleSeen(f"credential:{name}", str(error)))
            return None

    def _sender(self, ways: Mapping[str, Worker]) -> Sender:
        return Sender(
            desk_of(self._settings, self._texts, boot_id=self._boot),
            self._policy,
            ways,
            record=self._record,
            boot_id=self._boot,
            min_attempts=self._settings.report.min_attempts,
            report_number=self._settings.report.number,
            time_words=self._local_time,
        )

    def _announcer(self) -> Announcer | None:
        if not self._settings.writes_cap:
            return None
        return Announcer(
            source_of(self._settings, self._cap_words),
            self._policy,
            self._clock,
            self._zone,
            run_id=uuid7(),
            put=self.put,
            keeps=self._settings.mqtt is not None,
        )

    def _record(self, kind: str, key: str, now_s: float, **more: object) -> None:
        """Write into the journal; without it 119 is unguarded against a crash loop: say so."""
        if self._journal.record(kind, key, monotonic_s=now_s, boot_id=self._boot, **more):
            self.put(TroubleGone("journal"))
        else:
            self.put(TroubleSeen("journal", f"{self._settings.paths.run} cannot be written"))

    def _local_time(self) -> str:
        return self._clock.local_time(self._zone)

    def _outputs(self) -> Outputs:
        outputs = Outputs(self._settings.bell, self._ports)
        self._closing.callback(outputs.close)
        return outputs

    def _asked(self, request: Request) -> None:
        def reply(result: Mapping[str, Any] | None, error: str | None) -> None:
            if error is None:
                request.reply(dict(result or {}))
            else:
                request.refuse(error)

        by = written_down(request.peer.uid, request.arguments.get("by"))
        self.put(Question(request.command, request.arguments, by, reply))

    def _open_centre(self, store: Store, state: State, put_up_before: Iterable[str]) -> None:
        shift = self._crew.shift("broker")
        reach = open_centre(
            self._settings,
            store,
            session=self._session,
            clock=self._clock,
            health=self._health,
            beat=shift.beat,
            put=self.put,
            put_up_before=put_up_before,
        )
        if reach is None:
            self._beats.forget("broker")
            return
        self._centre, self._desk = reach.outpost, reach.desk
        self._crew.adopt(broker_post(reach.outpost), shift, BrokerHand(reach.outpost.centre))
        reach.outpost.show("status", status_fields(self._settings, state))

    def _min_change_mm(self) -> float:
        return self._settings.mqtt.min_change_mm if self._settings.mqtt else 0.0

    def _lies_at_the_broker(self) -> tuple[str, ...]:
        gone = self._centre.taken_down if self._centre else frozenset()
        return tuple(topic for topic in self._put_up if topic not in gone)

    def _health(self) -> dict[str, Any]:
        if self._app is None:
            return {}
        return health(self._app, self._settings.paths.state, self._centre, self._desk)

    def _committed(self) -> None:
        """Rows were added to a log: the broker's thread has something to do."""
        if self._centre is not None:
            self._centre.wake()

    def _broker_state(self) -> dict[str, Any] | None:
        centre = self._centre
        if centre is None or self._app is None:
            return None
        return {
            "connected": centre.connected,
            "detail": centre.detail,
            "last_loss": centre.last_loss,
            "cause": centre.cause,
            "certificate_days": certificate_days(centre, self._clock.wall_utc()),
            "backlog": dict(self._app.parts.store.backlog()),
            "commands_heard": centre.commands_heard,
            "discovery": centre.extras_detail,
            "unheard": centre.unheard,
        }

    def _set_armed(self, line: Line | None, *, armed: bool) -> None:
        if line is not None:
            line.interlock.armed = armed

    def _set_by_hand(self, before: State, after: State, now_s: float) -> None:
        """Keep what people set beside the store, and show it to the centre."""
        record_changes(self._record, before, after, now_s)
        if self._centre is not None:
            self._centre.show("status", status_fields(self._settings, after))

    def _site(self) -> Site:
        modem = self._settings.modem
        return Site(
            id=self._settings.site.id,
            drivers={name: s.driver for name, s in self._settings.sensors.items()},
            config_sha256=self._settings.sha256,
            modem=modem is not None,
            modem_port=modem.port if modem else None,
            power_pin=modem.power_pin if modem else None,
        )

    def _stamped(self, kind: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Complete an event that the store has to tell by itself."""
        now, synced = self._clock.told()
        stamp = {"ts": timestamp(now), "clock_synced": synced, "session": self._session}
        return {"type": kind, **fields, **stamp}


def _nobody(_state: State, _reported_s: float | None) -> None:
    """Without a modem nobody can call."""


def _zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone, or None for the machine's own where the database is missing."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
