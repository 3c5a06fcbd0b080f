"""What the law wants done, as values: the order of purposes, keys, and what is left unsaid."""

from __future__ import annotations

from edge.effects import (
    Facts,
    Log,
    Notice,
    Purpose,
    Report,
    Withdraw,
    message_key,
    report_key,
)


def test_purposes_are_in_the_order_in_which_messages_leave() -> None:
    assert [str(purpose) for purpose in Purpose] == [
        "report",
        "danger",
        "call_yourself",
        "unconfirmed",
        "drowned",
        "bell",
        "call",
        "alert",
        "receded",
        "trouble",
        "trouble_cleared",
        "digest",
        "service_ends",
        "drill",
        "test",
        "cap",
    ]


def test_a_key_names_all_that_makes_a_message_what_it_is() -> None:
    """It is stored: another form would send again what was accepted before an update."""
    assert message_key("i1", 2, Purpose.DANGER, "mother", 3, 4) == "i1/2/danger/mother/3/4"
    assert report_key("i1", 2, 3) == "i1/2/report/119/3/1"
    assert Report("i1", 2, 3, 3, "water", "why").key == report_key("i1", 2, 3)


def test_facts_say_nothing_that_nobody_said() -> None:
    assert Facts() == Facts(
        depth_mm=None,
        at_least=False,
        peak_mm=None,
        setpoint_mm=0.0,
        zone=None,
        armed=False,
        drowned=False,
        cause="",
        detail="",
        mark="",
        unstable=False,
        again=False,
    )
    assert not Facts().armed


def test_an_effect_that_names_no_incident_is_about_none() -> None:
    assert Log("started") == Log("started", incident=None, episode=0, reason="", fields={})
    assert Withdraw(None, (), "why") == Withdraw(None, (), "why", cause=None, keys=())
    assert Notice(Purpose.TEST, (), None, 1, Facts(), "why").origin is None
