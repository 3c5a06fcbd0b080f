"""``floodbell outbox``: what waits to be delivered, and what was given up lately.

From the daemon if it runs, else from the store, which is only read. Exit 0: nothing waits, or all
is on its way; 1: something waits that has failed, or that nobody sends since no daemon runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from edge.cli import screen
from edge.cli.arguments import table_of, tree_of
from edge.cli.daemon_link import ask_if_there, load_settings
from edge.cli.event_words import delivery_words, purpose_words
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_NOT_GOOD, CommandEnded, NoDaemon
from edge.cli.refusals import in_words
from edge.cli.status import span
from edge.locale import _

DEFAULT_STATE: Final = Path("/var/lib/floodbell")
DATABASE: Final = "floodbell.db"

Row = dict[str, Any]


@click.command(help=_("Show what waits to be sent, and what was given up."))
@click.option("--texts", is_flag=True, help=_("The words of each message as well"))
@reporting
def outbox(asked: Asked, texts: bool) -> int:
    """Show what waits."""
    answer = ask_if_there(asked, "outbox", texts=texts)
    found = _stored(asked, with_words=texts) if answer is None else answer
    good = is_good(found, by_daemon=answer is not None)
    if asked.as_json:
        screen.show_json({"good": good, "daemon": answer is not None, **found})
    else:
        show(found, by_daemon=answer is not None)
    return 0 if good else EXIT_NOT_GOOD


def is_good(found: dict[str, Any], *, by_daemon: bool) -> bool:
    """Whether nothing waits, or all that waits is on its way."""
    waiting = found.get("waiting") or []
    return not waiting or (by_daemon and not any(_has_failed(row) for row in waiting))


def _has_failed(row: Row) -> bool:
    """Whether it was tried in vain, or its way is known to be closed."""
    tried = bool(row.get("attempts")) and bool(row.get("reason"))
    return tried or bool(row.get("route_down"))


def _stored(asked: Asked, *, with_words: bool) -> dict[str, Any]:
    """Read the store, since no daemon runs."""
    import time

    from drivers.host.clock import boot_id
    from edge.diagnose.stored_outbox import stored_outbox
    from edge.store.reader import UnreadableError

    path = _database(asked.config)
    try:
        if not path.is_file():
            load_settings(asked)
            words = _(
                "No floodbell runs, and there is no store in {path}: nothing has ever waited."
            )
            raise NoDaemon(words.format(path=path), as_json=asked.as_json)
        path.open("rb").close()
        return stored_outbox(path, boot_id=boot_id(), now_s=time.monotonic(), with_words=with_words)
    except PermissionError as error:
        words = _("No floodbell runs, and {path} is closed to you: use sudo.")
        raise NoDaemon(words.format(path=path), as_json=asked.as_json) from error
    except UnreadableError as error:
        words = _("No floodbell runs, and the store cannot be read: {fault}")
        cause = error.__cause__ or error
        if error.damaged:
            raise CommandEnded(words.format(fault=cause), as_json=asked.as_json) from error
        raise NoDaemon(words.format(fault=cause), as_json=asked.as_json) from error


def _database(config: Path) -> Path:
    """Where the store lies; a slip elsewhere in the settings must not hide what waits."""
    state = table_of(tree_of(config), "paths").get("state")
    return (Path(state) if isinstance(state, str) else DEFAULT_STATE) / DATABASE


def show(found: dict[str, Any], *, by_daemon: bool) -> None:
    """Print what waits and what was given up, a few lines each."""
    waiting, given_up = found.get("waiting") or [], found.get("given_up") or []
    if not by_daemon:
        words = _("No floodbell runs: this is what the store remembers, and nobody sends it now.")
        screen.say(words, "bold yellow")
    if waiting:
        screen.say(_("Waiting: {count}").format(count=len(waiting)), "bold")
        for row in waiting:
            show_row(row)
    else:
        screen.say(_("Nothing waits."), "bold green")
    if left_out := found.get("left_out"):
        screen.say(_("… and {count} more").format(count=left_out))
    if given_up:
        screen.say()
        screen.say(_("Given up lately: {count}").format(count=len(given_up)), "bold")
        for row in given_up:
            show_row(row)


def show_row(row: Row) -> None:
    """Print one message."""
    part = f" ({row.get('part')}/{row.get('parts')})" if (row.get("parts") or 1) > 1 else ""
    head = f"{purpose_words(str(row.get('purpose')))} → {row.get('contact')}{part}"
    screen.say(head, "bold yellow" if _has_failed(row) else "bold")
    screen.say(f"  {', '.join(_standing(row))}")
    if row.get("reason"):
        screen.say(_("  what came back: {reason}").format(reason=in_words(str(row["reason"]))))
    if row.get("why"):
        screen.say(_("  why it is sent: {why}").format(why=row["why"]))
    if "text" in row:
        words = row["text"] or _("worded when it leaves")
        screen.say(_("  text: {text}").format(text=words))


def _way(row: Row) -> str:
    words = _("by {route}, which is DOWN") if row.get("route_down") else _("by {route}")
    return words.format(route=row.get("route"))


def _standing(row: Row) -> list[str]:
    """How it stands with a message, in a few words each."""
    words = [
        delivery_words(str(row.get("state"))),
        _way(row),
        _("attempts: {count}").format(count=row.get("attempts")),
    ]
    if row.get("next_s") is not None:
        words.append(_("next in {span}").format(span=span(row["next_s"])))
    if row.get("age_s") is not None:
        words.append(_("decided {span} ago").format(span=span(row["age_s"])))
    return words
