"""Why the bell did not do what a person asked, in that person's language.

The law gives its reasons in English, into the event log as well; here each is known by its form and
said in the language of the command line. A reason that is not known is shown as it came.
"""

from __future__ import annotations

from typing import Final

from edge.diagnose import details
from edge.locale import N_, _
from edge.locale.sentences import pattern_of

REASONS: Final = (
    N_("nothing to acknowledge: no incident is open"),
    N_("nothing sounds"),
    N_("nothing to reset: no incident is open"),
    N_("zone {zone} is wet ({sensors})"),
    N_("zone {zone} is blind: no healthy sensor can say that it is dry"),
    N_("zone {zone} is not positively dry"),
    N_("119 has not accepted the report yet"),
    N_("service begins at the device only"),
    N_("service lasts more than 0 and at most {most} minutes, not {given}"),
    N_("incident {incident} is open: reset it first"),
    N_("zone {zone} is wet and being judged: try again in a moment"),
    N_("not in service"),
    N_("incident {incident} is open"),
    N_("in service: end it first"),
    N_("a drill is under way: end it first"),
    N_("{given} is not one of alert, danger, bell"),
    N_("no contact is named"),
    N_("not among the contacts in the settings: {names}"),
    N_("no drill is under way"),
    N_("a test text is asked for at the device only"),
    N_("a test text goes to one contact at a time"),
    N_("enough test texts for now: the next in {seconds} s"),
    N_("disarming is done at the device only"),
    N_("arming is done at the device only"),
    N_("more than 0 and at most {most} minutes, not {given}"),
    N_("nothing to disarm: report.armed is not true in the settings"),
    N_("report.armed is not true in the settings"),
    N_("it is armed, but could not call 119: {detail}"),
    N_("disarmed already by {by}, until it is armed again"),
    N_("disarmed already by {by}, for {minutes} min more"),
    N_("zone {zone} has no healthy sensor that can decide danger"),
    N_("modem: {detail}"),
    N_("store: {detail}"),
)
"""Every reason that the law has, with what changes in braces; the first that fits is taken."""

OF_THE_BENCH: Final = (
    N_("water is being judged just now: try again when it is over"),
    N_("the store has only just come: try again"),
    N_("the disk does not answer yet: it counts, and is written when it does"),
    N_("an incident is open: start the bell, and reset it"),
)
"""Those of a calibration."""


OF_THE_MODEM: Final = (
    N_("no modem in the settings"),
    N_("not accepted within {seconds} s"),
    N_("something real has begun"),
    N_("the network says that it was not delivered"),
    N_("a test text ends with a restart"),
)
"""Those of whatever needs the modem, and of a test text that came to nothing."""


def in_words(reason: str) -> str:
    """Return a reason in the language of the command line."""
    for template in (*REASONS, *OF_THE_BENCH, *OF_THE_MODEM):
        if (found := pattern_of(template).fullmatch(reason)) is not None:
            parts = found.groupdict()
            if "detail" in parts:  # a reason of its own, or what a part of the bell says of itself
                parts["detail"] = in_words(parts["detail"])
            return _(template).format(**parts)
    return details.in_words(reason)
