"""``floodbell schema``: machine-readable descriptions, for editors and for the centre."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge.cli import screen
from edge.cli.groups import Group
from edge.cli.options import Asked, reporting
from edge.locale import _


@click.group(cls=Group, help=_("Print a machine-readable description."))
def schema() -> None:
    """Hold the descriptions together."""


@schema.command(help=_("JSON Schema of the settings file"))
@reporting
def config(_asked: Asked) -> int:
    """Print the JSON Schema of the settings."""
    from edge.settings import Settings

    screen.show_json(Settings.model_json_schema())
    return 0


@schema.command(help=_("AsyncAPI document of the MQTT topics"))
@reporting
def asyncapi(_asked: Asked) -> int:
    """Print what is on the broker, as an AsyncAPI document."""
    from edge.centre.interface.asyncapi import document

    screen.show_json(document())
    return 0


@schema.command(help=_("JSON Schemas of the messages on MQTT"))
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help=_("write each into a file of its own in this folder"),
)
@reporting
def payloads(_asked: Asked, into: Path | None) -> int:
    """Print the JSON Schemas of the payloads, or write them."""
    from edge.centre.interface.schemas import payload_schemas

    made = payload_schemas()
    if into is None:
        screen.show_json(made)
        return 0
    into.mkdir(parents=True, exist_ok=True)
    for name, one in made.items():
        text = json.dumps(one, ensure_ascii=False, indent=2) + "\n"
        (into / f"{name}.json").write_text(text, encoding="utf-8")
    return 0
