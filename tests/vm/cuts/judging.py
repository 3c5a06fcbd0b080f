"""What must be so after a power cut: pure.

A text counts once it is complete at the modem. The promises: the store is intact or was set aside;
everybody is told of what was decided, and of water that stands; 119 hears of nothing that was not
so; a cut repeats a text at most once.
"""

from __future__ import annotations

from collections import Counter

from tests.vm.cuts.plan import DANGER_MM, Plan
from tests.vm.cuts.remains import Remains
from tests.vm.cuts.told import REPORTS, Told, everybody, owed


def expected(plan: Plan, before: Told, found: Remains, highest_mm: float) -> Told:
    """Who must have been told what in the end, and how often.

    Of water that stands: everybody. If it was gone when the power came back: whoever the bell had
    decided to tell, which the store knows, or the first of whom had been told; and then that it is
    gone.
    """
    stands = not plan.gone
    purposes = {purpose for _, purpose in before}
    danger_decided = purposes & {"danger", "report"} or found.speaks_of("danger")
    then = Counter() if stands else Counter(dict.fromkeys(everybody("receded"), 1))
    if highest_mm >= DANGER_MM and (stands or danger_decided):
        return owed(danger=True) + then
    if stands or "alert" in purposes or found.speaks_of("alert"):
        return owed(danger=False) + then
    return Counter()


def missing(plan: Plan, before: Told, now: Told, found: Remains, highest_mm: float) -> Told:
    """Who has not yet been told what, and how often it is still to come.

    An alert that has not left when the water is gone gives way to that news (``law.incidents``).
    """
    return expected(plan, before, found, highest_mm) - now - _overtaken(now)


def _overtaken(now: Told) -> Told:
    return Counter({(number, "alert"): 1 for number, purpose in now if purpose == "receded"})


def wrong(
    plan: Plan, before: Told, after: Told, found: Remains, highest_mm: float, early_report: bool
) -> tuple[str, ...]:
    """Say everything that must not be so."""
    said = []
    if not found.intact:
        said.append("the store in use is damaged")
    said += [
        f"{number} was not told: {purpose}, {times} missing"
        for (number, purpose), times in sorted(
            missing(plan, before, after, found, highest_mm).items()
        )
    ]
    if early_report:
        said.append("119 was told before water stood at danger")
    if highest_mm < DANGER_MM and any(number == "119" for number, _ in after):
        said.append("119 was told of water that never stood at danger")
    said += [
        f"{number} was told {times} times in {plan.cuts} cut(s): {purpose}"
        for (number, purpose), times in sorted(after.items())
        if times > (REPORTS if number == "119" else 1) + plan.cuts
    ]
    if not found.settled:
        said.append(f"still waiting: {sorted(_waiting(found))}")
    if len(found.incidents) > 1 + plan.cuts:
        said.append(f"one flood became {len(found.incidents)} incidents")
    return tuple(said)


def _waiting(found: Remains) -> set[str]:
    return {f"{key} {status}" for key, status in found.of_flood.items()}
