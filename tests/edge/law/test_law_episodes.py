"""When an episode begins, exactly at its figures; contests; the peak (design 4.4, 4.5)."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from edge.effects import Effect, Report
from edge.events import Health
from edge.law.episodes import begin, deepen, settle_contest
from edge.law.levels import Level
from edge.law.policy import Policy, SensorPolicy, ZonePolicy
from edge.law.state import Incident, SensorState, State
from tests.edge.law.basement import DOOR_AND_WINDOW, ONE_SENSOR, WITH_HIGH_CONTACT

OPEN = Incident("i7", 0.0, latched=Level.DANGER, episode=1, reported_mm=150.0)


def reads(depth_mm: float) -> SensorState:
    return SensorState(at_least_mm=depth_mm, below_mm=depth_mm, health=Health.GOOD)


def wet_from(height_mm: float, changed_s: float = 0.0) -> SensorState:
    return SensorState(
        at_least_mm=height_mm, below_mm=inf, health=Health.GOOD, changed_s=changed_s, read_s=500.0
    )


def lost(lost_s: float) -> SensorState:
    return SensorState(health=Health.FAULTED, reason="no echo", lost_s=lost_s)


def at_danger(incident: Incident = OPEN, **sensors: SensorState) -> State:
    return State(sensors=sensors, level=Level.DANGER, incident=incident, armed=True)


def opened(state: State) -> Incident:
    assert state.incident is not None
    return state.incident


def test_an_episode_is_unacknowledged_uncontested_and_paced_by_what_119_heard_before() -> None:
    before = replace(OPEN, acknowledged=True, unopposed_s=5.0)
    state = replace(at_danger(before, door=reads(200.0)), report_not_before_s=150.0)
    out: list[Effect] = []
    incident = opened(begin(state, "water", 100.0, ONE_SENSOR, reason="why", out=out))
    assert (incident.acknowledged, incident.unopposed_s, incident.contested) == (False, None, ())
    assert (incident.episode, incident.reported_mm) == (2, 200.0)
    assert [r.next_s for r in incident.reports] == [150.0]


# A contest


CONTESTED = replace(OPEN, contested=("high",))


def settled(state: State, now_s: float, policy: Policy = WITH_HIGH_CONTACT) -> State:
    return settle_contest(state, now_s, policy, [])


def test_a_contest_is_settled_at_once_when_the_others_have_been_silent_for_long() -> None:
    state = at_danger(CONTESTED, high=wet_from(150.0), door=lost(90.0))
    assert settled(state, 99.9) is state
    assert opened(settled(state, 100.0)).episode == 2
    assert settled(replace(state, level=Level.ALERT), 100.0).incident is CONTESTED


def test_a_contest_is_settled_by_water_that_another_sees_for_as_long_as_a_jump_waits() -> None:
    state = settled(at_danger(CONTESTED, high=wet_from(150.0), door=reads(30.0)), 100.0)
    assert opened(state).unopposed_s == 100.0
    assert opened(settled(state, 109.9)).episode == 1
    assert opened(settled(state, 110.0)).episode == 2
    dry_again = settled(state.with_sensor("door", reads(0.0)), 105.0)
    assert opened(dry_again).unopposed_s is None
    assert settled(dry_again, 106.0) is dry_again


def test_all_contacts_that_were_contested_are_named_when_they_are_believed() -> None:
    contact = SensorPolicy("entrance", height_mm=150, two_wire=True, cable="c")
    policy = replace(
        ONE_SENSOR,
        sensors={"door": SensorPolicy("entrance"), "x": contact, "y": contact},
        zones={"entrance": ZonePolicy(("door", "x", "y"))},
    )
    incident = replace(OPEN, contested=("x", "y"))
    state = at_danger(incident, x=wet_from(150.0), y=wet_from(150.0), door=lost(0.0))
    out: list[Effect] = []
    settle_contest(state, 100.0, policy, out)
    (report,) = [e for e in out if isinstance(e, Report)]
    assert report.reason == "x, y wet, and no sensor sees a dry floor any more"


# Deeper


def deeper(state: State, now_s: float, policy: Policy = DOOR_AND_WINDOW) -> Incident:
    return opened(deepen(state, now_s, policy, []))


def test_a_hundred_millimetres_more_for_the_on_delay_are_an_episode() -> None:
    state = at_danger(door=reads(250.0), window=reads(0.0))
    waiting = deeper(state, 100.0)
    assert (waiting.deeper_since_s, waiting.episode) == (100.0, 1)
    state = replace(state, incident=waiting)
    assert deeper(state, 102.9).episode == 1
    begun = deeper(state, 103.0)
    assert (begun.episode, begun.reported_mm, begun.deeper_since_s) == (2, 250.0, None)
    almost = at_danger(door=reads(249.9), window=reads(0.0))
    assert deeper(almost, 100.0).deeper_since_s is None


def test_a_contact_alone_is_no_deeper_flood_while_a_sensor_may_still_say_dry() -> None:
    policy = replace(
        WITH_HIGH_CONTACT,
        sensors={
            "door": SensorPolicy("entrance"),
            "high": SensorPolicy("entrance", height_mm=300, two_wire=True),
        },
    )
    waiting = replace(OPEN, deeper_since_s=90.0)
    state = at_danger(waiting, high=wet_from(300.0), door=lost(95.0))
    assert deeper(state, 104.9, policy).episode == 1
    assert deeper(state, 105.0, policy).episode == 2


def test_a_peak_is_a_depth_that_was_seen_to_stand() -> None:
    jumped = replace(reads(200.0), jumped_s=99.0)
    assert deeper(at_danger(door=jumped), 100.0).peak_mm == 0.0
    assert deeper(at_danger(door=jumped), 100.0).crest_mm == 0.0
    assert deeper(at_danger(door=reads(200.0)), 100.0).peak_mm == 200.0
    bound = at_danger(high=wet_from(150.0, changed_s=97.0))
    assert deeper(bound, 99.9, WITH_HIGH_CONTACT).peak_mm == 0.0
    assert deeper(bound, 100.0, WITH_HIGH_CONTACT).peak_mm == 150.0


def test_at_normal_there_is_no_peak() -> None:
    state = replace(at_danger(door=reads(5.0)), level=Level.NORMAL)
    assert deepen(state, 100.0, ONE_SENSOR, []) is state
