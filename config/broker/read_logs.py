#!/usr/bin/env python3
r"""How a centre reads what bells have logged, so that it can prove that nothing is missing.

Reads ``readings`` and ``events`` of every bell into one SQLite file and finds the gaps in it. A
program to start from: it runs as it is, with Python 3.11 and paho-mqtt 2 alone.

    read_logs.py listen --host mqtt.example.kr --store logs.db --name reader-1 \
        --ca ca.pem --cert centre.pem --key centre.key
    read_logs.py gaps --store logs.db
    read_logs.py leave ...            before a reader is taken out of service for good

What it rests on:

* A bell numbers the rows of each log from 1 by 1, and tells each log by a random id that is made
  with its database. A row may come twice, so (site, log, seq) is the key and a repeat is dropped.
* The session outlives the connection and QoS 1 is acknowledged by hand, after the commit: what was
  not stored is delivered again. What cannot be read is stored too, apart, or it would come again
  for ever.
* Several readers may write into one store. Two that read the same are a spare for each other; with
  ``--district`` they share the work by district, with ``--group`` by a shared subscription
  (``$share/{group}/…``). What one gets may then overtake what another got before: *the order of
  arrival proves nothing*. So gaps are looked for in what is stored, in one store for all readers,
  and a gap counts only when the row behind it has been there for longer than one is under way.
* A bell whose store was full thins its oldest readings and says which in ``readings_thinned``:
  from ``from_seq`` to ``to_seq`` of ``readings_log`` only ``kept`` rows are left. A later one may
  cover an earlier one.

``--group`` is for clustered brokers. Mosquitto 2.0 forgets shared subscriptions when it restarts,
so what bells say before the first reader is back is lost, and it lets any certificate join a group
whose name it knows, and so make rows disappear. One reader keeps up with 10,000 bells (README.md).
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sqlite3
import ssl
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_log = logging.getLogger("read_logs")

KINDS: Final = ("readings", "events")
_SESSION_S: Final = 14 * 24 * 3600  # no longer than persistent_client_expiration of mosquitto.conf
_AT_ONCE: Final = 100  # rows wait for one commit; the broker has no more under way
_KEEPALIVE_S: Final = 30
_AGAIN_S: Final = 2.0
_SETTLED_S: Final = 120.0
"""What a bell had under way comes again within 60 s (ack) + 25 s (silence) + 10 s (pause)."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS logs (
    id INTEGER PRIMARY KEY, district TEXT, site TEXT, kind TEXT, log TEXT,
    UNIQUE (site, kind, log)
);
CREATE TABLE IF NOT EXISTS rows (
    log_id INTEGER, seq INTEGER, stored_s REAL, body TEXT, PRIMARY KEY (log_id, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS thinned (
    site TEXT, log TEXT, from_seq INTEGER, to_seq INTEGER, kept INTEGER, event_seq INTEGER,
    UNIQUE (site, log, event_seq)
);
CREATE TABLE IF NOT EXISTS unreadable (stored_s REAL, topic TEXT, payload BLOB, reason TEXT);
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows of one log that were never stored: from the first to the last number of them.

    ``missing`` is how many; within a thinned range it is not known which.
    """

    site: str
    kind: str
    log: str
    first: int
    last: int
    missing: int


class LogStore:
    """All rows of all bells, each once."""

    def __init__(self, path: Path) -> None:
        """Open the file, or begin it; several processes may."""
        self._db = sqlite3.connect(path, timeout=30.0, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # acknowledged means: survives a power cut
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def put(self, messages: Sequence[tuple[str, bytes]], now_s: float) -> None:
        """Store messages, all in one transaction; returns when the disk has them.

        Args:
            messages: Topic and payload, as they came.
            now_s: Seconds since 1970.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for topic, payload in messages:
                try:
                    self._put_one(topic, payload, now_s)
                except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
                    _log.warning("cannot read %s: %s", topic, error)
                    unreadable = (now_s, topic, payload, str(error))
                    self._db.execute("INSERT INTO unreadable VALUES (?, ?, ?, ?)", unreadable)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _put_one(self, topic: str, payload: bytes, now_s: float) -> None:
        # The broker vouches for the site in the topic; what the payload says of it, nobody does.
        _, _, district, site, kind = topic.split("/")
        said = json.loads(payload)
        log = said["log"]
        if not isinstance(log, str):
            raise TypeError(f"{log!r} is no log")
        rows = said["readings"] if kind == "readings" else [said]
        numbered = [(int(row["seq"]), json.dumps(row, ensure_ascii=False)) for row in rows]
        log_id = self._log_id(district, site, kind, log)
        self._db.executemany(
            "INSERT OR IGNORE INTO rows VALUES (?, ?, ?, ?)",
            [(log_id, seq, now_s, body) for seq, body in numbered],
        )
        if kind == "events" and said.get("type") == "readings_thinned":
            figures = [int(said[name]) for name in ("from_seq", "to_seq", "kept", "seq")]
            self._db.execute(
                "INSERT OR IGNORE INTO thinned VALUES (?, ?, ?, ?, ?, ?)",
                (site, str(said["readings_log"]), *figures),
            )

    def _log_id(self, district: str, site: str, kind: str, log: str) -> int:
        self._db.execute(
            "INSERT OR IGNORE INTO logs (district, site, kind, log) VALUES (?, ?, ?, ?)",
            (district, site, kind, log),
        )
        found: tuple[int] = self._db.execute(
            "SELECT id FROM logs WHERE site = ? AND kind = ? AND log = ?", (site, kind, log)
        ).fetchone()
        return found[0]

    def gaps(self, settled_before_s: float) -> Iterator[Gap]:
        """What is missing, of every log; nothing means: complete up to its newest row.

        Args:
            settled_before_s: Only gaps whose next row was stored before this time: what is younger
                may still be under way, or be held by another reader.
        """
        logs = self._db.execute("SELECT id, site, kind, log FROM logs ORDER BY site, kind, log")
        for log_id, site, kind, log in logs.fetchall():
            thinned = self._thinned(site, log) if kind == "readings" else []
            for first, last in self._holes(log_id, settled_before_s):
                for start, end in _without(first, last, thinned):
                    yield Gap(site, kind, log, start, end, end - start + 1)
            for from_seq, to_seq, kept in thinned:
                there = self._count(log_id, from_seq, to_seq)
                if there < kept and self._settled(log_id, to_seq, settled_before_s):
                    yield Gap(site, kind, log, from_seq, to_seq, kept - there)

    def _holes(self, log_id: int, settled_before_s: float) -> list[tuple[int, int]]:
        return self._db.execute(
            "SELECT before + 1, seq - 1 FROM (SELECT seq, stored_s, lag(seq, 1, 0)"
            " OVER (ORDER BY seq) AS before FROM rows WHERE log_id = ?)"
            " WHERE seq > before + 1 AND stored_s < ?",
            (log_id, settled_before_s),
        ).fetchall()

    def _thinned(self, site: str, log: str) -> list[tuple[int, int, int]]:
        """The thinned ranges of a log; where two overlap, the later one counts."""
        ranges = self._db.execute(
            "SELECT from_seq, to_seq, kept FROM thinned WHERE site = ? AND log = ?"
            " ORDER BY event_seq DESC",
            (site, log),
        )
        newest: list[tuple[int, int, int]] = []
        for from_seq, to_seq, kept in ranges.fetchall():
            overlapped = any(from_seq <= end and start <= to_seq for start, end, _ in newest)
            newest.append((from_seq, to_seq, 0 if overlapped else kept))
        return newest

    def _count(self, log_id: int, from_seq: int, to_seq: int) -> int:
        query = "SELECT count(*) FROM rows WHERE log_id = ? AND seq BETWEEN ? AND ?"
        found: tuple[int] = self._db.execute(query, (log_id, from_seq, to_seq)).fetchone()
        return found[0]

    def _settled(self, log_id: int, after_seq: int, settled_before_s: float) -> bool:
        query = "SELECT 1 FROM rows WHERE log_id = ? AND seq > ? AND stored_s < ? LIMIT 1"
        return self._db.execute(query, (log_id, after_seq, settled_before_s)).fetchone() is not None


def _without(
    first: int, last: int, ranges: Sequence[tuple[int, int, int]]
) -> Iterator[tuple[int, int]]:
    """What is left of the numbers ``first`` to ``last`` when those of the ranges are taken out."""
    for from_seq, to_seq, _ in sorted(ranges):
        if to_seq < first or from_seq > last:
            continue
        if first < from_seq:
            yield first, from_seq - 1
        first = to_seq + 1
    if first <= last:
        yield first, last


class Reader:
    """One reader's session with the broker, driven by the thread that calls ``run``.

    Invariant: a message is acknowledged after it was stored, on the connection that it came by;
    what a lost connection brought and was not stored is forgotten: the broker sends it again.
    """

    def __init__(self, options: argparse.Namespace, store: LogStore) -> None:
        """Prepare; connects in ``run``.

        Args:
            options: What ``listen`` takes.
            store: Where rows go.
        """
        self._options = options
        self._store = store
        self._waiting: list[MQTTMessage] = []
        share = f"$share/{options.group}/" if options.group else ""
        self._filters = [f"{share}floodbell/v1/{options.district}/+/{kind}" for kind in KINDS]
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            options.name,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        context = ssl.create_default_context(cafile=options.ca)
        context.load_cert_chain(options.cert, options.key)
        self._client.tls_set_context(context)
        self._client.connect_timeout = 10.0
        self._client.on_message = lambda _client, _data, message: self._waiting.append(message)
        self._client.on_subscribe = self._on_subscribe

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, codes: list[ReasonCode], *_: object
    ) -> None:
        for code in codes:
            if code.is_failure:
                _log.error("the broker refuses the subscription: %s", code)
        _log.info("listening as %s", self._options.name)

    def run(self, stopping: threading.Event) -> None:
        """Read until told to stop; connects again whenever the connection is lost."""
        while not stopping.is_set():
            try:
                self._connect(_SESSION_S)
                for topic in self._filters:
                    self._client.subscribe(topic, qos=1)
                self._read(stopping)
            except OSError as error:
                _log.warning("broker: %s", error)
            self._waiting.clear()
            stopping.wait(_AGAIN_S)
        self._client.disconnect()

    def leave(self) -> None:
        """End the session at the broker: it keeps nothing for this reader any more."""
        self._connect(0)
        self._client.disconnect()

    def _connect(self, session_s: int) -> None:
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho
        session.SessionExpiryInterval = session_s
        self._client.connect(
            self._options.host,
            self._options.port,
            _KEEPALIVE_S,
            clean_start=session_s == 0,
            properties=session,
        )
        while not self._client.is_connected():
            if self._client.loop(1.0) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise ConnectionError("the broker refuses the connection: see its log")

    def _read(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            alive = self._client.loop(1.0) == MQTTErrorCode.MQTT_ERR_SUCCESS
            before = -1
            while alive and before < len(self._waiting) < _AT_ONCE:  # take what is there already
                before = len(self._waiting)
                alive = self._client.loop(0.0) == MQTTErrorCode.MQTT_ERR_SUCCESS
            if not alive:
                _log.warning("broker: the connection is lost")
                return
            if self._waiting:
                self._keep()

    def _keep(self) -> None:
        messages, self._waiting = self._waiting, []
        self._store.put([(one.topic, bytes(one.payload)) for one in messages], time.time())
        for one in messages:
            self._client.ack(one.mid, one.qos)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("listen", "leave"):
        command = commands.add_parser(name)
        command.add_argument("--host", required=True)
        command.add_argument("--port", type=int, default=8883)
        command.add_argument("--name", required=True, help="client id: one for each reader")
        command.add_argument("--district", default="+", help="only this one")
        command.add_argument("--group", help="share the work; not with Mosquitto")
        for file in ("ca", "cert", "key", "store"):
            command.add_argument(f"--{file}", required=True, type=Path)
    gaps = commands.add_parser("gaps")
    gaps.add_argument("--store", required=True, type=Path)
    gaps.add_argument("--settled-s", type=float, default=_SETTLED_S)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 1 means that something is missing."""
    options = _parsed(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    if options.command == "gaps" and not Path(options.store).is_file():
        sys.stderr.write(f"{options.store} is not there: nobody has listened\n")
        return 2
    store = LogStore(options.store)
    try:
        if options.command == "gaps":
            found = list(store.gaps(time.time() - options.settled_s))
            for gap in found:
                where = f"{gap.site} {gap.kind} {gap.log}"
                sys.stdout.write(f"{where}: {gap.missing} missing in {gap.first}..{gap.last}\n")
            return 1 if found else 0
        reader = Reader(options, store)
        if options.command == "leave":
            reader.leave()
            return 0
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        reader.run(stopping)
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
