"""Raising a level: on-delay and corroboration run side by side (design 4.4).

The on-delay runs from a zone's first wet vote and is over at the first wet vote at least that much
later with no dry vote between. Unknown neither resets nor stops it, and after three wet readings
lets it run to its end by the clock. A jump that is seen alone waits longer: a delay, never a veto.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from edge.law.falling import zone_is_clear
from edge.law.levels import Level, Vote
from edge.law.policy import Policy
from edge.law.state import Raising, State
from edge.law.voting import corroborated, is_lone, nearly_wet, zone_vote

DECIDED_WITHIN_S = 3.0
"""A delay that is over is decided by the next reading; a slower sensor does not hold texts."""

FORGOTTEN_AFTER_S = 60.0
"""A delay that nobody has decided for so long after its end is dropped."""

READINGS_TO_TRUST_THE_CLOCK = 3
"""After so many wet readings, a zone that turns unknown is raised at its deadline (design 4.4)."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A zone has held wet at a level for as long as it must; ``reason`` says so in words.

    ``drowned`` is a zone that counts as danger though nothing sees it any more (design 4.3).
    """

    zone: str
    level: Level
    wet: tuple[str, ...]
    reason: str
    drowned: bool = False


def delay_s(raising: Raising, witness: str | None, policy: Policy) -> float:
    """Return how long a zone must stay wet: longer for a jump that nobody else has seen."""
    on_delay_s = policy.setpoint(raising.level).on_delay_s
    if (raising.rise or witness) and not raising.lone:
        return on_delay_s
    return max(on_delay_s, policy.uncorroborated_delay_s)


def advance(
    state: State, now_s: float, policy: Policy, read_sensor: str | None
) -> tuple[State, tuple[Raised, ...]]:
    """Carry every zone's delays on, and say which levels are reached.

    Args:
        state: After the reading was accepted.
        now_s: Monotonic seconds.
        policy: The settings.
        read_sensor: The sensor whose reading this is, or None when only time has passed.
    """
    if not state.raising and not _worth_a_look(state, policy, read_sensor):
        return state, ()
    kept: list[Raising] = []
    raised: list[Raised] = []
    before = {(r.zone, r.level): r for r in state.raising}
    for zone in policy.zones:
        for level in (Level.DANGER, Level.ALERT):
            if level <= state.undisputed and not is_anew(state, zone, level, now_s, policy):
                continue
            running = before.get((zone, level))
            vote = _vote(state, zone, level, policy, judging=running is not None)
            if running is not None and _forgotten(running, vote[0], now_s, policy):
                continue
            place = _Place(zone, level, *vote, read_sensor)
            running = _carry(running, place, state, now_s, policy)
            if running is None:
                continue
            done = _finished(running, place, state, now_s, policy)
            if done:
                raised.append(done)
            else:
                kept.append(running)
    return replace(state, raising=tuple(kept)), tuple(raised)


def _vote(
    state: State, zone: str, level: Level, policy: Policy, *, judging: bool
) -> tuple[Vote, tuple[str, ...]]:
    """What a zone votes; while it is being judged, noise round the setpoint is no opinion."""
    opinion, wet = zone_vote(state, zone, level, policy)
    if judging and opinion is Vote.DRY and nearly_wet(state, zone, level, policy):
        return Vote.UNKNOWN, wet
    return opinion, wet


class _Place(NamedTuple):
    """A zone at a level, what it votes, and whose reading this is."""

    zone: str
    level: Level
    opinion: Vote
    wet: tuple[str, ...]
    read_sensor: str | None

    @property
    def read_wet(self) -> bool:
        return self.read_sensor in self.wet


def _worth_a_look(state: State, policy: Policy, read_sensor: str | None) -> bool:
    """Nothing begins to rise unless the sensor just read is wet at some setpoint."""
    if read_sensor is None:
        return False
    return state.sensors[read_sensor].at_least_mm >= min(policy.alert.mm, policy.danger.mm)


def _carry(
    running: Raising | None, place: _Place, state: State, now_s: float, policy: Policy
) -> Raising | None:
    if running is not None and not running.wet_readings and running.sensor not in state.sensors:
        return running  # taken up after a restart: who saw the water has not spoken yet
    if place.opinion is Vote.DRY or _only_contested(place.wet, state):
        return None
    if running is None:
        if place.opinion is not Vote.WET or not place.read_wet:
            return None
        rise = any(state.sensors[name].rising for name in place.wet)
        running = Raising(place.zone, place.level, now_s, 0, rise, place.wet[0])
    if not place.read_wet:
        return running
    lone = running.lone
    if place.opinion is Vote.WET:
        lone = is_lone(state, place.zone, place.level, policy)
    return replace(running, wet_readings=running.wet_readings + 1, lone=lone)


def _only_contested(wet: tuple[str, ...], state: State) -> bool:
    """Whether this is what is contested already: it is judged by ``episodes.settle_contest``."""
    contested = state.incident.contested if state.incident else ()
    return bool(contested) and bool(wet) and set(wet) <= set(contested)


def is_anew(state: State, zone: str, level: Level, now_s: float, policy: Policy) -> bool:
    """Whether danger in this zone would be another one, though the home is at danger already.

    It is if the present one is only held: its zones are lost, or have fallen and wait for their
    off-delay. Two zones that stand in one flood are one danger.
    """
    incident = state.incident
    if incident is None or level is not Level.DANGER or state.level is not Level.DANGER:
        return False
    if zone in incident.danger_zones and not zone_is_clear(state, zone, now_s, policy):
        return False
    others = (name for name in incident.danger_zones if name != zone and name in policy.zones)
    return all(zone_vote(state, z, Level.DANGER, policy)[0] is not Vote.WET for z in others)


def _forgotten(running: Raising, opinion: Vote, now_s: float, policy: Policy) -> bool:
    longest_s = delay_s(replace(running, rise=False), None, policy)
    return opinion is Vote.UNKNOWN and now_s > running.first_wet_s + longest_s + FORGOTTEN_AFTER_S


def _finished(
    running: Raising, place: _Place, state: State, now_s: float, policy: Policy
) -> Raised | None:
    wet = place.wet or (running.sensor,)
    witness = corroborated(state, wet, policy)
    if now_s < running.first_wet_s + delay_s(running, witness, policy):
        return None
    by_reading = place.opinion is Vote.WET and place.read_wet
    by_clock = place.opinion is Vote.UNKNOWN and running.wet_readings >= READINGS_TO_TRUST_THE_CLOCK
    if not by_reading and not by_clock:
        return None
    return Raised(
        running.zone,
        running.level,
        wet,
        _reason(running, place.wet, state, now_s, policy, witness),
    )


def _reason(
    running: Raising,
    wet: tuple[str, ...],
    state: State,
    now_s: float,
    policy: Policy,
    witness: str | None,
) -> str:
    held_s = now_s - running.first_wet_s
    setpoint_mm = policy.setpoint(running.level).mm
    seen = (
        ", ".join(f"{name} {state.sensors[name].at_least_mm:.0f} mm" for name in wet)
        or f"{running.sensor} lost while wet"
    )
    how = "seen rising" if running.rise else "a jump"
    if witness and witness not in wet:
        how += f", confirmed by {witness}"
    elif not running.rise and not witness:
        how += ", seen alone"
    return f"{seen} ≥ {setpoint_mm:.0f} mm for {held_s:.1f} s, {how}"


def due_s(state: State, policy: Policy) -> float:
    """Return when time alone may raise a level, or infinity."""
    return min(
        (
            _over_s(r, state, policy)
            for r in state.raising
            if r.wet_readings >= READINGS_TO_TRUST_THE_CLOCK
            and _vote(state, r.zone, r.level, policy, judging=True)[0] is Vote.UNKNOWN
        ),
        default=float("inf"),
    )


def _over_s(running: Raising, state: State, policy: Policy) -> float:
    """When a delay is over, if nothing changes."""
    wet = zone_vote(state, running.zone, running.level, policy)[1] or (running.sensor,)
    return running.first_wet_s + delay_s(running, corroborated(state, wet, policy), policy)


def danger_delay_runs(state: State, now_s: float, policy: Policy) -> bool:
    """Whether some zone is on its way to danger: no lower text may start (design 4.7).

    A delay that has run out without being decided, because its sensor fell silent, seizes nothing:
    the texts that tell of the silence must leave.
    """
    return any(
        r.level is Level.DANGER and now_s < _over_s(r, state, policy) + DECIDED_WITHIN_S
        for r in state.raising
    )
