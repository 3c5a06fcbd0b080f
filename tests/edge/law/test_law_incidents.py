"""What opening, rising, falling and closing change, field by field (design 4.5)."""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Log, Purpose, Sound, Withdraw
from edge.events import Health
from edge.law import incidents
from edge.law.levels import Level
from edge.law.policy import SensorPolicy, ZonePolicy
from edge.law.raising import Raised
from edge.law.state import Incident, Raising, SensorState, State
from tests.edge.law.basement import DOOR_AND_WINDOW, ONE_SENSOR

NOBODY = replace(DOOR_AND_WINDOW, contacts={})
LOST = SensorState(health=Health.FAULTED, reason="no echo")


def reads(depth_mm: float) -> SensorState:
    return SensorState(at_least_mm=depth_mm, below_mm=depth_mm, health=Health.GOOD)


def raised(zone: str, level: Level, *wet: str, drowned: bool = False) -> Raised:
    return Raised(zone, level, wet, f"{zone} {level.word}", drowned=drowned)


def running(zone: str, level: Level) -> Raising:
    return Raising(zone, level, 90.0, 3, rise=True, sensor="door")


def risen(state: State, *ups: Raised) -> tuple[State, Incident, list[Effect]]:
    out: list[Effect] = []
    state = incidents.rise(state, ups, 100.0, NOBODY, out)
    assert state.incident is not None
    return state, state.incident, out


def stages(out: list[Effect]) -> list[tuple[object, object, int]]:
    changed = [e for e in out if isinstance(e, Log) and e.type == "stage_changed"]
    return [(e.fields["stage"], e.fields["zone"], e.episode) for e in changed]


def test_an_alert_opens_an_incident_under_the_id_that_was_laid_ready() -> None:
    delays = tuple(running(z, v) for z in NOBODY.zones for v in (Level.ALERT, Level.DANGER))
    quiet = State(sensors={"door": reads(60.0)}, next_id="i7", raising=delays)
    state, incident, out = risen(quiet, raised("entrance", Level.ALERT, "door"))
    assert (state.level, state.zone, state.level_since_s) == (Level.ALERT, "entrance", 100.0)
    assert state.next_id == ""
    assert state.raising == (delays[1], delays[3]), "danger is still being judged"
    assert incident == Incident(
        "i7",
        100.0,
        latched=Level.ALERT,
        alerts=1,
        zone="entrance",
        peak_mm=60.0,
        crest_mm=60.0,
        wet_alert=frozenset({"door"}),
    )
    assert stages(out) == [("alert", "entrance", 0)]


def test_the_worst_of_two_zones_is_taken_first_and_the_other_is_no_rise() -> None:
    quiet = State(sensors={"door": reads(60.0), "window": reads(200.0)}, next_id="i7")
    ups = (raised("entrance", Level.ALERT, "door"), raised("bedroom", Level.DANGER, "window"))
    state, incident, out = risen(quiet, *ups)
    assert (state.level, state.zone) == (Level.DANGER, "bedroom")
    assert incident.wet_danger == incident.wet_alert == {"window"}
    assert incident.danger_zones == {"bedroom"}
    assert stages(out) == [("danger", "bedroom", 1)]


def test_a_rise_adds_to_what_was_wet_and_what_has_drowned() -> None:
    before = Incident(
        "i7",
        5.0,
        peak_mm=90.0,
        normal_since_s=50.0,
        wet_alert=frozenset({"door"}),
        wet_danger=frozenset({"door"}),
        drowned=frozenset({"entrance"}),
    )
    state = State(sensors={"door": reads(60.0), "window": LOST}, incident=before)
    drowned = raised("bedroom", Level.DANGER, "window", drowned=True)
    _, incident, _ = risen(state, drowned)
    assert incident.normal_since_s is None
    assert incident.wet_alert == incident.wet_danger == {"door", "window"}
    assert incident.drowned == {"entrance", "bedroom"}
    assert (incident.peak_mm, incident.crest_mm) == (90.0, None)
    _, incident, _ = risen(state, raised("bedroom", Level.ALERT, "window"))
    assert incident.wet_danger == {"door"}
    assert incident.drowned == {"entrance"}


def test_a_rise_of_which_nothing_is_seen_any_more_has_no_peak() -> None:
    state = State(sensors={"door": LOST}, next_id="i7")
    _, incident, _ = risen(state, raised("entrance", Level.ALERT, "door"))
    assert incident.peak_mm is None


def test_danger_in_a_second_room_begins_an_episode_if_the_first_is_only_held() -> None:
    held = Incident(
        "i7",
        5.0,
        latched=Level.DANGER,
        episode=1,
        wet_danger=frozenset({"door"}),
        danger_zones=frozenset({"entrance"}),
    )
    state = State(sensors={"door": LOST, "window": reads(200.0)}, level=Level.DANGER, incident=held)
    again = raised("bedroom", Level.DANGER, "window")
    _, incident, out = risen(state, again)
    assert incident.episode == 2
    assert incident.danger_zones == {"entrance", "bedroom"}
    assert stages(out) == [], "the level has not changed"
    standing = replace(state, sensors={"door": reads(200.0), "window": reads(200.0)})
    assert risen(standing, again)[1].episode == 1


def test_danger_that_a_second_sensor_sees_in_a_clear_room_begins_an_episode() -> None:
    two = replace(
        ONE_SENSOR,
        sensors={"door": SensorPolicy("entrance"), "wall": SensorPolicy("entrance")},
        zones={"entrance": ZonePolicy(("door", "wall"))},
    )
    clear = replace(reads(60.0), clear_danger_s=-1800.0)
    incident = Incident(
        "i7", 5.0, wet_danger=frozenset({"door"}), danger_zones=frozenset({"entrance"})
    )
    state = State(
        sensors={"door": clear, "wall": reads(200.0)}, level=Level.DANGER, incident=incident
    )
    after = incidents.rise(state, (raised("entrance", Level.DANGER, "wall"),), 100.0, two, [])
    assert after.incident is not None
    assert after.incident.episode == 1


def test_water_that_is_back_takes_back_that_it_has_receded() -> None:
    before = Incident("i7", 5.0, recedings=1)
    state = State(sensors={"door": reads(60.0)}, incident=before)
    _, _, out = risen(state, raised("entrance", Level.ALERT, "door"))
    assert Withdraw("i7", (Purpose.RECEDED,), "the water is back") in out
    _, _, out = risen(replace(state, incident=None, next_id="i8"), raised("entrance", Level.ALERT))
    assert [e for e in out if isinstance(e, Withdraw)] == []


def test_falling_lets_go_of_all_that_was_true_of_the_danger() -> None:
    deep = Incident(
        "i7",
        5.0,
        latched=Level.DANGER,
        wet_alert=frozenset({"door"}),
        wet_danger=frozenset({"door"}),
        danger_zones=frozenset({"entrance"}),
        contested=("door",),
        unopposed_s=50.0,
        drowned=frozenset({"entrance"}),
        drowned_told=(("entrance", None),),
    )
    doubted = {"door": replace(reads(60.0), doubted=True)}
    state = State(
        sensors=doubted,
        remembered={"window": SensorState(doubted=True)},
        level=Level.DANGER,
        zone="entrance",
        incident=deep,
    )
    out: list[Effect] = []
    at_alert = incidents.fall(state, Level.ALERT, 100.0, NOBODY, "why", out)
    left = replace(
        Incident("i7", 5.0, latched=Level.DANGER, wet_alert=frozenset({"door"})),
        drowned_told=deep.drowned_told,
    )
    assert at_alert.incident == left
    assert (at_alert.level, at_alert.level_since_s) == (Level.ALERT, 100.0)
    assert at_alert.sensors == doubted
    assert stages(out) == [("alert", "entrance", 0)]
    assert incidents.fall(at_alert, Level.ALERT, 200.0, NOBODY, "why", out) is at_alert
    dry = incidents.fall(at_alert, Level.NORMAL, 200.0, NOBODY, "why", out)
    assert dry.incident == replace(left, drowned_told=(), normal_since_s=200.0, recedings=1)
    assert not dry.sensors["door"].doubted
    assert dry.remembered["window"].doubted is False


def test_without_an_incident_no_level_falls() -> None:
    state = State(level=Level.ALERT)
    assert incidents.fall(state, Level.NORMAL, 5.0, NOBODY, "why", []) is state


def test_closing_leaves_a_quiet_home_with_its_sensors() -> None:
    state = State(
        sensors={"door": replace(reads(0.0), doubted=True)},
        remembered={"window": SensorState(doubted=True)},
        level=Level.ALERT,
        zone="entrance",
        incident=Incident("i7", 5.0, episode=2, peak_mm=60.0),
        raising=(running("bedroom", Level.DANGER),),
    )
    out: list[Effect] = []
    closed = incidents.close(state, 17.345, "why", out)
    assert closed == State(
        sensors={"door": reads(0.0)},
        remembered={"window": SensorState()},
        level_since_s=17.345,
    )
    assert closed.remembered["window"].doubted is False
    assert out == [
        Withdraw("i7", (Purpose.REPORT, Purpose.CALL), "why"),
        Sound(siren=False, strobe=False, reason="why"),
        Log("incident_closed", "i7", 2, "why", {"peak_mm": 60.0, "lasted_s": 12.3}),
    ]
