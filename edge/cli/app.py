"""The click application: finds commands by name, speaks the language, shows no traceback.

Owns the list of commands and what becomes of the ways in which any of them can end. Each command is
imported only when it is asked for, or listed.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from edge import __version__
from edge.cli.arguments import config_path, glance, table_of, tree_of
from edge.cli.groups import Group
from edge.cli.outcome import CommandEnded
from edge.locale import _, language_of, use

COMMANDS: Final = {
    "run": "edge.cli.run:run",
    "demo": "edge.cli.demo:demo",
    "init": "edge.cli.init:init",
    "check-config": "edge.cli.check_config:check_config",
    "doctor": "edge.cli.doctor:doctor",
    "status": "edge.cli.status:status",
    "watch": "edge.cli.watch:watch",
    "sensor": "edge.cli.sensor:sensor",
    "history": "edge.cli.history:history",
    "ack": "edge.cli.hands:ack",
    "silence": "edge.cli.hands:silence",
    "reset": "edge.cli.hands:reset",
    "service": "edge.cli.service:service",
    "drill": "edge.cli.drill:drill",
    "arm": "edge.cli.interlock:arm",
    "disarm": "edge.cli.interlock:disarm",
    "modem": "edge.cli.modem:modem",
    "outbox": "edge.cli.outbox:outbox",
    "simulate": "edge.cli.simulate:simulate",
    "incidents": "edge.cli.incidents:incidents",
    "support-bundle": "edge.cli.support_bundle:support_bundle",
    "completion": "edge.cli.completion:completion",
    "schema": "edge.cli.schema:schema",
}
"""Each command and where it lives; one line for a new one."""

EXIT_INTERRUPTED: Final = 130
"""128 + SIGINT, as a shell reports it."""

EXIT_PIPE_CLOSED: Final = 141
"""128 + SIGPIPE: whoever read our output has read enough, as after ``| head``."""


class Commands(Group):
    """A group that imports a command when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Name every command, in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def found(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(import_module(module), attribute)
        return command if isinstance(command, click.Command) else None


def settings_language(path: Path) -> str | None:
    """Read ``site.language`` without judging the rest of the settings; None where it cannot be."""
    language = table_of(tree_of(path), "site").get("language")
    return language if isinstance(language, str) else None


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code; expected faults become a sentence and a code."""
    seen = glance(arguments)
    use(language_of(seen.lang, settings_language(config_path(seen.config))))
    try:
        # Nothing but where and in what language: then the help says what could be asked.
        code = _run(arguments if seen.rest else [])
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE_CLOSED
    return code


def _run(arguments: list[str]) -> int:
    out = sys.stdout
    try:
        code = group().main(arguments, prog_name="floodbell", standalone_mode=False)
    except SystemExit:
        if sys.stdout is out:
            raise
        # click met the closed pipe first, calls it a failure, and has wrapped the streams.
        sys.stdout = out
        raise BrokenPipeError from None
    except click.ClickException as mistake:
        mistake.show()
        return mistake.exit_code
    except click.Abort:
        return EXIT_INTERRUPTED
    except CommandEnded as end:
        end.show()
        return end.code
    return code if isinstance(code, int) else 0


def group() -> click.Group:
    """Make the group when the language is known, so that its help is in that language."""
    made = Commands(
        name="floodbell",
        help=_("floodbell, the flood emergency bell: run it, look at it, put it right."),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        no_args_is_help=True,
    )
    return click.version_option(__version__, prog_name="floodbell", message="%(prog)s %(version)s")(
        made
    )
