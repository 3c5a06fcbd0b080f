"""The demo's words: message ids marked as data, translated where they are shown.

Owns nothing but the mark; the catalogue is the command line's (``edge.locale``).
"""

from __future__ import annotations

from edge.locale import _

__all__ = ["N_", "_"]


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark a message id for the catalogue and return it untranslated."""
    return message
