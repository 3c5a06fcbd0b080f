"""Any stream of water, faults, hands and restarts: the law keeps its promises at every step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.events import Hand, Health, Outcome
from edge.law.policy import Policy
from tests.edge.law.basement import DOOR_AND_FLOAT, DOOR_AND_WINDOW
from tests.edge.law.watched import THREE_SENSORS, TWO_OF_TWO, Watched

HOMES = {
    "door-and-float": DOOR_AND_FLOAT,
    "door-and-window": DOOR_AND_WINDOW,
    "three-sensors": THREE_SENSORS,
    "two-of-two": TWO_OF_TWO,
}

DEPTHS_MM = (0.0, -3.0, 14.0, 19.0, 21.0, 60.0, 129.0, 131.0, 149.0, 151.0, 200.0, 255.0, 420.0)
RATES_MM_S = (2.0, 20.0, 45.0, 1000.0)
HOLDS_S = (0.0, 2.0, 4.0, 11.0, 70.0, 650.0, 1900.0)


def happenings(policy: Policy) -> st.SearchStrategy[list[tuple[str, Any]]]:
    sensors = sorted(policy.sensors)
    sensor = st.sampled_from(sensors)
    some = st.lists(sensor, min_size=1, unique=True)
    water = st.tuples(
        st.sampled_from(DEPTHS_MM), st.sampled_from(RATES_MM_S), st.sampled_from(HOLDS_S), some
    )
    one = st.one_of(
        st.tuples(st.just("water"), water),
        st.tuples(st.just("water"), water),
        st.tuples(
            st.just("lose_sensor"),
            st.tuples(sensor, st.sampled_from((Health.STALE, Health.FAULTED))),
        ),
        st.tuples(st.just("find"), st.tuples(sensor)),
        st.tuples(st.just("drown"), st.tuples(sensor, st.sampled_from((100.0, 300.0)))),
        st.tuples(st.just("press"), st.just(())),
        st.tuples(st.just("hand"), st.tuples(st.sampled_from(Hand), st.booleans())),
        st.tuples(st.just("restart"), st.tuples(st.sampled_from((0.5, 5.0, 90.0, None)))),
        st.tuples(st.just("arm"), st.tuples(st.booleans())),
        st.tuples(st.just("accepts"), st.tuples(st.booleans())),
        st.tuples(st.just("answer"), st.tuples(st.sampled_from(Outcome))),
        st.tuples(st.just("trouble"), st.tuples(st.sampled_from(("modem", "broker")))),
        st.tuples(st.just("mend"), st.tuples(st.sampled_from(("modem", "broker")))),
        st.tuples(st.just("silence"), st.tuples(st.sampled_from((1.0, 61.0, 2000.0, 50000.0)))),
    )
    return st.lists(one, min_size=1, max_size=40)


def live_through(policy: Policy, happening: list[tuple[str, Any]]) -> Watched:
    home = Watched(policy=policy)
    home.read_all()
    for name, arguments in happening:
        if name == "find":
            home.lost.discard(*arguments)
            home.read_all()
        elif name == "accepts":
            (home.accepts,) = arguments
        elif name == "hand":
            home.hand(arguments[0], local=arguments[1])
        elif name == "arm":
            home.arm(armed=arguments[0])
        else:
            getattr(home, name)(*arguments)
        home.judge_memory()
    return home


QUIET = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("name", HOMES)
def test_whatever_happens_the_law_keeps_its_promises(name: str) -> None:
    @settings(QUIET, max_examples=60)
    @given(happenings(HOMES[name]))
    def any_stream(happening: list[tuple[str, Any]]) -> None:
        live_through(HOMES[name], happening)

    any_stream()


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", HOMES)
def test_whatever_happens_for_long_the_law_keeps_its_promises(name: str) -> None:
    @settings(QUIET, max_examples=1500)
    @given(happenings(HOMES[name]))
    def any_stream(happening: list[tuple[str, Any]]) -> None:
        live_through(HOMES[name], happening)

    any_stream()
