"""``floodbell incidents [ID]``: what happened, who was told when, and why.

Read from the event log in the state directory, whether or not the daemon runs: the story is wanted
most when the bell is broken.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from edge.cli import incident_book, screen
from edge.cli.daemon_link import load_settings
from edge.cli.event_words import event_words, purpose_words, stage_words
from edge.cli.incident_book import Summary
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_SETTINGS, CommandEnded, NoDaemon
from edge.locale import _

if TYPE_CHECKING:
    from edge.store.reader import Reader

DEFAULT_STATE: Final = Path("/var/lib/floodbell")
DATABASE: Final = "floodbell.db"
_TIMEZONE: Final = "Asia/Seoul"

_ROWS_AT_ONCE: Final = 1000
_CHARACTERS_AT_ONCE: Final = 1_000_000

_WORST_STYLE: Final = {"danger": "red", "alert": "yellow"}
_STYLE: Final = {
    "report_accepted": "bold red",
    "report_withheld": "magenta",
    "report_unreached": "bold magenta",
    "report_unconfirmed": "bold magenta",
    "report_attempt_failed": "magenta",
    "bell_pressed": "bold red",
    "trouble_raised": "yellow",
}


class Unclear(CommandEnded):
    """The id means several incidents."""

    code = EXIT_SETTINGS


@click.command(help=_("Show what happened, and who was told."))
@click.argument("id_", metavar="[ID]", required=False)
@reporting
def incidents(asked: Asked, id_: str | None) -> int:
    """Read the event log and show it."""
    from edge.store.reader import Reader, UnreadableError

    path, zone = places(asked.config)
    try:
        _look_for(asked, path)
        with Reader(path) as reader:
            found = incident_book.summaries(_rows(reader), reader.state())
            if id_ is None:
                _show_all(asked, found, zone)
            else:
                _show_one(asked, _chosen(asked, found, id_), reader, zone)
    except PermissionError as error:
        raise _no_history(asked, path, _("not allowed: use sudo")) from error
    except UnreadableError as error:
        if error.damaged:
            words = _("The history in {path} is damaged: {fault}").format(
                path=path, fault=error.__cause__
            )
            raise CommandEnded(words, as_json=asked.as_json) from error
        raise _no_history(asked, path, str(error.__cause__ or error)) from error
    return 0


def places(config: Path) -> tuple[Path, ZoneInfo | None]:
    """Where the history is, and in which time zone it is told.

    Only these are read of the settings: a slip elsewhere in the file must not hide what happened.
    """
    try:
        tree: Any = tomllib.loads(config.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        tree = {}
    state, timezone = _text(tree, "paths", "state"), _text(tree, "site", "timezone")
    folder = Path(state) if state else DEFAULT_STATE
    try:
        zone = ZoneInfo(timezone or _TIMEZONE)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        zone = None
    return folder / DATABASE, zone


def _text(tree: dict[str, Any], table: str, key: str) -> str | None:
    value = tree.get(table)
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _look_for(asked: Asked, path: Path) -> None:
    """End the command if there is no history, with the settings' problems if they are why.

    Raises:
        PermissionError: The file is there and may not be read.
    """
    try:
        with path.open("rb"):
            return
    except FileNotFoundError as error:
        load_settings(asked)
        words = _("there is none: floodbell has not run here yet")
        raise _no_history(asked, path, words) from error
    except PermissionError:
        raise
    except OSError as error:
        raise _no_history(asked, path, str(error.strerror)) from error


def _no_history(asked: Asked, path: Path, why: str) -> NoDaemon:
    words = _("No history in {path}: {why}").format(path=path, why=why)
    return NoDaemon(words, as_json=asked.as_json)


def _rows(reader: Reader, after: int = 0, to: int | None = None) -> Iterator[tuple[int, str]]:
    """Read the log piece by piece: it may be as large as the disk allows."""
    while True:
        rows = reader.rows("events", after, _ROWS_AT_ONCE, _CHARACTERS_AT_ONCE)
        for seq, body in rows:
            if to is not None and seq > to:
                return
            yield seq, body
        if not rows:
            return
        after = rows[-1][0]


def _chosen(asked: Asked, found: list[Summary], id_: str) -> Summary:
    """Return the incident that an id or the beginning of one means."""
    meant = [incident for incident in found if incident.id.startswith(id_.lower())]
    exact = [incident for incident in meant if incident.id == id_]
    if len(meant) == 1 or exact:
        return (exact or meant)[0]
    if not meant:
        raise CommandEnded(_("No incident begins with {id}.").format(id=id_), as_json=asked.as_json)
    short = incident_book.short_ids(found)
    raise Unclear(
        _("{id} is not clear: {candidates}").format(
            id=id_, candidates=", ".join(short[incident.id] for incident in meant)
        ),
        as_json=asked.as_json,
    )


def _show_all(asked: Asked, found: list[Summary], zone: ZoneInfo | None) -> None:
    if asked.as_json:
        screen.show_json({"ok": True, "incidents": [one.document() for one in found]})
        return
    if not found:
        screen.say(_("No incident so far."))
        return
    short = incident_book.short_ids(found)
    heads = (_("incident"), _("began"), _("ended"), _("highest"), _("peak"), _("119"))
    rows = [
        (
            short[one.id],
            *_span(one, zone),
            _highest(one),
            "" if one.peak_mm is None else f"{one.peak_mm:.0f} mm",
            _reported(one),
        )
        for one in found
    ]
    screen.show_table(heads, rows, [_WORST_STYLE.get(one.highest, "") for one in found])


def _show_one(asked: Asked, chosen: Summary, reader: Reader, zone: ZoneInfo | None) -> None:
    told = [
        (seq, event)
        for seq, event in incident_book.events(_rows(reader, chosen.first_seq - 1, chosen.last_seq))
        if incident_book.belongs(event, chosen.id)
    ]
    if asked.as_json:
        events = [{"seq": seq, **event} for seq, event in told]
        screen.show_json({"ok": True, "incident": chosen.document(), "events": events})
        return
    screen.say(_("Incident {id}").format(id=chosen.id), "bold")
    _show_all(asked, [chosen], zone)
    screen.say()
    rows, styles = [], []
    for _seq, event in told:
        synced = event.get("clock_synced") is not False
        what, style = _what(event)
        when = moment(str(event.get("ts") or ""), zone, TO_THE_SECOND, synced=synced)
        rows.append((when, what, _who(event), _why(event)))
        styles.append(style)
    screen.show_table((_("time"), _("what"), _("who"), _("why")), rows, styles)
    if any(event.get("clock_synced") is False for _seq, event in told):
        screen.say(_("? the clock was not set: the order is right, the time may not be"), "dim")


TO_THE_MINUTE: Final = "%Y-%m-%d %H:%M"
TO_THE_SECOND: Final = "%m-%d %H:%M:%S"


def moment(ts: str, zone: ZoneInfo | None, form: str, *, synced: bool = True) -> str:
    """A logged time as the people of the home read it; "?" if the clock was not set then."""
    try:
        moment = datetime.fromisoformat(ts).astimezone(zone)
    except ValueError:
        return ts
    return f"{moment:{form}}{'' if synced else ' ?'}"


def _span(one: Summary, zone: ZoneInfo | None) -> tuple[str, str]:
    """Beginning and end; the end without the day if that is the same, for a narrow terminal."""
    begins = moment(one.begins, zone, TO_THE_MINUTE, synced=one.clock_synced)
    if one.ends is None:
        return begins, _("open")
    ends = moment(one.ends, zone, TO_THE_MINUTE)
    day = begins.partition(" ")[0] + " "
    return begins, ends.removeprefix(day)


def _highest(one: Summary) -> str:
    """The worst stage, and whether the bell was pressed: that alone is an incident, too."""
    words = {"normal": _("normal"), "alert": _("alert"), "danger": _("danger")}
    stage = words.get(one.highest, one.highest)
    return _("{stage} + bell").format(stage=stage) if one.bell else stage


def _reported(one: Summary) -> str:
    parts = []
    if one.accepted:
        parts.append(_("accepted {count}×").format(count=one.accepted))
    if one.withheld:
        parts.append(_("withheld"))
    if one.unreached:
        parts.append(_("not reached in time"))
    return ", ".join(parts) or _("not called")


def _what(event: dict[str, Any]) -> tuple[str, str]:
    kind = str(event.get("type"))
    if kind == "stage_changed":
        return stage_words(str(event.get("stage")))
    words = event_words(kind)
    if (purpose := event.get("purpose")) and purpose != "report":
        words = f"{words}: {purpose_words(str(purpose))}"
    elif kind == "report_accepted" and event.get("repeats"):
        words = f"{words} {event.get('repeat')}/{event.get('repeats')}"
    return words, _STYLE.get(kind, "")


def _who(event: dict[str, Any]) -> str:
    if str(event.get("type")).startswith("report_"):
        return "119"
    return str(event.get("contact") or event.get("by") or event.get("zone") or "")


def _why(event: dict[str, Any]) -> str:
    """The reason, and what the event itself adds to it."""
    cause, attempts = event.get("cause"), event.get("attempts")
    parts = [
        f"{cause}:" if cause else "",
        str(event.get("reason") or ""),
        _("({count} attempts)").format(count=attempts)
        if isinstance(attempts, int) and attempts > 1
        else "",
    ]
    return " ".join(filter(None, parts))
