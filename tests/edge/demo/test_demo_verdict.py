"""The judgement, on records made by hand: kept, broken each way, and what the exit code says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.demo.pace import Pace
from edge.demo.people import PEOPLE
from edge.demo.record import Done, Published, Record, Seen, Text
from edge.demo.scenarios import SCENARIOS, Act, Promise
from edge.demo.summary import PROMISES, exit_code, what_was_checked, who_was_told
from edge.demo.verdict import judge, open_promises, told
from edge.effects import Purpose

BEGAN = datetime(2026, 8, 8, 12, tzinfo=UTC)
REPORT = "[침수]서울 종로구 창신길 12-3 B01호 16cm이상 1명 자동신고 1/3"
ALERT_S, DANGER_S = 8.2, 21.6  # just after the water of the flash flood reaches 2 and 15 cm


def text(
    at_s: float, number: str, purpose: Purpose | None, body: str = "…", parts: int = 1
) -> Text:
    return Text(at_s, number, body, parts, purpose)


def told_all(at_s: float, purpose: Purpose) -> list[Seen]:
    return [text(at_s + i, person.phone, purpose) for i, person in enumerate(PEOPLE[:4])]


def log_rows(seconds: Iterable[int]) -> list[Seen]:
    rows: list[Seen] = []
    for seq, at_s in enumerate(seconds, start=1):
        row = {"seq": seq, "ts": (BEGAN + timedelta(seconds=at_s)).isoformat()}
        rows.append(Published(at_s, "readings", {"log": "a", "readings": [row]}))
    return rows


def event(at_s: float, seq: int, kind: str, **more: Any) -> Published:
    return Published(at_s, "events", {"log": "a", "seq": seq, "type": kind, **more})


def alarm(at_s: float, stage: str) -> Published:
    return Published(at_s, "alarm", {"stage": stage})


def done(at_s: float, act: Act) -> Done:
    return Done(at_s, act, BEGAN + timedelta(seconds=at_s))


def flash_flood() -> Record:
    seen: list[Seen] = [
        Published(-0.5, "status", {"online": True}),
        alarm(-0.4, "normal"),
        event(-0.4, 1, "started"),
        *log_rows(range(60)),
        *told_all(ALERT_S + 5, Purpose.ALERT),
        alarm(DANGER_S + 3, "danger"),
        text(DANGER_S + 4, "119", Purpose.REPORT, REPORT),
        *told_all(DANGER_S + 5, Purpose.DANGER),
        text(DANGER_S + 14, "119", Purpose.REPORT, REPORT),
        text(DANGER_S + 24, "119", Purpose.REPORT, REPORT),
        alarm(55, "normal"),
        *told_all(55, Purpose.RECEDED),
    ]
    return Record(
        SCENARIOS["flash-flood"],
        Pace(1.0),
        seen,
        kept={"alarm": {"stage": "normal"}},
        exit_status=0,
        ended_in_s=0.4,
    )


def quiet(name: str) -> Record:
    seen: list[Seen] = [
        Published(-0.5, "status", {"online": True}),
        alarm(-0.4, "normal"),
        event(-0.4, 1, "started"),
        *log_rows(range(40)),
    ]
    return Record(SCENARIOS[name], Pace(1.0), seen, exit_status=0, ended_in_s=0.4)


def dead_sensor() -> Record:
    record = quiet("dead-sensor")
    record.seen += [
        done(8, Act.MUTE_SENSOR),
        Published(13, "sensors/door", {"depth_mm": None, "quality": "stale"}),
        event(13, 2, "trouble_raised", cause="blind:entrance"),
        text(14, PEOPLE[3].phone, Purpose.TROUBLE),
        text(15, PEOPLE[4].phone, Purpose.TROUBLE),
        done(36, Act.UNMUTE_SENSOR),
        event(43, 3, "trouble_cleared", cause="blind:entrance"),
    ]
    return record


def broker_away() -> Record:
    record = flash_flood()
    record.scenario = SCENARIOS["broker-away"]
    record.seen += [done(12, Act.STOP_BROKER), done(36, Act.START_BROKER)]
    return record


def modem_away() -> Record:
    record = flash_flood()
    record.scenario = SCENARIOS["modem-away"]
    later = [
        replace(one, at_s=one.at_s + 14) if isinstance(one, Text) else one for one in record.seen
    ]
    record.seen = [
        *(one for one in later if not (isinstance(one, Text) and one.purpose is Purpose.ALERT)),
        done(3, Act.LOSE_NETWORK),
        done(34, Act.FIND_NETWORK),
        event(4, 2, "trouble_raised", cause="modem"),
    ]
    return record


def broken(record: Record) -> set[Promise]:
    return {one.promise for one in judge(record) if not one.kept}


@pytest.mark.parametrize(
    "record",
    [flash_flood(), quiet("cat"), quiet("mopping"), dead_sensor(), broker_away(), modem_away()],
    ids=lambda record: record.scenario.name,
)
def test_a_record_in_which_all_went_well_gives_exit_0(record: Record) -> None:
    checked = judge(record)
    assert [one.promise for one in checked if not one.kept] == []
    assert [one.promise for one in checked] == list(record.scenario.promises)
    assert exit_code(checked) == 0
    assert open_promises(record) == ()


def test_a_report_that_comes_too_late_breaks_the_promise_and_gives_exit_1() -> None:
    record = flash_flood()
    record.seen = [
        replace(one, at_s=one.at_s + 20) if isinstance(one, Text) and one.number == "119" else one
        for one in record.seen
    ]
    assert Promise.REPORTED in broken(record)
    assert exit_code(judge(record)) == 1


def test_a_report_before_the_water_is_there_is_no_kept_promise() -> None:
    record = flash_flood()
    record.seen.insert(5, text(2.0, "119", Purpose.REPORT, REPORT))
    assert Promise.REPORTED in broken(record)


def test_without_any_report_every_promise_about_it_is_broken() -> None:
    record = flash_flood()
    record.seen = [
        one for one in record.seen if not (isinstance(one, Text) and one.number == "119")
    ]
    assert broken(record) == {
        Promise.REPORTED,
        Promise.REPORT_FITS,
        Promise.REPORT_FIRST,
        Promise.REPORT_REPEATED,
    }


@pytest.mark.parametrize(("body", "parts"), [("가" * 46, 1), (REPORT, 2)])
def test_a_report_that_is_too_long_or_in_two_parts_is_seen(body: str, parts: int) -> None:
    record = flash_flood()
    record.seen.append(text(50, "119", Purpose.REPORT, body, parts))
    assert Promise.REPORT_FITS in broken(record)


def test_people_before_119_break_the_order() -> None:
    record = flash_flood()
    record.seen.insert(0, text(DANGER_S + 3, PEOPLE[0].phone, Purpose.DANGER))
    assert broken(record) == {Promise.REPORT_FIRST}


def test_one_person_who_was_not_told_breaks_the_promise() -> None:
    record = flash_flood()
    forgotten = PEOPLE[2].phone
    record.seen = [one for one in record.seen if getattr(one, "number", "") != forgotten]
    assert broken(record) == {
        Promise.PEOPLE_ALERTED,
        Promise.PEOPLE_WARNED,
        Promise.RECEDED_TOLD,
    }


def test_a_broker_that_keeps_an_older_alarm_than_the_last_one_is_seen() -> None:
    record = flash_flood()
    record.kept = {"alarm": {"stage": "danger"}}
    assert broken(record) == {Promise.ALARM_DANGER}
    record.kept = {}
    assert broken(record) == {Promise.ALARM_DANGER}


@pytest.mark.parametrize("topic", ["readings", "events"])
def test_a_missing_number_is_seen(topic: str) -> None:
    record = flash_flood()
    record.seen += [event(59, 2, "receded"), event(59, 3, "incident_closed")]
    assert broken(record) == set()
    second = [one for one in record.seen if isinstance(one, Published) and one.topic == topic][1]
    record.seen.remove(second)
    assert broken(record) == {Promise.NOTHING_MISSING}


def test_a_number_that_came_twice_is_no_fault() -> None:
    record = flash_flood()
    record.seen += log_rows(range(60))
    assert broken(record) == set()


def test_a_log_that_ends_with_the_outage_does_not_count_as_complete() -> None:
    record = broker_away()
    record.seen = [
        one
        for one in record.seen
        if not (isinstance(one, Published) and one.topic == "readings" and one.at_s > 11)
    ]
    assert broken(record) == {Promise.NOTHING_MISSING}


@pytest.mark.parametrize("name", ["cat", "mopping"])
def test_a_single_text_to_119_or_about_water_is_seen_on_a_dry_floor(name: str) -> None:
    record = quiet(name)
    record.seen.append(text(20, "119", Purpose.REPORT, REPORT))
    assert broken(record) == {Promise.NOTHING_TO_119, Promise.NO_WATER_TEXTS}
    record = quiet(name)
    record.seen.append(text(20, PEOPLE[0].phone, Purpose.ALERT))
    assert broken(record) == {Promise.NO_WATER_TEXTS}


def test_a_text_in_words_that_nobody_knows_counts_as_one_about_water() -> None:
    record = quiet("cat")
    record.seen.append(text(20, PEOPLE[0].phone, None))
    assert broken(record) == {Promise.NO_WATER_TEXTS}


def test_an_alarm_that_only_the_centre_saw_is_seen() -> None:
    record = quiet("cat")
    record.seen.append(alarm(20, "alert"))
    assert broken(record) == {Promise.ALARM_NORMAL}


def test_silence_is_not_taken_for_good_behaviour() -> None:
    """A daemon that was never heard has kept no promise, not even that of saying nothing."""
    record = quiet("cat")
    record.seen = []
    record.exit_status = None
    assert broken(record) == set(SCENARIOS["cat"].promises)
    assert exit_code(()) == 1


def test_a_dead_sensor_that_nobody_hears_of_is_seen() -> None:
    record = dead_sensor()
    record.seen = [one for one in record.seen if getattr(one, "topic", "") != "sensors/door"]
    assert broken(record) == {Promise.SENSOR_FAULT_SHOWN}
    record = dead_sensor()
    record.seen = [one for one in record.seen if getattr(one, "number", "") != PEOPLE[4].phone]
    assert broken(record) == {Promise.TROUBLE_TEXTED}


def test_a_daemon_that_had_to_be_killed_or_took_too_long_is_seen() -> None:
    for status, after_s in ((-9, 1.0), (0, 5.5), (1, 0.1), (None, 0.0)):
        record = quiet("cat")
        record.exit_status, record.ended_in_s = status, after_s
        assert broken(record) == {Promise.DAEMON_ENDED_WELL}
        assert open_promises(record) == ()


def test_the_summary_says_who_was_told_after_how_many_seconds() -> None:
    record = flash_flood()
    lines = list(who_was_told(told(record)))
    assert len(lines) == 9
    first_119 = next(line for line in lines if line.endswith("119"))
    assert first_119.split()[0] == f"{DANGER_S + 4 - (record.crossing_s(150) or 0):.1f}"
    assert lines.index(first_119) == 4


def test_every_promise_has_words_and_a_judge() -> None:
    assert set(PROMISES) == set(Promise)
    for scenario in SCENARIOS.values():
        record = quiet(scenario.name)
        assert [kept for kept, _ in what_was_checked(judge(record))]
