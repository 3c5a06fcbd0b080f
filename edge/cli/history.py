"""``floodbell history``: what was measured, as a table, a picture, CSV or JSON.

Read from the readings log in the state directory, whether or not the daemon runs. Owns the options
and which of the answers is given; the log may be larger than the memory, so no answer holds it.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from edge.cli import (
    beside,
    history_book,
    history_export,
    history_words,
    moments,
    picture_file,
    screen,
    store_link,
)
from edge.cli.beside import Line
from edge.cli.completing import sensor_ids
from edge.cli.history_book import DAY_S, Wanted
from edge.cli.history_view import View, setpoints
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_SETTINGS, CommandEnded
from edge.locale import _

if TYPE_CHECKING:
    from edge.cli.course import Course

_LINES_BESIDE: Final = 10
"""Of a terminal's height for what stands above and below the newest rows."""

_FEWEST_ROWS: Final = 14


class NotAsked(CommandEnded):
    """What was asked for cannot be."""

    code = EXIT_SETTINGS


@click.command(
    help=_("Show what was measured [default: the last 24 h of it]."),
    epilog=_(
        "WHEN: 90s, 30m, 2h, 3d or 1w ago; today, yesterday; a day, 2026-07-01; a moment,"
        " 2026-07-01T12:00 or 2026-07-01T12:00:00Z; --since all. A time is that of the bell"
        " unless it ends in Z or +09:00. --since a day means its beginning, --until its end."
    ),
)
@click.option("--since", metavar="WHEN", help=_("From then on"))
@click.option("--until", metavar="WHEN", help=_("Until then"))
@click.option(
    "--sensor",
    "sensors",
    multiple=True,
    metavar="ID...",
    shell_complete=sensor_ids,
    help=_("Of these only"),
)
@click.argument("more", nargs=-1, metavar="", shell_complete=sensor_ids)
@click.option("--all", "whole", is_flag=True, help=_("Every row, however many"))
@click.option("--csv", "as_csv", is_flag=True, help=_("CSV on stdout"))
@click.option("--plot", is_flag=True, help=_("Draw it in the terminal"))
@click.option(
    "--png",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=_("Write the picture to a file"),
)
@reporting
def history(asked: Asked, more: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401  click's own
    """Read the readings log and show it."""
    if more and not options["sensors"]:
        raise click.UsageError(_("Unexpected: {words}").format(words=" ".join(more)))
    forms = [name for name in ("as_csv", "plot") if options[name]] + ["json"] * asked.as_json
    if len(forms) > 1:
        raise click.UsageError(_("One of --csv, --json and --plot, not two."))
    where = store_link.place(asked.config)
    wanted = _wanted(asked, where, {*options["sensors"], *more}, options)
    if options["png"] is not None:
        with picture_file.told(asked, options["png"]):
            picture_file.check(options["png"])
    with store_link.opened(asked, where) as reader:
        found = history_book.look_back(lambda: store_link.newest_first(reader, "readings"), wanted)
        view = View(reader, where, wanted, found, datetime.now(UTC).timestamp())
        _check_sensors(asked, view)
        _answer(asked, view, options)
    return 0


def _wanted(
    asked: Asked, where: store_link.Place, sensors: set[str], options: dict[str, Any]
) -> Wanted:
    now = datetime.now(UTC)
    since, until = options["since"], options["until"]
    from_, to = (
        None if words is None else _moment(asked, name, words, read, now, where.zone)
        for name, words, read in (
            ("--since", since, moments.since),
            ("--until", until, moments.until),
        )
    )
    if from_ is not None and to is not None and from_ >= to:
        sentence = _("--since {since} is not before --until {until}.")
        raise NotAsked(sentence.format(since=since, until=until), as_json=asked.as_json)
    return Wanted(
        since_s=None if from_ is None else from_.timestamp(),
        until_s=None if to is None else to.timestamp(),
        last_s=DAY_S if since is None else None,
        sensors=frozenset(sensors),
    )


def _moment(
    asked: Asked,
    option: str,
    words: str,
    read: Callable[[str, datetime, ZoneInfo | None], datetime | None],
    now: datetime,
    zone: ZoneInfo | None,
) -> datetime | None:
    try:
        return read(words, now, zone)
    except moments.NotAMoment as error:
        sentence = _(
            "{option} {words} is not understood. Allowed: 90s, 30m, 2h, 3d, 1w; today, yesterday;"
            " 2026-07-01; 2026-07-01T12:00, with Z or +09:00 if it is not the bell's time;"
            " --since all"
        )
        raise NotAsked(
            sentence.format(option=option, words=words), as_json=asked.as_json
        ) from error


def _check_sensors(asked: Asked, view: View) -> None:
    """Refuse a sensor of which neither the settings nor the readings know."""
    known = {*view.where.table("sensors"), *view.found.sensors}
    for sensor in sorted(view.wanted.sensors - known):
        sentence = _("No sensor {sensor} in the settings or in this time; there is: {known}")
        raise NotAsked(
            sentence.format(sensor=sensor, known=", ".join(sorted(known))), as_json=asked.as_json
        )


def _answer(asked: Asked, view: View, options: dict[str, Any]) -> None:
    course = None
    if view.found.count and (options["plot"] or options["png"] is not None):
        course = view.course(setpoints(asked.config))
    if options["as_csv"]:
        history_export.write_csv(view.chosen())
        if view.found.thinned:
            screen.complain(history_words.thinned_words(view.found.thinned))
    elif asked.as_json:
        about = history_export.about(view.found, view.reader.ids["readings"])
        history_export.write_json(view.chosen(), view.beside.marks, about, view.tallies)
    else:
        _show(view, course if options["plot"] else None, options)
    if course is not None and options["png"] is not None:
        quiet = asked.as_json or options["as_csv"]
        _draw(asked, course, view.title(), options["png"], quiet=quiet)


def _show(view: View, course: Course | None, options: dict[str, Any]) -> None:
    """The rows or the picture, then what they come to: that is where a terminal leaves the eye."""
    if not view.found.count:
        _say_that_there_is_none(view)
        return
    if course is not None:
        from edge.cli import plot

        screen.say(view.title(), "bold")
        plot.show(course)
    elif options["png"] is None:
        _show_rows(view, whole=options["whole"])
    _show_sums(view)


def _show_rows(view: View, *, whole: bool) -> None:
    found, out = view.found, screen.screen()
    sensors = view.wanted.sensors & found.sensors or found.sensors
    look = history_words.layout(view.where.zone, sensors, bounded=found.bounded, unset=found.unset)
    woven: Iterable[Line] = view.woven()
    hidden = 0
    if out.is_terminal and not whole:
        newest: deque[Line] = deque(maxlen=max(_FEWEST_ROWS, out.height - _LINES_BESIDE))
        passed = 0
        for line in woven:
            newest.append(line)
            passed += 1
        woven = newest
        hidden = passed - len(newest)
    for text in history_words.lines(woven, look):
        if out.is_terminal:
            out.print(text, soft_wrap=True)
        else:
            sys.stdout.write(f"{text.plain.rstrip()}\n")
    if hidden:  # below, for what stands above may have left the terminal
        words = _("{count} more rows before these: --all, or | less")
        screen.say(words.format(count=hidden), "bold")


def _show_sums(view: View) -> None:
    zone = view.where.zone
    screen.say()
    expected = view.wanted.sensors or set(view.where.table("sensors"))
    for sensor in sorted(expected | set(view.tallies)):
        tally = view.tallies.get(sensor)
        screen.say(history_words.tally_words(sensor, tally, zone), "" if tally else "yellow")
    silent_s = view.now_s - beside.silence_s(view.interval_s)
    lasts = [tally.last for tally in view.tallies.values() if tally.last]
    if view.wanted.until_s is None:
        for last in sorted(lasts, key=lambda row: row.sensor):
            if last.at_s < silent_s:
                screen.say(history_words.silent_words(last, view.now_s, zone), "yellow")
    if view.found.thinned:
        screen.say(history_words.thinned_words(view.found.thinned), "dim")
    if view.found.unset:
        screen.say(_("? the clock was not set: the order is right, the time may not be"), "dim")


def _say_that_there_is_none(view: View) -> None:
    newest = view.found.newest
    if newest is None:
        screen.say(_("Nothing has been measured so far."))
        return
    when = history_words.at(newest.at_s, view.where.zone, moments.TO_THE_MINUTE)
    words = _("Nothing was measured in this time. The newest reading is of {time}.")
    screen.say(words.format(time=when), "yellow")


def _draw(asked: Asked, course: Course, title: str, png: Path, *, quiet: bool) -> None:
    from edge.cli import plot_png

    with picture_file.told(asked, png):
        plot_png.write(course, title, png)
    if not quiet:
        screen.say(_("Picture written: {path}").format(path=png))
