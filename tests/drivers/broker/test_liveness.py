"""When a link is asked, and when it is given up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.broker.liveness import Liveness, Patience


def test_a_silent_link_is_asked_once_and_given_up_within_25_seconds() -> None:
    liveness = Liveness(20.0, Patience(), now_s=100.0)
    assert not liveness.ping_due(114.9, heard_s=100.0)
    assert liveness.ping_due(115.0, heard_s=100.0)
    liveness.pinged(115.0)
    assert not liveness.ping_due(120.0, heard_s=100.0)
    assert liveness.verdict(124.9, heard_s=100.0) is None
    assert liveness.verdict(125.0, heard_s=100.0) is not None
    assert liveness.ping_due(135.0, heard_s=116.0), "an answer begins a new silence"


def test_an_acknowledgement_that_does_not_come_is_noticed_sooner() -> None:
    liveness = Liveness(20.0, Patience(), now_s=0.0)
    liveness.sent(1, 5.0)
    assert liveness.verdict(16.9, heard_s=5.0) is None
    assert liveness.verdict(17.0, heard_s=5.0) is not None
    assert liveness.verdict(17.0, heard_s=16.0) is None, "a slow link is not a dead one"
    assert liveness.verdict(65.0, heard_s=64.0) is not None, "but it must acknowledge at last"
    liveness.acknowledged(1)
    assert liveness.verdict(65.0, heard_s=64.0) is None


@given(
    heard_s=st.floats(0, 100),
    sent=st.lists(st.floats(0, 100), max_size=3),
    pinged_s=st.none() | st.floats(0, 100),
)
def test_at_the_next_look_there_is_something_to_do(
    heard_s: float, sent: list[float], pinged_s: float | None
) -> None:
    """Or it would be looked at in vain, over and over."""
    liveness = Liveness(20.0, Patience(), now_s=0.0)
    for number, sent_s in enumerate(sorted(sent)):
        liveness.sent(number, sent_s)
    if pinged_s is not None:
        liveness.pinged(pinged_s)
    look_s = 100.0 + liveness.next_look_s(100.0, heard_s) + 0.001
    assert liveness.ping_due(look_s, heard_s) or liveness.verdict(look_s, heard_s)
