"""The broker's thread: shows the present state, brings the logs, hears commands.

Invariant: an alarm goes before everything and waits for no commit and no backlog; nothing is queued
for a broker that is not there but the newest of each retained topic; a row counts as delivered when
its PUBACK says success, and by nothing else. Leaves to others what topics say, and what a command
may do.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from drivers.broker.heard import (
    NOT_SUBSCRIBED,
    PACKET_TOO_LARGE,
    PAYLOAD_FORMAT_INVALID,
    Acknowledged,
    Heard,
    Incoming,
    Subscribed,
)
from drivers.broker.link import Link
from drivers.broker.refusals import cause_of, words_for_refusal
from drivers.errors import BrokerGone
from edge.centre import topics
from edge.centre.commands import Command, reply_topic
from edge.centre.extras import PROBATION_S, Extras
from edge.centre.feed import Feed
from edge.centre.slots import Slots
from edge.store.rows import LOGS, Log, to_json
from edge.store.store import Store

_log = logging.getLogger(__name__)

_BEAT_S: Final = 2.0
_UNDER_WAY: Final = 100  # messages; a round trip of 100 ms over LTE then carries 1,000 a second
_RESERVE: Final = 4  # of the window, kept free of logs
_REFUSED_MAX_S: Final = 60.0
_STATUS_AGAIN_S: Final = 5.0
_GOODBYE_S: Final = 0.6
_SHORTEST_PAUSE_S: Final = 0.1
_PAUSE_PART: Final = 0.9
"""Of ``reconnect_max_s``: connection and backlog then fit into the rest of it."""
_CLOCK_SET_S: Final = 3.0
"""After the clock was set no pause is longer, jittered: a district's mains come back at one moment,
and so do its time servers."""
_JITTER_PART: Final = 0.1  # of the longest pause, at least: however long the try took
_REPLIES: Final = 32
_REPLY_STRIKES: Final = 2  # a lost connection is one: it may be chance; a refusal is both
_FOR_ITSELF: Final = (PACKET_TOO_LARGE, PAYLOAD_FORMAT_INVALID)
_LOSSES: Final = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how often this device speaks.

    Attributes:
        base: ``floodbell/v1/{district}/{site}``.
        session: ``{boot_id}:{start counter}``.
        heartbeat_s: Between two ``health``.
        reconnect_max_s: Longest pause before a new connection; full jitter below it, because ten
            thousand bells come back at the same moment.
        refused_s: Before what the broker refused is tried again; doubles up to a minute.
        first_connect_max_s: Longest pause before the first connection after a start, jittered as
            the others; 0 for none. For a district whose mains come back at one moment.
        repeat_s: A sensor that says the same is published again no sooner.
        extras: What else the broker is to keep: full topics and payloads, see ``Extras``.
    """

    base: str
    session: str
    heartbeat_s: float = 30.0
    reconnect_max_s: float = 10.0
    refused_s: float = 5.0
    first_connect_max_s: float = 0.0
    repeat_s: float = 1.0
    extras: Mapping[str, bytes] = field(default_factory=dict)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Centre:
    """The device as the district's centre sees it.

    ``show``, ``reply``, ``wake`` and the properties are for other threads; the callbacks run on the
    broker's thread and must only hand on.

    Args:
        place: Topics, session, times.
        store: The three logs.
        link: The connection; the thread owns it from ``start``.
        health: The payload of ``health``.
        beat: Called at least every 2 s, but for the time that connecting takes (8 s at most).
        on_command: A request came. What it may do is decided elsewhere.
        on_state: The link is up, or why it is not.
        wall_utc: The wall clock.

    Attributes:
        connected, detail: Whether the link is up, and what is not well, in words.
        unheard: How many messages the broker took though nobody listened.
        connects: How many connections there were since the start.
        last_loss: Why the last one ended or failed, in words; None before the first.
        cause: The code of that, while there is no connection.
        commands_heard: Whether the broker sends us requests; None until it has said so.
    """

    def __init__(
        self,
        place: Place,
        store: Store,
        link: Link,
        *,
        health: Callable[[], Mapping[str, Any]],
        beat: Callable[[], None] = lambda: None,
        on_command: Callable[[Command], None] = lambda _command: None,
        on_state: Callable[[bool, str], None] = lambda _up, _detail: None,
        wall_utc: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.connected = False
        self.detail = "not connected yet"
        self.unheard = 0
        self.connects = 0
        self.last_loss: str | None = None
        self.cause: str | None = None
        self.commands_heard: bool | None = None
        self._place = place
        self._link = link
        self._health = health
        self._beat = beat
        self._on_command = on_command
        self._on_state = on_state
        self._wall_utc = wall_utc
        self._slots = Slots(place.repeat_s)
        self._store = store
        self._feed = Feed(store)
        self._extras = Extras(place.extras, 0.0 if link.tells_refusals else PROBATION_S)
        self._status: Mapping[str, Any] = {}
        self._replies: deque[tuple[Command, bytes]] = deque(maxlen=_REPLIES)
        self._reply_strikes: Counter[str] = Counter()
        self._losses_s: deque[float] = deque(maxlen=_LOSSES)
        self._sent: dict[int, tuple[str, str]] = {}
        self._health_s = 0.0
        self._along = False
        self._refusals: dict[str, int] = {}
        self._stopping = False
        self._clock_was_set = False
        self._abandoned = False
        self._tried_s = 0.0
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)

    # For other threads.

    def start(self) -> None:
        """Connect, and stay connected."""
        self._thread.start()

    def wake(self) -> None:
        """There are new rows in a log; never blocks."""
        self._link.waker.set()

    @property
    def valid_until_s(self) -> Mapping[str, float]:
        """Until when the certificates of the last connection are valid: see ``Link``."""
        return self._link.valid_until_s

    @property
    def extras_detail(self) -> str:
        """What became of discovery, in words; empty if all is well."""
        return self._extras.detail

    def losses(self, within_s: float) -> int:
        """How many connections were lost within so many seconds; it counts to 100."""
        since_s = time.monotonic() - within_s
        return sum(lost_s >= since_s for lost_s in tuple(self._losses_s))

    @property
    def taken_down(self) -> frozenset[str]:
        """Topics that were put up by earlier runs and that the broker has forgotten now."""
        return self._extras.taken_down

    def show(self, topic: str, payload: Mapping[str, Any], *, repeat: bool = False) -> None:
        """Put up the newest truth of a retained topic; never blocks.

        Args:
            topic: Below the base, such as ``alarm`` or ``sensors/door``.
            payload: Replaces what is there. Of ``status``, the fields that can change.
            repeat: It says the same as the last one: once in ``repeat_s`` is enough.
        """
        if topic == "status":
            self._status = dict(payload)
            encoded = self._status_payload()
        else:
            encoded = to_json(payload).encode()
        if self._slots.put(topic, encoded, time.monotonic(), repeat=repeat):
            self.wake()

    def slow_down(self, repeat_s: float) -> None:
        """Publish a sensor that says the same less often, or as ever; never blocks.

        What waits goes along with each ``health``, so that a modem's radio wakes once for both.

        Args:
            repeat_s: No sooner than after so long, nor than after ``Place.repeat_s``; 0: as ever.
        """
        self._along = repeat_s > 0
        self._slots.slow_down(max(repeat_s, self._place.repeat_s), time.monotonic())
        self.wake()

    def clock_was_set(self) -> None:
        """Try again soon: a certificate may be valid now that was not; never blocks."""
        self._clock_was_set = True
        self.wake()

    def reply(self, command: Command, payload: Mapping[str, Any]) -> None:
        """Answer a command, if the broker is still there; never blocks."""
        self._replies.append((command, to_json(payload).encode()))
        self.wake()

    def leave(self) -> None:
        """Say goodbye and end; returns at once."""
        self._stopping = True
        self._link.waker.abort()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Say goodbye and end the thread; returns whether it ended in time."""
        self.leave()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def thread(self) -> threading.Thread:
        """The thread itself."""
        return self._thread

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; True if it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def abandon(self) -> None:
        """Give its thread up, which may hang: it publishes and hears no more. From any thread."""
        self._abandoned = self._stopping = True
        self._link.take_away()

    def renewed(self, link: Link, beat: Callable[[], None]) -> Centre:
        """Return one that takes the place of this one, which was abandoned; not started yet.

        All that is to be shown is shown anew; the logs go on from what the broker acknowledged.
        Answers that had not left are not given: who asks again under the same id gets them.
        """
        fresh = Centre(
            replace(self._place, first_connect_max_s=0.0),
            self._store,
            link,
            health=self._health,
            beat=beat,
            on_command=self._on_command,
            on_state=self._on_state,
            wall_utc=self._wall_utc,
        )
        fresh.unheard, fresh.connects = self.unheard, self.connects
        fresh.last_loss = "its thread hung, or had ended"
        fresh._slots = self._slots.renewed()
        fresh._extras = self._extras.renewed()
        fresh._status = dict(self._status)
        fresh._along = self._along
        fresh._losses_s = deque((*tuple(self._losses_s), time.monotonic()), maxlen=_LOSSES)
        return fresh

    # The thread.

    def _run(self) -> None:
        # A district's clocks are set together as well: that does not cut its first wait short.
        self._wait(random.uniform(0.0, self._place.first_connect_max_s))
        self._clock_was_set = False
        while not self._stopping:
            self._beat()
            try:
                self._connection()
            except BrokerGone as gone:
                self.cause = cause_of(gone)
                self._lost(str(gone))
            except Exception as error:  # noqa: BLE001 - top of the thread: it must not end
                _log.exception("the broker's thread failed in a way it should not")
                self.cause = None
                self._lost(f"a fault of ours: {error}")
            self._pause()
        self._feed.close()

    def _connection(self) -> None:
        """One connection, from CONNECT until it is lost or we leave."""
        place = self._place
        self._tried_s = time.monotonic()
        self._clock_was_set = False
        self._link.connect(f"{place.base}/status", topics.will(place.session))
        self.connects += 1
        self.commands_heard = None
        self._link.subscribe(f"{place.base}/cmd/+")
        now_s = time.monotonic()
        self._extras.begin(now_s)
        self._slots.put("status", self._status_payload(), now_s)
        self._slots.all_again(now_s)
        self._publish("status", self._status_payload())  # before all else, to overrule the will
        # A broker that takes over our old session may publish its will after our first word.
        self._slots.again("status", now_s + _STATUS_AGAIN_S)
        self._health_s = now_s
        self._tried_s = float("inf")
        self._clock_was_set = False
        self.cause = None
        self._tell(True, "")
        while not self._stopping:
            self._turn()
        if not self._abandoned:  # another speaks for this device by now
            self._say_goodbye()

    def _status_payload(self) -> bytes:
        ts = topics.timestamp(self._wall_utc())
        return topics.status(self._place.session, ts, self._status)

    def _turn(self) -> None:
        self._beat()
        now_s = time.monotonic()
        if now_s >= self._health_s:
            self._health_s = now_s + self._place.heartbeat_s
            self._slots.put("health", self._health_payload(), now_s)
            if self._along:
                self._slots.along(now_s)
        self._publish_slots(now_s)
        self._publish_replies()
        self._publish_logs(now_s)
        self._publish_extras(now_s)
        for heard in self._link.wait(self._look_s()):
            self._hear(heard)

    def _health_payload(self) -> bytes:
        try:
            payload = self._health()
        except Exception as error:  # noqa: BLE001 - it is due first: no alarm would ever go out
            _log.exception("the payload of health cannot be made")
            payload = {"fault": f"{type(error).__name__}: {error}"}
        return to_json(payload).encode()

    def _look_s(self) -> float:
        """How long to wait at most; with a full window only an acknowledgement helps."""
        if self._room() <= 0:
            return _BEAT_S
        next_s = min(self._slots.next_s, self._health_s, self._feed_due_s(), self._extras_due_s())
        return min(_BEAT_S, max(0.0, next_s - time.monotonic()))

    def _feed_due_s(self) -> float:
        return self._feed.due_s() if self._room_for_logs() else float("inf")

    def _extras_due_s(self) -> float:
        return float("inf") if self._link.under_way else self._extras.next_s

    def _room(self) -> int:
        return min(_UNDER_WAY, self._link.receive_maximum) - self._link.under_way

    def _room_for_logs(self) -> bool:
        reserve = min(_RESERVE, self._link.receive_maximum // 2)
        return self._room() > reserve and self._feed.has_room

    def _publish_slots(self, now_s: float) -> None:
        while self._room() > 0 and (taken := self._slots.take(now_s)) is not None:
            self._publish(*taken)

    def _publish(self, topic: str, payload: bytes) -> None:
        full = f"{self._place.base}/{topic}"
        if len(payload) > self._limit_bytes(full):
            self._refused("slot", topic, None, PACKET_TOO_LARGE)
            return
        expiry_s = topics.expiry_s(topic, self._place.heartbeat_s)
        packet_id = self._link.publish(full, payload, retain=True, expiry_s=expiry_s)
        self._sent[packet_id] = ("slot", topic)

    def _limit_bytes(self, topic: str) -> int:
        overhead = topics.PUBLISH_OVERHEAD_BYTES + len(topic)
        return self._link.maximum_packet_bytes - overhead

    def _publish_replies(self) -> None:
        while self._room() > 0 and self._replies:
            command, payload = self._replies.popleft()
            if self._reply_strikes[command.reply_to] >= _REPLY_STRIKES:
                own = reply_topic(self._place.base, command.name, None)
                command = replace(command, reply_to=own)
            if len(payload) > self._limit_bytes(command.reply_to):
                _log.error("the answer to %s is too long for the broker", command.name)
                continue
            packet_id = self._link.publish(
                command.reply_to, payload, correlation=command.correlation
            )
            self._sent[packet_id] = ("reply", command.reply_to)

    def _publish_logs(self, now_s: float) -> None:
        for log in LOGS:
            topic = f"{self._place.base}/{log}"
            while self._room_for_logs():
                message = self._feed.next(log, self._limit_bytes(topic), now_s)
                if message is None:
                    break
                packet_id = self._link.publish(topic, message.payload)
                self._sent[packet_id] = ("log", log)
                self._feed.put(log, packet_id, message, now_s)
                if self._slots.next_s <= time.monotonic():
                    return  # an alarm does not wait for the rest

    def _publish_extras(self, now_s: float) -> None:
        """What can wait goes when nothing else is under way."""
        if self._link.under_way == 0 and (extra := self._extras.next(now_s)) is not None:
            topic, payload = extra
            if len(payload) > self._limit_bytes(topic):
                self._extras.settled("too long for the broker", now_s)
                return
            self._sent[self._link.publish(topic, payload, retain=True)] = ("extra", topic)

    def _hear(self, heard: Heard) -> None:
        if isinstance(heard, Incoming):
            self._hear_command(heard)
        elif isinstance(heard, Subscribed):
            self.commands_heard = heard.success
            if not heard.success:
                _log.warning("no requests: %s", words_for_refusal(heard.code))
        else:
            self._hear_acknowledged(heard)

    def _hear_acknowledged(self, heard: Acknowledged) -> None:
        kind, name = self._sent.pop(heard.packet_id, ("", ""))
        self.unheard += heard.code == NOT_SUBSCRIBED
        log: Log | None = next((log for log in LOGS if (kind, name) == ("log", log)), None)
        if not kind:
            return  # of what was given up meanwhile
        if kind == "extra":
            refusal = None if heard.success else words_for_refusal(heard.code)
            self._extras.settled(refusal, time.monotonic())
        elif not heard.success:
            self._refused(kind, name, log, heard.code)
        elif log is not None:
            self._feed.acknowledge(log, heard.packet_id, time.monotonic())
        elif kind == "reply":
            self._reply_strikes.pop(name, None)
        if heard.success and self._refusals.pop(name, 0) and not self._refusals:
            self._tell(True, "")

    def _refused(self, kind: str, name: str, log: Log | None, code: int) -> None:
        """Keep it and try again later: the rules of a broker can be mended."""
        words = f"{name} was refused: {words_for_refusal(code)}"
        _log.warning("%s", words)
        if kind == "reply":
            self._strike(name, _REPLY_STRIKES)
        if kind not in ("slot", "log"):
            return  # an answer is not kept
        before = self._refusals.get(name, 0)
        self._refusals[name] = before + 1
        again_s = time.monotonic() + min(
            _REFUSED_MAX_S, self._place.refused_s * 2 ** min(before, 8)
        )
        self._tell(True, words)
        if log is not None:
            self._sent = {key: what for key, what in self._sent.items() if what != ("log", log)}
            self._feed.refused(log, again_s, for_itself=code in _FOR_ITSELF)
        else:
            self._slots.hold(name, again_s)

    def _strike(self, topic: str, count: int) -> None:
        """An answer to this topic was refused, or the connection ended over it, maybe by chance."""
        if len(self._reply_strikes) >= _REPLIES:
            self._reply_strikes.clear()  # who asks chooses the topic: they could be any number
        self._reply_strikes[topic] += count

    def _hear_command(self, message: Incoming) -> None:
        prefix = f"{self._place.base}/cmd/"
        if not message.topic.startswith(prefix):
            _log.warning("not asked for: %r", message.topic[:200])
            return
        name = message.topic.removeprefix(prefix)
        reply_to = reply_topic(self._place.base, name, message.response_topic)
        if reply_to in self._place.extras:  # it would be read as an announcement
            reply_to = reply_topic(self._place.base, name, None)
        command = Command(
            name,
            message.payload,
            reply_to,
            message.correlation,
            message.user_properties,
            message.retained,
        )
        if not self._abandoned:
            self._hand_on(name[:32], lambda: self._on_command(command))

    @staticmethod
    def _hand_on(what: str, call: Callable[[], None]) -> None:
        """Call one who listens to us; what fails there costs neither the link nor this thread."""
        try:
            call()
        except Exception:  # noqa: BLE001 - whatever it is, an alarm does not wait for it
            _log.exception("whoever was told of %s failed in a way it should not", what)

    def _say_goodbye(self) -> None:
        """Show the last truth and that we leave; a broker that is slow about it is left alone."""
        now_s = time.monotonic()
        end_s = now_s + _GOODBYE_S
        self._publish_slots(now_s)
        if self._link.under_way >= self._link.receive_maximum:
            self._link.drop()  # no room to say goodbye: the will says it for us
            self._tell(False, "closed")
            return
        self._publish("status", topics.will(self._place.session))
        while self._link.under_way and (left_s := end_s - time.monotonic()) > 0:
            for heard in self._link.wait(left_s):
                self._hear(heard)
        self._link.disconnect()
        self._tell(False, "closed")

    def _lost(self, words: str) -> None:
        self._link.drop()
        # Mosquitto hangs up on an answer that its rules forbid; others do without a word before.
        for topic in {name for kind, name in self._sent.values() if kind == "reply"}:
            self._strike(topic, 1)
        self._sent.clear()
        self._replies.clear()
        self._feed.rewind()
        self._extras.lost(time.monotonic())
        if self.connected and self.detail:  # some brokers refuse and then hang up
            words = f"{self.detail}; {words}"
        if self.connected:
            self._losses_s.append(time.monotonic())
        self.last_loss = words
        self._tell(False, words)

    def _tell(self, up: bool, detail: str) -> None:
        if (up, detail) == (self.connected, self.detail):
            return
        self.connected, self.detail = up, detail
        _log.log(
            logging.INFO if up and not detail else logging.WARNING,
            "broker: %s",
            detail or "connected",
        )
        self._hand_on("the state of the link", lambda: self._on_state(up, detail))

    def _pause(self) -> None:
        """Wait before the next try, anything up to the longest: a district must not march.

        What the try itself took counts: where nothing answers, it took 8 s already.
        """
        longest_s = max(_SHORTEST_PAUSE_S, _PAUSE_PART * self._place.reconnect_max_s)
        left_s = longest_s - max(0.0, time.monotonic() - self._tried_s)
        left_s = max(_SHORTEST_PAUSE_S, _JITTER_PART * longest_s, left_s)
        self._wait(random.uniform(_SHORTEST_PAUSE_S, left_s), until_clock_set=True)

    def _wait(self, pause_s: float, *, until_clock_set: bool = False) -> None:
        end_s = time.monotonic() + pause_s
        while not self._stopping and (left_s := end_s - time.monotonic()) > 0:
            if self._clock_was_set and until_clock_set:
                self._clock_was_set = False
                soon_s = random.uniform(_SHORTEST_PAUSE_S, _CLOCK_SET_S)
                end_s = min(end_s, time.monotonic() + soon_s)
                continue
            self._beat()
            self._link.waker.wait(min(_BEAT_S, left_s))
