"""How fast what was stored in an outage reaches a subscriber, and whether all of it does.

The daemon runs, with so many readings in its store, and knocks at a broker that does not answer;
then it answers. The clock runs at a subscriber in a process of its own, from the first word of the
device to the last of the rows, and every number is looked at. The bare floor has the readings in
memory, in messages of one reading, and once more in messages as long as ours.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.bells import Bell
from tests.bench.figures import Measured, Row, cell
from tests.bench.session import Session, bare
from tests.bench.stored import copied, store_of
from tests.brokers import Mosquitto

BASE: Final = "floodbell/v1/jongno/jongno-0042"


def _rows(count: int) -> tuple[Row, ...]:
    words = f"drain of {count:,} stored readings"
    return (
        Row(f"{words}, a second", must=5_000, aim=15_000, more_is_better=True),
        Row(f"… lost, doubled or out of order, of {count:,}", must=0, aim=0),
        Row(f"… of {count:,}, a second; the floor sends as many a message", more_is_better=True),
    )


ROWS = (*_rows(20_000), *_rows(100_000))


def measure(session: Session) -> list[Measured]:
    """Each count once."""
    counts = session.plan.drained
    drained = {count: _drained(session, count) for count in set(counts)}
    return [
        one
        for number, count in enumerate(counts)
        for one in _measured(ROWS[3 * number : 3 * number + 3], count, *drained[count])
    ]


def _drained(session: Session, count: int) -> tuple[list[dict[str, Any]], ...]:
    """Ours, the floor and the floor that sends as many a message, in turn."""
    store = store_of(session.fresh(f"away-{count}") / "floodbell.db", count)
    single, batched, ours = [], [], []
    for _ in range(session.plan.runs):
        ours.append(_ours(session, store, count))
        a_message = max(1, round(count / ours[-1]["messages"]))
        single.append(_floor(session, count, 1))
        batched.append(_floor(session, count, a_message))
    return ours, single, batched


def _measured(
    rows: Sequence[Row],
    count: int,
    ours: list[dict[str, Any]],
    single: list[dict[str, Any]],
    batched: list[dict[str, Any]],
) -> list[Measured]:
    rate, faults, again = rows
    a_second, last = _rates(count, ours), ours[-1]
    note = f"{count:,} in {last['messages']:,} messages, {last['bytes'] / 1e6:.1f} MB"
    return [
        Measured(rate, a_second, _rates(count, single), note=note),
        Measured(faults, [one["lost"] + one["doubled"] + one["disordered"] for one in ours]),
        Measured(
            again,
            a_second,
            _rates(count, batched),
            note=f"{cell(count / last['messages'])} readings a message",
        ),
    ]


def _rates(count: int, runs: list[dict[str, Any]]) -> list[float]:
    return [count / one["took_s"] for one in runs]


def _ours(session: Session, store: Path, count: int) -> dict[str, Any]:
    folder = copied(store, session.fresh("drain"))
    with (
        Mosquitto(session.fresh("drain-broker")) as broker,
        counting(broker.port, f"{BASE}/status", f"{BASE}/readings", count) as ear,
        Bell(folder, mqtt_port=broker.port, interval_s=1.0, heartbeat_s=30.0) as bell,
    ):
        broker.freeze()
        bell.start().ready()
        broker.thaw()
        figures = result(ear)
        # What has no PUBACK is owed still: the daemon must have heard of them all.
        bell.await_state(lambda s: s["broker"]["backlog"]["readings"] == 0)
        return figures


def _floor(session: Session, count: int, a_message: int) -> dict[str, Any]:
    port = session.broker.port
    with (
        counting(port, "bare/status", "bare/away", count) as ear,
        bare("bare_drain", port, count, a_message),
    ):
        return result(ear)


@contextlib.contextmanager
def counting(port: int, life: str, topic: str, count: int) -> Iterator[subprocess.Popen[str]]:
    """A subscriber that has subscribed; see ``tests.bench.counting``."""
    with bare("counting", port, life, topic, count) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        yield process


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it has counted."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the subscriber did not get them all"
    return dict(json.loads(line))
