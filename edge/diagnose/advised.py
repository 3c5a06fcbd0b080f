"""The warnings of ``edge.settings.advising`` in the chosen language.

Owns the sentences by code; which of them are due is decided there. Invariant: a code that is not
known here is said in English, never left out.
"""

from __future__ import annotations

from edge.locale import _
from edge.settings import Advice


def advice_words(item: Advice) -> str:
    """Say a warning in the chosen language."""
    template = _sentences().get(item.code)
    if template is None:
        return item.text
    given = dict(item.given)
    if "kind" in given:
        given["kind"] = kind_words(str(given["kind"]))
    if "words" in given:
        given["words"] = _wanted(str(given["words"]))
    return template.format(**given)


def kind_words(kind: str) -> str:
    """What a kind of sensor is called (``drivers.sensors.mounting.Kind``)."""
    words = {
        "ultrasonic": _("ultrasonic"),
        "pressure": _("pressure"),
        "contact": _("contact"),
        "supervised contact": _("supervised contact"),
        "simulated": _("simulated"),
    }
    return words.get(kind, kind)


def _sentences() -> dict[str, str]:
    return {
        "one_kind": _(
            "only one kind of sensor ({kind}): what fools one fools all, and 119 could be called"
            " for nothing; add one of another kind"
        ),
        "open_contact": _(
            "a cut wire of a normally open contact reads as dry for ever, and it saves no zone from"
            " being blind; use a normally closed one"
        ),
        "bare_probe": _(
            "a cut wire of a probe of bare electrodes reads as dry for ever, and it saves no zone"
            " from being blind; use a supervised_contact"
        ),
        "simulated": _("simulated: it sees no real water"),
        "toy": _(
            "an HC-SR04 is a toy: no housing against damp, and its echo is timed by a busy"
            " processor; do not let danger hang on it, use an a02yyuw"
        ),
        "few_frames": _(
            "{interval_s:g} s has fewer than three frames at one every {frame_s:g} s, so the median"
            " sorts no bad one out: a dry one begins the delay before 119 anew; {filtered_s:g} s or"
            " longer is filtered"
        ),
        "air_assumed": _(
            "this sensor takes air of {celsius:g} °C for granted: 20 °C more or less move the depth"
            " by {moved_mm:.0f} mm at the floor, and its readings are marked suspect where that is"
            " more than 20; name a thermometer"
        ),
        "span_too_long": _(
            "a probe is out by 0.5 % of its span, here {least_mm:.0f} mm: too much to tell"
            " {alert_mm:g} mm of water; take one of 1 m or less, or another sensor for the alert"
        ),
        "alert_unseen": _(
            "none of its sensors can tell {alert_mm:g} mm of water: nobody is told before it is"
            " deeper; add one that can, a float switch at that height for example"
        ),
        "voting": _(
            "{voting} needs {needed} wet sensors: it trades missed water for false calls; what one"
            " of them misses is missed"
        ),
        "no_contacts": _("nobody is told when water comes"),
        "not_armed": _("false: 119 is not called, whatever happens"),
        "not_119": _("reports go to {number}, not to 119"),
        "cap_in_the_clear": _(
            "not https: the address of the home goes through the network in the clear"
        ),
        "http_lacks": _("not set: no text leaves this way without {words}"),
        "no_modem": _(
            "none: every text needs the home's internet and the right time, and 119 is not reached"
        ),
        "internet_first": _(
            "the internet comes first: it needs mains and the right time; put the modem first"
        ),
    }


def _wanted(english: str) -> str:
    """What a web service cannot do without (``drivers.channels.sms.settings.NEEDED``)."""
    wanted = {
        "the name of the file with the API key": _("the name of the file with the API key"),
        "the name of the file with the API secret": _("the name of the file with the API secret"),
        "the name of the file with the access key": _("the name of the file with the access key"),
        "the name of the file with the secret key": _("the name of the file with the secret key"),
        "the id of the SMS service: ncp:sms:kr:…": _("the id of the SMS service: ncp:sms:kr:…"),
        "the name of the file with the account SID, or with an API key": _(
            "the name of the file with the account SID, or with an API key"
        ),
        "the name of the file with the auth token, or with the key's secret": _(
            "the name of the file with the auth token, or with the key's secret"
        ),
    }
    return wanted.get(english, english)
