"""``floodbell init``: asks a technician what it needs and writes the settings.

Owns the walk through the parts, the summary, and what is said at the end. Invariant: nothing is
written before "write it", and then only what the loader of the settings has taken.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from edge.cli import screen
from edge.cli.asking import Again, ask, choose, confirm, head, prepare, tell
from edge.cli.options import Asked, located
from edge.cli.outcome import EXIT_NOT_GOOD, EXIT_SETTINGS, CommandEnded, SettingsBroken
from edge.locale import _

if TYPE_CHECKING:
    from edge.cli.setting_up.session import Session
    from edge.commission.placing import Prepared
    from edge.settings import Problem

EXIT_INTERRUPTED: Final = 130
"""128 + SIGINT, as a shell reports it."""

Part = tuple[str, Callable[["Session"], None]]


class CannotAsk(CommandEnded):
    """There is nobody to ask, or nowhere to write to."""

    code = EXIT_SETTINGS


@click.command(help=_("Ask what is needed and write the settings."))
@click.option(
    "--port",
    "ports",
    multiple=True,
    metavar="PATH",
    help=_("Look at this serial port only; may be given several times"),
)
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help=_("Ask nothing: take every value from this TOML file, keys as in the settings"),
)
@click.option(
    "--overwrite", is_flag=True, help=_("With --answers: replace settings that are there")
)
@located
def init(asked: Asked, ports: tuple[str, ...], answers: Path | None, overwrite: bool) -> int:
    """Ask, show, write."""
    from edge.commission.placing import why_not

    if answers is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        words = _("init asks, and needs a terminal; or give --answers FILE.")
        raise CannotAsk(words, as_json=False)
    if reason := why_not(asked.config):
        raise CannotAsk(_cannot_write(asked.config, reason), as_json=False)
    if answers is not None:
        return _from_file(asked.config, answers, overwrite=overwrite)
    prepare()
    try:
        return _converse(asked.config, ports)
    except (click.Abort, KeyboardInterrupt):
        screen.say()
        screen.complain(_("Nothing was written."))
        return EXIT_INTERRUPTED


def _cannot_write(config: Path, reason: object) -> str:
    words = _("Cannot write {path}: {reason}. Use sudo, or another place with --config PATH.")
    return words.format(path=config, reason=reason)


def _converse(config: Path, ports: tuple[str, ...]) -> int:
    from drivers.ports.present import named
    from edge.cli.setting_up.session import Session
    from edge.commission.draft import Draft

    there, text = _there(config)
    tell(_("This writes {path}.").format(path=config), "bold")
    tell(_("Enter takes what is in [brackets]; Ctrl-C ends, and nothing is written."), "dim")
    if there is not None:
        kept = _keep_or_begin_anew(config)
        if kept is None:
            tell(_("Nothing was changed."))
            return EXIT_NOT_GOOD
        there, text = (there, text) if kept else (None, None)
    draft = Draft(there, config.absolute().parent)
    session = Session(config, draft, tuple(map(named, ports)))
    if there is None:
        draft.put(("report", "armed"), False)
        for _name, ask_part in _parts():
            ask_part(session)
    return _show_and_write(session, text)


def _there(config: Path) -> tuple[dict[str, Any] | None, str | None]:
    """Return the settings that are there already, as a tree and as they stand.

    Raises:
        CannotAsk: They cannot be read; they are not taken for nothing.
    """
    try:
        text = config.read_text(encoding="utf-8-sig")
        tree = tomllib.loads(text)
        _be_tables(tree)
    except FileNotFoundError:
        return None, None
    except (OSError, ValueError, RecursionError) as error:
        words = _(
            "{path} is there and cannot be read: {error}. Mend it (floodbell check-config), or move"
            " it away."
        )
        raise CannotAsk(words.format(path=config, error=error), as_json=False) from error
    return tree, text


def _be_tables(tree: dict[str, Any]) -> None:
    """Refuse a file whose tables are none: it is not one of settings.

    Raises:
        ValueError: With the key.
    """
    from edge.settings.tree import NAMED_TABLES

    for name, table in tree.items():
        inner = table.values() if name in NAMED_TABLES and isinstance(table, dict) else ()
        if not all(isinstance(one, dict) for one in (table, *inner)):
            raise ValueError(_("{key} is no table").format(key=name))


def _keep_or_begin_anew(config: Path) -> bool | None:
    """Ask what becomes of settings that are there: change (True), anew (False), leave (None)."""
    tell(_("There are settings already: {path}").format(path=config), "yellow")
    choices = {
        "change": _("keep them and change parts; comments stay"),
        "anew": _("begin anew; the old file is kept beside it"),
        "leave": _("leave everything as it is"),
    }
    chosen = choose(_("What now"), choices, default="change")
    return {"change": True, "anew": False}.get(chosen)


def _parts() -> list[Part]:
    from edge.cli.setting_up.links import ask_bell, ask_broker, ask_modem
    from edge.cli.setting_up.people import ask_people
    from edge.cli.setting_up.sensors import ask_sensors
    from edge.cli.setting_up.site import ask_site

    return [
        (_("home"), ask_site),
        (_("sensors"), ask_sensors),
        (_("people"), ask_people),
        (_("modem"), ask_modem),
        (_("button, siren, lamp"), ask_bell),
        (_("broker"), ask_broker),
    ]


PART_OF: Final = {
    "site": 0,
    "texts": 0,
    "paths": 0,
    "alarm": 1,
    "sensors": 1,
    "zones": 1,
    "contacts": 2,
    "modem": 3,
    "bell": 4,
    "power": 4,
    "mqtt": 5,
}
"""Which part to ask again when the loader complains of a table."""


def _show_and_write(session: Session, text: str | None) -> int:
    """Show the answers until they are to be written; ask again for what does not hold."""
    from edge.cli.setting_up.mending import mend

    while True:
        mend(session)
        _summarise(session)
        if problems := session.draft.problems():
            chosen: int | None = _part_of(problems)
        else:
            prepared = _prepared(session, _written(session, text))
            try:
                problems = _refused(prepared)
                chosen = _part_of(problems) if problems else _write_or_change()
                if chosen is None:
                    return _write(session, prepared)
            except OSError as error:
                _offer_again(session, error)
                continue
            finally:
                prepared.discard()
        if chosen is not None:
            _parts()[chosen][1](session)


def _prepared(session: Session, text: str) -> Prepared:
    """Write the file beside its place; a disk that is full costs nobody their answers."""
    from edge.commission.placing import Prepared

    while True:
        try:
            return Prepared(session.config, text)
        except OSError as error:
            _offer_again(session, error)


def _offer_again(session: Session, error: OSError) -> None:
    """Say why it could not be written, and wait until somebody has mended it.

    Raises:
        click.Abort: Nobody will.
    """
    tell(_cannot_write(session.config, error.strerror or error), "bold red")
    if not confirm(_("Try again?")):
        raise click.Abort


def _written(session: Session, text: str | None) -> str:
    from edge.commission.writing import NotWritable, fresh, revised

    if text is not None:
        try:
            return revised(text, session.draft.tree, session.words)
        except NotWritable:
            tell(_("Your comments in the old file are not kept; the old file is."), "yellow")
    return fresh(session.draft.tree, session.words, session.heading)


def _refused(prepared: Prepared) -> tuple[Problem, ...]:
    """Load what would be written, with its texts, as the daemon will."""
    from edge.messages.texts import load_all
    from edge.settings import SettingsError

    try:
        load_all(prepared.path)
    except SettingsError as error:
        return error.problems
    return ()


def _part_of(problems: tuple[Problem, ...]) -> int:
    """Tell what does not hold, and return the part that has to be asked again."""
    from edge.cli.setting_up.mending import tell_problems

    tell_problems(problems)
    parts = [PART_OF[table] for p in problems if (table := p.key.split(".")[0]) in PART_OF]
    names = [name for name, _ask in _parts()]
    if parts and confirm(_("Go to: {part}?").format(part=names[min(parts)])):
        return min(parts)
    return int(choose(_("Which part"), dict(enumerate_parts()), default="1")) - 1


def enumerate_parts() -> list[tuple[str, str]]:
    """Number the parts from 1."""
    return [(str(number), name) for number, (name, _ask) in enumerate(_parts(), start=1)]


def _write_or_change() -> int | None:
    """Ask whether to write; return the part to change first, or None for writing."""
    count = len(_parts())

    def understand(typed: str) -> int | None:
        if not typed:
            return None
        if typed.isdecimal() and 1 <= int(typed) <= count:
            return int(typed) - 1
        raise Again(_("Enter, or a number from 1 to {count}").format(count=count))

    return ask(_("Enter: write it; number: change that part; Ctrl-C: leave"), understand)


def _summarise(session: Session) -> None:
    head(_("So it will be"))
    said = _said(session)
    rows = [(number, name, said[int(number) - 1]) for number, name in enumerate_parts()]
    screen.show_table(("", _("part"), _("answer")), rows)
    if session.draft.get("report", "armed"):
        tell(_("The report to 119 is armed, and stays so."), "bold")
    else:
        tell(_("The report to 119 is not armed: that comes last."))


def _said(session: Session) -> list[str]:
    """Say each part in a line."""
    from edge.cli.setting_up.people import describe as person
    from edge.cli.setting_up.sensors import describe as sensor

    draft = session.draft
    site, modem, mqtt = (draft.get(table) or {} for table in ("site", "modem", "mqtt"))
    home = (site.get("id"), site.get("district"), site.get("address"))
    both = {**(draft.get("bell") or {}), **(draft.get("power") or {})}
    pins = {key: value for key, value in both.items() if key.endswith("_pin")}
    return [
        ", ".join(str(one) for one in home if one),
        "; ".join(f"{name}: {sensor(session, name)}" for name in draft.get("sensors") or {}),
        "; ".join(f"{name}: {person(session, name)}" for name in draft.get("contacts") or {})
        or _("none: nobody is told"),
        str(modem.get("port") or _("none")),
        ", ".join(f"{key.removesuffix('_pin')} {pin}" for key, pin in pins.items()) or _("none"),
        str(mqtt.get("host") or _("none")),
    ]


def _write(session: Session, prepared: Prepared) -> int:
    kept = prepared.count(datetime.now(UTC).astimezone())
    tell()
    tell(_("Written: {path}").format(path=session.config), "bold green")
    if kept is not None:
        tell(_("The old settings are in {path}").format(path=kept))
    try:
        good = [_keep_secret(session, name, secret) for name, secret in session.secrets.items()]
    except (click.Abort, KeyboardInterrupt):  # the settings count by now: never say otherwise
        tell()
        tell(_("Then put it there by hand, or the bell lacks it."), "yellow")
        return EXIT_INTERRUPTED
    _tell_what_comes_next(session, changed=kept is not None)
    return 0 if all(good) else EXIT_NOT_GOOD


def _keep_secret(session: Session, name: str, secret: bytes) -> bool:
    """Put a secret in its place, after asking; return whether it is there now."""
    from edge.commission.placing import put_secret

    target = session.credentials / name
    words = _("Put the secret into {path}, for its owner only?")
    if target.exists():
        words = _("{path} is there already. Replace it?")
    if not confirm(words.format(path=target)):
        tell(_("Then put it there by hand, or the bell lacks it."), "yellow")
        return target.exists()
    try:
        put_secret(session.credentials, name, secret)
    except OSError as error:
        words = _("{path} cannot be written: {error}. Put it there by hand, as root.")
        tell(words.format(path=target, error=error.strerror), "bold red")
        return False
    return True


def in_force_by(config: Path, *, changed: bool) -> tuple[str, str]:
    """Return the command that brings an installed bell's settings into force, and what it does.

    Args:
        config: The settings file.
        changed: There were settings before; the bell may run.
    """
    from edge.cli.daemon_link import socket_path

    if changed and socket_path(config).exists():
        return "sudo systemctl reload floodbell", _("take the new settings")
    # systemd refuses to reload what does not run.
    return "sudo systemctl enable --now floodbell", _("start it")


def _tell_what_comes_next(session: Session, *, changed: bool) -> None:
    from edge.settings import DEFAULT_PATH

    sensor = next(iter(session.draft.get("sensors") or {"ID": {}}))
    contact = next(iter(session.draft.get("contacts") or {"…": {}}))
    installed = session.config == DEFAULT_PATH
    command = "sudo floodbell" if installed else "floodbell"
    start, why = in_force_by(session.config, changed=changed)
    steps = [
        (f"{command} check-config", _("what each would be texted")),
        (f"{command} doctor", _("every part, and what to do")),
        (start if installed else f"{command} run", why),
        (f"{command} sensor calibrate {sensor}", _("on a dry floor")),
        (f"{command} service on", _("then water in a flat tray below each sensor: the wet test")),
        (f"{command} drill danger --to {contact}", _("that texts reach people")),
    ]
    head(_("What comes next"))
    for number, (step, why) in enumerate(steps, start=1):
        tell(f"{number}  {step}")
        tell(f"   {why}", "dim")
    if not installed:
        tell(_("each with: --config {path}").format(path=session.config))
    if not session.draft.get("report", "armed"):
        tell(
            _(
                "Last: tell the fire service, set armed = true under [report], reload the bell."
                " Until then 119 is never called."
            ),
            "bold",
        )


def _from_file(config: Path, answers: Path, *, overwrite: bool) -> int:
    """Write settings from values that are all there: for ten bells in a row."""
    from edge.cli.setting_up.session import Session
    from edge.commission.draft import Draft
    from edge.commission.placing import Prepared
    from edge.commission.writing import NotWritable, fresh

    if config.exists() and not overwrite:
        words = _("{path} is there already: give --overwrite, and the old file is kept beside it.")
        raise CannotAsk(words.format(path=config), as_json=False)
    tree, _text = _there(answers)
    session = Session(config, Draft(tree, config.absolute().parent))
    try:
        prepared = Prepared(config, fresh(session.draft.tree, session.words, session.heading))
    except NotWritable as error:
        raise CannotAsk(f"{answers}: {error}", as_json=False) from error
    except OSError as error:
        reason = error.strerror or error
        raise CannotAsk(_cannot_write(config, reason), as_json=False) from error
    try:
        if problems := _refused(prepared):
            raise SettingsBroken(answers, problems, as_json=False)
        return _write(session, prepared)
    except OSError as error:
        reason = error.strerror or error
        raise CannotAsk(_cannot_write(config, reason), as_json=False) from error
    finally:
        prepared.discard()
