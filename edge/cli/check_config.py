"""``floodbell check-config``: every problem with its key, and what each contact would be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Final

import click

from edge.cli import screen
from edge.cli.options import Asked, reporting
from edge.cli.outcome import SettingsBroken
from edge.locale import _

if TYPE_CHECKING:
    from edge.messages.previewing import Preview
    from edge.settings import Advice, Settings


@click.command("check-config", help=_("Check the settings and show what each contact would get."))
@reporting
def check_config(asked: Asked) -> int:
    """Load the settings as the daemon would, and show what follows from them."""
    from edge.diagnose.advised import advice_words
    from edge.settings import advice

    settings, texts = _load(asked)
    warnings = advice(settings)
    calibrations = _calibrations(settings)
    if asked.as_json:
        document = {
            "ok": True,
            "config": str(asked.config),
            "problems": [],
            "advice": [{**asdict(item), "text": advice_words(item)} for item in warnings],
            "calibrations": calibrations,
            "texts": [asdict(text) for text in texts],
        }
        screen.show_json(document)
        return 0
    screen.say(_("{path} is good.").format(path=asked.config), "bold green")
    _show_advice(warnings)
    _show_calibrations(calibrations)
    _show_texts(texts)
    return 0


def _load(asked: Asked) -> tuple[Settings, Sequence[Preview]]:
    from edge.messages.previewing import preview
    from edge.messages.texts import load_all
    from edge.settings import SettingsError

    try:
        settings, texts = load_all(asked.config)
    except SettingsError as broken:
        raise SettingsBroken(asked.config, broken.problems, as_json=asked.as_json) from broken
    return settings, preview(settings, texts)


def _show_advice(warnings: Sequence[Advice]) -> None:
    if not warnings:
        return
    from edge.diagnose.advised import advice_words

    screen.say()
    heads = (_("advice"), _("why"))
    screen.show_table(
        heads, [(item.key, advice_words(item)) for item in warnings], ["yellow"] * len(warnings)
    )


def _calibrations(settings: Settings) -> dict[str, dict[str, str]]:
    """What the store remembers of each sensor, and whether it counts."""
    from edge.calibration import put_into_force
    from edge.diagnose.measuring import CannotMeasure, stored_calibrations

    try:
        in_force = put_into_force(settings, stored_calibrations(settings.paths.state))
    except CannotMeasure as fault:
        return {"*": {"numbers": "", "made": "", "remark": str(fault)}}
    told = {
        sensor_id: {
            "numbers": _("as in the settings") if one.numbers is None else str(one.numbers),
            "made": _("{at} by {by}").format(at=one.at, by=one.by),
            "remark": "",
        }
        for sensor_id, one in in_force.stored.items()
    }
    refused = {
        sensor_id: {"numbers": "", "made": "", "remark": why}
        for sensor_id, why in in_force.refused.items()
    }
    return {**told, **refused}


def _show_calibrations(calibrations: dict[str, dict[str, str]]) -> None:
    if not calibrations:
        return
    screen.say()
    heads = (_("calibrated"), _("numbers"), _("when"), _("remark"))
    rows = [
        (sensor_id, one["numbers"], one["made"], one["remark"])
        for sensor_id, one in calibrations.items()
    ]
    styles = ["yellow" if one["remark"] else "" for one in calibrations.values()]
    screen.show_table(heads, rows, styles)


_TABLE_FROM: Final = 100
"""Columns from which a text fits beside what is said of it."""


def _show_texts(texts: Sequence[Preview]) -> None:
    screen.say()
    out = screen.screen()
    if out.is_terminal and out.width < _TABLE_FROM:
        _list_texts(texts)
        return
    heads = (_("to"), _("when"), _("parts"), _("characters"), _("text"))
    rows = [
        (text.contact, text.purpose, str(text.parts), str(text.characters), text.text)
        for text in texts
    ]
    screen.show_table(heads, rows)


def _list_texts(texts: Sequence[Preview]) -> None:
    """Show each text under the one who gets it, with what is said of it above."""
    for contact, theirs in groupby(texts, key=lambda text: text.contact):
        screen.say(contact, "bold")
        for text in theirs:
            screen.say(
                _("  {when}: parts {parts}, characters {characters}").format(
                    when=text.purpose, parts=text.parts, characters=text.characters
                ),
                "dim",
            )
            screen.say_indented(text.text, 4)
