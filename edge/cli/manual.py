"""``docs/commands.md``: every command with its options, exit codes and an example.

Owns the examples and what each exit code means; all else is click's own help, so the page cannot
tell of an option that is not there. Run as a module: ``python -m edge.cli.manual en``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

import click

from edge.cli.app import group
from edge.locale import LANGUAGES, _, use

EXAMPLES: Final[dict[str, str]] = {
    "run": "floodbell run --config ./floodbell.toml",
    "demo": "floodbell demo --scenario mopping --speed 2",
    "check-config": "sudo floodbell check-config",
    "doctor": "sudo floodbell doctor",
    "status": "floodbell status --json | jq .stage",
    "watch": "floodbell watch",
    "sensor list": "floodbell sensor list",
    "sensor read": "sudo floodbell sensor read door --raw",
    "sensor calibrate": "sudo floodbell sensor calibrate door --dry",
    "modem info": "sudo floodbell modem info",
    "modem sms": "sudo floodbell modem sms mother",
    "ack": "floodbell ack",
    "silence": "floodbell silence",
    "reset": "floodbell reset",
    "service on": "sudo floodbell service on --minutes 30",
    "service off": "sudo floodbell service off",
    "drill": "sudo floodbell drill danger --to mother office",
    "arm": "sudo floodbell arm",
    "disarm": "sudo floodbell disarm --minutes 10",
    "simulate": "floodbell simulate docs/cloudburst.csv --plot",
    "history": "floodbell history --since 2026-07-22 --csv > july.csv",
    "incidents": "floodbell incidents 0199aaaa",
    "outbox": "floodbell outbox",
    "init": "sudo floodbell init",
    "support-bundle": "sudo floodbell support-bundle --into /tmp/bell.tar.gz",
    "completion": "floodbell completion bash | sudo tee /etc/bash_completion.d/floodbell",
    "schema config": "floodbell schema config > floodbell.schema.json",
    "schema asyncapi": "floodbell schema asyncapi > asyncapi.json",
    "schema payloads": "floodbell schema payloads --into schemas",
}
"""What to type, by the command."""

_CODES: Final[dict[str, str]] = {
    **dict.fromkeys(("ack", "silence", "reset", "drill", "arm", "disarm", "status"), "0123"),
    **dict.fromkeys(("service on", "service off", "watch", "modem sms", "modem info"), "0123"),
    **dict.fromkeys(("incidents", "history", "outbox"), "0123"),
    **dict.fromkeys(("completion", "schema config", "schema asyncapi", "schema payloads"), "02"),
    "check-config": "02",
}


def exit_codes(name: str) -> list[tuple[int, str]]:
    """Return the exit codes of a command and what each means there."""
    meaning = {
        0: _("done, or all is well"),
        1: _("refused, or not good"),
        2: _("a mistake in what was typed, or in the settings"),
        3: _("no running bell was reached, or there is no store yet"),
    }
    special = {
        "run": {0: _("stopped as it was told"), 1: _("a part of it could not be mended")},
        "check-config": {0: _("the settings can be used; there may be advice")},
        "doctor": {1: _("a check failed")},
        "status": {1: _("an alarm, a trouble, or the bell is held back by somebody")},
        "support-bundle": {1: _("it could not be written, or something private was left in it")},
    }
    codes = map(int, _CODES.get(name, "012"))
    return [(code, special.get(name, {}).get(code, meaning[code])) for code in codes]


def page() -> str:
    """Return the page in the language that is spoken."""
    lines = [
        "# " + _("The commands of floodbell"),
        "",
        _("Made by `make commands` from the help of the commands themselves: change it there."),
        "",
        _(
            "Every command that reports takes `--json` and then prints one JSON document on stdout."
            " 130 means interrupted by Ctrl-C, 141 that nobody read on."
        ),
    ]
    root = group()
    top = click.Context(root, info_name="floodbell", **root.context_settings)
    for name, command, context in commands(root, top):
        lines += ["", f"## floodbell {name}", "", _help(command), ""]
        usage = " ".join(command.collect_usage_pieces(context))
        lines += ["```", f"floodbell {name} {usage}".rstrip(), "```", ""]
        lines += ["| " + _("option") + " | " + _("meaning") + " |", "|---|---|"]
        lines += [
            f"| `{_cell(option)}` | {_cell(what)} |" for option, what in _options(command, context)
        ]
        lines += [
            "",
            _("Exit codes:") + " " + " · ".join(f"{c} {what}" for c, what in exit_codes(name)),
        ]
        if name in EXAMPLES:
            lines += ["", f"    {EXAMPLES[name]}"]
    return "\n".join(lines) + "\n"


def commands(
    parent: click.Group, context: click.Context, before: str = ""
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield every command that does something, with its whole name."""
    for name in parent.list_commands(context):
        command = parent.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from commands(command, inner, f"{before}{name} ")
        else:
            yield f"{before}{name}", command, inner


def _help(command: click.Command) -> str:
    return " ".join((command.help or "").split())


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            yield record


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    use(sys.argv[1] if sys.argv[1:] and sys.argv[1] in LANGUAGES else "en")
    sys.stdout.write(page())
