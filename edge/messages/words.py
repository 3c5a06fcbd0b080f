"""The words: what 119, the people of the home and the keepers of the device are texted. Pure.

The templates come from ``config/texts.*.toml`` and can be edited; this module fills them.
Invariant: no text says or implies that 119 was called when it was not, and a report to 119 fits
into one part of 45 characters with hazard, address and depth first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, get_args

from edge.effects import Facts, Origin, Purpose

REPORT_MAX_CHARACTERS = 45
"""Longest text to 119. Source: a Korean emergency text system cut reports at 45 characters, and the
half that mattered was lost (domain 0, fact 2)."""

FALLEN_MM = 10.0
"""Water this far below its peak is told as fallen; less is noise."""

DROWNED_LEAST_MM = 100.0
"""What is told at least of water that drowned its sensor: it was so deep when it was last seen."""

NOTICE_PURPOSES = (
    Purpose.ALERT,
    Purpose.DANGER,
    Purpose.BELL,
    Purpose.CALL_YOURSELF,
    Purpose.UNCONFIRMED,
    Purpose.DROWNED,
    Purpose.RECEDED,
    Purpose.TROUBLE,
    Purpose.TROUBLE_CLEARED,
    Purpose.DIGEST,
    Purpose.SERVICE_ENDS,
    Purpose.TEST,
)
"""Purposes with texts of their own; a drill borrows the texts of what it plays."""

_FIELDS = dict.fromkeys(("address", "site", "depth", "time", "cause", "detail"), "x")
_DEPTH_FIELDS = {"cm": 1, "peak": 1}
_PEOPLE_FIELDS = {"people": 1}
_CAUSE_FIELDS = {"name": "x"}


class TextsError(ValueError):
    """A texts file that cannot be used; the message names the key and what is wrong."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The templates of one language."""

    speaker: str
    drill: str
    only_drill: str
    service: str
    unstable: str
    not_reported: str
    report: Mapping[str, str]
    depth: Mapping[str, str]
    causes: Mapping[str, str]
    notices: Mapping[Purpose, Mapping[str, str]]


class Depths(Protocol):
    """What has words for depths."""

    @property
    def depth(self) -> Mapping[str, str]:
        """The forms: ``plain``, ``at_least``, ``fallen``, ``drowned``, ``unknown``."""


@dataclass(frozen=True, slots=True)
class Home:
    """What every text may name: the site and where it is."""

    site: str
    address: str
    occupants: int | None = None


def parse(data: Mapping[str, Any]) -> Texts:
    """Make templates of a parsed texts file.

    Raises:
        TextsError: A key is missing, is not text, or uses a name that is not offered.
    """
    tables = {name: _table(data, name) for name in ("report", "depth", "causes")}
    for name, keys in _NEEDED.items():
        for key in keys:
            if key not in tables[name]:
                raise TextsError(f"{name}.{key} is missing")
    _try_words(tables)
    notices = {purpose: _notice_table(data, purpose) for purpose in NOTICE_PURPOSES}
    return Texts(
        speaker=_word(data, "speaker"),
        drill=_word(data, "drill"),
        only_drill=_word(data, "only_drill"),
        service=_word(data, "service"),
        unstable=_word(data, "unstable"),
        not_reported=_word(data, "not_reported"),
        report=tables["report"],
        depth=tables["depth"],
        causes=tables["causes"],
        notices=notices,
    )


_NEEDED = {
    "report": ("water", "bell", "rescue", "standing", "people", "automatic"),
    "depth": ("plain", "at_least", "fallen", "drowned", "unknown"),
    "causes": ("sensor", "blind", "modem", "store", "broker", "other"),
}


def _word(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        raise TextsError(f"{key} is missing or not text")
    return unicodedata.normalize("NFC", value)


def _table(data: Mapping[str, Any], key: str) -> dict[str, str]:
    table = data.get(key)
    if not isinstance(table, Mapping):
        raise TextsError(f"[{key}] is missing")
    return {name: _word(table, name) for name in table}


def _try_words(tables: Mapping[str, Mapping[str, str]]) -> None:
    """Fill in every word that has a gap: a slip must be found at start, not on the way to 119."""
    for key, template in tables["depth"].items():
        _try(f"depth.{key}", template, _DEPTH_FIELDS)
    for key, template in tables["causes"].items():
        _try(f"causes.{key}", template, _CAUSE_FIELDS)
    for key, template in tables["report"].items():
        if key == "people":
            _try(f"report.{key}", template, _PEOPLE_FIELDS)
        elif key.startswith("depth_"):
            _try(f"report.{key}", template, _DEPTH_FIELDS)


def _try(key: str, template: str, fields: Mapping[str, object]) -> None:
    try:
        template.format_map(fields)
    except (KeyError, ValueError, IndexError, AttributeError, TypeError) as error:
        offered = ", ".join("{" + name + "}" for name in fields)
        raise TextsError(f"{key}: {template!r} uses {error}; offered are {offered}") from None


def _notice_table(data: Mapping[str, Any], purpose: Purpose) -> dict[str, str]:
    table = _table(data, purpose.value)
    if "all" not in table:
        raise TextsError(f"{purpose.value}.all is missing")
    for key, template in table.items():
        _try(f"{purpose.value}.{key}", template, _FIELDS)
    return table


def depth_words(texts: Depths, about: Facts) -> str:
    """Return the depth for people and 119: whole centimetres, floored (contract 4).

    Never less than the setpoint that was reached; below its peak by more than noise, the peak as
    well. A bound says nothing of having fallen: a float that is wet under deep water knows 2 cm.
    """
    if about.drowned:
        seen_mm = max(about.depth_mm or 0.0, DROWNED_LEAST_MM)
        return texts.depth["drowned"].format(cm=int(seen_mm // 10))
    if about.depth_mm is None:
        if about.setpoint_mm:
            return texts.depth["at_least"].format(cm=_cm(about.setpoint_mm))
        return texts.depth["unknown"]
    if about.peak_mm is not None and not about.at_least:
        peak_mm = max(about.peak_mm, about.setpoint_mm)
        if about.depth_mm < peak_mm - FALLEN_MM:
            return texts.depth["fallen"].format(cm=_cm(about.depth_mm), peak=_cm(peak_mm))
    form = "at_least" if about.at_least else "plain"
    return texts.depth[form].format(cm=_cm(max(about.depth_mm, about.setpoint_mm)))


def _cm(mm: float) -> int:
    """Whole centimetres, floored; noise below the floor is none."""
    return max(0, int(mm / 10))


def notice_text(
    texts: Texts, home: Home, purpose: Purpose, role: str, about: Facts, time_words: str
) -> str:
    """Return the text that one contact gets.

    Args:
        texts: The templates.
        home: Where.
        purpose: What for.
        role: The contact's role; a role without a text of its own gets the one for everybody.
        about: What was true when it was decided; for a drill, ``cause`` is what it plays.
        time_words: Local time of the decision, e.g. ``21:04``; empty where it is not known: it is
            left out with its parentheses, and a telephone shows when the text came.
    """
    played = Purpose(about.cause) if purpose is Purpose.DRILL else purpose
    table = texts.notices[played]
    template = table.get(role, table["all"])
    body = (template if time_words else _without_time(template)).format_map(
        {
            "address": home.address,
            "site": home.site,
            "depth": depth_words(texts, about),
            "time": time_words or "?",
            "cause": _cause_words(texts, about),
            "detail": about.detail,
        }
    )
    unreported = purpose in (Purpose.DANGER, Purpose.BELL) and not about.armed
    text = texts.speaker + body
    if about.mark == "drill":
        return texts.drill + text + texts.only_drill
    if about.mark == "service":
        return texts.service + text
    return text + (texts.not_reported if unreported else "")


def _without_time(template: str) -> str:
    """Leave out the time where it stands alone in parentheses, with the blank before."""
    return template.replace(" ({time})", "").replace("({time})", "")


def _cause_words(texts: Texts, about: Facts) -> str:
    """Return what a trouble is called; a digest names several, parted by commas."""
    words = []
    for cause in about.cause.split(","):
        kind, _, name = cause.partition(":")
        template = texts.causes.get(kind, texts.causes["other"])
        fault = name or about.detail.partition(":")[0].replace(" ", "_")
        template = texts.causes.get(f"{kind}_{fault}", template)  # a fault with words of its own
        words.append(template.format(name=name or cause))
    return ", ".join(words) + (texts.unstable if about.unstable else "")


def report_text(
    texts: Texts, home: Home, origin: Origin, about: Facts, *, repeat: int, repeats: int
) -> str:
    """Return the text to 119: at most 45 characters; what does not fit drops, least useful first.

    Order of dropping: the count of the report, the people, the word "automatic" (contract 4).
    Hazard, address and depth always stay.

    Raises:
        TextsError: The address is too long even then. ``check`` finds that at start.
    """
    # 119 reads Korean whatever the home reads: another language's file words its depths apart.
    apart = {key[6:]: word for key, word in texts.report.items() if key.startswith("depth_")}
    korean = replace(texts, depth={**texts.depth, **apart})
    for facts in (about, replace(about, peak_mm=None)):
        text = _shortened(korean, home, origin, facts, f"{repeat}/{repeats}")
        if len(text) <= REPORT_MAX_CHARACTERS:
            return text
    raise TextsError(
        f"a report to 119 would be {len(text)} characters, at most {REPORT_MAX_CHARACTERS} fit; "
        f"shorten the address by {len(text) - REPORT_MAX_CHARACTERS}"
    )


def _shortened(texts: Texts, home: Home, origin: Origin, about: Facts, count: str) -> str:
    """Return a report as long as it may be, or the shortest there is."""
    words = texts.report
    depth = depth_words(texts, about)
    people = words["people"].format(people=home.occupants) if home.occupants else ""
    if origin == "bell":
        wet = about.drowned or (about.depth_mm is not None and about.depth_mm >= 10.0)
        standing = [words["standing"] + depth] if wet else []
        core = [words["bell"] + home.address, words["rescue"], *standing]
        optional, drops = [people, count], [count, people]
    else:
        core = [words["water"] + home.address, depth]
        optional = [people, words["automatic"], count]
        drops = [count, people, words["automatic"]]
    for dropped in ("", *drops):
        optional = [part for part in optional if part != dropped]
        text = " ".join([*core, *optional])
        if len(text) <= REPORT_MAX_CHARACTERS:
            break
    return text


WORST = Facts(depth_mm=1200.0, at_least=True)
"""The longest ordinary case: three digits and a bound (contract 4)."""

LONGEST_NOTICE_PARTS = 4
"""A notice longer than this would be cut off by some networks and read by nobody."""


def check(
    texts: Texts, home: Home, split: Callable[[str], list[str]]
) -> tuple[tuple[str, str], ...]:
    """Return what is wrong with the texts for this home: key and words.

    What cannot fit is refused at start, not found out in a flood.

    Args:
        texts: The templates.
        home: Where.
        split: Cuts a text into the parts that leave: an emoji takes the room of two letters.
    """
    problems: dict[str, str] = {}
    for origin in get_args(Origin):
        try:
            report = report_text(texts, home, origin, WORST, repeat=3, repeats=3)
        except TextsError as error:
            problems["site.address"] = str(error)
        else:
            if len(split(report)) > 1:
                problems["site.address"] = f"a report to 119 has more than one part: {report}"
    for purpose in NOTICE_PURPOSES:
        for role in texts.notices[purpose]:
            longest = max(
                (
                    notice_text(texts, home, purpose, role, about, "00:00")
                    for about in (UNARMED_WORST, *_MARKED.get(purpose, ()))
                ),
                key=lambda text: len(split(text)),
            )
            parts = len(split(longest))
            if parts > LONGEST_NOTICE_PARTS:
                key = f"texts.{purpose.value}.{role}"
                most = f"at most {LONGEST_NOTICE_PARTS} fit"
                problems[key] = f"{len(longest)} characters in {parts} parts, {most}"
    return tuple(problems.items())


UNARMED_WORST = Facts(depth_mm=1000.0, peak_mm=1200.0, cause="other:window-1")
"""The longest notice: fallen water, and the sentence that 119 was not called."""

_DRILL_WORST = replace(UNARMED_WORST, mark="drill")
_SERVICE_WORST = replace(UNARMED_WORST, mark="service")
_MARKED: Mapping[Purpose, tuple[Facts, ...]] = {
    Purpose.ALERT: (_DRILL_WORST, _SERVICE_WORST),
    Purpose.DANGER: (_DRILL_WORST, _SERVICE_WORST),
    Purpose.BELL: (_DRILL_WORST,),
    Purpose.DROWNED: (_SERVICE_WORST,),
    Purpose.RECEDED: (_SERVICE_WORST,),
}
"""What a drill plays and what water causes in a service: the same texts, with words round them."""
