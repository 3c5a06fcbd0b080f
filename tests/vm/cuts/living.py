"""One flood with a power cut in it, in the virtual machine, from a fresh home to the last text.

Owns the home for as long as it lasts. What is wrong with it in the end is said by ``judging``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from tests.vm.cuts import instants, judging, remains
from tests.vm.cuts.plan import Plan
from tests.vm.cuts.standing_water import Water
from tests.vm.cuts.told import Told, of_flood, told
from tests.vm.home import Home, pause
from tests.vm.machine import RigError

TOLD_WITHIN_S: Final = 240.0
"""Three reports a minute leave the port at most, so one that was cut off may wait for a minute."""

COME_UP_S: Final = 600.0
"""Beside other work an emulated processor is slow beyond measure; how long it took is told."""

_STILL_S: Final = 4.0
_LOOK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan.

    Attributes:
        under_way: What the modem was doing when the power went.
        before: Who was told what by then.
        after: Who was told what in the end.
        active_s: From the last return of the power to READY.
        told_s: From there to the last text of the flood; None if there was nothing to tell.
        highest_mm: How high water truly stood.
        early_report: 119 was told something before water stood at danger.
        incidents: How many incidents the store knows.
        set_aside: Whether a damaged store was set aside.
        wrong: What must not be so, in words.
    """

    plan: Plan
    under_way: str
    before: Told
    after: Told
    active_s: float
    told_s: float | None
    highest_mm: float
    early_report: bool
    incidents: int
    set_aside: bool
    wrong: tuple[str, ...]


class NotBegunError(Exception):
    """There was no home to cut the power of: a busy computer, not the bell, is to blame."""


def live(home_of: Callable[[], Home], plan: Plan) -> Outcome:
    """Live through a plan.

    Raises:
        NotBegunError: The machine did not start, or the bell in it: there was no flood yet.
        AssertionError: The bell did not come up after the cut, or did nothing before it.
    """
    with ExitStack() as closing:
        water = Water()
        home = _home(home_of, closing, water, plan)
        water.rise(plan.peak_mm, plan.rise_mm_s)
        home.lift_float()
        instants.await_instant(home, water, plan)
        home.cut()
        under_way = _under_way(home)
        before = of_flood(told(home.modem.texts))
        back_s = _come_back(home, water, plan)
        active_s = _await_active(home, back_s)
        told_s = _await_rest(home, water, plan, before, back_s)
        found = remains.look(home)
        after = of_flood(told(home.modem.texts))
        early_report = _early_report(home, water)
        wrong = judging.wrong(plan, before, after, found, water.highest_mm, early_report)
        if home.unit("NRestarts") != "0":
            wrong = (*wrong, "the service fell after the boot and was started again")
        return Outcome(
            plan=plan, under_way=under_way, before=before, after=after, active_s=active_s,
            told_s=told_s, highest_mm=water.highest_mm, early_report=early_report,
            incidents=len(found.incidents), set_aside=bool(found.set_aside), wrong=wrong,
        )  # fmt: skip


def _home(home_of: Callable[[], Home], closing: ExitStack, water: Water, plan: Plan) -> Home:
    try:
        home = closing.enter_context(home_of())
        home.sensor.follow(water.depth_mm)
        home.modem.set_answer_delay(plan.answer_s)
        return home.start()
    except AssertionError as error:
        raise NotBegunError(str(error)) from error


def _under_way(home: Home) -> str:
    """What the modem was in the middle of; the machine is off."""
    said = home.modem.transcript
    begun, ended = said.count(b"AT+CMGS="), said.count(b"\x1a")
    if begun > ended:
        return "prompt given, text not yet complete"
    if ended > len(home.modem.texts):
        return "text complete, not yet answered"
    return "nothing"


def _come_back(home: Home, water: Water, plan: Plan) -> float:
    """Give the power back, twice if so planned; return when."""
    if plan.modem_dies:
        home.modem.reboot()
    if plan.gone:
        water.vanish()
        home.float_hangs = True
    back_s = time.monotonic()
    home.power_back()
    if plan.again_s is not None:
        pause(max(0.0, plan.again_s - (time.monotonic() - back_s)))
        home.cut()
        if plan.modem_dies:
            home.modem.reboot()
        back_s = time.monotonic()
        home.power_back()
    return back_s


def _await_active(home: Home, back_s: float) -> float:
    home.wait_for("the bell to come up by itself", home.is_active, COME_UP_S)
    return time.monotonic() - back_s


def _await_rest(home: Home, water: Water, plan: Plan, before: Told, back_s: float) -> float | None:
    """Wait until all is told that is to be told, or for as long as that may take at most."""
    end_s = time.monotonic() + TOLD_WITHIN_S
    while time.monotonic() < end_s:
        pause(_LOOK_S)
        if _is_over(home, water, plan, before):
            pause(_STILL_S)  # what must not come has this long to come
            if _is_over(home, water, plan, before):
                break
    last_s = max((text.accepted_s for text in home.modem.texts), default=0.0)
    return last_s - back_s if last_s > back_s else None


def _is_over(home: Home, water: Water, plan: Plan, before: Told) -> bool:
    try:
        found = remains.look(home)
    except RigError:
        return False  # the store is being made
    now = of_flood(told(home.modem.texts))
    return found.settled and not judging.missing(plan, before, now, found, water.highest_mm)


def _early_report(home: Home, water: Water) -> bool:
    danger_s = water.first_at_s(150.0)
    reports_s = [text.first_byte_s for text in home.modem.texts if text.number == "119"]
    return bool(reports_s) and (danger_s is None or min(reports_s) < danger_s)
