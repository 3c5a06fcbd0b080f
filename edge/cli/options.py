"""The options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from edge.cli.arguments import LANGUAGES, config_path
from edge.cli.completing import files
from edge.locale import _


@dataclass(frozen=True, slots=True)
class Asked:
    """What every command is told: where the settings are and whether to answer in JSON."""

    config: Path
    as_json: bool = False


def located(function: Callable[..., int]) -> Callable[..., int]:
    """Add ``--config`` and ``--lang``; the command receives an ``Asked`` first."""
    return _asked(function, [])


def reporting(function: Callable[..., int]) -> Callable[..., int]:
    """Add ``--config``, ``--lang`` and ``--json``; the command receives an ``Asked`` first."""
    as_json = click.option("--json", "as_json", is_flag=True, help=_("One JSON document on stdout"))
    return _asked(function, [as_json])


def _asked(function: Callable[..., int], options: list[Any]) -> Callable[..., int]:
    @click.pass_context
    @wraps(function)
    def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401  click's own
        above = ctx.find_root().meta.get("config")
        asked = Asked(config_path(given.pop("config") or above), given.pop("as_json", False))
        return function(asked, **given)

    options = [
        click.option("--config", metavar="PATH", shell_complete=files, help=_("Settings file")),
        # Read before click was loaded; here so that click accepts and explains it.
        click.option(
            "--lang",
            type=click.Choice(LANGUAGES),
            expose_value=False,
            help=_("Language of the output"),
        ),
        *options,
    ]
    decorated: Any = command
    for option in reversed(options):
        decorated = option(decorated)
    result: Callable[..., int] = decorated
    return result
