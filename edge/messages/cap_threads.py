"""When there is a CAP document, and which earlier ones it follows. Pure.

A *thread* is what a centre has been told of one incident or drill: an Alert, Updates that refer to
it, and the Cancel that ends it. Each turn of the loop compares what stands with what was told, so
nothing depends on an effect being seen: after a restart what was left open is brought up to date.

Invariant: a thread is ended by exactly one Cancel of its own status; an identifier is never used
twice. Leaves what a document says to ``cap``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from edge.effects import Facts
from edge.law.levels import Level
from edge.law.notices import facts as facts_now
from edge.law.policy import Policy
from edge.law.state import Incident, State
from edge.messages.cap import (
    Bulletin,
    CapStatus,
    MessageType,
    Reference,
    Source,
    Stage,
    Standing,
    document,
    reference_to,
)

RENEW_AFTER_S: Final = 43200.0
"""What still stands after half of a document's life (``cap.EXPIRES_AFTER``) is told again: else an
alert would run out in the books of the centre while the water stands."""

REFERENCES_MOST: Final = 32
"""References of one document; each takes some 120 characters. The newest supersedes all before it,
so nothing is lost where a flood goes up and down for days."""


@dataclass(frozen=True, slots=True)
class Thread:
    """What was told last of one incident or drill, when, and under which names it was told."""

    told: Standing
    told_s: float
    earlier: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Threads:
    """The threads that no Cancel has ended; ``number`` counts every document of this device."""

    number: int = 0
    open: tuple[Thread, ...] = ()


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and by whom a document is written.

    Attributes:
        now_s: Monotonic seconds.
        wall: The same moment by the wall clock, in the zone of the home.
        clock_synced: Whether to believe ``wall``.
        run: Letters that no other run of the daemon has: a document that left before a power cut
            took the memory of it must not share its identifier with the next one.
    """

    now_s: float
    wall: datetime
    clock_synced: bool
    run: str


@dataclass(frozen=True, slots=True)
class Document:
    """A CAP document on its way out. ``number`` orders the documents of ``about``."""

    about: str
    incident: str | None
    episode: int
    number: int
    kind: MessageType
    xml: str


def standing(state: State, drill_id: str) -> Standing | None:
    """What there is to be told now, if anything.

    A latched incident without water or bell is nothing: the water has receded.

    Args:
        state: The law's.
        drill_id: Under which a drill is told.
    """
    incident = state.incident
    if incident is None:
        return _playing(state, drill_id)
    in_service = incident.service
    if incident.bell:
        # The bell is real whatever a technician does to the water (design 4.9).
        level = Level.NORMAL if in_service else state.level
        episode = _bell_episode(incident) if in_service else incident.episode
        return _standing(incident, "Actual", level, episode)
    if state.level is Level.NORMAL:
        return None
    return _standing(incident, "Test" if in_service else "Actual", state.level, incident.episode)


def _standing(incident: Incident, status: CapStatus, level: Level, episode: int) -> Standing:
    contested = level is Level.DANGER and bool(incident.contested)
    return Standing(incident.id, status, _STAGES[level], incident.bell, episode, contested)


_STAGES: Final[Mapping[Level, Stage]] = {
    Level.NORMAL: "normal",
    Level.ALERT: "alert",
    Level.DANGER: "danger",
}


def _bell_episode(incident: Incident) -> int:
    return max((r.episode for r in incident.reports if r.origin == "bell"), default=0)


def _playing(state: State, drill_id: str) -> Standing | None:
    drill = state.drill
    if drill is None:
        return None
    if drill.stage == "bell":
        return Standing(drill_id, "Exercise", "normal", bell=True, episode=0)
    level: Stage = "danger" if drill.stage == "danger" else "alert"
    return Standing(drill_id, "Exercise", level, bell=False, episode=0)


def announce(
    threads: Threads, state: State, policy: Policy, source: Source, occasion: Occasion
) -> tuple[Threads, tuple[Document, ...]]:
    """Bring what was told up to what stands.

    What is real is told before anything is taken back.

    Args:
        threads: What was told.
        state: The law's, after a step.
        policy: The settings.
        source: Who speaks.
        occasion: When.

    Returns:
        What is told now, and the documents that tell it, in order.
    """
    drills = (t.told.about for t in threads.open if t.told.status == "Exercise")
    stands = standing(state, next(drills, f"drill-{occasion.run}-{threads.number + 1}"))
    going_on = next((t for t in threads.open if stands and _continues(t.told, stands)), None)
    writer = _Writer(threads.number, state, policy, source, occasion)
    told = going_on
    if stands and (going_on is None or _is_news(going_on, stands, occasion.now_s)):
        told = writer.tell(going_on, stands)
    for thread in threads.open:
        if thread is not going_on:
            writer.end(thread)
    return Threads(writer.number, (told,) if told else ()), tuple(writer.written)


def _continues(told: Standing, stands: Standing) -> bool:
    return (told.about, told.status) == (stands.about, stands.status)


def _is_news(thread: Thread, stands: Standing, now_s: float) -> bool:
    return thread.told != stands or now_s - thread.told_s >= RENEW_AFTER_S


class _Writer:
    """Writes documents of one moment and counts them."""

    def __init__(
        self, number: int, state: State, policy: Policy, source: Source, occasion: Occasion
    ) -> None:
        self.number = number
        self.written: list[Document] = []
        self._state = state
        self._policy = policy
        self._source = source
        self._occasion = occasion

    def tell(self, thread: Thread | None, stands: Standing) -> Thread:
        """Tell what stands: an Alert, or an Update of what was told."""
        earlier = thread.earlier if thread else ()
        name = self._write("Update" if earlier else "Alert", stands, earlier)
        return Thread(stands, self._occasion.now_s, (*earlier, name)[-REFERENCES_MOST:])

    def end(self, thread: Thread) -> None:
        """Take back what was told."""
        self._write("Cancel", thread.told, thread.earlier)

    def _write(
        self, kind: MessageType, told: Standing, earlier: tuple[Reference, ...]
    ) -> Reference:
        self.number += 1
        ago_s = 0.0 if kind == "Cancel" else self._occasion.now_s - self._since_s(told)
        bulletin = Bulletin(
            kind=kind,
            told=told,
            identifier=f"{self._source.site}.{told.about}.{self.number}.{self._occasion.run}",
            sent=self._occasion.wall,
            onset=self._occasion.wall - timedelta(seconds=ago_s),
            clock_synced=self._occasion.clock_synced,
            facts=self._facts(told),
            accepted=self._accepted(told),
            earlier=earlier,
        )
        self.written.append(
            Document(
                about=told.about,
                incident=None if told.status == "Exercise" else told.about,
                episode=told.episode,
                number=self.number,
                kind=kind,
                xml=document(self._source, bulletin),
            )
        )
        return reference_to(self._source, bulletin)

    def _since_s(self, told: Standing) -> float:
        """When what is told began: the press of the bell, or the water's last change of level."""
        incident = self._state.incident
        if told.status == "Exercise" or incident is None:
            return self._occasion.now_s
        if told.bell and incident.pressed_s is not None:
            return incident.pressed_s
        return self._state.level_since_s

    def _facts(self, told: Standing) -> Facts:
        """The water as it is told; of a drill, and of a bell in service, there is none."""
        drill, incident = self._state.drill, self._state.incident
        if told.status == "Exercise":
            played = {"alert": self._policy.alert.mm, "danger": self._policy.danger.mm}
            depth_mm = played.get(told.level) if drill else None
            return Facts(depth_mm=depth_mm)
        if told.bell and incident is not None and incident.service:
            return Facts(armed=self._state.armed)
        if self._state.level is Level.NORMAL:
            return facts_now(self._state, self._policy)
        reached = self._policy.setpoint(self._state.level)
        return facts_now(self._state, self._policy, setpoint_mm=reached.mm)

    def _accepted(self, told: Standing) -> bool:
        incident = self._state.incident
        return incident is not None and any(
            r.accepted > 0 for r in incident.reports if r.episode == told.episode
        )


def joined(remembered: Threads, since: Threads) -> Threads:
    """What a late disk remembers, and what was told since the start without it."""
    return Threads(max(remembered.number, since.number), (*since.open, *remembered.open))


def dump(threads: Threads, now_s: float) -> dict[str, Any]:
    """Return the threads as plain JSON values."""
    return {
        "number": threads.number,
        "open": [
            {
                "about": t.told.about,
                "status": t.told.status,
                "level": t.told.level,
                "bell": t.told.bell,
                "episode": t.told.episode,
                "contested": t.told.contested,
                "for_s": now_s - t.told_s,
                "earlier": [[r.sender, r.identifier, r.sent] for r in t.earlier],
            }
            for t in threads.open
        ],
    }


def load(stored: Mapping[str, Any], now_s: float) -> Threads:
    """Return the threads that ``dump`` wrote.

    Raises:
        KeyError, TypeError, ValueError: It is not what ``dump`` writes.
    """
    return Threads(int(stored["number"]), tuple(_thread(one, now_s) for one in stored["open"]))


def _thread(stored: Mapping[str, Any], now_s: float) -> Thread:
    told = Standing(
        about=stored["about"],
        status=stored["status"],
        level=stored["level"],
        bell=stored["bell"],
        episode=stored["episode"],
        contested=stored["contested"],
    )
    earlier = tuple(Reference(*names) for names in stored["earlier"])
    return Thread(told, now_s - stored["for_s"], earlier)
