"""Power cuts in floods: the short form of ``make powercuts``, one in each machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.vm.cuts.cut_homes import CutHome, LightCutHome
from tests.vm.cuts.living import live
from tests.vm.cuts.plan import Plan, plan_of
from tests.vm.home import Home
from tests.vm.machine import Machine
from tests.vm.measured import figure

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]


@pytest.mark.parametrize(
    ("home_of", "plan"),
    [(CutHome, plan_of(7, 8)), (LightCutHome, plan_of(8, 9))],
    ids=["whole", "light"],
)
def test_after_a_power_cut_in_a_flood_everybody_is_told_and_119_only_what_was_so(
    vm: Machine,
    home_of: Callable[[], Home],
    plan: Plan,
) -> None:
    vm.off()
    outcome = live(home_of, plan)
    figure(
        f"power cut {plan.instant!r} of a {plan.peak_mm / 10:.0f} cm flood: READY"
        f" {outcome.active_s:.0f} s after the power was back; {dict(outcome.after)}"
    )
    assert not outcome.wrong
