"""``floodbell demo``: the whole bell at work with no hardware at all."""

from __future__ import annotations

import click

from edge.cli.arguments import LANGUAGES
from edge.demo.pace import SPEED_MAX, SPEED_MIN  # pure, as are the scenarios
from edge.demo.scenarios import SCENARIOS
from edge.locale import _


@click.command(help=_("Show a whole flood, without any hardware."))
@click.option(
    "--scenario",
    type=click.Choice(list(SCENARIOS)),
    default=next(iter(SCENARIOS)),
    show_default=True,
    help=_("What happens"),
)
@click.option(
    "--speed",
    type=click.FloatRange(SPEED_MIN, SPEED_MAX),
    default=1.0,
    show_default=True,
    help=_("How fast"),
)
@click.option("--lang", type=click.Choice(LANGUAGES), help=_("Language of the output"))
@click.option("--plain", is_flag=True, help=_("Plain lines; so without a terminal in any case"))
def demo(scenario: str, speed: float, lang: str | None, plain: bool) -> int:
    """Run one scenario to its end."""
    from edge import demo as stage

    return stage.main(scenario=scenario, speed=speed, plain=plain, lang=lang)
