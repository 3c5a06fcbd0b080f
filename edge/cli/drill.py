"""``drill``: the whole path to people, every text marked, never to 119."""

from __future__ import annotations

import click

from edge.cli.completing import contact_ids
from edge.cli.hands import do
from edge.cli.options import Asked, reporting
from edge.law.drill import LASTS_S, STAGES
from edge.locale import _

END = "end"


@click.command(
    help=_("Practise: siren and texts marked as a drill, never to 119. `drill end` ends it.")
)
@click.argument("stage", type=click.Choice([*STAGES, END]))
@click.option(
    "--to",
    multiple=True,
    metavar="CONTACT...",
    shell_complete=contact_ids,
    help=_("Who gets the text"),
)
@click.argument("more", nargs=-1, metavar="", shell_complete=contact_ids)
@reporting
def drill(asked: Asked, stage: str, to: tuple[str, ...], more: tuple[str, ...]) -> int:
    """Begin a drill, or end it."""
    contacts = (*to, *more)
    if stage == END:
        if contacts:
            raise click.UsageError(_("`drill end` takes no contacts."))
        return do(asked, "drill_end", _("The drill is over."))
    if not to:
        raise click.UsageError(_("Say who gets the text: --to CONTACT"))
    done = _("The drill has begun and ends in {minutes:.0f} min. Texts go to: {contacts}").format(
        minutes=LASTS_S / 60.0, contacts=", ".join(contacts)
    )
    return do(asked, "drill", done, stage=stage, contacts=list(contacts))
