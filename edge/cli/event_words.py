"""Words for what happened: the types of the event log and the purposes of messages.

Whatever is not named here is shown by its own name: an event of a newer floodbell is not lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from edge.locale import _

_STYLE: Final = {
    "report_accepted": "bold red",
    "report_withheld": "magenta",
    "report_unreached": "bold magenta",
    "report_unconfirmed": "bold magenta",
    "report_attempt_failed": "magenta",
    "bell_pressed": "bold red",
    "trouble_raised": "yellow",
}


def level_word(stage: str) -> str:
    """The one word for a stage."""
    words = {"normal": _("normal"), "alert": _("alert"), "danger": _("danger")}
    return words.get(stage, stage)


def stage_words(stage: str) -> tuple[str, str]:
    """The words for a change of the stage, and their style."""
    words = {
        "normal": (_("stage: normal"), "bold green"),
        "alert": (_("stage: ALERT"), "bold yellow"),
        "danger": (_("stage: DANGER"), "bold red"),
    }
    return words.get(stage, (stage, "bold"))


def purpose_words(purpose: str) -> str:
    """What a text is about."""
    words = {
        "report": _("report to 119"),
        "alert": _("water: alert"),
        "danger": _("water: danger"),
        "bell": _("bell pressed"),
        "call_yourself": _("119 not reached"),
        "unconfirmed": _("119 has not confirmed"),
        "call": _("call to 119"),
        "drowned": _("sensor may be under water"),
        "receded": _("water receded"),
        "trouble": _("trouble"),
        "trouble_cleared": _("trouble over"),
        "digest": _("daily digest"),
        "service_ends": _("service ends soon"),
        "drill": _("drill"),
        "test": _("test text"),
        "cap": _("CAP document"),
    }
    return words.get(purpose, purpose)


def delivery_words(state: str) -> str:
    """How it stands with a message."""
    words = {
        "waiting": _("waiting"),
        "in_flight": _("being sent"),
        "refused": _("REFUSED"),
        "withdrawn": _("withdrawn"),
        "expired": _("GIVEN UP"),
    }
    return words.get(state, state)


def event_words(kind: str) -> str:
    """What an event of the log is."""
    words = {
        "started": _("floodbell started"),
        "stopped": _("floodbell stopped"),
        "bell_pressed": _("BELL PRESSED"),
        "notice_accepted": _("text accepted"),
        "notice_delivered": _("text delivered"),
        "notice_undelivered": _("text not delivered"),
        "notice_failed": _("text failed"),
        "notice_withdrawn": _("text withdrawn"),
        "report_accepted": _("119 REPORT ACCEPTED"),
        "report_delivered": _("119 report delivered"),
        "report_withheld": _("NOT sent to 119"),
        "report_paced": _("119 report waits its turn"),
        "report_unreached": _("119 NOT REACHED"),
        "report_unconfirmed": _("119 HAS NOT CONFIRMED"),
        "notice_unconfirmed": _("text sent, not confirmed"),
        "call_answered": _("119 answered the call"),
        "call_attempt_failed": _("119 did not answer the call"),
        "call_failed": _("call to 119 given up"),
        "call_withdrawn": _("call to 119 withdrawn"),
        "call_taken": _("incoming call answered"),
        "call_ignored": _("incoming call not answered"),
        "text_came": _("text received"),
        "self_test": _("self-test"),
        "report_attempt_failed": _("attempt at 119 failed"),
        "receded": _("water receded"),
        "incident_closed": _("incident closed"),
        "trouble_raised": _("trouble"),
        "trouble_cleared": _("trouble over"),
        "acknowledged": _("acknowledged"),
        "silenced": _("silenced"),
        "reset": _("reset by hand"),
        "service_on": _("service begun"),
        "service_off": _("service ended"),
        "drill_started": _("drill begun"),
        "drill_ended": _("drill ended"),
        "modem_tested": _("test text asked for"),
        "digest": _("daily digest"),
        "stage_changed": _("stage"),
        "command": _("request of the centre"),
        "commands_refused": _("requests of the centre refused"),
        "calibrated": _("sensor calibrated"),
        "clock_set": _("clock set"),
        "readings_thinned": _("old readings thinned out"),
        "readings_lost": _("readings lost"),
        "armed": _("armed"),
        "disarmed": _("disarmed"),
    }
    return words.get(kind, kind)


def what_words(event: Mapping[str, Any]) -> tuple[str, str]:
    """What one event of the log is, with its stage, purpose or repeat, and its style."""
    kind = str(event.get("type"))
    if kind == "stage_changed":
        return stage_words(str(event.get("stage")))
    words = event_words(kind)
    if (purpose := event.get("purpose")) and purpose != "report":
        words = f"{words}: {purpose_words(str(purpose))}"
    elif kind == "report_accepted" and event.get("repeats"):
        words = f"{words} {event.get('repeat')}/{event.get('repeats')}"
    return words, _STYLE.get(kind, "")
