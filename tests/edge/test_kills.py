"""kill -9 at random instants of an incident: everybody is told, and 119 hears no more than it must.

The daemon is a process of its own, killed and started again at once, as systemd would. The modem
and the sensor live on. The long form kills two hundred times, ``make torture`` with ever new seeds.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from drivers.emulated.modem import SIM7600
from edge.store.rows import ACCEPTED, SETTLED
from tests.bells import PHONES, QUICK, Bell

WITHIN_S = 20.0
EVERYBODY_WITHIN_S = 200.0
"""Three reports a minute leave the port at most, so one that was cut off may wait for a minute."""

NEIGHBOUR = """
[contacts.kang]
role = "partner"
phone = "+821055555555"
"""
PEOPLE = {*PHONES.values(), "+821055555555"}


@dataclass(frozen=True)
class Survived:
    """What an incident with kills in it came to."""

    kills: int
    between: int  # kills that fell between a submission and its record
    reports: int
    first_report_s: float  # from the water, or from the start that it was told after

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.between} of them within a report, {self.reports} reports,"
            f" the first after {self.first_report_s:.1f} s"
        )


def under_way(folder: Path) -> bool:
    """Whether the journal ends within a report: handed over, and not written down how it ended."""
    journal = folder / "run" / "report.journal"
    if not journal.exists():
        return False
    kinds: dict[str, str] = {}
    for line in journal.read_bytes().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # torn by the kill
        kinds[entry["key"]] = entry["kind"]
    return "submitting" in kinds.values()


def messages(folder: Path) -> list[tuple[str, str]]:
    """Return key and status of every message in the store."""
    file = folder / "state" / "floodbell.db"
    if not file.exists():
        return []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5.0)) as database:
        try:
            return database.execute("select key, status from messages").fetchall()
        except sqlite3.OperationalError:
            return []  # the tables are not made yet


def settled(folder: Path, repeats: int) -> bool:
    """Whether everybody was told, all reports are accepted, and nothing waits any more."""
    rows = messages(folder)
    if any(status not in SETTLED for _, status in rows):
        return False
    told = [key for key, status in rows if "/danger/" in key and status in ACCEPTED]
    reported = [key for key, status in rows if "/report/" in key and status in ACCEPTED]
    return len(told) >= len(PEOPLE) and len(reported) >= repeats


def survive(folder: Path, seed: int, kills: int, repeats: int, every_s: float) -> Survived:
    """Live through one incident with so many kills in it."""
    random, between = Random(seed), 0
    profile = replace(SIM7600, answer_delay_s=0.15, delivery_delay_s=0.3)
    bell = Bell(folder, more=QUICK + NEIGHBOUR, profile=profile, repeat_s=5.0, repeats=repeats)
    with bell.start():
        bell.ready()
        starts_s = [bell.rise(200, 500)]
        for _ in range(kills):
            threading.Event().wait(random.uniform(0.0, every_s))
            bell.kill()
            between += under_way(folder)
            starts_s.append(time.monotonic())
            bell.start()
        deadline_s = time.monotonic() + EVERYBODY_WITHIN_S
        while not settled(folder, repeats):
            assert time.monotonic() < deadline_s, (messages(folder), bell.log)
            threading.Event().wait(0.1)
        texts = bell.modem.texts
        rows = messages(folder)
        bell.kill()
    told = {text.number for text in texts if "위험" in text.text}
    reports = [text for text in texts if text.number == "119"]
    assert told == PEOPLE
    assert not [key for key, times in Counter(key for key, _ in rows).items() if times > 1]
    assert len({key.split("/")[0] for key, _ in rows if "/report/" in key}) == 1, "one incident"
    assert repeats <= len(reports) <= repeats + between, [text.text for text in reports]
    first_s = reports[0].accepted_s
    first_report_s = first_s - max(start_s for start_s in starts_s if start_s < first_s)
    assert first_report_s < WITHIN_S
    return Survived(kills, between, len(reports), first_report_s)


def test_three_kills_in_an_incident_lose_nobody_and_repeat_only_what_was_cut_off(
    tmp_path: Path,
) -> None:
    survive(tmp_path, seed=7, kills=3, repeats=1, every_s=0.8)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(40))
def test_two_hundred_kills_lose_nobody_and_repeat_only_what_was_cut_off(
    seed: int, tmp_path: Path
) -> None:
    """Five kills in each of forty incidents, half of them in a hurry."""
    survived = survive(tmp_path, seed, kills=5, repeats=3, every_s=1.0 if seed % 2 else 4.0)
    print(f"\nkill -9, seed {seed}: {survived}")
