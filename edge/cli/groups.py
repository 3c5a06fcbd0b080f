"""Commands that have commands: found by name, a slip gets a suggestion, each listed in a sentence.

Owns what all groups of the command line share, and the page that help is written on.
"""

from __future__ import annotations

import difflib
from typing import Any

import click

from edge.cli.arguments import LANGUAGES
from edge.cli.completing import files
from edge.cli.help_page import Page
from edge.locale import _


class OnPage(click.Context):
    """A context whose help is written on our page."""

    formatter_class = Page


class Group(click.Group):
    """A group of commands."""

    context_class = OnPage

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  click's own
        super().__init__(*args, **kwargs)
        # Also before the command's name, as `floodbell sensor --config X list`: read by glance().
        self.params += [
            click.Option(
                ["--config"],
                metavar="PATH",
                shell_complete=files,
                help=_(
                    "Settings file [default: $FLOODBELL_CONFIG, else /etc/floodbell/floodbell.toml]"
                ),
                expose_value=False,
                callback=_remember,
            ),
            click.Option(
                ["--lang"],
                type=click.Choice(LANGUAGES),
                help=_("Language of the output"),
                expose_value=False,
            ),
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command, and let its help be written on our page."""
        command = self.found(ctx, cmd_name)
        if command is not None:
            command.context_class = OnPage
        return command

    def found(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by its name."""
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed, or say which one was probably meant."""
        name = args[0]
        if ctx.resilient_parsing or name.startswith("-") or self.get_command(ctx, name):
            return super().resolve_command(ctx, args)
        words = _("No such command {name!r}.").format(name=name)
        if close := difflib.get_close_matches(name, self.list_commands(ctx), n=1):
            words += " " + _("Did you mean {command}?").format(command=close[0])
        raise click.UsageError(words, ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List every command with its whole first sentence, however narrow the terminal is."""
        names = self.list_commands(ctx)
        found = [(name, self.get_command(ctx, name)) for name in names]
        rows = [
            (name, command.get_short_help_str(limit=1000))
            for name, command in found
            if command is not None and not command.hidden
        ]
        with formatter.section(_("Commands")):
            formatter.write_dl(rows)


def _remember(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        ctx.find_root().meta["config"] = value
