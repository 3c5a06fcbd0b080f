"""What people have set, in the journal beside the store (design 4.11).

A dead disk and a restart must neither forget that somebody has disarmed the device or is at work on
it, nor bring back what has ended: the newer of store and journal is believed. Invariant: only
entries of the present boot count, since seconds of another boot's clock mean nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, Final

from edge.law import arming, set_by_hand
from edge.law.state import State
from edge.store.journal import Entry

DISARMED: Final = "disarmed"
ARMED: Final = "armed"
SERVICE_ON: Final = "service_on"
SERVICE_OFF: Final = "service_off"


def record_changes(record: Callable[..., None], before: State, after: State, now_s: float) -> None:
    """Write down what a person has set, or what has run out; ``record(kind, key, now_s, …)``."""
    if after.disarmed != before.disarmed:
        disarmed = set_by_hand.dump_disarmed(after.disarmed, now_s)
        record(DISARMED if disarmed else ARMED, "", now_s, **(disarmed or {}))
    if after.service != before.service:
        service = set_by_hand.dump_service(after.service, now_s)
        record(SERVICE_ON if service else SERVICE_OFF, "", now_s, **(service or {}))


def believe(
    state: State, journalled: Iterable[Entry], boot_id: str, stored_s: float, now_s: float
) -> State:
    """Return the state with what the journal knows better.

    Args:
        state: As the store remembers it, or a fresh one.
        journalled: The journal.
        boot_id: The boot in which we run.
        stored_s: When the store's state was written, if in this boot; else minus infinity.
        now_s: Monotonic seconds now.
    """
    newest = {
        entry.kind in (SERVICE_ON, SERVICE_OFF): entry
        for entry in journalled
        if entry.boot_id == boot_id
        and entry.monotonic_s > stored_s
        and entry.kind in (DISARMED, ARMED, SERVICE_ON, SERVICE_OFF)
    }
    if (entry := newest.get(False)) is not None:
        state = _disarmed(state, entry, now_s)
    if (entry := newest.get(True)) is not None:
        state = _in_service(state, entry, now_s)
    return arming.told(state, now_s)


def _disarmed(state: State, entry: Entry, now_s: float) -> State:
    more = _well_formed(entry, "for_s", "left_s", "by") if entry.kind == DISARMED else None
    disarmed = set_by_hand.load_disarmed(more, now_s, now_s - entry.monotonic_s)
    return replace(state, disarmed=disarmed, armed=state.report_armed and disarmed is None)


def _in_service(state: State, entry: Entry, now_s: float) -> State:
    """A service that the store alone remembers ends at once, with all that was born in it."""
    if entry.kind == SERVICE_OFF:
        ended = state.service and replace(state.service, until_s=now_s)
        return replace(state, service=ended)
    more = _well_formed(entry, "left_s", "by", "warned")
    return replace(state, service=set_by_hand.load_service(more, now_s, now_s - entry.monotonic_s))


def _well_formed(entry: Entry, *keys: str) -> Mapping[str, Any] | None:
    """Return what an entry says, if that can be what was written; a disarming may have no end."""
    more = entry.more
    seconds = {key: more.get(key) for key in keys if key.endswith("_s")}
    if entry.kind == DISARMED and seconds.get("left_s") is None:
        seconds.pop("left_s", None)
    numbers = all(map(_is_a_number, seconds.values()))
    return more if numbers and set(keys) <= more.keys() else None


def _is_a_number(told: object) -> bool:
    return isinstance(told, int | float) and not isinstance(told, bool) and isfinite(told)
