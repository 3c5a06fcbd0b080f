"""One life of the device, from start to kill: the real parts, put together as ``House`` does it.

Owns what is real and what is simulated: real are the loop, conditioning, the law, the sender and
its outbox, the modem's worker, the interlock, the store's writer on its SQLite file, the journal,
and the taking up of what the last life left; simulated are the ports. Invariant: nothing here
decides anything, so what a run shows is what the device does.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Protocol

from drivers.host.notify import Notifier
from drivers.modem.interlock import Interlock
from drivers.modem.pdu import split
from edge.centre.front import Front
from edge.centre.topics import timestamp
from edge.events import Armed, Attempted, CallCame, Delivered, RouteState, TextCame
from edge.law.lamp import Lamp
from edge.law.policy import Policy
from edge.law.state import State
from edge.loop.answers import answer
from edge.loop.app import App
from edge.loop.bench import Bench
from edge.loop.hands_journal import record_changes
from edge.loop.inbox import Inbox, InboxEvent, Late
from edge.loop.look_round import LookRound
from edge.loop.outward import remember_reports
from edge.loop.parts import Parts, Site
from edge.loop.supervisor import Beats
from edge.loop.taking_up import Memory
from edge.messages import texts as files
from edge.messages.delivery import ModemRoute
from edge.messages.drafting import Addressee, Desk
from edge.messages.job import Job
from edge.messages.sending import Sender
from edge.messages.words import Home as Place
from edge.reading_log import LogPolicy, ReadingLog
from edge.store.journal import Journal
from edge.store.rows import Batch, Recovered
from tests.edge.by_hand import settings_of
from tests.world.clocks import VirtualClock
from tests.world.disk import Disk
from tests.world.homes import Home
from tests.world.modem import Network, SimulatedModem

ADDRESS = "서울 종로구 창신길 12-3 B01호"
REPORT_NUMBER = "119"
NUMBERS = {
    "home": "+821012340002",
    "mother": "+821012340001",
    "kim": "+821012340003",
    "office": "+821012340004",
    "tech": "+821012340005",
}
_TEXTS = files.load(files.find("ko"))


class Watcher(Protocol):
    """Who keeps the books: told of everything that passes a port."""

    def siren(self, *, siren: bool | None, strobe: bool | None) -> None:
        """A pin was set."""

    def shown(self, topic: str, payload: Mapping[str, Any]) -> None:
        """A retained topic was put up, for the centre and on the device."""

    def commits(self, batch: Batch) -> None:
        """A batch is being handed to the store."""

    def committed(self, batch: Batch, *, stored: bool) -> None:
        """The store has said whether it is on the disk."""

    def handed_over(self, job: Job) -> None:
        """A text was given to the modem's worker."""


@dataclass
class Build:
    """The parts that a test may put a bug into; the ones of the daemon by default."""

    policy: Callable[[Policy], Policy] = lambda policy: policy
    sender: type[Sender] = Sender
    interlock: type[Interlock] = Interlock
    disk: type[Disk] = Disk
    heard: Callable[[InboxEvent], InboxEvent] = lambda event: event
    siren: Callable[[Callable[[], None]], None] = lambda ring: ring()
    handed: Callable[[Job, Callable[[Job], None]], None] = lambda job, submit: submit(job)
    armed: Callable[[bool], bool] = lambda armed: armed


@dataclass
class Link:
    """The broker, as the device sees it."""

    up: bool = True
    detail: str = ""
    valid_until_s: Mapping[str, float] = field(default_factory=dict)
    last_loss: str | None = None

    def losses(self, within_s: float) -> int:
        """None is counted: how often it goes is the world's to say."""
        del within_s
        return 0

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and answers."""
        return self.up


@dataclass
class Device:
    """A process that runs until somebody kills it."""

    home: Home
    folder: Path
    clock: VirtualClock
    network: Network
    link: Link
    watcher: Watcher
    seed: str
    boot: int
    life: int
    armed: bool
    build: Build
    deliver: Callable[[float, InboxEvent], None]
    inbox: Inbox = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.boot_id = f"boot-{self.boot}"
        self.policy = self.build.policy(self.home.policy)
        self.disk = self.build.disk(
            self.folder / "floodbell.db",
            self.clock,
            self.random,
            stamp_event=self._stamped,
            on_recovered=lambda recovered: self.put(Late(recovered)),
            on_commit=lambda batch, stored: self.watcher.committed(batch, stored=stored),
            before_commit=self.watcher.commits,
        )
        self._ids = 0
        self._journal = Journal(self.folder / "report.journal")

    def put(self, event: InboxEvent) -> None:
        """Put an event into the inbox."""
        self.inbox.put((self.clock.now_s(), event))

    def start(self) -> None:
        """Do what ``House.build`` does, in its order."""
        memory = Memory(self.policy, self._journal, self.boot_id, self.put)
        journalled = memory.read_journal()
        recovered = self.disk.open()
        now_s = self.clock.now_s()
        taken = memory.take_up(recovered, now_s)
        self._line(journalled, now_s)
        sender = self._sender()
        news = sender.restore(
            recovered.messages, recovered.accepted, journalled, taken.state, now_s
        )
        self.app = App(self._parts(sender, memory, taken.starts + 1), self.inbox, taken.state)
        self.app.begin(taken.effects, self._started(recovered))
        self.app.recall(news, now_s)
        self.app.take(Armed(self.build.armed(self.armed), "report.armed in the settings"), now_s)

    def _started(self, recovered: Recovered) -> dict[str, Any]:
        return {"armed": self.armed, "recovered": recovered.state is not None}

    def _line(self, journalled: tuple[Any, ...], now_s: float) -> None:
        self.interlock = self.build.interlock(REPORT_NUMBER)
        remember_reports(self.interlock, journalled, self.boot_id, now_s)
        self.modem = SimulatedModem(self.network, self.interlock, self.clock, self.life)
        self.route = ModemRoute(
            self.modem,
            put=self._said,
            beat=lambda: None,
            clock=self.modem.now_s,
            pause=self._pause,
        )
        self.served_s = self.clock.world_s

    def _said(self, event: Attempted | Delivered | RouteState | CallCame | TextCame) -> None:
        self.deliver(self.modem.at_s, event)

    def _pause(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self.modem.pause(seconds)
        return event.is_set()

    def serve(self) -> None:
        """Let the worker go on, on its own clock, until it listens: then others have their say.

        What it finds out meanwhile is told when the world has come to that second.
        """
        modem = self.modem
        modem.at_s = max(modem.at_s, self.clock.world_s)
        modem.idle_until_s = None
        while modem.idle_until_s is None:
            self.route.serve()

    @property
    def serve_s(self) -> float:
        """When the worker next does something, in seconds of the world."""
        idle_s = self.modem.idle_until_s
        return self.modem.at_s if idle_s is None else max(self.modem.at_s, idle_s)

    def submit(self, job: Job) -> None:
        """The worker, as the main thread sees it."""
        self.watcher.handed_over(job)
        self.modem.key = job.key
        self.build.handed(job, self.route.submit)

    def hurry(self) -> None:
        """Here a text's end is known when it is handed over: it is not cut short."""

    def _sender(self) -> Sender:
        desk = Desk(
            texts=_TEXTS,
            home=Place("world", ADDRESS, 1),
            addressees={
                name: Addressee(role.value, NUMBERS[name], ("modem",))
                for name, role in self.policy.contacts.items()
            },
            split=split,
            boot_id=self.boot_id,
        )
        sender = self.build.sender(
            desk,
            self.policy,
            {"modem": self},
            record=self._record,
            boot_id=self.boot_id,
            min_attempts=10,
            report_number=REPORT_NUMBER,
            time_words=lambda: "21:04",
        )
        sender._random.seed(self.seed)
        return sender

    def _record(self, kind: str, key: str, now_s: float, **more: object) -> None:
        self._journal.record(kind, key, monotonic_s=now_s, boot_id=self.boot_id, **more)

    def _parts(self, sender: Sender, memory: Memory, starts: int) -> Parts:
        beats = Beats(self.clock.now_s, frozenset({"main"}))
        return Parts(
            policy=self.policy,
            mountings=self.home.mountings,
            siren=self,
            store=self.disk,
            sender=sender,
            front=Front(self, self.disk),
            clocks=self.clock,
            beats=beats,
            reading_log=ReadingLog(LogPolicy()),
            new_id=self._new_id,
            site=Site("world", dict.fromkeys(self.home.fittings, "simulated"), modem=True),
            session=f"{self.boot_id}:{starts}",
            starts=starts,
            boot_id=self.boot_id,
            broker_state=lambda: None,
            set_armed=self._set_armed,
            expect_callers=lambda _state, _reported_s: None,
            answer=answer,
            look_round=LookRound(self.disk, self.link, beats, Notifier({})),
            judge_settings=lambda: None,
            remember_late=memory.take_up_late,
            set_by_hand=self._set_by_hand,
            bench=Bench(settings_of(self.policy), lambda _event: None),  # nobody is at it here
        )

    def _new_id(self) -> str:
        self._ids += 1
        return f"i{self.life}.{self._ids}"

    def _set_by_hand(self, before: State, after: State, now_s: float) -> None:
        record_changes(self._record, before, after, now_s)

    def _set_armed(self, armed: bool) -> None:
        self.interlock.armed = self.build.armed(armed)

    def _stamped(self, kind: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"type": kind, **fields, "ts": timestamp(self.clock.wall_utc())}

    # The ports that are asked by name

    def claim(self) -> None:
        """Take the pins: in this world they are there."""

    def set(
        self, *, siren: bool | None = None, strobe: bool | None = None, lamp: Lamp | None = None
    ) -> None:
        """Switch the outputs; nobody looks at the lamp."""
        if lamp is None:
            self.build.siren(lambda: self.watcher.siren(siren=siren, strobe=strobe))

    def chirp(self) -> None:
        """Chirp: nothing in this world listens for it."""

    def show(self, topic: str, payload: Mapping[str, Any], *, repeat: bool = False) -> None:
        """Put up a retained topic."""
        if not repeat:
            self.watcher.shown(topic, payload)

    def slow_down(self, repeat_s: float) -> None:
        """Tell the same less often: this world has mains."""
