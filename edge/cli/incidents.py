"""``floodbell incidents [ID]``: what happened, who was told when, and why.

Read from the event log in the state directory, whether or not the daemon runs: the story is wanted
most when the bell is broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from edge.cli import incident_book, moments, screen, store_link
from edge.cli.completing import incident_ids
from edge.cli.event_words import level_word, what_words
from edge.cli.incident_book import Summary
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_SETTINGS, CommandEnded
from edge.diagnose.details import in_words
from edge.locale import _

if TYPE_CHECKING:
    from edge.store.reader import Reader

_WORST_STYLE: Final = {"danger": "red", "alert": "yellow"}


class Unclear(CommandEnded):
    """The id means several incidents."""

    code = EXIT_SETTINGS


@click.command(help=_("Show what happened, and who was told."))
@click.argument("id_", metavar="[ID]", required=False, shell_complete=incident_ids)
@reporting
def incidents(asked: Asked, id_: str | None) -> int:
    """Read the event log and show it."""
    where = store_link.place(asked.config)
    with store_link.opened(asked, where) as reader:
        found = incident_book.summaries(store_link.rows(reader, "events"), reader.state())
        if id_ is None:
            _show_all(asked, found, where.zone)
        else:
            _show_one(asked, _chosen(asked, found, id_), reader, where.zone)
    return 0


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
    rows = store_link.rows(reader, "events", chosen.first_seq - 1, chosen.last_seq)
    told = [
        (seq, event)
        for seq, event in incident_book.events(rows)
        if incident_book.belongs(event, chosen.id)
    ]
    if asked.as_json:
        events = [{"seq": seq, **event} for seq, event in told]
        screen.show_json({"ok": True, "incident": chosen.document(), "events": events})
        return
    screen.say(_("Incident {id}").format(id=chosen.id), "bold")
    _show_all(asked, [chosen], zone)
    screen.say()
    lines, styles = [], []
    for _seq, event in told:
        synced = event.get("clock_synced") is not False
        what, style = what_words(event)
        when = moments.told(str(event.get("ts") or ""), zone, moments.TO_THE_SECOND, synced=synced)
        lines.append((when, what, _who(event), _why(event)))
        styles.append(style)
    screen.show_table((_("time"), _("what"), _("who"), _("why")), lines, styles)
    if any(event.get("clock_synced") is False for _seq, event in told):
        screen.say(_("? the clock was not set: the order is right, the time may not be"), "dim")


def _span(one: Summary, zone: ZoneInfo | None) -> tuple[str, str]:
    """Beginning and end; the end without the day if that is the same, for a narrow terminal."""
    begins = moments.told(one.begins, zone, moments.TO_THE_MINUTE, synced=one.clock_synced)
    if one.ends is None:
        return begins, _("open")
    ends = moments.told(one.ends, zone, moments.TO_THE_MINUTE)
    day = begins.partition(" ")[0] + " "
    return begins, ends.removeprefix(day)


def _highest(one: Summary) -> str:
    """The worst stage, and whether the bell was pressed: that alone is an incident, too."""
    stage = level_word(one.highest)
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


def _who(event: dict[str, Any]) -> str:
    if str(event.get("type")).startswith("report_"):
        return "119"
    return str(event.get("contact") or event.get("by") or event.get("zone") or "")


def _why(event: dict[str, Any]) -> str:
    """The reason, and what the event itself adds to it."""
    cause, attempts = event.get("cause"), event.get("attempts")
    parts = [
        f"{cause}:" if cause else "",
        in_words(str(event.get("reason") or "")),
        _("({count} attempts)").format(count=attempts)
        if isinstance(attempts, int) and attempts > 1
        else "",
    ]
    return " ".join(filter(None, parts))
