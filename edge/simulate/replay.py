"""Playing a series to a home: samples, conditioning, the law, the outbox, on a virtual clock.

The order within a moment is the daemon's: every reading through conditioning and the law, then what
is due by time alone, then what may leave. Invariant: nothing here decides anything about a flood,
and the same series gives the same story.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from heapq import heapify, heapreplace
from typing import Final

from drivers.modem.interlock import Interlock, TooManyReports
from edge import conditioning
from edge.conditioning import Conditioned
from edge.events import Attempted, Outcome, Reading, Tick
from edge.law import due_s, line_seized, step
from edge.law.levels import Level
from edge.law.state import State
from edge.messages.job import Job
from edge.messages.message import Message
from edge.messages.sending import Sender
from edge.simulate.home import Home
from edge.simulate.probes import Probe
from edge.simulate.story import Story
from edge.simulate.teller import Teller
from edge.simulate.water import Point, Trace, Water

LEAST_AFTER_S: Final = 600.0
"""So long the replay goes on behind the series at least, while anything is open."""

STIR_EVERY_S: Final = 3600.0
STIR_MM: Final = 1.0
"""No real surface lies still to the millimetre: a sensor that says the same for a day is taken for
stuck (design 4.2), and a dry day of a series is no such sensor."""

PATIENT_S: Final = 10.0
"""Behind the series the water does not move: half a day of latch needs no reading a second."""

FORGET_EVERY_S: Final = 3600.0
"""How often the outbox forgets what was settled a day ago."""


def play(points: Iterable[Point], home: Home, *, dry_after: bool) -> Story:
    """Play a series to its end, and on until the incident is closed or nothing more would be sent.

    Args:
        points: The series, seconds rising.
        home: The bell.
        dry_after: Whether the floor is dry from the end of the series on, or its last depth stands.

    Raises:
        NoPoints: The series is empty.
    """
    marks_mm = (home.policy.alert.mm, home.policy.danger.mm)
    return _Replay(Water(points, marks_mm, 0.0 if dry_after else None), home).run()


@dataclass(slots=True)
class _Port:
    """The port that is left out: takes one job."""

    job: Job | None = None

    def submit(self, job: Job) -> None:
        self.job = job

    def hurry(self) -> None:
        """It has taken it already."""

    def taken(self) -> Job | None:
        job, self.job = self.job, None
        return job


def _unrecorded(*_entry: object, **_fields: object) -> None:
    """There is no journal: nothing leaves, and nothing survives."""


class _Replay:
    def __init__(self, water: Water, home: Home) -> None:
        self._water = water
        self._home = home
        self._now_s = water.begins_s
        self._ids = 0
        self._state = State(
            level_since_s=self._now_s,
            started_s=self._now_s,
            armed=home.armed,
            report_armed=home.armed,
            next_id=self._id(),
        )
        self._conditioned = {p.sensor_id: Conditioned(self._now_s) for p in home.probes}
        self._stirred_s = dict.fromkeys(self._conditioned, self._now_s)
        self._ports = {route: _Port() for route in _routes(home)}
        self._interlock = Interlock(home.report_number)
        self._interlock.armed = home.armed
        self._sender = Sender(
            home.desk,
            home.policy,
            self._ports,
            record=_unrecorded,
            boot_id=home.desk.boot_id,
            min_attempts=home.min_attempts,
            report_number=home.report_number,
            time_words=self._time_words,
        )
        self._waiting = False
        self._forgot_s = self._now_s
        self._teller = Teller(home, water)
        self._trace = Trace()

    def run(self) -> Story:
        samples = [(self._now_s, place, 0) for place in range(len(self._home.probes))]
        heapify(samples)
        while not self._is_over():
            while samples[0][0] <= self._now_s:
                _, place, taken = samples[0]
                self._sample(place)
                heapreplace(samples, self._next_sample(place, taken + 1))
            self._pass_time()
            self._now_s = self._next_s(samples[0][0])
        return self._story()

    def _next_sample(self, place: int, taken: int) -> tuple[float, int, int]:
        """On the sensor's own grid; behind the series, in the wait for the latch, now and then."""
        next_s = self._water.begins_s + taken * self._home.probes[place].interval_s
        waits = self._water.ends_s is not None and self._now_s > self._water.ends_s
        if waits and self._state.level is Level.NORMAL and not self._state.raising:
            next_s = max(next_s, self._now_s + PATIENT_S)
        return next_s, place, taken

    def _next_s(self, sample_s: float) -> float:
        """The next moment at which anything can happen.

        What was due and has not happened waits for the next reading.
        """
        due = [due_s(self._state, self._home.policy)]
        if self._waiting:
            due.append(self._sender.due_s(self._now_s, seized=self._seized()))
        return min([sample_s, *(at_s for at_s in due if at_s > self._now_s)])

    def _is_over(self) -> bool:
        ends_s, state, policy = self._water.ends_s, self._state, self._home.policy
        if ends_s is None or self._now_s <= ends_s:
            return False
        if not (state.incident or state.raising or state.troubles):
            return True
        off_s = max(policy.alert.off_delay_s, policy.danger.off_delay_s)
        reports_s = policy.report.repeats * policy.report.repeat_interval_s
        settled_s = ends_s + max(LEAST_AFTER_S, off_s, reports_s) + LEAST_AFTER_S
        closing = state.incident is not None and state.level is Level.NORMAL
        return self._now_s > settled_s + (policy.latch_clear_s if closing else 0.0)

    def _sample(self, place: int) -> None:
        probe = self._home.probes[place]
        depth_mm = self._water.depth_at(self._now_s)
        if probe.sensor_id == self._home.sensor and self._water.ends_s is None:
            self._trace.add(self._now_s, depth_mm)
        known, reading = conditioning.condition(
            self._conditioned[probe.sensor_id],
            probe.sense(self._stirred(probe, depth_mm)),
            self._now_s,
            self._home.mountings[probe.sensor_id],
        )
        self._conditioned[probe.sensor_id] = known
        if reading is not None:
            self._to_law(reading)

    def _stirred(self, probe: Probe, depth_mm: float) -> float:
        """Lower the water by a millimetre once in a while, where that changes no vote."""
        if not probe.measures or self._now_s < self._stirred_s[probe.sensor_id] + STIR_EVERY_S:
            return depth_mm
        marks_mm = (self._home.policy.alert.mm, self._home.policy.danger.mm)
        if any(depth_mm - STIR_MM < mark <= depth_mm + STIR_MM for mark in marks_mm):
            return depth_mm
        self._stirred_s[probe.sensor_id] = self._now_s
        return depth_mm - STIR_MM

    def _pass_time(self) -> None:
        if self._now_s >= due_s(self._state, self._home.policy):
            self._to_law(Tick())
        if self._now_s >= self._forgot_s + FORGET_EVERY_S:
            self._forgot_s = self._now_s
            incident = self._state.incident
            self._sender.expire(self._now_s, incident.id if incident else None)
        if self._waiting:
            self._deliver()

    def _to_law(self, event: Reading | Tick | Attempted) -> None:
        self._state, effects = step(self._state, event, self._now_s, self._home.policy)
        if not effects:
            return
        if not self._state.next_id:
            self._state = replace(self._state, next_id=self._id())
        self._teller.tell(effects, self._state, self._now_s)
        self._sender.perform(effects, self._state, self._now_s)
        self._teller.tell(self._sender.drain()[1], self._state, self._now_s)
        self._waiting = bool(self._sender.outbox.waiting())

    def _deliver(self) -> None:
        """Let everything leave that may: the modem accepts each text at once."""
        left: list[tuple[Message, str]] = []
        while True:
            self._sender.dispatch(self._state, self._now_s, seized=self._seized())
            taken = [(route, job) for route, port in self._ports.items() if (job := port.taken())]
            if not taken:
                break
            for route, job in taken:
                event = self._attempt(job, route)
                if event.outcome is Outcome.ACCEPTED:
                    left.append((self._sender.outbox.messages[job.key], job.text))
                news = self._sender.settle(event, self._now_s)
                self._sender.drain()
                if news is not None:
                    self._to_law(news)
        self._teller.tell_sent(left, self._now_s)
        self._waiting = bool(self._sender.outbox.waiting())

    def _attempt(self, job: Job, route: str) -> Attempted:
        """Ask the last gate, as the modem does; what passes it is accepted."""
        if route == self._home.desk.call_route:
            return Attempted(job.key, route, Outcome.ACCEPTED, "119 answered")
        try:
            self._interlock.permit(job.number, job.origin, self._now_s)
        except TooManyReports as error:
            return Attempted(job.key, route, Outcome.WITHHELD, str(error), wait_s=error.wait_s)
        return Attempted(job.key, route, Outcome.ACCEPTED)

    def _seized(self) -> bool:
        return line_seized(self._state, self._now_s, self._home.policy)

    def _id(self) -> str:
        self._ids += 1
        return f"replay-{self._ids}"

    def _time_words(self) -> str:
        """The series has no time of day: texts count hours and minutes from its beginning."""
        minutes = int(self._now_s - self._water.begins_s) // 60
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    def _story(self) -> Story:
        water, teller = self._water, self._teller
        ends_s = self._now_s if water.ends_s is None else water.ends_s
        return Story(
            entries=tuple(teller.entries),
            begins_s=water.begins_s,
            ends_s=ends_s,
            played_to_s=self._now_s,
            points=water.points,
            peak=water.peak,
            alert=teller.told(Level.ALERT),
            danger=teller.told(Level.DANGER),
            open=self._state.incident is not None,
            course=(*self._trace.points(), water.last),
            after_mm=water.depth_at(self._now_s),
            stages=tuple(teller.stages),
        )


def _routes(home: Home) -> tuple[str, ...]:
    """Every route that a message may want; calls come last, as they wait for the texts."""
    wanted = {route for one in home.desk.addressees.values() for route in one.routes}
    texts = sorted(wanted | {home.desk.report_route})
    return (*texts, home.desk.call_route)
