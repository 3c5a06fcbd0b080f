"""``floodbell check-config``: every problem with its key, and what each contact would be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from edge.cli import screen
from edge.cli.options import Asked, reporting
from edge.cli.outcome import SettingsBroken
from edge.locale import _

if TYPE_CHECKING:
    from edge.messages.texts import Preview
    from edge.settings import Advice, Settings


@click.command("check-config", help=_("Check the settings and show what each contact would get."))
@reporting
def check_config(asked: Asked) -> int:
    """Load the settings as the daemon would, and show what follows from them."""
    from edge.settings import advice

    settings, texts = _load(asked)
    warnings = advice(settings)
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


def _load(asked: Asked) -> tuple[Settings, Sequence[Preview]]:
    from edge.messages.texts import load_all, preview
    from edge.settings import SettingsError

    try:
        settings, texts = load_all(asked.config)
    except SettingsError as broken:
        raise SettingsBroken(asked.config, broken.problems, as_json=asked.as_json) from broken
    return settings, preview(settings, texts)


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
