"""click's own sentences, listed so that they enter our catalogue: click asks gettext for them.

Nothing imports this; ``make texts`` reads it.
"""

from __future__ import annotations

from gettext import ngettext


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate later"
    """Mark a message for the catalogue."""
    return message


CLICKS_OWN = (
    N_("Choose from:\n\t{choices}"),
    N_("Commands"),
    N_("Error: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Missing argument"),
    N_("Missing command."),
    N_("Missing option"),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    N_("Option {name!r} does not take a value."),
    N_("Options"),
    N_("Show the version and exit."),
    N_("Show this message and exit."),
    N_("Try '{command} {option}' for help."),
    N_("Usage:"),
    N_("default: {default}"),
    N_("{value} is not in the range {range}."),
    N_("{value!r} is not a valid {number_type}."),
)

WITH_A_PLURAL = (
    ngettext(
        "Did you mean {possibility}?",
        "(Did you mean one of: {possibilities}?)",
        1,
    ),
    ngettext(
        "Got unexpected extra argument ({args})",
        "Got unexpected extra arguments ({args})",
        1,
    ),
    ngettext(
        "Option {name!r} requires an argument.",
        "Option {name!r} requires {nargs} arguments.",
        1,
    ),
    ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}.", 1),
)
