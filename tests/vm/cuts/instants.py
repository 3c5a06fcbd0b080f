"""Finding the moment in a flood at which a plan cuts the power.

Owns no more than the waiting. Every wait has an end; one that is over says what it waited for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from drivers.emulated.modem import ModemPeer
from tests.vm.cuts.plan import ALERT_MM, DANGER_MM, Plan
from tests.vm.cuts.standing_water import Water
from tests.vm.cuts.told import everybody, owed, told
from tests.vm.home import Home, pause

ALERT_DELAY_S: Final = 3.0
DANGER_DELAY_S: Final = 2.0
REPORT_EVERY_S: Final = 6.0
OFF_DELAY_S: Final = 3.0
_LATE_S: Final = 2.0
"""By how much things in there come later than on paper: a sample, a median, a slow computer."""

_TOLD_S: Final = 120.0
_WINDOW_S: Final = 45.0
_RESET_S: Final = 8.0
_LOOK_S: Final = 0.05


class NeverCameError(AssertionError):
    """What a plan waited for did not come: the bell was not right even before the cut."""


def await_instant(home: Home, water: Water, plan: Plan) -> None:
    """Wait until the power is to be cut."""
    before = plan.instant
    if before == "rising":
        _at(water, plan.part * min(plan.peak_mm, ALERT_MM), 0.0)
    elif before == "alert delay":
        _at(water, ALERT_MM, plan.part * (ALERT_DELAY_S + _LATE_S))
    elif before == "danger delay":
        _at(water, DANGER_MM, plan.part * (DANGER_DELAY_S + _LATE_S))
    elif before == "at the prompt":
        _await_modem(home, lambda peer: _texts_begun(peer) > _texts_ended(peer) >= plan.nth)
        pause(plan.part * 0.1)
    elif before == "unanswered text":
        _await_modem(home, lambda peer: _texts_ended(peer) > plan.nth)
        pause(plan.part * plan.answer_s)
    elif before == "between texts":
        _await(home, f"{plan.nth + 1} texts", lambda: len(home.modem.texts) > plan.nth)
        pause(plan.part * 0.5)
    elif before == "between reports":
        sent = min(plan.nth, 1) + 1
        _await(home, "a report", lambda: told(home.modem.texts)["119", "report"] >= sent)
        pause(plan.part * REPORT_EVERY_S)
    else:
        _await_told(home, plan)
        _after_all_are_told(home, water, plan)


def _after_all_are_told(home: Home, water: Water, plan: Plan) -> None:
    if plan.instant == "all told":
        pause(plan.part * 5.0)
        return
    water.fall()
    home.hang_float()
    runs_off_s = plan.peak_mm / 30.0
    if plan.instant == "falling":
        pause(plan.part * (runs_off_s + OFF_DELAY_S + _LATE_S))
        return
    receded = everybody("receded")
    if plan.instant == "receding texts":
        _await(home, "a text that the water is gone", lambda: bool(receded & _known(home)))
        pause(plan.part * 4 * plan.answer_s)
        return
    _await(home, "all to hear that the water is gone", lambda: receded <= _known(home))
    reset = threading.Thread(
        target=lambda: home.machine.exec("floodbell", "reset", check=False), daemon=True
    )
    reset.start()
    pause(plan.part * _RESET_S)


def _await_told(home: Home, plan: Plan) -> None:
    wanted = owed(plan.is_danger)
    _await(home, "everybody to be told", lambda: wanted <= told(home.modem.texts))


def _known(home: Home) -> set[tuple[str, str]]:
    return set(told(home.modem.texts))


def _at(water: Water, depth_mm: float, later_s: float) -> None:
    end_s = time.monotonic() + _WINDOW_S
    while water.depth_mm() < depth_mm:
        if time.monotonic() >= end_s:
            raise NeverCameError(f"the water did not reach {depth_mm} mm")
        pause(_LOOK_S)
    pause(later_s)


def _await(home: Home, what: str, true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + _TOLD_S
    while not true():
        if time.monotonic() >= end_s:
            raise NeverCameError(f"waited {_TOLD_S} s for {what}; told: {sorted(_known(home))}")
        pause(_LOOK_S)


def _await_modem(home: Home, true: Callable[[ModemPeer], bool]) -> None:
    if not home.modem.wait_until(true, _TOLD_S):
        raise NeverCameError(f"waited {_TOLD_S} s for the modem to be asked")


def _texts_begun(peer: ModemPeer) -> int:
    return peer.transcript.count(b"AT+CMGS=")


def _texts_ended(peer: ModemPeer) -> int:
    return peer.transcript.count(b"\x1a")
