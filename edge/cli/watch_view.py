"""What ``floodbell watch`` draws: the state, a bar of water for each sensor, the ways out, news.

Owns the choice of what is left out where the window is small: the news first, then the ways out
that are well; never the state, a sensor or a trouble before those. Invariant: what is not known is
drawn as not known, and an answer that is old is said to be old: silence never looks like safety.
Draws nothing by itself: ``lines`` returns the picture.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any, Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from edge.cli.event_words import event_words, level_word, purpose_words, stage_words
from edge.cli.status import depth_words, first_of_all, interlock_words, links, span
from edge.diagnose.details import in_words
from edge.diagnose.remedies import name_of, remedy_for
from edge.locale import _

Answer = dict[str, Any]

OLD_S: Final = 3.0
"""An answer is older than this only if the bell did not give the next one."""

_BAR_MAX: Final = 60
_BAR_MIN: Final = 10
_TOP: Final = 1.4
"""The bar reaches beyond the danger setpoint, so that one sees it passed."""

_WATER: Final = "█"
_SURELY: Final = "▓"
_DRY: Final = "·"
_NOT_KNOWN: Final = "?"
_MARK: Final = "┃"

_QUALITY_STYLE: Final = {"good": "cyan", "suspect": "yellow", "faulted": "red", "stale": "red"}


def lines(
    answer: Answer, *, age_s: float, width: int, height: int, zone: tzinfo | None
) -> list[Text]:
    """Draw an answer of the bell.

    Args:
        answer: To the question ``watch``.
        age_s: Seconds since it came.
        width: Columns of the window.
        height: Rows of the window; so many lines come back at most.
        zone: In which the times of events are told.
    """
    head = [*_head(answer, age_s, width), Text()]
    sensors = _sensors(answer, width)
    troubles = _troubles(answer)
    ways = [Text(), *_ways(answer)]
    news = _news(answer, zone)
    room = height - len(head) - len(sensors) - len(troubles)
    if room < len(ways):
        ways = ways[1:] if room == len(ways) - 1 else []
    room -= len(ways)
    shown = news[-(room - 2) :] if room > 2 and news else []
    tail = [Text(), Text(_("last events, newest first"), "bold"), *reversed(shown)] if shown else []
    picture = [*head, *sensors, *troubles, *ways, *tail][: max(1, height)]
    for line in picture:
        line.no_wrap, line.overflow = True, "ellipsis"
    return picture


def _head(answer: Answer, age_s: float, width: int) -> list[Text]:
    state = _state(answer)
    title = f" floodbell  {answer.get('site') or ''} "
    note = _("q: quit")
    gap = max(1, width - cell_len(title) - cell_len(note) - 1)
    head = [Text.assemble((title, "bold reverse"), " " * gap, (note, "dim"))]
    if age_s > OLD_S:
        words = _("NO ANSWER for {age}: what stands here is OLD").format(age=span(age_s))
        head.append(Text(words, "bold white on magenta"))
    return [*head, *state]


def _state(answer: Answer) -> list[Text]:
    rows = [Text(f" {words} ", style) for words, style in first_of_all(answer)]
    if answer.get("incident"):
        heard = [
            _("acknowledged") if answer.get("acknowledged") else _("not acknowledged"),
            _("siren sounds") if answer.get("siren") else _("siren silent"),
        ]
        highest = level_word(str(answer.get("latched")))
        words = _("incident for {time}, highest {stage}").format(
            time=span(answer.get("for_s")), stage=highest
        )
        rows.append(Text(", ".join((words, *heard))))
    return rows


def _sensors(answer: Answer, width: int) -> list[Text]:
    sensors: dict[str, Answer] = answer.get("sensors") or {}
    setpoints = answer.get("setpoints") or {}
    alert_mm, danger_mm = setpoints.get("alert_mm"), setpoints.get("danger_mm")
    names = max(map(cell_len, sensors), default=0)
    words = {sensor_id: _reading(sensor) for sensor_id, sensor in sensors.items()}
    longest = max(map(cell_len, words.values()), default=0)
    bar = min(_BAR_MAX, width - names - longest - 4)
    rows = []
    for sensor_id, sensor in sensors.items():
        style = _QUALITY_STYLE.get(str(sensor.get("quality")), "")
        name = set_cell_size(sensor_id, names)
        if bar >= _BAR_MIN:
            drawn = depth_bar(sensor, alert_mm, danger_mm, bar)
            rows.append(Text.assemble((name, "bold"), "  ", drawn, "  ", (words[sensor_id], style)))
        else:
            drawn = depth_bar(sensor, alert_mm, danger_mm, min(_BAR_MAX, max(_BAR_MIN, width - 2)))
            rows += [
                Text.assemble((name, "bold"), "  ", (words[sensor_id], style)),
                Text.assemble("  ", drawn),
            ]
    return rows


def _reading(sensor: Answer) -> str:
    """The water, and what keeps it from being believed."""
    quality = {"suspect": _("suspect"), "faulted": _("faulted"), "stale": _("stale")}
    grade = str(sensor.get("quality"))
    if grade == "good":
        return depth_words(sensor)
    if grade == "suspect":
        return f"{depth_words(sensor)}, {quality[grade]}"
    return quality.get(grade, grade)


def depth_bar(sensor: Answer, alert_mm: float | None, danger_mm: float | None, width: int) -> Text:
    """Draw what one sensor knows of the water, with the two setpoints as marks.

    Args:
        sensor: Its part of the answer: ``depth_mm``, ``at_least_mm``, ``below_mm``, ``quality``.
        alert_mm: The alert setpoint; None where it is not known.
        danger_mm: The danger setpoint.
        width: Cells.
    """
    if sensor.get("quality") not in ("good", "suspect"):
        return Text(_NOT_KNOWN * width, "red")
    low_mm, high_mm = sensor.get("at_least_mm"), sensor.get("below_mm")
    top_mm = max((danger_mm or 150.0) * _TOP, (low_mm or 0.0) * 1.1)
    sure = 0 if low_mm is None else _cell(low_mm, top_mm, width)
    dry = width if high_mm is None else _cell(high_mm, top_mm, width)
    exact = sensor.get("depth_mm") is not None
    bar = Text()
    marks = {
        _cell(at_mm, top_mm, width - 1): style
        for at_mm, style in ((alert_mm, "yellow"), (danger_mm, "red"))
        if at_mm is not None
    }
    for cell in range(width):
        if cell in marks:
            under = " on blue" if cell < sure else ""
            bar.append(_MARK, marks[cell] + under)
        elif cell < sure:
            bar.append(_WATER if exact else _SURELY, "blue")
        elif cell < dry and not exact:
            bar.append(_NOT_KNOWN, "dim")
        else:
            bar.append(_DRY, "dim")
    return bar


def _cell(depth_mm: float, top_mm: float, width: int) -> int:
    """The first cell above a depth; a little water is seen as a little water."""
    share = max(0.0, min(1.0, depth_mm / top_mm))
    return max(round(share * width), 1 if depth_mm >= 1 else 0)


def _ways(answer: Answer) -> list[Text]:
    rows = [(_("report to 119"), interlock_words(answer)), *links(answer)]
    longest = max(cell_len(name) for name, _words in rows)
    return [
        Text.assemble((set_cell_size(name, longest), "bold"), "  ", words) for name, words in rows
    ]


def _troubles(answer: Answer) -> list[Text]:
    troubles = answer.get("troubles") or []
    rows = []
    for trouble in troubles:
        cause = str(trouble.get("cause"))
        detail = in_words(str(trouble.get("detail") or ""))
        words = f"{name_of(cause)}: {detail} ({span(trouble.get('for_s'))})"
        rows += [Text(words, "yellow"), Text(f"  → {remedy_for(cause)}", "yellow")]
    return (
        [Text(), Text(_("{count} trouble(s)").format(count=len(troubles)), "bold yellow"), *rows]
        if rows
        else []
    )


def _news(answer: Answer, zone: tzinfo | None) -> list[Text]:
    return [event_line(event, zone) for event in answer.get("events") or []]


def event_line(event: Answer, zone: tzinfo | None) -> Text:
    """One event in one line: when, what, who, why."""
    kind = str(event.get("type"))
    style = ""
    if kind == "stage_changed":
        what, style = stage_words(str(event.get("stage")))
    else:
        what = event_words(kind)
        if (purpose := event.get("purpose")) and purpose != "report":
            what = f"{what}: {purpose_words(str(purpose))}"
    who = event.get("contact") or event.get("by") or event.get("zone") or event.get("cause") or ""
    try:
        when = f"{datetime.fromisoformat(str(event.get('ts'))).astimezone(zone):%H:%M:%S}"
    except ValueError:
        when = "?"
    parts = (what, str(who), in_words(str(event.get("reason") or "")))
    return Text.assemble((when, "dim"), " ", ("  ".join(filter(None, parts)), style))
