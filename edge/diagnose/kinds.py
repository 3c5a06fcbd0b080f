"""Whether one cause can fool every sensor of the home (design 4.4).

A disturbance that stands long enough under a home's only sensor does reach 119, so ``doctor`` wants
two kinds of sensor.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.diagnose.advised import kind_words
from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, good, warn
from edge.locale import _


def check_kinds(examination: Examination) -> Iterator[Verdict]:
    """Two kinds, or one that a box under it is taken for a flood by."""
    subject = Subject("kinds", _("kinds of sensor"))
    kinds = sorted({sensor.kind for sensor in examination.settings.sensors.values()})
    if len(kinds) > 1:
        yield good(subject, ", ".join(map(kind_words, kinds)))
        return
    yield warn(
        subject,
        _("only one: {kind}. What stands under it for long calls 119 for nothing").format(
            kind=kind_words(kinds[0])
        ),
        _("add a sensor of another kind, a float switch for example"),
    )
