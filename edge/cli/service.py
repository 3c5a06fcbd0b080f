"""``service on`` and ``service off``: a technician is at work on the bell."""

from __future__ import annotations

import click

from edge.cli.groups import Group
from edge.cli.hands import do
from edge.cli.options import Asked, reporting
from edge.law.service import LONGEST_MIN, USUAL_MIN
from edge.locale import _


@click.group(
    cls=Group, help=_("Work on the bell without alarming anybody. The bell button still works.")
)
def service() -> None:
    """Begin or end service."""


@service.command(help=_("Begin: what water causes goes to the technician only, never to 119."))
@click.option(
    "--minutes",
    type=click.FloatRange(0, LONGEST_MIN, min_open=True),
    default=USUAL_MIN,
    metavar="N",
    help=_("It ends by itself after so many minutes, at most 120 [default: 60]"),
)
@reporting
def on(asked: Asked, minutes: float) -> int:
    """Begin service, or move its end."""
    done = _(
        "In service for {minutes:g} min: texts about water go to the technician only,"
        " 119 is not called for water. The bell button works as always."
    )
    return do(asked, "service_on", done.format(minutes=minutes), minutes=minutes)


@service.command(help=_("End: sensors are judged afresh, and water that still stands is reported."))
@reporting
def off(asked: Asked) -> int:
    """End service."""
    return do(
        asked,
        "service_off",
        _("Service is over. Water that still stands raises the alarm within 20 s."),
    )
