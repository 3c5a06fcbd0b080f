"""What texts may name of a home, from its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.messages.words import Home

if TYPE_CHECKING:
    from edge.settings import Settings


def home_of(settings: Settings) -> Home:
    """Return what texts may name of the home."""
    return Home(settings.site.id, settings.site.address, settings.site.occupants)
