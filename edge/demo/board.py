"""What there is to show: the record so far, as lines for a log and as the state of a screen.

Owns the wording of what was seen. Pure: it neither prints nor draws, see ``plain`` and ``view``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from edge.demo.pace import Pace
from edge.demo.people import NUMBER_119, who
from edge.demo.record import Done, Published, Seen, Text
from edge.demo.scenarios import ALERT_MM, DANGER_MM, Act, Scenario
from edge.demo.words import N_, _

_STEP_MM: Final = 10.0
"""A depth is told again when it has moved so far: enough to follow, few enough to read."""
_KEPT_LINES: Final = 200

STAGE_WORDS: Final = {"normal": N_("NORMAL"), "alert": N_("ALERT"), "danger": N_("DANGER")}
NOT_WELL: Final = N_("NOT WELL")
_BLIND: Final = ("faulted", "stale")
"""What the quality of a sensor says when it sees nothing (contract 3)."""
_ACT_WORDS: Final = {
    Act.MUTE_SENSOR: N_("the sensor falls silent"),
    Act.UNMUTE_SENSOR: N_("the sensor talks again"),
    Act.STOP_BROKER: N_("the broker is gone"),
    Act.START_BROKER: N_("the broker is back"),
    Act.LOSE_NETWORK: N_("the modem has lost the network"),
    Act.FIND_NETWORK: N_("the modem has the network again"),
}


Message = tuple[float, str, str]
"""Second, topic and gist of a message at the broker."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the time line.

    Attributes:
        at_s: Seconds since the script began.
        words: What happened.
        kind: ``water``, ``stage``, ``text``, ``report``, ``act`` or ``trouble``: how to colour it.
    """

    at_s: float
    words: str
    kind: str


@dataclass(slots=True)
class Board:
    """The state of the screen.

    Attributes:
        scenario: What is played.
        pace: How fast.
        stage: The level that the centre knows.
        depth_mm: The depth that the centre knows, or None.
        quality: What the centre knows of the sensor.
        phones: Texts by number, oldest first.
        latest: The last message of each topic at the broker.
        events: The messages before the last in the log ``events``, oldest first.
        lines: The time line.
        muted: Whether the sensor is silent.
        broker_away: Whether the broker is gone.
        modem_away: Whether the modem has no network.
        offline: Whether the broker says that the daemon is gone.
        troubles: Causes of the troubles that stand, as far as the centre knows, oldest first.
    """

    scenario: Scenario
    pace: Pace
    stage: str = "normal"
    depth_mm: float | None = None
    quality: str = ""
    phones: dict[str, list[Text]] = field(default_factory=dict)
    latest: dict[str, Message] = field(default_factory=dict)
    events: deque[Message] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))
    muted: bool = False
    broker_away: bool = False
    modem_away: bool = False
    offline: bool = False
    troubles: list[str] = field(default_factory=list)
    _told_mm: float = 0.0
    _crossed: set[float] = field(default_factory=set)

    @property
    def blind(self) -> bool:
        """Whether the sensor is known to see nothing."""
        return self.quality in _BLIND

    @property
    def not_well(self) -> bool:
        """Whether anything is known to be broken, or nothing can be known."""
        return bool(self.troubles) or self.blind or self.offline or self.broker_away

    @property
    def word(self) -> str:
        """The one word for the state, a message id: NORMAL only while nothing is broken.

        Silence must not look like safety; a level above normal is never hidden by a trouble.
        """
        level = STAGE_WORDS.get(self.stage, NOT_WELL)
        return NOT_WELL if self.stage == "normal" and self.not_well else level

    @property
    def words(self) -> str:
        """The state as shown in a line: the level, and beside it that something is broken."""
        if self.not_well and self.word != NOT_WELL:
            return f"{_(self.word)} · {_(NOT_WELL)}"
        return _(self.word)

    def begin(self) -> list[Line]:
        """The first line: the daemon is online, the script begins."""
        found = [Line(0.0, _("the bell is online, the script begins"), "act")]
        self.lines.extend(found)
        return found

    def take(self, at_s: float, news: Iterable[Seen]) -> list[Line]:
        """Take note of what was seen by a second; return the new lines of the time line."""
        found = [*self._crossings(at_s), *(line for seen in news for line in self._lines_of(seen))]
        found.sort(key=lambda line: line.at_s)
        self.lines.extend(found)
        return found

    def _crossings(self, at_s: float) -> Iterator[Line]:
        """The setpoints that the water has truly reached by now."""
        for setpoint_mm in (ALERT_MM, DANGER_MM):
            script_s = self.scenario.crossing_s(setpoint_mm)
            if script_s is None or setpoint_mm in self._crossed:
                continue
            if (crossed_s := self.pace.clock_s(script_s)) <= at_s:
                self._crossed.add(setpoint_mm)
                words = _("the real water stands at {cm:.0f} cm").format(cm=setpoint_mm / 10)
                yield Line(crossed_s, words, "water")

    def _lines_of(self, seen: Seen) -> list[Line]:
        match seen:
            case Text():
                return self._text(seen)
            case Done():
                return self._done(seen)
            case Published():
                return self._published(seen)

    def _text(self, text: Text) -> list[Line]:
        self.phones.setdefault(text.number, []).append(text)
        kind = "report" if text.number == NUMBER_119 else "text"
        body = " ".join(text.body.split())
        return [Line(text.at_s, f"{who(text.number)} ← {body}", kind)]

    def _done(self, done: Done) -> list[Line]:
        match done.act:
            case Act.MUTE_SENSOR | Act.UNMUTE_SENSOR:
                self.muted = done.act is Act.MUTE_SENSOR
            case Act.STOP_BROKER | Act.START_BROKER:
                self.broker_away = done.act is Act.STOP_BROKER
            case Act.LOSE_NETWORK | Act.FIND_NETWORK:
                self.modem_away = done.act is Act.LOSE_NETWORK
        return [Line(done.at_s, _(_ACT_WORDS[done.act]), "act")]

    def _published(self, message: Published) -> list[Line]:
        before = self.latest.get(message.topic)
        if message.topic == "events" and before is not None:
            self.events.append(before)
        self.latest[message.topic] = (message.at_s, message.topic, gist(message))
        if message.topic == "alarm":
            return list(self._alarm(message))
        if message.topic.startswith("sensors/"):
            return list(self._sensor(message))
        if message.topic == "events":
            return list(self._trouble(message))
        if message.topic == "health":
            self._health(message.payload)
        elif message.topic == "status":
            self.offline = not message.payload.get("online")
        return []

    def _alarm(self, message: Published) -> Iterator[Line]:
        stage = str(message.payload.get("stage", self.stage))
        if stage != self.stage:
            self.stage = stage
            yield Line(message.at_s, self._reading("door"), "stage")

    def _sensor(self, message: Published) -> Iterator[Line]:
        quality = str(message.payload.get("quality", ""))
        depth_mm = _number(message.payload.get("depth_mm"))
        fell_ill = quality not in (self.quality, "good")
        self.depth_mm, self.quality = depth_mm, quality
        moved = depth_mm is not None and abs(depth_mm - self._told_mm) >= _STEP_MM
        if moved or fell_ill:
            self._told_mm = self._told_mm if depth_mm is None else depth_mm
            sensor = message.topic.removeprefix("sensors/")
            yield Line(message.at_s, self._reading(sensor), "water")

    def _reading(self, sensor: str) -> str:
        seen = self.quality if self.depth_mm is None else f"{round(self.depth_mm)} mm"
        return f"{sensor} {seen}  {self.words}"

    def _health(self, payload: dict[str, Any]) -> None:
        """Take the troubles that stand: the daemon may have begun with some."""
        troubles = payload.get("troubles")
        if isinstance(troubles, list):
            self.troubles = [str(one.get("cause")) for one in troubles if isinstance(one, dict)]

    def _trouble(self, message: Published) -> Iterator[Line]:
        cause = str(message.payload.get("cause", ""))
        match message.payload.get("type"):
            case "trouble_raised":
                words = _("trouble: {cause}").format(cause=cause)
                if cause not in self.troubles:
                    self.troubles.append(cause)
            case "trouble_cleared":
                words = _("cleared: {cause}").format(cause=cause)
                self.troubles = [one for one in self.troubles if one != cause]
            case _:
                return
        yield Line(message.at_s, words, "trouble")


def gist(message: Published) -> str:
    """What matters in a message, in a few words of the wire's own."""
    payload = message.payload
    match message.topic:
        case "status":
            return "online" if payload.get("online") else "offline"
        case "alarm":
            return " ".join([str(payload.get("stage")), _depth(payload)])
        case "events":
            cause = payload.get("contact") or payload.get("cause") or ""
            return f"#{payload.get('seq')} {payload.get('type')} {cause}".rstrip()
        case "readings":
            return _readings_gist(payload)
        case "health":
            return _health_gist(payload)
        case _ if message.topic.startswith("sensors/"):
            return " ".join([_depth(payload), str(payload.get("quality"))])
        case _:
            return ""


def _readings_gist(payload: dict[str, Any]) -> str:
    rows = payload.get("readings") or [{}]
    first, last = rows[0].get("seq"), rows[-1].get("seq")
    numbers = f"#{first}" if first == last else f"#{first}-{last}"
    return f"{numbers} {_depth(rows[-1])}"


def _health_gist(payload: dict[str, Any]) -> str:
    troubles = payload.get("troubles") or []
    return _("{count} troubles").format(count=len(troubles))


def _depth(payload: dict[str, Any]) -> str:
    depth_mm = _number(payload.get("depth_mm"))
    return "– mm" if depth_mm is None else f"{round(depth_mm)} mm"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
