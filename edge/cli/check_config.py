"""``floodbell check-config``: every problem with its key, and what each contact would be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from edge.cli import screen
from edge.cli.daemon_link import load_settings
from edge.cli.options import Asked, reporting
from edge.cli.outcome import SettingsBroken
from edge.locale import _

if TYPE_CHECKING:
    from edge.settings import Advice, Settings
    from edge.texts import Preview


@click.command("check-config", help=_("Check the settings and show what each contact would get."))
@reporting
def check_config(asked: Asked) -> int:
    """Load the settings as the daemon would, and show what follows from them."""
    from edge.settings import advice

    settings = load_settings(asked)
    warnings, texts = advice(settings), _texts(asked, settings)
    if asked.as_json:
        document = {
            "ok": True,
            "config": str(asked.config),
            "problems": [],
            "advice": [asdict(item) for item in warnings],
            "texts": [asdict(text) for text in texts],
        }
        screen.show_json(document)
        return 0
    screen.say(_("{path} is good.").format(path=asked.config), "bold green")
    _show_advice(warnings)
    _show_texts(texts)
    return 0


def _texts(asked: Asked, settings: Settings) -> Sequence[Preview]:
    from edge.messages import TextsError
    from edge.settings import Problem
    from edge.texts import load_for, preview

    try:
        return preview(settings, load_for(settings, asked.config.parent))
    except TextsError as error:
        # An address too long for 119 is a fault of the settings; all others, of the texts file.
        key = "site.address" if "site.address" in str(error) else "texts"
        problem = Problem(key, str(error), _("texts that can be read and that fit"))
        raise SettingsBroken(asked.config, [problem], as_json=asked.as_json) from error


def _show_advice(warnings: Sequence[Advice]) -> None:
    if not warnings:
        return
    screen.say()
    heads = (_("advice"), _("why"))
    screen.show_table(
        heads, [(item.key, item.text) for item in warnings], ["yellow"] * len(warnings)
    )


def _show_texts(texts: Sequence[Preview]) -> None:
    screen.say()
    heads = (_("to"), _("when"), _("parts"), _("characters"), _("text"))
    rows = [
        (text.contact, text.purpose, str(text.parts), str(text.characters), text.text)
        for text in texts
    ]
    screen.show_table(heads, rows)
