"""How far a log has gone to the centre."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.centre.drain import Drain


@given(st.data())
def test_the_watermark_passes_only_what_is_acknowledged_with_all_before_it(
    data: st.DataObject,
) -> None:
    drain = Drain(100)
    sent: dict[int, int] = {}
    acknowledged: set[int] = set()
    seq, packet_id = 100, 0
    for _ in range(data.draw(st.integers(1, 30))):
        action = data.draw(st.sampled_from(["put", "put", "acknowledge", "rewind"]))
        if action == "put":
            seq, packet_id = seq + data.draw(st.integers(1, 9)), packet_id + 1
            drain.put(packet_id, seq, 10)
            sent[packet_id] = seq
        elif action == "acknowledge" and sent:
            one = data.draw(st.sampled_from(sorted(sent)))
            drain.acknowledge(one)
            acknowledged.add(one)
        elif action == "rewind":
            drain.rewind()
            sent.clear()
            acknowledged.clear()
            seq = drain.acked
        waiting = [last for one, last in sorted(sent.items()) if one not in acknowledged]
        assert drain.acked < min(waiting, default=seq + 1)
        assert drain.bytes_under_way == 10 * len(waiting)
        assert drain.sent == seq


def test_it_says_whether_the_watermark_has_moved() -> None:
    drain = Drain(0)
    for packet_id in (1, 2, 3):
        drain.put(packet_id, 10 * packet_id, 100)
    assert [drain.acknowledge(one) for one in (2, 1, 1, 9, 3)] == [False, True, False, False, True]
    assert (drain.acked, drain.bytes_under_way, len(drain)) == (30, 0, 0)
