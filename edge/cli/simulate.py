"""``floodbell simulate FILE.csv``: a recorded flood through the law: who would have been told when.

Owns the options, the choice of the bell, and what becomes of a file that cannot be played. The
playing is ``edge.simulate``'s, the words ``story_words``', the pictures ``plot``'s.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from edge.cli import picture_file, screen
from edge.cli.arguments import DEFAULT_CONFIG
from edge.cli.completing import sensor_ids
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_SETTINGS, CommandEnded, SettingsBroken
from edge.locale import N_, _

if TYPE_CHECKING:
    from edge.messages.words import Texts
    from edge.settings import Settings
    from edge.simulate.home import Home
    from edge.simulate.story import Story


EXPECTED: Final = (
    N_("the header t_s,depth_mm"),
    N_("two finite numbers"),
    N_("seconds after those of the line before"),
    N_("seconds that are not negative"),
    N_("a shorter series: at most 5,000,000 readings are played"),
)
"""What the readers of a series say that they expected, listed for the catalogue."""


class NotPlayed(CommandEnded):
    """The file, or what was asked of it, cannot be played."""

    code = EXIT_SETTINGS


@click.command(
    help=_("Play a recorded flood: who would be told when."),
    epilog=_(
        "FILE.csv: the header t_s,depth_mm, then a line for each point: seconds that rise, and"
        " millimetres of water above the floor. Between points the water runs straight."
    ),
)
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option(
    "--sensor",
    metavar="ID",
    shell_complete=sensor_ids,
    help=_("The sensor that measured it [default: the first]"),
)
@click.option("--only", is_flag=True, help=_("Only this sensor sees the water, others a dry floor"))
@click.option(
    "--armed/--as-set",
    default=False,
    help=_("As if reports to 119 were armed / as the settings say [default]"),
)
@click.option(
    "--then",
    type=click.Choice(["stands", "dry"]),
    default="stands",
    show_default=True,
    help=_("What follows the series: its last depth stands, or the floor is dry"),
)
@click.option("--plot", is_flag=True, help=_("Draw depth and stages in the terminal as well"))
@click.option(
    "--png",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=_("Write the picture to a file"),
)
@click.option("--full", is_flag=True, help=_("Every row, however many"))
@reporting
def simulate(asked: Asked, file: Path, **options: Any) -> int:  # noqa: ANN401  click's own
    """Play one file, and show what came of it."""
    if options["png"] is not None:
        with picture_file.told(asked, options["png"]):
            picture_file.check(options["png"])
    home, settings = _home(asked, options["sensor"], only=options["only"], armed=options["armed"])
    dry_after = options["then"] == "dry"
    story = _play(asked, file, home, dry_after=dry_after)
    if asked.as_json:
        screen.show_json(document(story, home, file, settings, options["then"]))
    else:
        _show(story, home, settings, options)
    if options["png"] is not None:
        _draw(asked, story, file, options["png"])
    return 0


def _show(story: Story, home: Home, settings: Path | None, options: dict[str, Any]) -> None:
    """What it stands on first, the figures last: that is where a terminal leaves the eye."""
    from edge.cli import story_words

    source = (
        _("Settings: {path}").format(path=settings)
        if settings
        else _(
            "No settings at {path}: played to a usual home: one ultrasonic sensor 600 mm above the"
            " floor, one contact of each role, armed."
        ).format(path=DEFAULT_CONFIG)
    )
    story_words.show_assumptions(home, source, dry_after=options["then"] == "dry")
    story_words.show_entries(story, full=options["full"])
    if options["plot"]:
        from edge.cli import plot, story_course

        plot.show(story_course.course(story))
    story_words.show_figures(story)


def _home(asked: Asked, sensor: str | None, *, only: bool, armed: bool) -> tuple[Home, Path | None]:
    """Return the bell, and where its settings are from; None for the usual home."""
    from edge.simulate.home import NoSuchSensor, home_of

    settings, texts, source = _settings(asked)
    try:
        home = home_of(settings, texts, sensor=sensor, only=only, armed=armed or None)
    except NoSuchSensor as unknown:
        raise NotPlayed(
            _("No sensor {sensor} in the settings; there is: {known}").format(
                sensor=unknown.sensor_id, known=", ".join(unknown.known)
            ),
            as_json=asked.as_json,
        ) from unknown
    return home, source


def _settings(asked: Asked) -> tuple[Settings, Texts, Path | None]:
    from edge.messages.texts import find, load, load_all
    from edge.messages.words import TextsError
    from edge.settings import SettingsError, parse
    from edge.simulate.home import USUAL_HOME

    # A file that was named must be there; without any, a usual home is better than no answer.
    if asked.config == DEFAULT_CONFIG and not _is_there(asked.config):
        language = os.environ.get("LANGUAGE", "ko")  # as edge.locale.use() left it
        usual = parse(USUAL_HOME.format(language=language).encode())
        try:
            return usual, load(find(language)), None
        except TextsError as error:
            raise NotPlayed(str(error), as_json=asked.as_json) from error
    try:
        settings, texts = load_all(asked.config)
    except SettingsError as broken:
        raise SettingsBroken(asked.config, broken.problems, as_json=asked.as_json) from broken
    return settings, texts, asked.config


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True  # loading it says what is wrong
    return True


def _play(asked: Asked, file: Path, home: Home, *, dry_after: bool) -> Story:
    from drivers.sensors.simulated import BadLine
    from edge.simulate import series
    from edge.simulate.replay import play
    from edge.simulate.water import NoPoints

    try:
        with file.open(encoding="utf-8-sig") as text:
            return play(series.read(text, home.readings_a_second), home, dry_after=dry_after)
    except BadLine as bad:
        words = _("{path}, line {line}: found {found}; expected {expected}").format(
            path=file, line=bad.line, found=bad.found, expected=_(bad.expected)
        )
    except NoPoints:
        words = _("{path}: no line after the header t_s,depth_mm").format(path=file)
    except UnicodeDecodeError:
        words = _("{path}: not a text file in UTF-8").format(path=file)
    except OSError as error:
        words = f"{file}: {error.strerror}"
    raise NotPlayed(words, as_json=asked.as_json)


def _draw(asked: Asked, story: Story, file: Path, png: Path) -> None:
    from edge.cli import plot_png, story_course

    with picture_file.told(asked, png):
        plot_png.write(story_course.course(story), file.name, png)
    if not asked.as_json:
        screen.say(_("Picture written: {path}").format(path=png))


def document(
    story: Story, home: Home, file: Path, settings: Path | None, then: str
) -> dict[str, Any]:
    """What ``--json`` prints; every ``_s`` is a second of the series."""
    return {
        "ok": True,
        "file": str(file),
        "config": None if settings is None else str(settings),
        "armed": home.armed,
        "sensor": home.sensor,
        "sensors": {
            probe.sensor_id: {"measures": probe.measures, "in_this_water": probe.wet}
            for probe in home.probes
        },
        "assumed": {"modem": "takes every text at once", "after_the_series": then},
        "series": {
            "points": story.points,
            "begins_s": story.begins_s,
            "ends_s": story.ends_s,
            "peak_s": story.peak[0],
            "peak_mm": story.peak[1],
        },
        "played_to_s": round(story.played_to_s, 3),
        "incident_open": story.open,
        **{
            name: {**_rounded(asdict(told)), "latency_s": _round(told.latency_s)}
            for name, told in (("alert", story.alert), ("danger", story.danger))
        },
        "timeline": [
            {**_rounded(asdict(entry)), "kind": entry.kind.value, "to": list(entry.to)}
            for entry in story.entries
        ],
    }


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _round(value) for name, value in fields.items()}


def _round(value: Any) -> Any:  # noqa: ANN401  a number, or whatever else a field holds
    return round(value, 3) if isinstance(value, float) else value
