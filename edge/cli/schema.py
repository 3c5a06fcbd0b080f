"""``floodbell schema``: machine-readable descriptions, for editors and for the centre."""

from __future__ import annotations

import click

from edge.cli import screen
from edge.cli.options import Asked, reporting
from edge.locale import _


@click.group(help=_("Print a machine-readable description."))
def schema() -> None:
    """Hold the descriptions together."""


@schema.command(help=_("JSON Schema of the settings file"))
@reporting
def config(_asked: Asked) -> int:
    """Print the JSON Schema of the settings."""
    from edge.settings import Settings

    screen.show_json(Settings.model_json_schema())
    return 0
