"""What the running bell says is not well with it, each with its name and its remedy."""

from __future__ import annotations

from collections.abc import Iterator

from edge.diagnose.details import in_words
from edge.diagnose.examination import Examination
from edge.diagnose.remedies import trouble_of
from edge.diagnose.verdict import Subject, Verdict, bad
from edge.locale import _


def check_troubles(examination: Examination) -> Iterator[Verdict]:
    """A verdict for each trouble that stands; what no check can see from outside is among them."""
    daemon = examination.daemon or {}
    for trouble in daemon.get("troubles") or []:
        cause = str(trouble.get("cause"))
        words = trouble_of(cause)
        seen = in_words(str(trouble.get("detail") or ""))
        if trouble.get("unstable"):
            seen = _("{seen} (comes and goes)").format(seen=seen)
        yield bad(Subject(f"trouble:{cause}", words.name), seen or words.name, words.remedy)
