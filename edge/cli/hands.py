"""``ack``, ``silence`` and ``reset``: a person's hands on the bell, as on a fire panel."""

from __future__ import annotations

import getpass

import click

from edge.cli import screen
from edge.cli.daemon_link import ask
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_NOT_GOOD
from edge.locale import _


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return "unknown"


def _do(asked: Asked, command: str, done: str) -> int:
    answer = ask(asked, command, by=_who())
    carried_out = answer.get("done") is True
    if asked.as_json:
        screen.show_json(answer)
    elif carried_out:
        screen.say(done, "bold green")
    else:
        reason = answer.get("reason") or answer.get("error") or ""
        screen.say(_("Not done: {reason}").format(reason=reason), "bold red")
    return 0 if carried_out else EXIT_NOT_GOOD


@click.command(help=_("Acknowledge: no repeats of this report to 119."))
@reporting
def ack(asked: Asked) -> int:
    """Acknowledge the present episode."""
    return _do(asked, "ack", _("Acknowledged. A new rise or a new press is reported afresh."))


@click.command(help=_("Silence the siren until the water rises further."))
@reporting
def silence(asked: Asked) -> int:
    """Stop the sound only."""
    return _do(asked, "silence", _("Silenced. Reports and texts go on."))


@click.command(help=_("Reset the latched alarm; refused while there is water."))
@reporting
def reset(asked: Asked) -> int:
    """End the latch."""
    return _do(asked, "reset", _("Reset. The incident is closed once the level is normal."))
