"""What becomes of each kind of trouble, and when: one table (design 4.10).

A cause is a kind, or a kind and a name: ``sensor:door`` is of the kind ``sensor``. Owns the times
only; raising, texting and clearing by them is ``troubles``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge.law.policy import Policy, TroublePolicy
from edge.law.state import INF

MAINS_TEXT_AFTER_S: Final = 900.0
"""Lost mains are texted after so long: most cuts are shorter (design 4.10)."""

UNARMED_AFTER_S: Final = 7200.0
"""Disarmed for longer than a technician's visit is a trouble (design 4.8)."""

AGAIN_AFTER_S: Final = 86400.0
"""What is texted again while it stands is texted daily (design 4.8)."""


@dataclass(frozen=True, slots=True)
class Course:
    """The times of one kind of trouble, in seconds since the fault began.

    ``on_delay_s`` is how long it stands until it is raised: shown, published and logged; None is
    ``trouble.on_delay_s`` of the settings. ``text_after_s`` is how long until it is texted as well;
    None is the broker's time, which has a jitter of its own. ``again_s`` is how long after a text
    the next one follows while it stands.
    """

    on_delay_s: float | None = None
    text_after_s: float | None = 0.0
    again_s: float = INF

    def raised_after_s(self, policy: TroublePolicy) -> float:
        """How long it stands until it is raised."""
        return policy.on_delay_s if self.on_delay_s is None else self.on_delay_s

    def texted_after_s(self, policy: TroublePolicy) -> float:
        """How long it stands until it is texted, if it was raised by then."""
        return policy.broker_text_after_s if self.text_after_s is None else self.text_after_s


ORDINARY: Final = Course()
"""Every kind that the table does not name: raised after the settings' delay, and texted then."""

AT_ONCE: Final = Course(on_delay_s=0.0)
"""What was judged over a time of its own, or must not wait."""

COURSES: Final[Mapping[str, Course]] = {
    "blind": AT_ONCE,
    "modem": AT_ONCE,
    "store": AT_ONCE,
    "fault": AT_ONCE,
    "battery": AT_ONCE,
    "self_test": AT_ONCE,  # an hour has passed already, or the network has refused it
    "unchanged": AT_ONCE,  # a day has passed already
    "untested": AT_ONCE,  # a year has
    "broker": Course(text_after_s=None),  # the centre sees it; a text each would flood a district
    "certificate": Course(text_after_s=None),  # a district's were made on one day
    "mains": Course(on_delay_s=0.0, text_after_s=MAINS_TEXT_AFTER_S),
    "unarmed": Course(on_delay_s=UNARMED_AFTER_S, again_s=AGAIN_AFTER_S),
}
"""Kinds with a course of their own (design 4.10; ``unarmed``: 4.8)."""


def course_of(cause: str) -> Course:
    """Return the course of a cause."""
    return COURSES.get(cause.partition(":")[0], ORDINARY)


def is_judged_by_law(cause: str, policy: Policy) -> bool:
    """Whether the law itself finds out that such a trouble has ended, whenever that is.

    Of the others the part itself says so, if it is still in the settings and anybody asks it.
    """
    kind, _, name = cause.partition(":")
    if kind in ("held", "discrepancy", "unarmed"):
        return True
    of_sensor = ("sensor", "unchanged", "untested")
    return name in {"blind": policy.zones, **dict.fromkeys(of_sensor, policy.sensors)}.get(kind, ())
