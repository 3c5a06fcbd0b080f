"""click's own sentences, listed so that they enter our catalogue: click asks gettext for them.

Nothing imports this; ``make texts`` reads it.
"""

from __future__ import annotations


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate later"
    """Mark a message for the catalogue."""
    return message


CLICKS_OWN = (
    N_("Commands"),
    N_("Error: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Missing command."),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    N_("Options"),
    N_("Option {name!r} requires an argument."),
    N_("Show the version and exit."),
    N_("Show this message and exit."),
    N_("Try '{command} {option}' for help."),
    N_("Usage:"),
    N_("default: {default}"),
    N_("{value} is not in the range {range}."),
    N_("{value!r} is not a valid {number_type}."),
)
