"""Troubles across a restart (design 4.11): what was told is not told again, nor forgotten.

A restart forgets which faults are still there, and nobody may be told that one has ended before it
was looked at again. Invariant: what was told and still stands is neither told again nor cleared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from edge.law.courses import is_judged_by_law
from edge.law.elapsed import ago, at
from edge.law.policy import Policy
from edge.law.state import Trouble

SEEN_AGAIN_WITHIN_S: Final = 120.0
"""Whatever still stands after a start is seen so soon: the slowest is a modem without a network.
With the off-delay of 60 s, what ended meanwhile is told within the 200 s of design 4.10."""


def dump(troubles: Mapping[str, Trouble], now_s: float) -> list[dict[str, Any]]:
    """Return the troubles as plain JSON values."""
    return [
        {
            "cause": t.cause,
            "detail": t.detail,
            "for_s": round(now_s - t.since_s, 3),
            "raised_for_s": ago(t.raised_s, now_s),
            "texted_for_s": ago(t.texted_s, now_s),
            "unstable": t.unstable,
            "well_for_s": None if is_presumed(t, now_s) else ago(t.gone_s, now_s),
        }
        for t in troubles.values()
    ]


def is_presumed(trouble: Trouble, now_s: float) -> bool:
    """Whether nobody has looked at it since a restart, and it will count as good if nobody does."""
    return trouble.gone_s is not None and trouble.gone_s > now_s


def load(
    stored: Iterable[Mapping[str, Any]], now_s: float, away_s: float, policy: Policy
) -> dict[str, Trouble]:
    """Return the troubles as they go on after a restart.

    What had not been told is dropped, unless the law itself judges it: its part sees it again. What
    was told stays told. If it was well already, the time of good goes on. If not, the law's own
    judgement is awaited; of the others, what is not seen again soon has ended, or is not looked at
    any more.

    Args:
        stored: What ``dump`` returned.
        now_s: Monotonic seconds now.
        away_s: Seconds since it was written; 0 when nobody knows.
        policy: The settings now.
    """
    at_s = now_s - away_s
    troubles = {}
    for one in map(_completed, stored):
        judged = is_judged_by_law(one["cause"], policy)
        if one["raised_for_s"] is None and not judged:
            continue
        gone_s = None if judged else now_s + SEEN_AGAIN_WITHIN_S
        if one["well_for_s"] is not None:
            gone_s = at_s - one["well_for_s"]
        troubles[one["cause"]] = Trouble(
            cause=one["cause"],
            detail=one["detail"],
            since_s=at_s - one["for_s"],
            raised_s=at(one["raised_for_s"], at_s),
            texted_s=at(one["texted_for_s"], at_s),
            unstable=one["unstable"],
            gone_s=gone_s,
        )
    return troubles


def _completed(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fill in what an earlier version did not store: only whether it was told, not since when."""
    if "raised_for_s" in one:
        return one
    return {
        **one,
        "raised_for_s": one["for_s"] if one["raised"] else None,
        "texted_for_s": one["for_s"] if one["texted"] else None,
        "unstable": False,
        "well_for_s": None,
    }


def joined(remembered: Mapping[str, Trouble], present: Mapping[str, Trouble]) -> dict[str, Trouble]:
    """Return what a late disk remembers, as it is seen to be now: what was told stays told."""
    both = {
        cause: replace(known, detail=present[cause].detail, gone_s=present[cause].gone_s)
        for cause, known in remembered.items()
        if cause in present and known.raised
    }
    return {**remembered, **present, **both}


def differs(before: Mapping[str, Trouble], after: Mapping[str, Trouble]) -> bool:
    """Whether more than details changed.

    A detail may count seconds: storing each would wear the card out, and the next store has it.
    """
    if before is after:
        return False
    mute = [[replace(t, detail="") for t in them.values()] for them in (before, after)]
    return mute[0] != mute[1]
