"""``floodbell completion bash|zsh|fish``: the script that lets the shell complete what is typed."""

from __future__ import annotations

import sys
from typing import Final

import click

from edge.cli.completing import VARIABLE
from edge.cli.options import Asked, located
from edge.locale import _

SHELLS: Final = ("bash", "zsh", "fish")


@click.command(
    help=_(
        "Let a shell complete commands, options and names."
        " Prints the script. For all users:"
        " floodbell completion bash > /etc/bash_completion.d/floodbell"
    )
)
@click.argument("shell", type=click.Choice(SHELLS))
@located
def completion(_asked: Asked, shell: str) -> int:
    """Print click's own script for this program."""
    from click.shell_completion import ShellComplete, get_completion_class

    found = get_completion_class(shell)
    if found is None:  # every click has had these three
        raise click.UsageError(shell)
    script = found(click.Command("floodbell"), {}, "floodbell", VARIABLE)
    # Not its own source(): that of bash looks for a bash, and complains if there is none.
    sys.stdout.write(ShellComplete.source(script))
    return 0
