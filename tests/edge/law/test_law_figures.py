"""The figures, tables and beginnings of the law: each has a source, none changes by itself."""

from __future__ import annotations

import inspect
import json
from dataclasses import is_dataclass, replace
from math import inf

import pytest

from edge import law
from edge.events import Hand
from edge.law import (
    accepting,
    arming,
    courses,
    digest,
    drill,
    drowning,
    levels,
    memory,
    policy,
    recall,
    service,
    state,
    voting,
    wear,
)
from edge.law.levels import Level, Setpoint, Vote, is_clear, vote
from edge.law.notices import WHO_IS_TOLD
from edge.law.policy import Policy, ReportPolicy, Role, SensorPolicy, TroublePolicy, ZonePolicy
from edge.law.state import (
    Incident,
    Raising,
    ReportState,
    SensorState,
    Service,
    Siren,
    State,
    Trouble,
)
from tests.edge.law.basement import ONE_SENSOR, Basement

VALUES = [
    value
    for module in (levels, policy, state)
    for value in vars(module).values()
    if inspect.isclass(value) and is_dataclass(value)
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_no_value_of_the_law_can_be_changed(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]  # every dataclass has it
    assert hasattr(value, "__slots__")


def test_the_law_is_entered_by_three_doors() -> None:
    assert law.__all__ == ["due_s", "line_seized", "step"]


def test_levels_are_in_order_and_named_as_they_are_published() -> None:
    assert [(level.value, level.word) for level in Level] == [
        (0, "normal"),
        (1, "alert"),
        (2, "danger"),
    ]
    assert [v.value for v in Vote] == ["wet", "dry", "unknown"]
    assert [str(role) for role in Role] == [
        "resident",
        "guardian",
        "partner",
        "office",
        "technician",
    ]


@pytest.mark.parametrize(
    ("at_least_mm", "below_mm", "voted"),
    [
        (20.0, 20.0, Vote.WET),
        (20.0, inf, Vote.WET),
        (19.9, 19.9, Vote.DRY),
        (-inf, 20.0, Vote.DRY),
        (19.9, 20.1, Vote.UNKNOWN),
        (-inf, inf, Vote.UNKNOWN),
    ],
)
def test_a_bound_votes_only_on_what_it_knows(
    at_least_mm: float, below_mm: float, voted: Vote
) -> None:
    assert vote(at_least_mm, below_mm, 20.0) is voted


def test_clear_is_below_the_deadband_and_for_a_switch_below_the_setpoint() -> None:
    alert = Setpoint(Level.ALERT, 20, 5, 5, 600)
    assert is_clear(15.0, alert, switch=False)
    assert not is_clear(15.1, alert, switch=False)
    assert is_clear(20.0, alert, switch=True)
    assert not is_clear(20.1, alert, switch=True)


def test_the_defaults_are_those_of_the_contract_and_the_design() -> None:
    assert ReportPolicy() == ReportPolicy(repeats=3, repeat_interval_s=60.0, unreached_after_s=60.0)
    assert TroublePolicy() == TroublePolicy(
        on_delay_s=10.0, off_delay_s=60.0, repeat_s=3600.0, broker_text_after_s=1800.0
    )
    assert Policy(
        ONE_SENSOR.alert, ONE_SENSOR.danger, ONE_SENSOR.sensors, ONE_SENSOR.zones, {}
    ) == Policy(
        ONE_SENSOR.alert,
        ONE_SENSOR.danger,
        ONE_SENSOR.sensors,
        ONE_SENSOR.zones,
        {},
        report=ReportPolicy(),
        trouble=TroublePolicy(),
        max_rise_mm_s=50.0,
        uncorroborated_delay_s=10.0,
        latch_clear_s=43200.0,
        siren_cutoff_s=1200.0,
        bell_incident_s=21600.0,
        episode_step_mm=100.0,
    )
    assert SensorPolicy("home") == SensorPolicy(
        "home", height_mm=None, two_wire=False, cable=None, cut_reads_dry=False
    )
    assert ZonePolicy(("door",)) == ZonePolicy(("door",), needed=1, danger=True)


def test_who_is_told_is_the_table_of_the_design() -> None:
    """Design 4.6."""
    told = {purpose.value: {role.value for role in roles} for purpose, roles in WHO_IS_TOLD.items()}
    people = {"resident", "guardian", "partner", "office"}
    keepers = {"office", "technician"}
    assert {key: told[key] for key in ("alert", "danger", "call_yourself", "drowned")} == (
        dict.fromkeys(("alert", "danger", "call_yourself", "drowned"), people)
    )
    assert told["bell"] == people - {"resident"}
    assert told["receded"] == people
    assert told["trouble"] == told["trouble_cleared"] == told["digest"] == keepers


def test_in_the_beginning_nothing_has_happened() -> None:
    assert State() == State(
        sensors={},
        raising=(),
        level=Level.NORMAL,
        zone=None,
        level_since_s=0.0,
        incident=None,
        siren=Siren(on=False, since_s=None, silenced=False, cut_off=False),
        troubles={},
        cleared_s={},
        digested_s=None,
        armed=False,
        report_armed=False,
        disarmed=None,
        service=None,
        drill=None,
        remembered={},
        next_id="",
        report_not_before_s=-inf,
        started_s=-inf,
    )


def test_a_sensor_begins_without_an_opinion() -> None:
    sensor = SensorState()
    assert (sensor.at_least_mm, sensor.below_mm) == (-inf, inf)
    assert (str(sensor.health), sensor.reason) == ("stale", "no reading yet")
    assert sensor.read_s == -inf
    assert (sensor.steps, sensor.recent, sensor.trail) == ((), (), ())
    assert not sensor.doubted
    assert not sensor.deep
    for moment in ("jumped_s", "clear_alert_s", "clear_danger_s", "lost_s", "changed_s", "wet_s"):
        assert getattr(sensor, moment) is None
    assert sensor.last_mm is None


def test_an_incident_a_report_and_a_trouble_begin_empty() -> None:
    assert Incident("i1", 5.0) == Incident(
        id="i1",
        opened_s=5.0,
        latched=Level.NORMAL,
        bell=False,
        pressed_s=None,
        episode=0,
        alerts=0,
        peak_mm=None,
        reported_mm=None,
        zone=None,
        acknowledged=False,
        deeper_since_s=None,
        recedings=0,
        normal_since_s=None,
        wet_alert=frozenset(),
        wet_danger=frozenset(),
        reports=(),
        contested=(),
        blind_since=(),
        unopposed_s=None,
        danger_zones=frozenset(),
        crest_mm=None,
        drowned_told=(),
        drowned_tellings=0,
        drowned=frozenset(),
        service=False,
    )
    assert ReportState(1, "water", 5.0, 150.0) == ReportState(
        1,
        "water",
        5.0,
        150.0,
        repeat=0,
        waiting=False,
        next_s=None,
        accepted=0,
        unreached=False,
        acknowledged=False,
        withheld=False,
        reason="",
    )
    assert Trouble("modem", "", 1.0) == Trouble(
        "modem", "", 1.0, raised_s=None, texted_s=None, gone_s=None, unstable=False
    )
    assert not Service(9.0, "kim").warned
    assert not Raising("home", Level.ALERT, 1.0, 1, rise=True, sensor="door").lone


def test_the_stored_state_of_a_quiet_home_is_plain_and_says_its_form() -> None:
    stored = memory.dump(State(), 10.0)
    assert stored["form"] == 1
    json.dumps(stored, allow_nan=False)
    with pytest.raises(ValueError, match=r"^stored state has form 99, expected 1$"):
        memory.load({**stored, "form": 99}, 10.0, ONE_SENSOR, gap_s=1.0)


def test_a_reading_of_a_sensor_that_is_not_in_the_settings_is_nothing() -> None:
    home = Basement()
    before = home.state
    home.read("attic", 200.0)
    assert home.state is before
    assert home.effects == []


def told(cause: str, detail: str, gone_s: float | None = None) -> Trouble:
    return Trouble(cause, detail, 1.0, raised_s=2.0, texted_s=3.0, gone_s=gone_s)


def test_a_late_disk_remembers_what_was_told_and_the_present_what_is_seen() -> None:
    remembered = {
        "modem": told("modem", "before"),
        "store": told("store", "gone with the disk"),
        "power": Trouble("power", "never told", 1.0),
    }
    present = {
        "modem": Trouble("modem", "now", 50.0, gone_s=60.0),
        "power": Trouble("power", "now", 50.0),
        "broker": Trouble("broker", "new", 50.0),
    }
    assert recall.joined(remembered, present) == {
        "modem": told("modem", "now", gone_s=60.0),
        "store": remembered["store"],
        "power": present["power"],
        "broker": present["broker"],
    }


def test_what_is_stored_now_and_then_is_an_incident_and_what_water_does() -> None:
    home = Basement()
    home.run(2, door=0.0)
    dry = home.state
    home.read("door", 1.0)
    assert not memory.moves(dry, home.state), "a quiet floor is not worth a write"
    home.run(3, door=lambda t: 10 * t)
    assert home.state.raising
    assert not memory.moves(dry, home.state), "a delay that runs is told by wet_runs"
    home.run(10, door=60.0)
    assert home.state.level is Level.ALERT
    wet = home.state
    assert memory.moves(dry, wet), "an incident has begun"
    assert not memory.moves(wet, wet)
    home.now_s += 0.2
    home.read("door", 60.0)
    assert memory.moves(wet, home.state), "at alert, every reading"


def test_without_an_incident_no_drowned_zone_is_awaited() -> None:
    assert drowning.due_s(State(), ONE_SENSOR) == inf


def test_a_cut_wire_under_receding_water_is_no_deeper_flood() -> None:
    """A contact at 30 cm turns wet while the door reads dry: no second episode and no report."""
    with_contact = replace(
        ONE_SENSOR,
        sensors={
            "door": SensorPolicy("entrance"),
            "high": SensorPolicy("entrance", height_mm=300, two_wire=True),
        },
        zones={"entrance": ZonePolicy(("door", "high"))},
    )
    home = Basement(with_contact)
    home.bound("high", -inf, 300.0)
    home.flood(200.0)
    assert len(home.reports) == 1
    home.run(3, door=0.0)
    for _ in range(5):
        home.bound("high", 300.0)
        home.run(2, door=0.0)
    assert home.state.incident is not None
    assert home.state.incident.episode == 1


def test_the_courses_of_troubles_are_those_of_the_design() -> None:
    """Design 4.8 and 4.10: on-delay, when it is texted, when again; None is a settings' figure."""
    assert courses.Course(on_delay_s=None, text_after_s=0.0, again_s=inf) == courses.ORDINARY
    assert {
        kind: (course.on_delay_s, course.text_after_s, course.again_s)
        for kind, course in courses.COURSES.items()
    } == {
        **dict.fromkeys(
            ("blind", "modem", "store", "fault", "battery", "unchanged", "untested", "self_test"),
            (0.0, 0.0, inf),
        ),
        "broker": (None, None, inf),
        "certificate": (None, None, inf),
        "mains": (0.0, 900.0, inf),
        "unarmed": (7200.0, 0.0, 86400.0),
    }


def test_the_longest_and_the_usual_times_of_hands_are_those_of_the_contract() -> None:
    """Contract 2: disarm for at most 480 minutes; design 4.9: service at most 2 h, drill 10 min."""
    assert (arming.LONGEST_MIN, service.LONGEST_MIN, service.USUAL_MIN) == (480.0, 120.0, 60.0)
    assert (drill.LASTS_S, service.WARN_BEFORE_S) == (600.0, 300.0)
    home = Basement()
    assert home.ask(Hand.DISARM, 480.0) == ""
    assert home.ask(Hand.SERVICE_ON, 120.0) == ""


def test_a_day_a_year_and_a_minute_are_as_long_as_the_design_says() -> None:
    assert (voting.UNCHANGED_S, wear.WET_TEST_S, digest.EVERY_S) == (86400.0, 31536000.0, 86400.0)
    assert (drowning.COUNTS_AFTER_S, accepting.DEEP_MM) == (60.0, 100.0)
    assert (memory.RESUME_WITHIN_S, memory.LEAST_DELAY_S) == (60.0, 1.0)
