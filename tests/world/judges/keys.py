"""What a message's key and purpose say: incident / episode / purpose / contact / repeat / part."""

from __future__ import annotations

from edge.effects import Purpose

WATER = "[침수]"
BELL = "[비상벨]"
DRILL = "[훈련]"

ABOUT_FLOODBELL = frozenset(
    {
        Purpose.TROUBLE,
        Purpose.TROUBLE_CLEARED,
        Purpose.DIGEST,
        Purpose.SERVICE_ENDS,
        Purpose.DRILL,
        Purpose.TEST,
    }
)


def incident_of(key: str) -> str:
    """Return what a message is about: an incident, or a cause and the time of its telling."""
    return key.partition("/")[0]


def cause_of(key: str) -> str:
    """Return the cause that a text about a trouble tells of."""
    return incident_of(key).partition("@")[0]


def episode_of(key: str) -> str:
    """Return incident and episode, which all reports of an episode share."""
    return key.rsplit("/", 4)[0]


def purpose_of(key: str) -> Purpose:
    """Return what a message is for."""
    return Purpose(key.rsplit("/", 4)[1])


def contact_of(key: str) -> str:
    """Return who gets it."""
    return key.rsplit("/", 3)[1]


def repeat_of(key: str) -> int:
    """Return the number of the repeat."""
    return int(key.rsplit("/", 2)[1])


def part_of(key: str) -> str:
    """Return the number of the part."""
    return key.rpartition("/")[2]
