"""The loop: the only thread that changes state (design 3).

Every other thread puts immutable events into the inbox; here they go through conditioning, the law
and the outbox, and what comes out is performed in one order: siren, then what the centre must see
at once, then the store (a bounded wait), then delivery.

Invariant: siren before disk before network; nothing here waits without an end.
"""

from __future__ import annotations

import json
import logging
import math
import queue
import re
import signal
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from edge import conditioning
from edge.centre.topics import timestamp
from edge.conditioning import Conditioned, Mounting
from edge.effects import Effect, Log
from edge.events import (
    AirFelt,
    Armed,
    Attempted,
    BellPressed,
    CallCame,
    Delivered,
    Echoed,
    Handled,
    Measured,
    Reading,
    RouteState,
    SensorFailed,
    TextCame,
    Tick,
    TroubleGone,
    TroubleSeen,
)
from edge.law import arming, due_s, line_seized, memory, outcomes, recall, set_by_hand, step
from edge.law.hands import handle
from edge.law.lamp import lamp
from edge.law.state import Disarmed, State
from edge.law.wet_runs import WetRuns
from edge.loop import remote
from edge.loop.inbox import (
    Asked,
    Inbox,
    InboxEvent,
    Judged,
    Late,
    Question,
    Refused,
    Reload,
    Stop,
)
from edge.loop.parts import Parts
from edge.loop.powering import Powering
from edge.loop.sounding import Sounding
from edge.messages.cap_threads import Document
from edge.store.rows import Batch
from edge.supply import Supply

_log = logging.getLogger(__name__)

LONGEST_WAIT_S: Final = 1.25
"""The loop looks round at least so often: staleness, store and thread health."""

LOOKS_AFTER_S: Final = 0.75
"""So soon after the last it looks round again if something else has woken it: a sensor that is read
once a second then costs one waking a second, not two."""

COMMIT_WAIT_S: Final = 0.25
"""Siren and network never wait longer for the disk (design 3)."""

WET_RUN_EVERY_S: Final = 1.0
"""While a delay runs, what has elapsed of it is stored so often (design 4.11)."""

COUNTS_EVERY_S: Final = 900.0
"""What counts hours and days (the digest, a sensor that has not changed, an hour of good) is stored
so often when nothing else is: no power cut takes more of it. A card pays for each time."""

STOOD_STILL_S: Final = 3.0
"""The loop turns once a second: a longer pause is a process that was stopped, with all threads."""

FORGIVEN_EVERY_S: Final = 60.0

RELOAD: Final = "reload"
"""Why the loop ends when it is to begin anew with other settings."""

RECENT: Final = 20
"""So many of the newest events are at hand for whoever watches, whatever the disk does."""

MOST_FAULTS: Final = 20
"""So many turns in a row that failed cannot be mended from inside."""

LAND_WITHIN_S: Final = 2.0
"""How long a text in flight is waited for when stopping; all in all 5 s (contract 2)."""


class App:
    """Holds the state and takes one event after the other."""

    def __init__(self, parts: Parts, inbox: Inbox, state: State) -> None:
        self._parts = parts
        self._inbox = inbox
        self.state = replace(state, next_id=state.next_id or parts.new_id())
        now_s = parts.clocks.now_s()
        self.started_s = now_s
        remembered = state.remembered
        self.conditioned = {
            name: Conditioned(
                now_s, changed_s=remembered[name].changed_s if name in remembered else None
            )
            for name in parts.mountings
        }
        self.mountings = dict(parts.mountings)
        self.readings: dict[str, tuple[Reading, float]] = {}
        self.heard: dict[str, conditioning.RawEvent] = {}
        self.routes: dict[str, RouteState] = {}
        self.recent: deque[dict[str, Any]] = deque(maxlen=RECENT)
        self.stopping: str | None = None
        self.told_to_end: str | None = None  # by a signal, also after the loop has ended
        self.reloads = 0  # how often other settings were to be taken up
        self.settings_refused = False  # those on the disk, when they were last looked at
        self._reload = False
        self._judging = False
        self._judge_again = False
        self._moved = False
        self._wet_runs = WetRuns()
        self._faults = 0
        self._now_s = now_s
        self._sounding = Sounding(parts.siren, self.put, now_s)
        self.powering = Powering(parts.front, parts.reading_log, self._sounding)
        self._stored_s = now_s
        self._put_up = parts.put_up()
        self._looked_s = now_s
        self._turned_s = now_s
        self._forgiven_s = -FORGIVEN_EVERY_S
        parts.set_armed(self.state.armed)

    @property
    def parts(self) -> Parts:
        """What the loop works with."""
        return self._parts

    def put(self, event: InboxEvent) -> None:
        """Put an event into the inbox, stamped with the monotonic time; from any thread."""
        self._inbox.put((self._parts.clocks.now_s(), event))

    def hang(self, sensor_id: str, mounting: Mounting) -> None:
        """Let a sensor count under another mounting from its next frame on.

        What it last told was told under the old one, so it is not compared with what comes.
        """
        self.mountings[sensor_id] = mounting
        self.conditioned[sensor_id] = replace(
            self.conditioned[sensor_id],
            heard_s=self._parts.clocks.now_s(),
            last=None,
            past_floor=0,
            past_floor_s=math.inf,
        )

    def begin(
        self,
        effects: tuple[Effect, ...],
        started: Mapping[str, object],
        settings: str | None = None,
    ) -> None:
        """Sound what must sound again after a restart, and say that the daemon has started.

        Args:
            effects: What the law has to say about taking up its state again.
            started: Fields of the event.
            settings: The text of the settings file, if the store is to remember it.
        """
        now_s = self._parts.clocks.now_s()
        self._expect_callers()
        self._sounding.claim()
        self._sounding.perform(effects)
        self._sounding.show(lamp(self.state, self._parts.policy), now_s)
        self._parts.front.alarm(self.state, self.stamp(), self.wall_of(self.state.level_since_s))
        event = self._event_of(Log("started", fields=started))
        batch = Batch(state=self.stored_state(now_s), events=(event,), settings=settings)
        self._wet_runs.stored(self.state)
        self._parts.store.commit(batch, COMMIT_WAIT_S)

    def recall(self, news: tuple[Attempted, ...], now_s: float) -> None:
        """Tell the law of acceptances that its stored state does not know yet."""
        state, effects = self.state, list[Effect]()
        # All of them before any time passes: what is due must know what 119 has accepted.
        for acceptance in news:
            state = outcomes.settle(state, acceptance, now_s, self._parts.policy, effects)
        self._perform(state, tuple(effects), now_s)

    def adopt(self, remembered: State, effects: tuple[Effect, ...]) -> None:
        """Take up an incident that a late disk remembers; readings and troubles are of now."""
        state = replace(
            remembered,
            sensors=self.state.sensors,
            troubles=recall.joined(remembered.troubles, self.state.troubles),
            cleared_s={**remembered.cleared_s, **self.state.cleared_s},
            report_armed=self.state.report_armed,
            disarmed=self.state.disarmed or remembered.disarmed,
            service=self.state.service or remembered.service,
            drill=self.state.drill,
            next_id=self.state.next_id,
            raising=self.state.raising,
        )
        now_s = self._parts.clocks.now_s()
        state = replace(state, armed=state.report_armed and state.disarmed is None)
        self._perform(arming.told(state, now_s), effects, now_s)

    def adopt_disarming(self, disarmed: Disarmed) -> None:
        """Take up what a late disk remembers of a disarming, whatever has begun meanwhile."""
        now_s = self._parts.clocks.now_s()
        state = replace(self.state, disarmed=disarmed, armed=False)
        self._perform(arming.told(state, now_s), (), now_s)

    def run(self) -> str:
        """Take events until told to stop; return why."""
        while self.stopping is None:
            self._turn_whatever_comes()
        deadline_s = self._parts.clocks.now_s() + LAND_WITHIN_S
        while self._parts.sender.flying and self._parts.clocks.now_s() < deadline_s:
            self.turn()  # what is in flight may still land, and is then known
        return self.stopping

    def _turn_whatever_comes(self) -> None:
        """One turn; a bug in it is a trouble, and many in a row are the end of this process.

        One event that cannot be dealt with must not take the other sensors and the bell with it,
        nor may it be met again and again after a restart.
        """
        try:
            self.turn()
        except Exception as error:  # noqa: BLE001 - the top of the main thread
            _log.exception("the loop failed at one event and goes on")
            self._faults += 1
            self.put(TroubleSeen("fault", type(error).__name__))
            if self._faults >= MOST_FAULTS:
                self.stopping = f"{self._faults} faults in a row"
        else:
            if self._faults:
                self._faults = 0
                self.put(TroubleGone("fault"))

    def turn(self) -> None:
        """Wait for one event or the next deadline, and deal with it."""
        now_s = self._parts.clocks.now_s()
        try:
            at_s, event = self._inbox.get(timeout=max(0.0, self.next_due_s(now_s) - now_s))
        except queue.Empty:
            pass
        else:
            self._now_s = max(self._now_s, at_s)
            self.take(event, self._now_s)
        self._forgive_a_standstill(self._parts.clocks.now_s())
        # While events wait, time has passed only as far as the last of them: a reading that lies in
        # the inbox is not a sensor that has fallen silent.
        if self._inbox.empty():
            self._now_s = max(self._now_s, self._parts.clocks.now_s())
        self.pass_time(self._now_s)

    def _forgive_a_standstill(self, now_s: float) -> None:
        """Let every sensor speak before it is judged, if the whole process stood still.

        Stopped and continued, it finds all of its sensors silent at once, and would tell a district
        of blind zones. Half of the deadline is at least one sample interval. Once a minute: a
        sensor that is really silent goes stale all the same.
        """
        stood_still = now_s > self._turned_s + STOOD_STILL_S
        self._turned_s = now_s
        if not stood_still or now_s < self._forgiven_s + FORGIVEN_EVERY_S:
            return
        self._forgiven_s = now_s
        for name, known in self.conditioned.items():
            heard_s = now_s - self.mountings[name].stale_after_s / 2
            self.conditioned[name] = replace(known, heard_s=max(known.heard_s, heard_s))

    def next_due_s(self, now_s: float) -> float:
        """Return when ``pass_time`` must be called at the latest."""
        seized = line_seized(self.state, now_s, self._parts.policy)
        stale_s = min(
            (
                conditioning.stale_s(memory_, self.mountings[name])
                for name, memory_ in self.conditioned.items()
            ),
            default=float("inf"),
        )
        return min(
            self._looked_s + LONGEST_WAIT_S,
            due_s(self.state, self._parts.policy),
            self._parts.sender.due_s(now_s, seized=seized),
            stale_s,
        )

    def take(self, event: InboxEvent, at_s: float) -> None:
        """Deal with one event."""
        if isinstance(event, (Echoed, Measured, SensorFailed, AirFelt)):
            self._sample(event, at_s)
        elif isinstance(event, Attempted):
            news = self._parts.sender.settle(event, at_s)
            self._to_law(news, at_s) if news else self._perform(self.state, (), at_s)
        elif isinstance(event, Delivered):
            incident = self.state.incident
            news = self._parts.sender.delivered(event, at_s, incident.id if incident else None)
            self._to_law(news, at_s) if news else self._perform(self.state, (), at_s)
        elif isinstance(event, RouteState):
            self._route(event, at_s)
        elif isinstance(event, (CallCame, TextCame, Supply)):
            self._came(event, at_s)
        elif isinstance(event, (Question, Asked, Refused, Stop, Late, Reload, Judged)):
            self._obey(event)
        else:
            self._to_law(event, at_s)

    def _obey(self, event: Question | Asked | Refused | Stop | Late | Reload | Judged) -> None:
        if isinstance(event, Question):
            self._parts.answer(self, event)
        elif isinstance(event, (Asked, Refused)):
            remote.obey(self, event)
        elif isinstance(event, Stop):
            self.stopping = event.reason
        elif isinstance(event, Late):
            self._parts.remember_late(self, event.recovered)
        elif isinstance(event, Reload):
            self._judge_settings()
        else:
            self._judged(good=event.good)

    def _judge_settings(self) -> None:
        """Have the file looked at, by somebody else: it takes a second, and water may come."""
        if self._judging:
            self._judge_again = True
            return
        self._judging = True
        self._parts.judge_settings()

    def _judged(self, *, good: bool) -> None:
        self._judging = False
        if self._judge_again:  # it has changed once more meanwhile
            self._judge_again = False
            self._judge_settings()
            return
        self.settings_refused = not good
        self.reloads += 1
        self._reload = good
        if good and self._may_begin_anew:
            self.stopping = self.stopping or RELOAD
        elif good and self.state.incident is not None:
            _log.warning("the new settings are good, and wait until no incident is open")

    @property
    def _may_begin_anew(self) -> bool:
        """Not in an incident, nor while a delay runs: a start costs seconds."""
        return self.state.incident is None and not self.state.raising

    @property
    def reload_waits(self) -> bool:
        """Whether other settings wait until no incident is open (design 4.11)."""
        return self._reload

    def handle(self, event: Handled, now_s: float) -> str:
        """Let a person do something; return the reason of a refusal, empty when done."""
        out: list[Effect] = []
        after, refusal = handle(self.state, event, now_s, self._parts.policy, out)
        self._perform(after, tuple(out), now_s)
        return refusal

    def _sample(self, event: conditioning.RawEvent, at_s: float) -> None:
        known = self.conditioned.get(event.sensor_id)
        if known is None:
            return
        self.heard[event.sensor_id] = event
        mounting = self.mountings[event.sensor_id]
        after, reading = conditioning.condition(known, event, at_s, mounting)
        self.conditioned[event.sensor_id] = after
        if reading is not None:
            self._read(reading, at_s)

    def _read(self, reading: Reading, at_s: float) -> None:
        self.readings[reading.sensor_id] = (reading, at_s)
        before = self.state
        after, effects = step(before, reading, at_s, self._parts.policy)
        above = bool(after.level) or bool(after.raising)
        wanted = self._parts.reading_log.wants(reading, at_s, above_normal=above)
        self._sounding.perform(effects)
        self._parts.front.reading(reading, self.stamp(), log=wanted)
        self._perform(after, effects, at_s, sounded=True)

    def _route(self, event: RouteState, at_s: float) -> None:
        """Take how a route is: it is down, or something is wrong though texts still leave."""
        self.routes[event.route] = event
        if event.up:
            self._parts.sender.up(event.route, at_s)
        elif event.registered is not True:  # with a network, somebody else's text may yet pass
            self._parts.sender.down(event.route, at_s)
        cause = f"{event.route}:{event.fault}" if event.fault and event.up else event.route
        if event.up and not event.fault:
            cause = ""
        for known in tuple(self.state.troubles):
            if known.partition(":")[0] == event.route and known != cause:
                self._to_law(TroubleGone(known), at_s)
        if cause:
            self._to_law(TroubleSeen(cause, event.detail), at_s)

    def _came(self, event: CallCame | TextCame | Supply, at_s: float) -> None:
        """Somebody called or wrote: that it happened is an event, who it was is not.

        Of mains and battery the events are those of the troubles.
        """
        if isinstance(event, Supply):
            if self.powering.told(event, at_s):
                self._stored_s = -math.inf  # to be stored now: the next cut may be the last
            return
        if isinstance(event, TextCame):
            words = "a text from 119" if event.from_119 else "a text from somebody"
            self.tell(
                "text_came",
                words,
                from_119=event.from_119,
                text=_masked(event.text, self._parts.private),
            )
            return
        number = "a withheld number" if event.withheld else "a number"
        kind = "call_taken" if event.answered else "call_ignored"
        self.tell(kind, f"{number} rang", withheld=event.withheld)

    def _to_law(
        self,
        event: BellPressed | TroubleSeen | TroubleGone | Attempted | Handled | Armed | Tick,
        at_s: float,
    ) -> None:
        after, effects = step(self.state, event, at_s, self._parts.policy)
        self._perform(after, effects, at_s)

    def pass_time(self, now_s: float) -> None:
        """Do what is due by the clock: silent sensors, the law, a look round, what may leave."""
        for name, known in tuple(self.conditioned.items()):
            mounting = self.mountings[name]
            self.conditioned[name], reading = conditioning.overdue(known, name, now_s, mounting)
            if reading is not None:
                self._read(reading, now_s)
        if now_s >= due_s(self.state, self._parts.policy):
            self._to_law(Tick(), now_s)
        if self._reload and self._may_begin_anew:
            self._judge_settings_once()
        if now_s >= self._looked_s + LOOKS_AFTER_S:
            self._looked_s = now_s
            incident = self.state.incident
            self._parts.sender.expire(now_s, incident.id if incident else None)
            self._parts.sender.redraft_missing_reports(self.state, now_s)
            self.powering.look_round(self.state, now_s)
            self._sounding.look_round(now_s)
            self._parts.bench.look_round(self)
            self._parts.front.look_round(now_s)
            self._parts.look_round(self, now_s)
            if self._put_up != (lies := self._parts.put_up()):
                self._put_up, self._stored_s = lies, -math.inf  # to be stored now
            self._perform(self.state, (), now_s)
        else:
            self._dispatch(now_s)

    def _judge_settings_once(self) -> None:
        """The file may have changed again while an incident was open: look once more."""
        if not self._judging and self.stopping is None:
            self._judge_settings()

    def _perform(
        self, after: State, effects: tuple[Effect, ...], now_s: float, *, sounded: bool = False
    ) -> None:
        """Siren, then what must be seen at once, then the store, then delivery."""
        before, self.state = self.state, after
        if not sounded:
            self._sounding.perform(effects)
        if not after.next_id:
            self.state = after = replace(after, next_id=self._parts.new_id())
        if after.armed != before.armed:
            self._parts.set_armed(after.armed)
            if after.armed:
                self._parts.sender.armed(now_s)
            else:
                self._parts.sender.disarmed()
        if set_by_hand.differs(before, after):
            self._parts.set_by_hand(before, after, now_s)
        self._parts.sender.perform(effects, after, now_s)
        if after is not before:  # what has not changed looks as it did
            self._sounding.show(lamp(after, self._parts.policy), now_s)
            self._parts.front.alarm(after, self.stamp(), self.wall_of(after.level_since_s))
        self._remember(before, after, effects, now_s)
        self._dispatch(now_s)

    def _announced(self, now_s: float) -> tuple[Document, ...]:
        """Write the CAP documents that are due, and put them into the outbox."""
        announcer = self._parts.announcer
        if announcer is None:
            return ()
        synced = bool(self.stamp()["clock_synced"])
        documents = announcer.announce(self.state, now_s, synced=synced)
        self._parts.sender.post(documents, now_s)
        return documents

    def _logged(self, documents: tuple[Document, ...]) -> tuple[str, ...]:
        """What of it enters the log that goes to the broker."""
        announcer = self._parts.announcer
        keeps = announcer is not None and announcer.keeps
        return tuple(one.xml for one in documents) if keeps else ()

    def _remember(
        self, before: State, after: State, effects: tuple[Effect, ...], now_s: float
    ) -> None:
        documents = self._announced(now_s)
        rows, told = self._parts.sender.drain()
        if rows or after.incident is not before.incident:
            self._expect_callers()
        events = [self._event_of(e) for e in effects if isinstance(e, Log)]
        events += [self._event_of(one) for one in told]
        at_once = self._wet_runs.look(after, now_s)
        self._moved |= memory.moves(before, after) or self._wet_runs.progress
        every_s = WET_RUN_EVERY_S if self._moved else COUNTS_EVERY_S
        changed = at_once or memory.differs(before, after) or now_s >= self._stored_s + every_s
        changed |= bool(documents)  # the state knows what was told: both are stored, or neither
        if not (rows or events or changed):
            return
        if changed:
            self._stored_s = now_s
            self._moved = False
            self._wet_runs.stored(after)
        batch = Batch(
            state=self.stored_state(now_s) if changed else None,
            messages=rows,
            events=tuple(events),
            cap=self._logged(documents),
        )
        # What is only state may be on its way: a slow disk must not hold the readings back.
        self._parts.store.commit(batch, COMMIT_WAIT_S if rows or events or documents else 0.0)

    def stored_state(self, now_s: float) -> str:
        """Return the law's state, and what was told by CAP, as they go into the store."""
        announcer = self._parts.announcer
        newest_utc = self._parts.clocks.newest_utc()
        return json.dumps(
            {
                "boot_id": self._parts.boot_id,
                "written_s": now_s,
                "starts": self._parts.starts,
                "armed": self.state.armed,
                "law": memory.dump(self.state, now_s),
                "cap": announcer.dump(now_s) if announcer else None,
                "put_up": self._parts.put_up(),
                "newest_utc": newest_utc and timestamp(newest_utc),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    def _expect_callers(self) -> None:
        """Say who may be answered now: it hangs on the incident, and on what 119 was told."""
        self._parts.expect_callers(self.state, self._parts.sender.reported_s)

    def tell(
        self,
        kind: str,
        reason: str = "",
        calibrations: tuple[tuple[str, str], ...] = (),
        **fields: object,
    ) -> bool:
        """Log an event that is not the law's, with what it changes; True if the disk has it."""
        event = self._event_of(Log(kind, reason=reason, fields=fields))
        batch = Batch(events=(event,), calibrations=calibrations)
        return self._parts.store.commit(batch, COMMIT_WAIT_S)

    def _event_of(self, what: Log) -> dict[str, Any]:
        about = " ".join(filter(None, (what.reason, str(dict(what.fields) or ""))))
        _log.info("%s%s", what.type, f": {about}" if about else "")
        event = {
            "type": what.type,
            "incident": what.incident,
            "episode": what.episode or None,
            "reason": what.reason,
            **what.fields,
            **self.stamp(),
        }
        self.recent.append(event)
        return event

    def stamp(self) -> dict[str, Any]:
        """Return the wall time of now and whether to believe it, for what leaves the device."""
        wall_utc, synced = self._parts.clocks.told()
        return {
            "ts": timestamp(wall_utc),
            "clock_synced": synced,
            "session": self._parts.session,
        }

    def wall_of(self, at_s: float) -> str:
        """Return a past monotonic second as wall time, by the wall clock of now."""
        ago_s = self._parts.clocks.now_s() - at_s
        return timestamp(self._parts.clocks.wall_utc() - timedelta(seconds=ago_s))

    def _dispatch(self, now_s: float) -> None:
        if self.stopping is None:
            seized = line_seized(self.state, now_s, self._parts.policy)
            self._parts.sender.dispatch(self.state, now_s, seized=seized)


def _masked(text: str, private: Iterable[str]) -> str:
    """Numbers, names and the address stay with us: they go to no log and to no broker."""
    for words in private:
        text = text.replace(words, "…")
    return re.sub(r"\d[\d\s().\-–/]{5,}\d", "…", text)


def stop_on_signals(app: App) -> None:
    """Let SIGTERM and SIGINT end the loop."""

    def stop(number: int, frame: object) -> None:
        del frame
        app.told_to_end = signal.Signals(number).name
        app.put(Stop(app.told_to_end))

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
