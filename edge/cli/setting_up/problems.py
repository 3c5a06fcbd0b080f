"""What the loader of the settings complains of, as an answer to a person who has just typed it.

The sentences themselves are known in ``edge.diagnose.problem_words``, for ``check-config`` too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.diagnose import problem_words
from edge.locale import _

if TYPE_CHECKING:
    from edge.settings import Problem


def in_words(problem: Problem) -> str:
    """Say what was found and what is allowed.

    Args:
        problem: Of the loader.
    """
    allowed = allowed_in_words(problem.allowed)
    told = problem.found.strip('"')
    if told == "nothing":
        return _("needed: {allowed}").format(allowed=allowed)
    found = problem_words.in_words(told)
    if found != told:
        return _("{found}; allowed: {allowed}").format(found=found, allowed=allowed)
    return _("not {found}; allowed: {allowed}").format(found=problem.found, allowed=allowed)


def allowed_in_words(allowed: str) -> str:
    """Return what is allowed in the language of the command line."""
    return problem_words.in_words(allowed)
