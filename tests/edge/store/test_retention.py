"""The file stays inside its bound, and what goes is what may go."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from edge.store.retention import extremes
from edge.store.rows import Batch, MessageRow
from edge.store.store import Store

TEXT = "x" * 180


def settle(store: Store) -> None:
    """Wait until the store has written and trimmed all it wants to."""
    pause = threading.Event()
    last, same_since_s = -1, time.monotonic()
    end_s = time.monotonic() + 20.0
    while time.monotonic() < end_s:
        size = store.health().backlog["events"] + store.health().pending
        if size != last:
            last, same_since_s = size, time.monotonic()
        if store.health().pending == 0 and time.monotonic() - same_since_s > 0.3:
            return
        pause.wait(0.02)
    raise AssertionError("it does not settle")


def fill(store: Store, count: int, sensors: tuple[str, ...] = ("door",)) -> None:
    for start in range(0, count, 500):
        rows = [
            {"sensor": sensors[n % len(sensors)], "depth_mm": float(n % 97), "text": TEXT}
            for n in range(start, start + 500)
        ]
        store.log_readings(rows, urgent=True)
        assert store.commit(Batch(state=str(start)), 10.0)


def test_acknowledged_rows_go_first_and_oldest_first(tmp_path: Path) -> None:
    store = Store(tmp_path / "floodbell.db", max_mb=4)
    store.open()
    assert store.commit(Batch(events=tuple({"n": n} for n in range(10))))
    fill(store, 6_000)
    store.acknowledge("readings", 6_000, store.log_id("readings") or "")
    fill(store, 6_000)
    settle(store)
    with store.reader() as reader:
        left = [seq for seq, _ in reader.rows("readings", 0, 100_000, 100_000_000)]
        events = [json.loads(body) for _, body in reader.rows("events", 0, 100, 100_000)]
    assert left == [*range(left[0], 12_001)], "only the oldest went"
    assert 1 < left[0] <= 6_001
    assert len(events) == 10
    assert store.health().size_bytes < 4 * 1024 * 1024
    store.close()


def test_messages_of_long_ago_go_and_waiting_ones_never(tmp_path: Path) -> None:
    store = Store(tmp_path / "floodbell.db", max_mb=4)
    store.open()
    waiting = MessageRow("old/1/danger/mother/1/1", "waiting", "{}")
    assert store.commit(Batch(messages=(waiting,)), 10.0)
    for start in range(0, 12_000, 500):
        rows = tuple(
            MessageRow(f"i{n}/1/alert/mother/1/1", "accepted", f'"{TEXT}{TEXT}"')
            for n in range(start, start + 500)
        )
        assert store.commit(Batch(messages=rows), 10.0)
    settle(store)
    with store.reader() as reader:
        keys = [row.key for row in reader.messages(limit_rows=100_000)]
    assert waiting.key in keys
    assert "i11999/1/alert/mother/1/1" in keys
    assert "i0/1/alert/mother/1/1" not in keys
    assert store.health().size_bytes < 4 * 1024 * 1024
    store.close()


def test_unacknowledged_readings_are_thinned_and_every_gap_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path / "floodbell.db", max_mb=4)
    store.open()
    assert store.commit(Batch(events=tuple({"n": n} for n in range(10))))
    fill(store, 20_000, ("door", "window"))
    settle(store)
    with store.reader() as reader:
        left = {seq for seq, _ in reader.rows("readings", 0, 100_000, 100_000_000)}
        events = [json.loads(body) for _, body in reader.rows("events", 0, 10_000, 10_000_000)]
    assert [event["n"] for event in events[:10]] == [*range(10)], "events never go"
    named: set[int] = set()
    for event in events[10:]:
        assert event["type"] == "readings_thinned"
        assert event["readings_log"] == store.log_id("readings")
        assert "log" not in event, "its message has the id of the events log under this name"
        named |= set(range(event["from_seq"], event["to_seq"] + 1))
    assert set(range(1, 20_001)) - left <= named
    assert 20_000 in left
    assert store.health().size_bytes < 4 * 1024 * 1024
    store.close()


def test_thinning_keeps_the_extremes_of_each_sensor() -> None:
    rows = [
        (n, json.dumps({"sensor": "ab"[n % 2], "depth_mm": depth}))
        for n, depth in enumerate([5, 50, 9, 40, 1, 70, 4, 41, 3, 42, 2, 43, 6, 44, 7, 45])
    ]
    assert extremes(rows) == {4, 2, 3, 5}  # a: 1 and 9, b: 40 and 70


def test_a_switch_and_a_fault_have_an_order_too() -> None:
    rows = [
        (1, json.dumps({"sensor": "a", "depth_mm": None, "at_least_mm": 20})),
        (2, json.dumps({"sensor": "a", "depth_mm": None, "at_least_mm": None})),
        (3, json.dumps({"sensor": "a", "depth_mm": None, "at_least_mm": 20})),
        (4, "not JSON"),
    ]
    assert {2, 4} <= extremes(rows)
    assert extremes(rows) & {1, 3}
