"""Drills, case by case (design 4.8, 4.9): never to 119, never in the way of what is real."""

from __future__ import annotations

import pytest

from edge.effects import Notice, Purpose
from edge.events import Hand
from edge.law import due_s
from edge.law.levels import Level
from tests.edge.law.basement import ONE_SENSOR, Basement


def drilling(stage: str = "danger") -> Basement:
    basement = Basement()
    basement.run(3, door=0.0)
    assert basement.ask(Hand.DRILL, stage=stage, contacts=("mother", "office")) == ""
    return basement


@pytest.mark.parametrize(
    ("stage", "siren", "depth_mm"),
    [("alert", False, 20), ("danger", True, 150), ("bell", True, None)],
)
def test_a_drill_sounds_and_texts_as_its_stage_would(
    stage: str, siren: bool, depth_mm: float | None
) -> None:
    basement = drilling(stage)
    sound = basement.sounds()[-1]
    assert (sound.siren, sound.strobe) == (siren, True)
    [notice] = basement.notices(Purpose.DRILL)
    assert notice.contacts == ("mother", "office")
    assert (notice.facts.mark, notice.facts.cause) == ("drill", stage)
    assert notice.facts.depth_mm == depth_mm
    assert notice.origin is None
    assert notice.incident is None


def test_a_drill_never_reaches_119() -> None:
    basement = drilling("bell")
    basement.run(620, door=0.0)
    assert basement.reports == []
    assert {n.origin for _, n in basement.effects if isinstance(n, Notice)} == {None}


def test_a_contact_named_twice_gets_one_text() -> None:
    basement = Basement()
    assert basement.ask(Hand.DRILL, stage="alert", contacts=("mother", "mother")) == ""
    assert basement.notices(Purpose.DRILL)[0].contacts == ("mother",)


@pytest.mark.parametrize(
    ("stage", "contacts", "words"),
    [
        ("flood", ("mother",), "'flood' is not one of alert, danger, bell"),
        ("danger", (), "no contact"),
        ("danger", ("mother", "119"), "119"),
    ],
)
def test_a_drill_of_nothing_or_to_nobody_known_is_refused(
    stage: str, contacts: tuple[str, ...], words: str
) -> None:
    basement = Basement()
    assert words in basement.ask(Hand.DRILL, stage=stage, contacts=contacts)
    assert basement.effects == []


def test_a_drill_is_refused_while_an_incident_is_open() -> None:
    basement = Basement()
    basement.press()
    assert "is open" in basement.ask(Hand.DRILL, stage="bell", contacts=("mother",))


def test_a_drill_is_refused_in_service() -> None:
    basement = Basement()
    basement.ask(Hand.SERVICE_ON)
    assert "in service" in basement.ask(Hand.DRILL, stage="bell", contacts=("mother",))


def test_a_second_drill_waits_for_the_first_to_end() -> None:
    basement = drilling()
    assert "under way" in basement.ask(Hand.DRILL, stage="bell", contacts=("mother",))
    assert basement.ask(Hand.DRILL_END, local=False) == ""
    assert basement.ask(Hand.DRILL, stage="bell", contacts=("mother",)) == ""
    first, second = basement.notices(Purpose.DRILL)
    assert first.facts.cause != second.facts.cause


def test_the_same_drill_twice_is_texted_twice() -> None:
    basement = drilling()
    basement.ask(Hand.DRILL_END)
    basement.run(1, door=0.0)
    basement.ask(Hand.DRILL, stage="danger", contacts=("mother",))
    first, second = basement.notices(Purpose.DRILL)
    assert first.episode != second.episode


def test_a_drill_ends_by_itself_after_ten_minutes() -> None:
    basement = drilling()
    basement.interval_s = 1.0
    basement.run(599, door=0.0)
    assert basement.state.drill is not None
    basement.run(2, door=0.0)
    assert basement.state.drill is None
    assert not basement.sounds()[-1].strobe
    assert basement.withdrawn()[-1].purposes == (Purpose.DRILL,)
    assert due_s(basement.state, ONE_SENSOR) == float("inf")


def test_a_drill_ends_by_hand() -> None:
    basement = drilling()
    assert basement.ask(Hand.DRILL_END) == ""
    assert basement.state.drill is None
    assert not basement.sounds()[-1].siren
    assert basement.ask(Hand.DRILL_END) == "no drill is under way"


def test_a_drill_can_be_silenced_and_goes_on() -> None:
    basement = drilling()
    assert basement.ask(Hand.SILENCE) == ""
    assert basement.state.drill is not None
    assert not basement.sounds()[-1].siren


def test_real_danger_cuts_a_drill_short_and_sounds_on() -> None:
    basement = drilling()
    basement.flood(200.0)
    assert basement.state.drill is None
    assert basement.sounds()[-1].siren
    assert basement.state.siren.on
    assert len(basement.reports) == 1
    assert (Purpose.DRILL,) in [w.purposes for w in basement.withdrawn()]
    assert {n.facts.mark for n in basement.notices(Purpose.DANGER)} == {""}


def test_a_real_alert_cuts_a_drill_short_and_stops_its_siren() -> None:
    basement = drilling("danger")
    basement.flood(60.0)
    assert basement.stands_at(Level.ALERT)
    assert basement.state.drill is None
    sound = basement.sounds()[-1]
    assert (sound.siren, sound.strobe) == (False, True)
    assert not basement.state.siren.on


def test_the_real_bell_cuts_a_drill_short() -> None:
    basement = drilling("bell")
    basement.press()
    assert basement.state.drill is None
    assert basement.sounds()[-1].siren
    assert [r.origin for _, r in basement.reports] == ["bell"]


def test_a_restart_forgets_the_drill() -> None:
    basement = drilling()
    basement.restart()
    assert basement.state.drill is None
    assert not basement.state.siren.on
