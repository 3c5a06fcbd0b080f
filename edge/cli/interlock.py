"""``arm`` and ``disarm``: whether the bell calls 119 by itself."""

from __future__ import annotations

import click

from edge.cli.hands import do
from edge.cli.options import Asked, reporting
from edge.law.arming import LONGEST_MIN
from edge.locale import _


@click.command(help=_("Let the bell call 119 again, if it has all that 119 needs."))
@reporting
def arm(asked: Asked) -> int:
    """End a disarming."""
    return do(asked, "arm", _("Armed: 119 is called for deep water and for the bell."))


@click.command(help=_("Keep the bell from calling 119. For a time, or until it is armed again."))
@click.option(
    "--minutes",
    type=click.FloatRange(0, LONGEST_MIN, min_open=True),
    metavar="N",
    help=_("It arms itself again after so many minutes, at most 480"),
)
@click.option("--until-armed", is_flag=True, help=_("It stays disarmed until somebody arms it"))
@reporting
def disarm(asked: Asked, minutes: float | None, until_armed: bool) -> int:
    """Disarm; nobody disarms for ever without saying so."""
    if until_armed == (minutes is not None):
        raise click.UsageError(_("Say --minutes N, or --until-armed."))
    done = (
        _("Disarmed: 119 is NOT called until somebody runs: floodbell arm")
        if minutes is None
        else _("Disarmed: 119 is NOT called. It arms itself in {minutes:g} min.").format(
            minutes=minutes
        )
    )
    return do(asked, "disarm", done, minutes=minutes)
