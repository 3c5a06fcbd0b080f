"""The centre's program that reads the logs: nothing twice, nothing missing without being seen."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from config.broker.read_logs import Gap, LogStore, main
from drivers.broker.heard import NOT_SUBSCRIBED
from drivers.broker.liveness import Patience
from edge.centre import topics
from edge.store.store import Store
from tests.config.shipped import BROKER, Authority, Party, ShippedMosquitto, broker_authority
from tests.config.test_centre_over_tls import settled_in
from tests.edge.centre.test_centre import House, until
from tests.edge.store.test_retention import fill, settle

SITE = "jongno-0042"
NOW_S = 1_800_000_000.0
LATER_S = NOW_S + 1.0


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return broker_authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def broker(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ShippedMosquitto]:
    with ShippedMosquitto(tmp_path_factory.mktemp("broker"), authority) as running:
        yield running


def test_a_store_that_nobody_has_filled_is_not_a_store_without_gaps(tmp_path: Path) -> None:
    """A typing error in a cron table must not be green for ever."""
    missing = tmp_path / "nothere.db"
    assert main(["gaps", "--store", str(missing)]) == 2
    assert not missing.exists()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    made = LogStore(tmp_path / "logs.db")
    yield made
    made.close()


def readings(*seqs: int, log: str = "r1", site: str = SITE) -> tuple[str, bytes]:
    rows = [{"seq": seq, "sensor": "door", "depth_mm": 1.0} for seq in seqs]
    payload = {"log": log, "readings": rows}
    return f"floodbell/v1/jongno/{site}/readings", json.dumps(payload).encode()


def event(seq: int, **fields: object) -> tuple[str, bytes]:
    payload = {"log": "e1", "seq": seq, "type": "x", **fields}
    return f"floodbell/v1/jongno/{SITE}/events", json.dumps(payload).encode()


def thinned(seq: int, from_seq: int, to_seq: int, kept: int) -> tuple[str, bytes]:
    about = {"readings_log": "r1", "from_seq": from_seq, "to_seq": to_seq, "kept": kept}
    return event(seq, **{"type": "readings_thinned", **about})


def gaps(store: LogStore, before_s: float = LATER_S) -> list[tuple[str, int, int, int]]:
    return [(gap.kind, gap.first, gap.last, gap.missing) for gap in store.gaps(before_s)]


def put(store: LogStore, *messages: tuple[str, bytes], at_s: float = NOW_S) -> None:
    store.put(messages, at_s)


def test_any_order_and_any_repeat_is_complete(store: LogStore) -> None:
    put(store, readings(5, 6), readings(1, 2), event(2), readings(1, 2, 3, 4))
    put(store, event(1), readings(5, 6))
    assert gaps(store) == []
    assert list(store.gaps(NOW_S + 1e9)) == []


def test_what_is_missing_is_named_from_the_first_number_on(store: LogStore) -> None:
    put(store, readings(3, 4, 8), event(1), event(3))
    assert gaps(store) == [("events", 2, 2, 1), ("readings", 1, 2, 2), ("readings", 5, 7, 3)]
    assert next(store.gaps(LATER_S)) == Gap(SITE, "events", "e1", 2, 2, 1)


def test_a_young_gap_may_still_be_under_way(store: LogStore) -> None:
    put(store, readings(1, 3))
    assert gaps(store, before_s=NOW_S) == []
    assert gaps(store, before_s=LATER_S) == [("readings", 2, 2, 1)]


def test_a_thinned_range_is_no_gap_but_what_was_kept_must_be_there(store: LogStore) -> None:
    put(store, readings(1, 2, 4, 9, 10, 11), thinned(1, 3, 9, 2))
    assert gaps(store) == []
    put(store, readings(14), thinned(2, 12, 13, 1))
    assert gaps(store) == [("readings", 12, 13, 1)]


def test_a_hole_that_a_thinned_range_does_not_cover_stays_one(store: LogStore) -> None:
    put(store, readings(1, 12), thinned(1, 4, 6, 0), thinned(2, 9, 9, 0))
    assert gaps(store) == [
        ("readings", 2, 3, 2),
        ("readings", 7, 8, 2),
        ("readings", 10, 11, 2),
    ]


def test_what_was_thinned_again_counts_as_it_was_last(store: LogStore) -> None:
    put(store, readings(1, 11), thinned(1, 2, 5, 2), thinned(2, 2, 10, 0))
    assert gaps(store) == []


def test_a_fresh_database_of_a_bell_begins_anew(store: LogStore) -> None:
    put(store, readings(1, 2, 3), readings(1, 2, log="r2"), readings(1, site="jongno-0043"))
    assert gaps(store) == []
    put(store, readings(4, log="r2"))
    assert gaps(store) == [("readings", 3, 3, 1)]


def test_another_bell_cannot_fill_a_gap(store: LogStore) -> None:
    """The broker vouches for the topic; a payload can say anything."""
    put(store, readings(1, 3), readings(2, site="jongno-0666"))
    assert ("readings", 2, 2, 1) in gaps(store)


@pytest.mark.parametrize(
    "payload",
    [
        *(b"", b"\xff", b"[]", b"7", b"null", b"[" * 30_000, b'{"log":"r1"}'),
        *(b'{"log":7,"readings":[]}', b'{"readings":[{"seq":1}]}', b'{"log":"r1","readings":[{}]}'),
        b'{"log":"r1","readings":[{"seq":1e99}]}',
        b'{"log":"r1","readings":[{"seq":99999999999999999999}]}',
    ],
    ids=range(12),
)
def test_what_cannot_be_read_is_kept_apart_and_holds_up_nothing(
    store: LogStore, tmp_path: Path, payload: bytes
) -> None:
    put(store, (f"floodbell/v1/jongno/{SITE}/readings", payload), readings(1))
    with contextlib.closing(sqlite3.connect(tmp_path / "logs.db")) as db:
        assert db.execute("SELECT payload FROM unreadable").fetchall() == [(payload,)]
        assert db.execute("SELECT seq FROM rows").fetchall() == [(1,)]


def test_an_event_that_names_no_log_holds_up_nothing(store: LogStore) -> None:
    odd: dict[str, object] = {"type": "readings_thinned", "from_seq": 1, "to_seq": 1, "kept": 0}
    put(store, event(1, **odd, readings_log=[]), event(2, **odd), readings(1))
    assert gaps(store) == [], "its numbers count, even if what it says does not"


def test_the_command_tells_gaps_and_its_status_says_so(
    store: LogStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(store, readings(1), at_s=1.0)
    assert main(["gaps", "--store", str(tmp_path / "logs.db")]) == 0
    put(store, readings(4), at_s=1.0)
    assert main(["gaps", "--store", str(tmp_path / "logs.db")]) == 1
    assert capsys.readouterr().out == f"{SITE} readings r1: 2 missing in 2..3\n"


def test_a_bell_whose_store_was_full_names_every_gap_itself(
    store: LogStore, tmp_path: Path
) -> None:
    """The rows and events of a real store that has thinned, as the bell puts them on the wire."""
    bell = Store(tmp_path / "floodbell.db", max_mb=4)
    bell.open()
    fill(bell, 16_000)
    settle(bell)
    base = f"floodbell/v1/jongno/{SITE}"
    with bell.reader() as reader:
        rows = reader.rows("readings", 0, 100_000, 100_000_000)
        events = reader.rows("events", 0, 100_000, 100_000_000)
        put(store, (f"{base}/readings", topics.readings(reader.ids["readings"], rows)))
        assert len(rows) < 16_000
        assert gaps(store), "its events have not come yet"
        put(store, *((f"{base}/events", topics.event(reader.ids["events"], e)) for e in events))
    bell.close()
    assert gaps(store) == []


# Against the broker, as it is run.

Start = Callable[..., subprocess.Popen[str]]


def options(
    command: str, name: str, broker: ShippedMosquitto, authority: Authority, store: Path
) -> list[str]:
    centre = authority.role("centre")
    return [
        *(sys.executable, str(BROKER / "read_logs.py"), command, "--name", name),
        *("--host", "127.0.0.1", "--port", str(broker.inner_port), "--store", str(store)),
        *("--ca", str(centre.ca), "--cert", str(centre.certificate), "--key", str(centre.key)),
    ]


@pytest.fixture
def start(broker: ShippedMosquitto, authority: Authority, tmp_path: Path) -> Iterator[Start]:
    running: list[tuple[str, subprocess.Popen[str]]] = []

    def begin(name: str, *more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*options("listen", name, broker, authority, tmp_path / "logs.db"), *more],
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append((name, process))
        assert process.stderr is not None
        for line in process.stderr:
            if "listening" in line:
                return process
        raise AssertionError("it does not listen")

    yield begin
    for name, process in running:
        process.kill()
        process.communicate(timeout=5.0)
        leave(name, broker, authority, tmp_path / "logs.db")


def leave(name: str, broker: ShippedMosquitto, authority: Authority, store: Path) -> None:
    """End a reader's session, so that nothing waits for it in the next test."""
    command = options("leave", name, broker, authority, store)
    subprocess.run(command, timeout=10.0, check=True, capture_output=True)


def stored(path: Path, kind: str) -> Sequence[int]:
    query = "SELECT seq FROM rows JOIN logs ON id = log_id WHERE kind = ? ORDER BY seq"
    with contextlib.closing(sqlite3.connect(path, timeout=10.0)) as db:
        return [seq for (seq,) in db.execute(query, (kind,))]


def test_a_reader_that_is_killed_and_a_broker_that_restarts_miss_nothing(
    broker: ShippedMosquitto, authority: Authority, start: Start, tmp_path: Path
) -> None:
    """Also what a bell says before any reader is back: its session is kept, and waits."""
    path = tmp_path / "logs.db"
    first, second = start("reader-1"), start("reader-2")
    settings = settled_in(tmp_path / "state", authority.device(SITE))
    house = House(tmp_path / "state", broker.port, patience=Patience(connect_s=5.0), **settings)
    try:
        house.log(0, 6000)
        house.start()
        until(lambda: len(stored(path, "readings")) > 500)
        for reader in (first, second):
            reader.send_signal(signal.SIGKILL)
            reader.wait(5.0)
        broker.stop()
        house.await_state(False)
        house.log(6000, 500)
        broker.start()
        house.await_state(True)
        until(lambda: set(house.store.backlog().values()) == {0})
        again = start("reader-1")
        until(lambda: len(stored(path, "readings")) == 6500)
        until(lambda: len(stored(path, "events")) == 2)
    finally:
        house.close()
    assert stored(path, "readings") == [*range(1, 6501)]
    with contextlib.closing(LogStore(path)) as store:
        assert list(store.gaps(time.time() + 1.0)) == []
    again.send_signal(signal.SIGTERM)
    assert again.wait(5.0) == 0


def test_a_group_shares_the_work_and_the_rows_of_one_that_was_killed_wait_for_it(
    broker: ShippedMosquitto, authority: Authority, start: Start, tmp_path: Path
) -> None:
    """No order between readers: each stores in its own time, and the whole is complete."""
    path = tmp_path / "logs.db"
    first, _ = start("member-1", "--group", "g"), start("member-2", "--group", "g")
    bell = Party(broker.port, authority.device(SITE), SITE)
    for seq in range(1, 101):
        bell.publish(*readings(seq))
        if seq == 30:
            until(lambda: len(stored(path, "readings")) > 10)
            first.send_signal(signal.SIGKILL)
            first.wait(5.0)
    until(lambda: len(stored(path, "readings")) >= 50)
    with contextlib.closing(LogStore(path)) as store:
        assert len(list(store.gaps(time.time() + 1.0))) > 1, "half of it waits for the other"
    start("member-1", "--group", "g")
    until(lambda: stored(path, "readings") == [*range(1, 101)])
    with contextlib.closing(LogStore(path)) as store:
        assert list(store.gaps(time.time() + 1.0)) == []
    bell.close()


def test_mosquitto_forgets_a_group_when_it_restarts(
    broker: ShippedMosquitto, authority: Authority
) -> None:
    """Why the pages advise against one: the bell is told that nobody listens, and goes on."""
    centre = authority.role("centre")
    for shared, code in (("", 0), ("$share/g/", NOT_SUBSCRIBED)):
        topic_filter = f"{shared}floodbell/v1/+/+/readings"
        sleeping = Party(broker.inner_port, centre, "sleeping", topic_filter, persistent=True)
        sleeping.close()
        broker.stop()
        broker.start()
        bell = Party(broker.port, authority.device(SITE), SITE)
        assert bell.publish(*readings(1)) == code
        bell.close()
        Party(broker.inner_port, centre, "sleeping").close()


def test_who_leaves_gets_nothing_more_and_the_others_get_all(
    broker: ShippedMosquitto, authority: Authority, start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "logs.db"
    for name in ("leaver-1", "leaver-2"):
        gone = start(name, "--group", "g")
        gone.kill()
        gone.wait(5.0)
        leave(name, broker, authority, path)
    start("stayer", "--group", "g")
    bell = Party(broker.port, authority.device(SITE), SITE)
    for seq in range(1, 11):
        bell.publish(*readings(seq))
    until(lambda: stored(path, "readings") == [*range(1, 11)])
    bell.close()


def test_a_reader_of_one_district_leaves_the_others_to_others(
    broker: ShippedMosquitto, authority: Authority, start: Start, tmp_path: Path
) -> None:
    start("jongno-only", "--district", "jongno")
    bell = Party(broker.port, authority.device(SITE), SITE)
    topic, payload = readings(1, log="elsewhere")
    bell.publish(topic.replace("/jongno/", "/mapo/"), payload)
    bell.publish(*readings(7))
    until(lambda: stored(tmp_path / "logs.db", "readings") == [7])
    bell.close()
