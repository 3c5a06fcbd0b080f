"""How a replay is shown: what was assumed, the figures, and a table of what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge.cli import screen
from edge.cli.event_words import event_words, purpose_words, stage_words
from edge.locale import _
from edge.simulate.story import Entry, Kind, Story, Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edge.simulate.home import Home

_FIRST_ROWS: Final = 40
"""So many rows are shown without ``--full``: a flood has twenty or thirty."""

_WIDE: Final = 150
"""Columns from which text and reason have a column each, and so in a file."""

_STYLE: Final = {
    Kind.REPORT: "red",
    Kind.CALL: "red",
    Kind.WITHHELD: "magenta",
    Kind.PACED: "magenta",
    Kind.SIREN: "dim",
    Kind.DROPPED: "dim",
}


def clock(seconds: float) -> str:
    """A time since the beginning of the series: hours, minutes, seconds."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def show_assumptions(home: Home, settings: str, *, dry_after: bool) -> None:
    """Say what the replay stands on, so that nobody takes it for more than it is."""
    screen.say(settings, "bold")
    for line in (*_sensor_lines(home), *_port_lines(home, dry_after=dry_after)):
        screen.say(line, "dim")


def _sensor_lines(home: Home) -> Iterable[str]:
    for probe in home.probes:
        if not probe.wet:
            yield _("{sensor}: sees a dry floor").format(sensor=probe.sensor_id)
        elif probe.height_mm is not None:
            yield _("{sensor}: switches in this water at {height:.0f} mm").format(
                sensor=probe.sensor_id, height=probe.height_mm
            )
        elif probe.sensor_id == home.sensor:
            yield _("{sensor}: measures this water").format(sensor=probe.sensor_id)
        else:
            yield _("{sensor}: measures the same water").format(sensor=probe.sensor_id)


def _port_lines(home: Home, *, dry_after: bool) -> Iterable[str]:
    yield _("The modem takes every text at once; times in texts count from the beginning.")
    if dry_after:
        yield _("After the series the floor is dry.")
    else:
        yield _("After the series its last depth stands.")
    if not home.armed:
        yield _("Not armed: reports to 119 are withheld. --armed shows what they would say.")


def show_figures(story: Story) -> None:
    """The peak, and how soon each setpoint was answered."""
    screen.say()
    screen.say(
        _("Peak {depth:.0f} mm at {time}; {points} point(s) over {span}.").format(
            depth=story.peak[1],
            time=clock(story.peak[0] - story.begins_s),
            points=story.points,
            span=clock(story.ends_s - story.begins_s),
        )
    )
    screen.say(alert_line(story), "yellow" if story.alert.told_s is not None else "")
    screen.say(danger_line(story), "bold red" if story.danger.crossed_s is not None else "")
    screen.say(
        _("{reports} report(s) to 119, {withheld} withheld, {notices} text(s) to people.").format(
            reports=story.count(Kind.REPORT),
            withheld=story.count(Kind.WITHHELD),
            notices=story.texts_to_people,
        )
    )
    if story.open:
        until_s = story.played_to_s - story.begins_s
        screen.say(_("Still open at {time}, where the replay ended.").format(time=clock(until_s)))


def alert_line(story: Story) -> str:
    """How soon people were told."""
    told = story.alert
    if told.latency_s is not None:
        return _("Alert: {depth:.0f} mm passed at {time}, people told {late:.1f} s later.").format(
            depth=told.setpoint_mm, time=_crossed(story, told), late=told.latency_s
        )
    if told.crossed_s is None:
        return _("Alert: {depth:.0f} mm never reached.").format(depth=told.setpoint_mm)
    return _("Alert: {depth:.0f} mm passed at {time}, nobody told.").format(
        depth=told.setpoint_mm, time=_crossed(story, told)
    )


def danger_line(story: Story) -> str:
    """How soon 119 was."""
    told = story.danger
    if told.latency_s is not None:
        words = _("Danger: {depth:.0f} mm passed at {time}, 119 told {late:.1f} s later.")
        return words.format(depth=told.setpoint_mm, time=_crossed(story, told), late=told.latency_s)
    if told.crossed_s is None:
        return _("Danger: {depth:.0f} mm never reached.").format(depth=told.setpoint_mm)
    if story.count(Kind.WITHHELD):
        words = _("Danger: {depth:.0f} mm passed at {time}, the report to 119 was withheld.")
    else:
        words = _("Danger: {depth:.0f} mm passed at {time}, 119 not told.")
    return words.format(depth=told.setpoint_mm, time=_crossed(story, told))


def _crossed(story: Story, told: Told) -> str:
    return clock((told.crossed_s or 0.0) - story.begins_s)


def show_entries(story: Story, *, full: bool) -> None:
    """What would have been sent when, to whom, and why."""
    screen.say()
    if not story.entries:
        screen.say(_("Nothing would have been sent."))
        return
    shown = story.entries if full else story.entries[:_FIRST_ROWS]
    styles = [_style(entry) for entry in shown]
    out = screen.screen()
    if out.is_terminal and out.width < _WIDE:
        heads: tuple[str, ...] = (_("time"), _("water"), _("what happens"))
        screen.show_table(heads, _narrow(story, shown), styles)
    else:
        heads = (_("time"), _("water"), _("what"), _("to"), _("text"), _("why"))
        screen.show_table(heads, _wide(story, shown), styles)
    if hidden := len(story.entries) - len(shown):
        screen.say(_("{count} more rows: --full").format(count=hidden), "bold")


def _wide(story: Story, entries: Sequence[Entry]) -> Iterable[tuple[str, ...]]:
    for entry, why in _with_reasons(entries):
        to = ", ".join(entry.to)
        yield (*_when(story, entry), what(entry), to, entry.text, why)


def _narrow(story: Story, entries: Sequence[Entry]) -> Iterable[tuple[str, ...]]:
    """Text and reason under what happened: three columns side by side would be too thin to read."""
    for entry, why in _with_reasons(entries):
        to = ", ".join(entry.to)
        head = f"{what(entry)} → {to}" if to else what(entry)
        because = _("because {reason}").format(reason=why) if why else ""
        yield (*_when(story, entry), "\n".join(filter(None, (head, entry.text, because))))


def _with_reasons(entries: Sequence[Entry]) -> Iterable[tuple[Entry, str]]:
    """Each reason once: not again for every text of a moment, nor for a report's repeats."""
    before: tuple[float, str] | None = None
    for entry in entries:
        now = (entry.at_s, entry.reason)
        yield entry, "" if now == before or entry.repeat > 1 else entry.reason
        before = now


def _when(story: Story, entry: Entry) -> tuple[str, str]:
    return clock(entry.at_s - story.begins_s), f"{entry.depth_mm:.0f} mm"


def _style(entry: Entry) -> str:
    return stage_words(entry.about)[1] if entry.kind is Kind.STAGE else _STYLE.get(entry.kind, "")


def what(entry: Entry) -> str:
    """What an entry tells, in a few words."""
    if entry.kind is Kind.STAGE:
        return stage_words(entry.about)[0]
    if entry.kind is Kind.REPORT:
        return _("report to 119, {repeat} of {repeats}").format(
            repeat=entry.repeat, repeats=entry.repeats
        )
    if entry.kind is Kind.SIREN:
        words = {
            "siren": _("siren and strobe on"),
            "strobe": _("strobe on, no siren"),
            "off": _("siren and strobe off"),
        }
        return words[entry.about]
    if entry.kind is Kind.DROPPED:
        return _("not sent any more: {what}").format(what=purpose_words(entry.about))
    if entry.kind is Kind.NOTICE:
        return _("text, {what}").format(what=purpose_words(entry.about))
    plain = {
        Kind.CALL: _("119 is called"),
        Kind.WITHHELD: _("report to 119 WITHHELD"),
        Kind.PACED: _("report to 119 waits its turn"),
    }
    return plain.get(entry.kind) or event_words(entry.about)
