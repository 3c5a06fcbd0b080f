"""The outbox in the store: whatever happens to messages, a power cut leaves what one commit left.

The write-ahead log is cut off at any byte, as a card does that loses power while it writes.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from edge.effects import Purpose
from edge.events import Attempted, Outcome
from edge.messages import outbox as rules
from edge.messages import outbox_memory
from edge.messages.book import Book
from edge.messages.message import Message, Status
from edge.store.rows import Batch, MessageRow
from edge.store.store import Store
from edge.store.wal import filled_bytes
from edge.store.writer import WAL_BYTES, wal_path

LONG_S = 20.0
MAY_FOLLOW = {
    "waiting": {"waiting", "accepted", "refused", "withdrawn", "expired"},
    "accepted": {"accepted", "delivered", "reopened"},
    "reopened": {"reopened", "accepted", "refused", "withdrawn", "expired"},
}
"""What a message may become; whatever is not named stays what it is."""

PURPOSES = (Purpose.REPORT, Purpose.DANGER, Purpose.ALERT, Purpose.TROUBLE)
CONTACTS = ("home", "kim", "mother", "office", "tech")

Rows = dict[str, tuple[str, str]]


class Life:
    """An outbox whose every change is committed; knows what stood after each commit."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.folder = folder
        self.random = random
        self.now_s = 1000.0
        self.rows: Rows = {}
        self.history: list[Rows] = [{}]
        self.number = 0
        self.cuts = 0
        self.log_bytes = 0  # of the write-ahead log before the last commit
        self._begin(folder / "0" / "floodbell.db")

    def _begin(self, path: Path) -> None:
        self.path = path
        self.store = Store(path)
        found = self.store.open()
        assert found.trouble is None
        self.book = Book("boot")
        for row in (*found.accepted, *found.messages):
            message = outbox_memory.load(row.body_json, boot_id="boot", now_s=self.now_s)
            self.book.put(message, store=False)
        # Nothing that was settled for good comes back, and nothing that waits is missing.
        waiting = {key for key, (status, _) in self.rows.items() if status in OPEN}
        assert {row.key for row in found.messages} == waiting

    def live(self) -> None:
        happenings: tuple[Callable[[], None], ...] = (
            self._add,
            self._claim,
            self._settle,
            self._settle,
            self._report_on,
            self._withdraw,
            self._wait,
        )
        self.random.choice(happenings)()
        self._commit()

    def _add(self) -> None:
        self.number += 1
        parts = self.random.choice((1, 1, 2))
        purpose, contact = self.random.choice(PURPOSES), self.random.choice(CONTACTS)
        self.book.add(
            Message(
                key=f"i1/{self.number}/{purpose}/{contact}/1/{part}",
                purpose=purpose,
                contact=contact,
                incident="i1",
                episode=self.number,
                decided_s=self.now_s,
                routes=("modem",),
                text="침수",
                part=part,
                parts=parts,
            )
            for part in range(1, parts + 1)
        )

    def _claim(self) -> None:
        outbox, message = rules.take(self.book.outbox, "modem", self.now_s)
        self.book.outbox = outbox
        if message is not None:
            assert self.rows[message.key][0] in OPEN, "an accepted key is used up"

    def _settle(self) -> None:
        key = self.book.outbox.flying.get("modem")
        if key is None:
            self._claim()
            return
        outcome = self.random.choice(list(Outcome))
        event = Attempted(key, "modem", outcome, "detail", reference=self.random.randrange(256))
        before = self.book.outbox.messages
        self.book.outbox, _ = rules.settle(
            self.book.outbox, event, self.now_s, min_attempts=10, jitter=0.0
        )
        self._mark(before)

    def _report_on(self) -> None:
        accepted = [m for m in self.book.outbox.messages.values() if m.status is Status.ACCEPTED]
        if not accepted:
            return
        before = self.book.outbox.messages
        self.book.outbox, _ = rules.reported(
            self.book.outbox,
            "modem",
            self.random.choice(accepted).submit_reference or 0,
            delivered=self.random.random() < 0.6,
            now_s=self.now_s,
            open_incident=self.random.choice(("i1", None)),
        )
        self._mark(before)

    def _withdraw(self) -> None:
        self.book.outbox, dropped = rules.withdraw(
            self.book.outbox, "i1", (Purpose.ALERT,), None, "a danger says more"
        )
        self.book.changed(*dropped)

    def _wait(self) -> None:
        self.now_s += self.random.choice((1.0, 30.0, 4000.0, 90_000.0))
        self.book.outbox, given_up = rules.expire(self.book.outbox, self.now_s, None)
        self.book.changed(*given_up)

    def _mark(self, before: object) -> None:
        assert isinstance(before, dict)
        after = self.book.outbox.messages
        self.book.changed(*(m for key, m in after.items() if m is not before.get(key)))

    def _commit(self) -> None:
        rows, _ = self.book.drain()
        self.log_bytes = filled_bytes(wal_path(self.path))
        assert self.store.commit(Batch(str(len(self.history)), rows), LONG_S)
        for row in rows:
            was = self.rows.get(row.key, ("waiting", ""))[0]
            assert row.status in MAY_FOLLOW.get(was, {was}), (was, row)
        self.rows = {**self.rows, **{row.key: (row.status, row.body_json) for row in rows}}
        self.history.append(self.rows)

    def lose_power(self, *, within: bool) -> bool:
        """Go on from a copy, cut off ``within`` the last commit if it can be; whether it was."""
        self.cuts += 1
        elsewhere = self.folder / str(self.cuts) / "floodbell.db"
        whole = filled_bytes(wal_path(self.path))
        # A log that has been brought home was synced before, and begins anew at its first byte.
        torn = within and self.log_bytes < whole < WAL_BYTES
        keep = self.random.randrange(self.log_bytes, whole) if torn else whole
        copy_cut(self.path, elsewhere, keep)
        self.store.close(LONG_S)
        number, rows = read(elsewhere)
        assert number == len(self.history) - 1 - torn
        assert rows == self.history[number], f"a mixture at {keep} of {whole} bytes"
        self.rows, self.history = rows, self.history[: number + 1]
        self._begin(elsewhere)
        return torn


OPEN = {"waiting", "reopened"}


def copy_cut(path: Path, elsewhere: Path, keep: int) -> None:
    """Copy a database, and so many bytes of its write-ahead log."""
    elsewhere.parent.mkdir()
    shutil.copyfile(path, elsewhere)
    log = wal_path(path)
    if log.exists():
        wal_path(elsewhere).write_bytes(log.read_bytes()[:keep])


def read(path: Path) -> tuple[int, Rows]:
    """What stands in a file: the number of the last commit, and the messages; no key twice."""
    with closing(sqlite3.connect(path)) as db:
        state = db.execute("SELECT body FROM state").fetchone()
        found = [MessageRow(*row) for row in db.execute("SELECT key, status, body FROM messages")]
    rows = {row.key: (row.status, row.body_json) for row in found}
    assert len(rows) == len(found)
    return (int(state[0]) if state else 0), rows


def survive(folder: Path, seed: int, lives: int) -> None:
    random = Random(seed)
    life = Life(folder, random)
    torn = 0
    for _ in range(lives):
        for _ in range(random.randrange(5, 60)):
            life.live()
        torn += life.lose_power(within=random.random() < 0.7)
    assert torn >= lives // 4, "too few were cut within a write"
    assert life.store.close(LONG_S)
    assert read(life.path)[1] == life.rows


@pytest.mark.parametrize("seed", range(3))
def test_a_power_cut_in_any_write_leaves_what_one_commit_left(seed: int, tmp_path: Path) -> None:
    survive(tmp_path, seed, lives=4)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(100, 104))
def test_a_thousand_power_cuts_leave_what_one_commit_left(seed: int, tmp_path: Path) -> None:
    survive(tmp_path, seed, lives=250)


def test_wherever_the_log_ends_it_is_the_end_of_some_commit(tmp_path: Path) -> None:
    life = Life(tmp_path, Random(11))
    for _ in range(12):
        life.live()
    seen: list[int] = []
    whole = filled_bytes(wal_path(life.path))
    for keep in (*range(0, whole, 256), whole):
        elsewhere = tmp_path / f"cut{keep}" / "floodbell.db"
        copy_cut(life.path, elsewhere, keep)
        with closing(sqlite3.connect(elsewhere)) as db:
            made = db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'messages'").fetchone()
        if made is None:
            assert not seen, "what was there is there"
            continue
        number, rows = read(elsewhere)
        assert rows == life.history[number]
        seen.append(number)
    assert seen == sorted(seen)
    assert set(seen) == set(range(len(life.history))), "each commit is one of them"
    life.store.close(LONG_S)
