"""``floodbell demo``: the whole bell at work with no hardware at all."""

from __future__ import annotations

import click

from edge.demo.pace import SPEED_MAX, SPEED_MIN
from edge.demo.scenarios import SCENARIOS
from edge.locale import _


@click.command(help=_("Show a flood with no hardware: sensor, modem and broker are emulated."))
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
@click.option("--plain", is_flag=True, help=_("Plain lines; so without a terminal in any case"))
def demo(scenario: str, speed: float, plain: bool) -> int:  # noqa: FBT001  click passes by name
    """Run one scenario to its end."""
    from edge import demo as stage

    return stage.main(scenario=scenario, speed=speed, plain=plain)
