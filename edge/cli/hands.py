"""``ack``, ``silence`` and ``reset``: a person's hands on the bell, as on a fire panel.

``service``, ``drill``, ``arm`` and ``disarm`` are beside it and use ``do`` as well.
"""

from __future__ import annotations

import click

from drivers.host.users import who_types
from edge.cli import screen
from edge.cli.daemon_link import ask
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_NOT_GOOD
from edge.cli.refusals import in_words
from edge.locale import _


def do(asked: Asked, command: str, done: str, **arguments: object) -> int:
    """Ask the daemon to do something; say that it was done, or why not."""
    answer = ask(asked, command, by=who_types(), **arguments)
    carried_out = answer.get("done") is True
    if asked.as_json:
        screen.show_json(answer)
    elif carried_out:
        screen.say(done, "bold green")
    else:
        reason = str(answer.get("reason") or answer.get("error") or "")
        screen.say(_("Not done: {reason}").format(reason=in_words(reason)), "bold red")
    return 0 if carried_out else EXIT_NOT_GOOD


@click.command(help=_("Acknowledge: no repeats of this report to 119."))
@reporting
def ack(asked: Asked) -> int:
    """Acknowledge the present episode."""
    return do(asked, "ack", _("Acknowledged. A new rise or a new press is reported afresh."))


@click.command(help=_("Silence the siren until the water rises further."))
@reporting
def silence(asked: Asked) -> int:
    """Stop the sound only."""
    return do(asked, "silence", _("Silenced. Reports and texts go on."))


@click.command(help=_("Reset the latched alarm; refused while there is water."))
@reporting
def reset(asked: Asked) -> int:
    """End the latch."""
    return do(asked, "reset", _("Reset. The incident is closed once the level is normal."))
