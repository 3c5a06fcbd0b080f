"""``floodbell run`` as click sees it: for ``--help`` and for explaining mistakes.

A plain ``run`` never comes here, see ``edge.cli.main``.
"""

from __future__ import annotations

import click

from edge.cli.options import Asked, located
from edge.locale import _


@click.command(help=_("Run the bell in the foreground, as the service does."))
@located
def run(asked: Asked) -> int:
    """Hand over to the daemon."""
    from edge.daemon import main

    return main(asked.config)
