"""Ports made by hand: each does what its protocol says, and writes down what was asked of it."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from drivers.errors import DriverError, WrongWiring
from drivers.host.notify import Notifier
from drivers.measurement import Sample
from drivers.modem.modem import ModemEvent, ModemStatus, OutgoingText, Rung
from drivers.modem.pdu import split
from drivers.sensors.trace import Trace
from edge.centre.front import Front
from edge.conditioning import Mounting
from edge.events import Measured, TroubleGone
from edge.law.lamp import Lamp
from edge.law.policy import Policy
from edge.law.state import State
from edge.loop.announcer import Announcer
from edge.loop.answers import answer
from edge.loop.app import App
from edge.loop.bench import Bench
from edge.loop.hands_journal import record_changes
from edge.loop.inbox import Inbox, InboxEvent, Judged, Question
from edge.loop.look_round import LookRound
from edge.loop.parts import Parts, Site
from edge.loop.supervisor import Beats
from edge.messages import texts as files
from edge.messages.drafting import Addressee, Desk
from edge.messages.job import Job
from edge.messages.sending import Sender
from edge.messages.sending import Worker as Way
from edge.messages.words import Home
from edge.reading_log import LogPolicy, ReadingLog
from edge.settings import Settings, parse
from edge.store.journal import Journal
from edge.store.store import Store
from tests.edge.law.basement import ONE_SENSOR
from tests.edge.messages.cap_reader import source

ADDRESS = "서울 종로구 창신길 12-3 B01호"
NUMBERS = {
    "mother": "+821012340001",
    "home": "+821012340002",
    "kim": "+821012340003",
    "office": "+821012340004",
    "tech": "+821012340005",
}
DESK = Desk(
    texts=files.load(files.find("ko")),
    home=Home("jongno-0042", ADDRESS, 1),
    addressees={
        name: Addressee(role.value, NUMBERS[name], ("modem",))
        for name, role in ONE_SENSOR.contacts.items()
    },
    split=split,
    boot_id="boot-1",
)


FLAT = Mounting()
WELL = ModemStatus(registered=True, signal_dbm=-71, operator="KT")


@dataclass
class HandClock:
    """All the machine's clocks, moved by hand."""

    at_s: float = 1000.0
    synced: bool = True

    def now_s(self) -> float:
        return self.at_s

    def wall_utc(self) -> datetime:
        return datetime(2026, 8, 8, 12, 0, tzinfo=UTC) + timedelta(seconds=self.at_s)

    def wall_is_synced(self) -> bool:
        return self.synced

    def told(self) -> tuple[datetime, bool]:
        return self.wall_utc(), self.synced

    def source(self) -> str:
        return "ntp" if self.synced else "none"

    def steps(self) -> int:
        return 0

    def newest_utc(self) -> datetime | None:
        return self.wall_utc() if self.synced else None


@dataclass
class Siren:
    """A siren that writes down when it was set; ``broken`` is a pin that is gone."""

    book: list[str] = field(default_factory=list)
    broken: bool = False
    bug: bool = False

    lamp: Lamp | None = None
    lamp_is_well: bool = False
    bouts: list[Lamp] = field(default_factory=list)

    def claim(self) -> None:
        if self.broken:
            raise WrongWiring("GPIO16 is gone")

    def set(
        self, *, siren: bool | None = None, strobe: bool | None = None, lamp: Lamp | None = None
    ) -> None:
        if siren is not None or strobe is not None:
            self.book.append(f"siren {siren} strobe {strobe}")
        if self.bug:
            raise ZeroDivisionError("what no driver may raise")
        only_lamp = siren is None and strobe is None
        if self.broken and not (only_lamp and self.lamp_is_well):
            raise WrongWiring("GPIO16 is gone")
        if lamp is not None:
            self.lamp = lamp
            self.bouts.append(lamp)

    def chirp(self) -> None:
        self.book.append("chirp")
        if self.broken:
            raise WrongWiring("GPIO16 is gone")


@dataclass
class Worker:
    """A route that takes what it is given and says nothing."""

    book: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    def submit(self, job: Job) -> None:
        self.book.append(f"job {job.number}")
        self.jobs.append(job)

    def hurry(self) -> None:
        self.book.append("hurry")


@dataclass
class Centre:
    """A broker's thread that never had a broker."""

    book: list[str] = field(default_factory=list)
    shown: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    connected: bool = True
    detail: str = ""
    valid_until_s: dict[str, float] = field(default_factory=dict)
    last_loss: str | None = None
    lost: int = 0

    def losses(self, within_s: float) -> int:
        del within_s
        return self.lost

    def show(self, topic: str, payload: Mapping[str, Any], *, repeat: bool = False) -> None:
        del repeat
        self.book.append(f"show {topic}")
        self.shown.append((topic, dict(payload)))

    def slow_down(self, repeat_s: float) -> None:
        self.book.append(f"repeat {repeat_s:g}")

    def last(self, topic: str) -> dict[str, Any]:
        return next(payload for name, payload in reversed(self.shown) if name == topic)


class Sensor:
    """A driver that reads from a list; an error in it is raised, and at the end it goes quiet."""

    def __init__(self, *samples: Sample | Exception, talks: bool = False) -> None:
        self.talks = talks
        self.trace = Trace()
        self.closed = threading.Event()
        self.read_all = threading.Event()
        self._samples = deque(samples)

    @property
    def left(self) -> int:
        """How many samples are still to come."""
        return len(self._samples)

    def read(self) -> Sample:
        if not self._samples:
            self.read_all.set()
            self.closed.wait(5.0)
            raise WrongWiring("nothing more to read")
        sample = self._samples.popleft()
        if isinstance(sample, Exception):
            raise sample
        return sample

    def close(self) -> None:
        self.closed.set()


@dataclass
class ScriptedModem:
    """A modem driver that does to each text what its script says.

    A number is the reference of an accepted text, an error is raised; an empty script accepts.
    """

    script: deque[int | Exception] = field(default_factory=deque)
    opens: deque[Exception | None] = field(default_factory=deque)
    remarks: queue.SimpleQueue[ModemEvent | None] = field(default_factory=queue.SimpleQueue)
    status: ModemStatus = WELL
    taken: list[OutgoingText] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    opened: int = 0
    closed: int = 0
    checked: int = 0
    hurried: Callable[[], bool] = lambda: False

    def open(self) -> None:
        self.opened += 1
        error = self.opens.popleft() if self.opens else None
        if error is not None:
            raise error

    def close(self) -> None:
        self.closed += 1

    def take_away(self) -> None:
        self.closed += 1

    def wait(self, timeout_s: float) -> list[ModemEvent]:
        try:
            remark = self.remarks.get(timeout=timeout_s)
        except queue.Empty:
            return []
        return [] if remark is None else [remark]

    def wake(self) -> None:
        self.remarks.put(None)

    def check(self) -> ModemStatus:
        self.checked += 1
        return self.status

    def submit(
        self,
        text: OutgoingText,
        answer_timeout_s: float = 0.0,
        hurried: Callable[[], bool] = lambda: False,
    ) -> int:
        del answer_timeout_s
        self.hurried = hurried
        self.taken.append(text)
        does = self.script.popleft() if self.script else len(self.taken)
        if isinstance(does, Exception):
            raise does
        return does

    def reset(self, rung: Rung) -> None:
        self.rungs.append(rung)


class Told:
    """What a thread has put, awaited with a bound."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, event: object) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def await_(self, true: Callable[[list[Any]], bool], timeout_s: float = 10.0) -> list[Any]:
        with self._changed:
            done = self._changed.wait_for(lambda: true(self.events), timeout_s)
        assert done, self.events
        return list(self.events)

    def of(self, kind: type, count: int = 1) -> list[Any]:
        """Wait until so many events of a kind were put, and return those."""
        events = self.await_(lambda es: sum(isinstance(e, kind) for e in es) >= count)
        return [e for e in events if isinstance(e, kind)]


class BookedStore(Store):
    """The real store, which also writes down when it was asked to commit."""

    def __init__(self, path: Path, book: list[str], **more: Any) -> None:
        super().__init__(path, **more)
        self._book = book

    def commit(self, *arguments: Any, **more: Any) -> bool:
        self._book.append("commit")
        return super().commit(*arguments, **more)


def settings_of(policy: Policy) -> Settings:
    """Settings whose sensors have the names of the policy's."""
    return _settings_with(tuple(policy.sensors))


@cache
def _settings_with(names: tuple[str, ...]) -> Settings:
    return home_with(
        *(f'[sensors.{name}]\ndriver = "simulated"\nscript = [[0, 0]]\n' for name in names)
    )


def home_with(*tables: str) -> Settings:
    """Settings of the one home of these tests, with these tables."""
    site = f'[site]\nid = "jongno-0042"\ndistrict = "jongno"\naddress = "{ADDRESS}"\n'
    return parse((site + "".join(tables)).encode())


DOOR_TABLE = """
[sensors.door]
driver = "a02yyuw"
port = "/dev/ttyAMA0"
mount_height_mm = 600
"""
FLOAT_TABLE = """
[sensors.float]
driver = "float_switch"
pin = 17
height_mm = 20
"""


class HandMade:
    """A loop with real rules, a real store and a real journal, between ports made by hand."""

    def __init__(
        self,
        folder: Path,
        *,
        policy: Policy = ONE_SENSOR,
        mounting: Mounting = FLAT,
        state: State | None = None,
        desk: Desk = DESK,
        beat: Callable[[], None] = lambda: None,
        environment: Mapping[str, str] | None = None,
        settings: Settings | None = None,
        announces: str | None = None,
        keeps_cap: bool = True,
        clock: HandClock | None = None,
        ways: Callable[[Callable[[Any], None]], Mapping[str, Way]] | None = None,
        expect_callers: Callable[[State, float | None], None] | None = None,
    ) -> None:
        self.book: list[str] = []
        self.clock = clock or HandClock()
        self.posts = Worker()
        self.siren = Siren(self.book)
        self.worker = Worker(self.book)
        self.centre = Centre(self.book)
        self.armed: list[bool] = []
        self.expected: list[tuple[bool, float | None]] = []
        self.inbox: Inbox = queue.SimpleQueue()
        self.beats = Beats(self.clock.now_s, frozenset({"main", "store", "modem"}))
        self.journal = Journal(folder / "report.journal")

        self.store = BookedStore(folder / "floodbell.db", self.book, beat=beat)
        self.recovered = self.store.open()
        self.sender = Sender(
            desk,
            policy,
            ways(self._to_inbox)
            if ways
            else {"modem": self.worker, **({"cap": self.posts} if announces else {})},
            record=self._record,
            boot_id="boot-1",
            min_attempts=10,
            report_number="119",
            time_words=lambda: "21:04",
        )
        self.notifier = Notifier(environment or {})
        self._ids = 0
        self.app = App(
            Parts(
                policy=policy,
                mountings=dict.fromkeys(policy.sensors, mounting),
                siren=self.siren,
                store=self.store,
                sender=self.sender,
                front=Front(self.centre, self.store),
                clocks=self.clock,
                beats=self.beats,
                reading_log=ReadingLog(LogPolicy()),
                new_id=self._new_id,
                site=Site("jongno-0042", dict.fromkeys(policy.sensors, "simulated"), modem=True),
                session="boot-1:1",
                starts=1,
                boot_id="boot-1",
                broker_state=lambda: None,
                set_armed=self.armed.append,
                expect_callers=expect_callers or self._expect_callers,
                answer=answer,
                look_round=LookRound(self.store, self.centre, self.beats, self.notifier),
                judge_settings=lambda: self._to_inbox(Judged(good=True)),
                remember_late=lambda *_: None,
                set_by_hand=self._set_by_hand,
                bench=Bench(settings or settings_of(policy), self._to_inbox),
                announcer=self._announcer(policy, announces, keeps=keeps_cap),
            ),
            self.inbox,
            state
            or replace(State(armed=True, report_armed=True), level_since_s=self.clock.now_s()),
        )

    def _expect_callers(self, state: State, reported_s: float | None) -> None:
        """Who may be answered now."""
        self.expected.append((state.incident is not None, reported_s))

    def _announcer(self, policy: Policy, run: str | None, *, keeps: bool) -> Announcer | None:
        """Who tells a centre by CAP; it remembers what the store does."""
        if run is None:
            return None
        zone = ZoneInfo("Asia/Seoul")
        announcer = Announcer(
            source(), policy, self.clock, zone, run_id=run, put=self._to_inbox, keeps=keeps
        )
        stored = self.recovered.state
        announcer.take_up(json.loads(stored)["cap"] if stored else None, self.clock.now_s())
        return announcer

    def _set_by_hand(self, before: State, after: State, now_s: float) -> None:
        record_changes(self._record, before, after, now_s)

    def _record(self, kind: str, key: str, now_s: float, **more: object) -> None:
        self.journal.record(kind, key, monotonic_s=now_s, boot_id="boot-1", **more)

    def _to_inbox(self, event: InboxEvent) -> None:
        self.inbox.put((self.clock.now_s(), event))

    def _new_id(self) -> str:
        self._ids += 1
        return f"i{self._ids}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close(5.0)
        self.notifier.close()

    def drain(self) -> None:
        """Turn the loop until its inbox is empty."""
        while not self.inbox.empty():
            self.app.turn()

    def put(self, event: Any) -> None:
        """Let something happen now, and be dealt with."""
        self.app.put(event)
        self.drain()

    def later(self, seconds: float, **depths: float) -> None:
        """Let time pass in a second's steps, with readings, and the loop looking round."""
        end_s = self.clock.at_s + seconds
        while self.clock.at_s < end_s - 1e-9:
            self.clock.at_s = min(end_s, self.clock.at_s + 1.0)
            for name, depth_mm in depths.items():
                self.put(Measured(name, depth_mm, depth_mm))
            self.put(TroubleGone("nothing"))

    def flood(self, to_mm: float = 200.0) -> None:
        """Let water rise at the door, 10 mm a second."""
        self.later(3, door=0.0)
        for depth_mm in range(0, int(to_mm) + 1, 10):
            self.later(1, door=float(depth_mm))
        self.later(5, door=to_mm)

    def ask(
        self, command: str, *, by: str = "uid 0", **arguments: object
    ) -> tuple[Mapping[str, Any] | None, str | None]:
        """Ask over the control socket, as it were; ``by`` is who the kernel says that asks."""
        said: list[tuple[Mapping[str, Any] | None, str | None]] = []
        self.put(Question(command, arguments, by, lambda *words: said.append(words)))
        (answered,) = said
        return answered

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """What is in the event log on the disk."""
        deadline_s = time.monotonic() + 5.0
        while self.store.health().pending and time.monotonic() < deadline_s:
            threading.Event().wait(0.01)
        with self.store.reader() as reader:
            rows = [json.loads(body) for _, body in reader.history("events")]
        return [row for row in rows if kind is None or row["type"] == kind]


def failing(error: DriverError, times: int) -> deque[int | Exception]:
    """A modem's script of so many failures."""
    return deque([error] * times)
