"""What may stand at the cursor: names of the settings and of the log, for the shell's completion.

Owns the answer to the shell. Invariant: nothing but candidates is ever printed, whatever is broken:
a word on stderr would stand in the middle of what somebody types; and no candidate has a letter
that means something to a shell, which puts it on the line as it comes. The settings are read, not
judged, so that a key is quick also on a slow board.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem, shell_complete, split_arg_string

from edge.cli.arguments import config_path, glance, table_of, tree_of
from edge.locale import language_of, use

VARIABLE: Final = "_FLOODBELL_COMPLETE"
_NEWEST_EVENTS: Final = 2000
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)
"""Names that the settings allow, and ids of incidents; $(…) in a spoilt file is none."""

_DEFAULT_STATE: Final = Path("/var/lib/floodbell")


def complete(instruction: str) -> int:
    """Answer the shell and return the exit code.

    Args:
        instruction: ``bash_complete``, ``zsh_source`` and the like, from ``_FLOODBELL_COMPLETE``.
    """
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stderr = nowhere
        os.dup2(nowhere.fileno(), 2)
        try:
            from edge.cli.app import group, settings_language

            typed = glance(split_arg_string(os.environ.get("COMP_WORDS", "")))
            use(language_of(typed.lang, settings_language(config_path(typed.config))))
            code = shell_complete(group(), {}, "floodbell", VARIABLE, instruction)
            sys.stdout.flush()
        except Exception:  # noqa: BLE001  no candidates then, and not a word
            return 1
        return code


def sensor_ids(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Sensors of the settings."""
    return _named(ctx, "sensors", incomplete)


def contact_ids(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Contacts of the settings, with their role."""
    return _named(ctx, "contacts", incomplete)


def zone_names(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Zones of the settings: those with a table, and those that only a sensor names."""
    tree = _settings(ctx)
    sensors = (one for one in table_of(tree, "sensors").values() if isinstance(one, dict))
    zones = {str(one.get("zone", "home")) for one in sensors} | set(table_of(tree, "zones"))
    return _items(sorted(zones), incomplete)


def incident_ids(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The newest incidents by their short ids, with the time at which they began."""
    from edge.cli.incident_book import short_ids, summaries
    from edge.store.reader import Reader

    given = table_of(_settings(ctx), "paths").get("state")
    state = Path(given) if isinstance(given, str) else _DEFAULT_STATE
    with Reader(state / "floodbell.db") as reader:
        found = summaries(reader.history("events", limit_rows=_NEWEST_EVENTS), None)
    short = short_ids(found)
    begun = {one.id: one.begins[:16].replace("T", " ") for one in reversed(found)}
    longer = {id_: id_ if len(incomplete) > len(short[id_]) else short[id_] for id_ in begun}
    return [
        CompletionItem(longer[id_], help=at)
        for id_, at in begun.items()
        if longer[id_].startswith(incomplete) and _PLAIN.fullmatch(longer[id_])
    ]


def files(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Leave it to the shell, which knows the files."""
    return [CompletionItem(incomplete, type="file")]


def _named(ctx: click.Context, table: str, incomplete: str) -> list[CompletionItem[str]]:
    tables = table_of(_settings(ctx), table)
    about = {
        name: kind if _PLAIN.fullmatch(kind) else ""
        for name, one in tables.items()
        if isinstance(one, dict)
        for kind in (str(one.get("role") or one.get("driver") or ""),)
    }
    return _items(about, incomplete, about)


def _items(
    names: Iterable[str], incomplete: str, about: dict[str, str] | None = None
) -> list[CompletionItem[str]]:
    return [
        CompletionItem(name, help=(about or {}).get(name) or None)
        for name in names
        if name.startswith(incomplete) and _PLAIN.fullmatch(name)
    ]


def _settings(ctx: click.Context) -> dict[str, Any]:
    given = ctx.params.get("config") or ctx.find_root().meta.get("config")
    return tree_of(config_path(given))
