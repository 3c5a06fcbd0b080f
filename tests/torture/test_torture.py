"""The short form of ``make torture``, with every run of the tests, so that it cannot rot.

Each parser gets a few dozen inputs, one home lives through a short schedule, and the judge is shown
records in which something has been falsified: it must notice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.torture.faults.__main__ import live
from tests.torture.faults.befalling import FAULTS
from tests.torture.faults.promises import JUDGES, judge
from tests.torture.faults.record import (
    BELL,
    MODEM,
    PROCESS,
    WATER,
    Origin,
    Record,
    Spell,
    Standing,
    Text,
)
from tests.torture.faults.schedule import Plan
from tests.torture.fuzzing.__main__ import one_round
from tests.torture.fuzzing.all_targets import TARGETS
from tests.torture.fuzzing.names import NAMES
from tests.torture.pieces import last_json

BRIEF = (
    "kill -9 (also what a lack of memory does)",
    "modem chatters",
    "path to the broker cut",
    "requests of the centre",
    "knocking at the control socket",
    "window bad sums",
)
PHONES = ("+821011111111", "+821022222222")


@pytest.mark.parametrize("name", NAMES)
def test_every_parser_keeps_its_promises_under_a_few_dozen_inputs(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    target = TARGETS[name]
    assert one_round(target, number=119, examples=target.short) > 0


def test_every_target_has_a_name_that_can_be_asked_for() -> None:
    assert set(NAMES) == set(TARGETS)
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_a_home_under_torture_keeps_its_promises_for_a_moment(tmp_path: Path) -> None:
    plan = Plan(floods=1, fault_every_s=0.7, quiet_s=0.5, standing=False, only=BRIEF)
    assert set(BRIEF) <= {fault.name for fault in FAULTS}
    record, more = live(tmp_path / "bell", seed=2, plan=plan)
    found, _ = judge(record)
    assert not found, ("\n".join(map(str, found)), more["story"])
    assert record.reports()


# The judge itself


def good() -> Record:
    """A flood, reported once, everybody told, as it should be."""
    record = Record(1, repeats=1, phones=PHONES, began_s=0.0, end_s=100.0)
    record.wet_s = 9.9
    record.origins = [Origin(WATER, 10.0, 40.0)]
    record.texts = [Text("119", "[침수]", 11.0, 11.5)]
    record.texts += [
        Text(phone, "[종로비상벨]위험! 물", 12.0, 12.5 + n) for n, phone in enumerate(PHONES)
    ]
    record.siren = [(10.5, True), (41.0, False)]
    record.standing = [Standing("modem", 50.0, 55.0)]
    return record


def kinds(record: Record) -> set[str]:
    return {one.promise for one in judge(record)[0]}


def test_a_good_record_is_good() -> None:
    assert judge(good()) == ([], [])


def _never_reported(record: Record) -> None:
    del record.texts[0]


def _reported_late(record: Record) -> None:
    record.texts[0] = replace(record.texts[0], first_byte_s=30.5, at_s=31.0)


def _reported_before_anything(record: Record) -> None:
    record.texts.insert(0, Text("119", "[침수]", 3.0, 3.5))


def _reported_long_after(record: Record) -> None:
    record.texts.append(Text("119", "[침수]", 90.0, 90.5))


def _a_storm(record: Record) -> None:
    record.texts += [Text("119", "[침수]", 13.0 + n, 13.5 + n) for n in range(3)]


def _twice(record: Record) -> None:
    record.texts.append(Text("119", "[침수]", 20.0, 20.5))


def _one_forgotten(record: Record) -> None:
    record.texts.pop()


def _one_waits(record: Record) -> None:
    record.unsettled.append("i1/1/danger/mother is waiting")


def _told_for_nothing(record: Record) -> None:
    record.texts.insert(0, Text(PHONES[0], "[종로비상벨]경계: 물", 2.0, 2.5))


def _siren_for_nothing(record: Record) -> None:
    record.siren.insert(0, (1.0, True))


def _siren_mute(record: Record) -> None:
    record.siren = []


def _ended(record: Record) -> None:
    record.exits.append("at 5 s it ended by itself with 1")


def _hung(record: Record) -> None:
    record.unanswered.append("status was not answered within 5 s")


def _traceback(record: Record) -> None:
    record.tracebacks.append("Traceback (most recent call last):")


def _dead_in_silence(record: Record) -> None:
    record.standing[0].heard_s = None
    record.end_s = 300.0
    record.origins[0].closed_s = 40.0


def _row_lost(record: Record) -> None:
    record.log_faults.append("missing of abc: 7")


def _wrong_number(record: Record) -> None:
    record.dialled.append("112")


@pytest.mark.parametrize(
    ("falsify", "promise"),
    [
        (_never_reported, "reached"),
        (_reported_late, "reached"),
        (_reported_before_anything, "real"),
        (_reported_long_after, "real"),
        (_wrong_number, "real"),
        (_a_storm, "paced"),
        (_twice, "once"),
        (_one_forgotten, "everybody"),
        (_one_waits, "everybody"),
        (_told_for_nothing, "quiet"),
        (_siren_for_nothing, "quiet"),
        (_siren_mute, "sounds"),
        (_ended, "lives"),
        (_hung, "lives"),
        (_traceback, "lives"),
        (_dead_in_silence, "told"),
        (_row_lost, "whole"),
    ],
)
def test_the_judge_notices_what_is_falsified(
    falsify: Callable[[Record], None], promise: str
) -> None:
    record = good()
    falsify(record)
    assert promise in kinds(record)
    assert promise in JUDGES


def test_what_the_design_allows_is_no_violation() -> None:
    record = good()
    _reported_late(record)
    record.spells = [Spell("modem not registered", MODEM, 9.0, 20.0, 5.0)]
    assert kinds(record) == set()
    record.spells = [Spell("modem not registered", MODEM, 9.0, 10.5, 0.0)]
    assert kinds(record) == {"reached"}, "and no more than it allows"
    record = good()
    _twice(record)
    record.spells = [Spell("kill -9", PROCESS, 11.4, 12.0)]
    assert kinds(record) == set()


def test_a_press_that_nobody_could_see_is_not_demanded_but_allowed() -> None:
    record = Record(1, repeats=1, phones=(), end_s=100.0, origins=[Origin(BELL, 10.0)])
    record.spells = [Spell("SIGSTOP", PROCESS, 9.0, 14.0)]
    assert kinds(record) == set()
    record.texts = [Text("119", "[비상벨]", 15.0, 15.5)]
    assert kinds(record) == set()
    record.spells, record.texts = [], []
    assert kinds(record) == {"reached"}


def test_what_hangs_on_time_is_not_judged_where_the_machine_stood_still() -> None:
    record = good()
    _reported_late(record)
    record.lateness = [(20.0, 5.0)]
    found, not_judged = judge(record)
    assert not found
    assert [one.promise for one in not_judged] == ["reached"]
    _traceback(record)
    assert kinds(record) == {"lives"}, "what hangs on no time is judged all the same"


def test_a_plan_and_its_faults_are_the_same_for_the_same_seed() -> None:
    assert Plan.of(7) == Plan.of(7)
    assert Random("faults 7").random() == Random("faults 7").random()
    assert last_json('noise\n{"runs": 1}\nINFO') == {"runs": 1}
