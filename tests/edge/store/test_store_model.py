"""SQLite, a dictionary and a power cut must agree."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.store.pending import may_follow
from edge.store.rows import ACCEPTED, LOGS, SETTLED, Batch, Log, MessageRow, to_json
from edge.store.store import Store

KEYS = st.sampled_from(["119:1", "mother:1", "office:1", "mother:2"])
STATUSES = st.sampled_from(["waiting", "submitting", "accepted", "delivered", "refused"])
LONG_S = 20.0


class StoreAndDictionary(RuleBasedStateMachine):
    """The same operations on both; a restart and a power cut change nothing that was committed."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="floodbell-model-"))
        self.path = self.root / "a" / "floodbell.db"
        self.cuts = 0
        self.state: str | None = None
        self.messages: dict[str, MessageRow] = {}
        self.log_rows: dict[Log, list[int]] = {"events": [], "cap": [], "readings": []}
        self.acked: dict[Log, int] = {"events": 0, "cap": 0, "readings": 0}
        self.counter = 0
        self.store = Store(self.path)
        self.log_ids = self.store.open().log_ids

    def fresh(self, count: int, log: Log) -> tuple[dict[str, int], ...]:
        numbers = range(self.counter, self.counter + count)
        self.counter += count
        self.log_rows[log].extend(numbers)
        return tuple({"n": n} for n in numbers)

    @rule(
        state=st.none() | st.text(max_size=5),
        rows=st.lists(st.tuples(KEYS, STATUSES), max_size=4),
        events=st.integers(0, 3),
        readings=st.integers(0, 3),
        documents=st.integers(0, 2),
    )
    def commit(
        self,
        state: str | None,
        rows: list[tuple[str, str]],
        events: int,
        readings: int,
        documents: int,
    ) -> None:
        messages = tuple(MessageRow(key, status, f"{key} {status}") for key, status in rows)
        batch = Batch(
            state,
            messages,
            self.fresh(events, "events"),
            self.fresh(readings, "readings"),
            cap=tuple(to_json(row) for row in self.fresh(documents, "cap")),
        )
        assert self.store.commit(batch, LONG_S)
        self.state = self.state if state is None else state.encode(errors="replace").decode()
        for row in messages:
            old = self.messages.get(row.key)
            if old is None or may_follow(old.status, row.status):
                self.messages[row.key] = row

    @rule(count=st.integers(1, 5))
    def log_readings(self, count: int) -> None:
        self.store.log_readings(self.fresh(count, "readings"))
        assert self.store.commit(Batch(state=self.state), LONG_S)  # carries the readings along

    @rule(log=st.sampled_from(LOGS), part=st.floats(0, 1))
    def acknowledge(self, log: Log, part: float) -> None:
        upto = int(part * len(self.log_rows[log]))
        self.store.acknowledge(log, upto, self.store.log_id(log) or "")
        self.acked[log] = max(self.acked[log], upto)

    @rule()
    def restart(self) -> None:
        assert self.store.close(LONG_S)
        self.reopen(acked_survives=True)

    @rule()
    def power_cut(self) -> None:
        """The files as they are on the disk at this moment, opened elsewhere."""
        self.cuts += 1
        elsewhere = self.root / str(self.cuts)
        shutil.copytree(self.path.parent, elsewhere)
        (elsewhere / "floodbell.db-shm").unlink(missing_ok=True)  # only ever in memory
        self.store.close(LONG_S)
        self.path = elsewhere / "floodbell.db"
        self.reopen(acked_survives=False)

    def reopen(self, *, acked_survives: bool) -> None:
        self.store = Store(self.path)
        found = self.store.open()
        assert found.trouble is None
        assert found.log_ids == self.log_ids
        assert found.state == self.state
        settled = {key for key, row in self.messages.items() if row.status in SETTLED}
        assert {row.key: row for row in found.messages} == {
            key: row for key, row in self.messages.items() if key not in settled
        }
        assert {row.key for row in found.accepted} == {
            key for key, row in self.messages.items() if row.status in ACCEPTED
        }
        for log, acked in self.acked.items():
            if acked_survives:
                assert self.store.acked(log) == acked
            else:
                assert self.store.acked(log) <= acked
                self.acked[log] = self.store.acked(log)

    @invariant()
    def the_logs_hold_every_number(self) -> None:
        with self.store.reader() as reader:
            for log, numbers in self.log_rows.items():
                rows = reader.rows(log, 0, 10_000, 10_000_000)
                assert rows == [(seq, f'{{"n":{n}}}') for seq, n in enumerate(numbers, 1)]

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.root)


TestStoreAndDictionary = StoreAndDictionary.TestCase
TestStoreAndDictionary.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
