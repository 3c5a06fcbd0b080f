"""Whatever people do in whatever order: service, drill and disarming keep their promises.

The books are kept from the readings and the effects alone; what the law believes of itself is never
asked to prove the law.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.effects import Effect, Notice, Purpose, Report
from edge.events import Hand
from tests.edge.law.basement import DOOR_AND_WINDOW, Basement

WATER_TEXTS = {Purpose.ALERT, Purpose.DANGER, Purpose.DROWNED, Purpose.RECEDED}


@dataclass
class HandledBasement(Basement):
    """Breaks the moment that a promise about people's hands is broken."""

    service_until_s: float | None = None
    disarmed_until_s: float | None = None
    depths: dict[str, float] = field(default_factory=lambda: {"door": 0.0, "window": 0.0})

    def _took(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, Report):
                assert not self._disarmed(), "119 is called while disarmed"
                if effect.origin == "water":
                    assert not self._in_service(), "119 is called for water in service"
            if isinstance(effect, Notice):
                self._judge(effect)
        super()._took(effects)

    def _judge(self, notice: Notice) -> None:
        if notice.purpose is Purpose.DRILL:
            assert notice.origin is None
            assert notice.facts.mark == "drill"
        elif notice.purpose in WATER_TEXTS and self._in_service():
            assert set(notice.contacts) <= {"tech"}
            assert notice.facts.mark == "service"
        elif notice.purpose in WATER_TEXTS and self.service_until_s is None:
            assert notice.facts.mark == ""

    def _in_service(self) -> bool:
        return self.service_until_s is not None and self.now_s < self.service_until_s

    def _disarmed(self) -> bool:
        return self.disarmed_until_s is not None and self.now_s < self.disarmed_until_s

    def serve(self, minutes: float) -> None:
        if not self.ask(Hand.SERVICE_ON, minutes):
            self.service_until_s = self.now_s + minutes * 60.0

    def stop_serving(self) -> None:
        self.service_until_s = None
        self.ask(Hand.SERVICE_OFF)

    def disarm(self, minutes: float) -> None:
        if not self.ask(Hand.DISARM, minutes):
            self.disarmed_until_s = self.now_s + minutes * 60.0

    def arm_by_hand(self) -> None:
        before, self.disarmed_until_s = self.disarmed_until_s, None
        if self.ask(Hand.ARM):
            self.disarmed_until_s = before

    def wait(self, seconds: float) -> None:
        self.interval_s = max(0.5, seconds / 40.0)
        self.run(seconds, **self.depths)

    def killed(self, gap_s: float | None) -> None:
        """A power cut leaves as much as there was: nobody knows how long it took."""
        before_s = self.now_s
        self.restart(gap_s)
        if gap_s is None:
            away_s = self.now_s - before_s
            if self.service_until_s is not None:
                self.service_until_s += away_s
            if self.disarmed_until_s is not None:
                self.disarmed_until_s += away_s


MINUTES = st.sampled_from([1.0, 4.0, 10.0, 60.0])
STEPS = st.one_of(
    st.tuples(st.just("serve"), MINUTES),
    st.tuples(st.just("stop_serving")),
    st.tuples(st.just("disarm"), MINUTES),
    st.tuples(st.just("arm_by_hand")),
    st.tuples(st.just("drill"), st.sampled_from(["alert", "danger", "bell"])),
    st.tuples(st.just("press")),
    st.tuples(st.just("reset")),
    st.tuples(
        st.just("water"),
        st.sampled_from(["door", "window"]),
        st.sampled_from([0.0, 60.0, 200.0, 320.0]),
    ),
    st.tuples(st.just("wait"), st.sampled_from([2.0, 25.0, 240.0, 2000.0])),
    st.tuples(st.just("killed"), st.sampled_from([1.0, 100.0, None])),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_whatever_people_do_no_bucket_drill_or_test_reaches_119(
    steps: list[tuple[object, ...]],
) -> None:
    basement = HandledBasement(DOOR_AND_WINDOW)
    basement.wait(5.0)
    for name, *arguments in steps:
        if name == "drill":
            basement.ask(Hand.DRILL, stage=str(arguments[0]), contacts=("mother",))
        elif name == "reset":
            basement.ask(Hand.RESET)
        elif name == "water":
            sensor, depth_mm = arguments
            basement.depths[str(sensor)] = float(str(depth_mm))
        else:
            getattr(basement, str(name))(*arguments)
    _water_that_stands_is_reported(basement)


def _water_that_stands_is_reported(basement: HandledBasement) -> None:
    """When nobody's hand is at work any more, 119 hears of what stands, within 20 s."""
    basement.stop_serving()
    basement.arm_by_hand()
    basement.wait(3.0)
    basement.arm_by_hand()
    ready_s = basement.now_s
    basement.interval_s = 0.5
    basement.run(20.0, **basement.depths)
    stands = max(basement.depths.values()) >= basement.policy.danger.mm
    incident = basement.state.incident
    if stands:
        assert incident is not None
        mine = [r for _, r in basement.reports if r.incident == incident.id]
        assert any(r.origin == "water" for r in mine), f"nobody told 119 since {ready_s}"
    assert basement.state.service is None
    assert basement.state.armed
