"""The outbox at work: taken up after a restart, handed over, withdrawn; 119 never twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.modem.alphabet import Alphabet
from edge.effects import Facts, Notice, Purpose, Report, Withdraw
from edge.events import (
    Attempted,
    BellPressed,
    Delivered,
    Hand,
    Handled,
    Measured,
    Outcome,
    RouteState,
    TroubleSeen,
)
from edge.law.state import Incident, State
from edge.messages import outbox_memory
from edge.messages.message import Message, Status
from edge.messages.restoring import left
from edge.messages.sending import PROBE_EVERY_S
from edge.store.journal import Entry
from edge.store.rows import MessageRow
from tests.edge.by_hand import ADDRESS, DESK, NUMBERS, HandMade, Worker
from tests.edge.law.basement import ONE_SENSOR


def entry(kind: str, at_s: float, key: str = "k", boot: str = "boot-1") -> Entry:
    return Entry(kind, key, at_s, boot)


def told(home: HandMade) -> list[str]:
    return [job.number for job in home.worker.jobs]


def answered(home: HandMade, outcome: Outcome, **more: Any) -> None:
    """The modem says what became of the last job."""
    home.put(Attempted(home.worker.jobs[-1].key, "modem", outcome, **more))


def pressed(folder: Path) -> tuple[State, str]:
    """A bell was pressed, its report handed to the modem, and the process killed."""
    with HandMade(folder) as home:
        home.put(BellPressed())
        assert told(home) == ["119"]
        return home.app.state, home.worker.jobs[0].key


@contextmanager
def restarted(folder: Path, state: State) -> Iterator[tuple[HandMade, tuple[Attempted, ...]]]:
    with HandMade(folder, state=state) as home:
        home.clock.at_s += 5.0
        news = home.sender.restore(
            home.recovered.messages,
            home.recovered.accepted,
            home.journal.read(),
            state,
            home.clock.at_s,
        )
        yield home, news


def dispatched(home: HandMade) -> list[str]:
    home.sender.dispatch(home.app.state, home.clock.at_s, seized=False)
    return told(home)


# Taken up after a restart


def test_a_report_whose_end_nobody_knows_waits_twenty_seconds_after_a_kill(tmp_path: Path) -> None:
    state, key = pressed(tmp_path)
    with restarted(tmp_path, state) as (home, news):
        assert news == ()
        assert "119" not in dispatched(home), "people are told meanwhile"
        answered(home, Outcome.ACCEPTED)
        home.later(14)
        while told(home)[-1] != "119" and home.sender.flying:
            answered(home, Outcome.ACCEPTED)
        assert "119" not in told(home)
        home.later(2)
        assert home.worker.jobs[-1].key == key


def test_a_report_that_had_failed_is_due_at_once_after_a_kill(tmp_path: Path) -> None:
    state, key = pressed(tmp_path)
    with restarted(tmp_path, state) as (home, _):
        home.journal.record("failed", key, monotonic_s=1001.0, boot_id="boot-1")
    with restarted(tmp_path, state) as (home, _):
        assert dispatched(home) == ["119"]


def test_a_report_that_was_accepted_is_not_sent_again_though_the_store_missed_it(
    tmp_path: Path,
) -> None:
    state, key = pressed(tmp_path)
    with restarted(tmp_path, state) as (home, _):
        home.journal.record("accepted", key, monotonic_s=1001.0, boot_id="boot-1")
    with restarted(tmp_path, state) as (home, news):
        assert [(n.key, n.outcome) for n in news] == [(key, Outcome.ACCEPTED)]
        home.app.recall(news, home.clock.at_s)
        incident = home.app.state.incident
        assert incident is not None
        assert (incident.reports[0].waiting, incident.reports[0].accepted) == (False, 1)
        assert "119" not in dispatched(home)


def test_the_law_hears_what_only_the_store_knows_of(tmp_path: Path) -> None:
    state, key = pressed(tmp_path)
    with restarted(tmp_path, state) as (home, _):
        dispatched(home)
        home.put(Attempted(key, "modem", Outcome.ACCEPTED, reference=1))
        home.events()
    with restarted(tmp_path, state) as (home, news):
        assert [n.key for n in news] == [key]
        assert "119" not in dispatched(home)


def test_after_another_boot_a_report_is_due_at_once(tmp_path: Path) -> None:
    state, key = pressed(tmp_path)
    with HandMade(tmp_path, state=state) as home:
        journal = [entry("submitting", 1000.0, key, boot="boot-0")]
        home.sender.restore(home.recovered.messages, (), journal, state, home.clock.at_s)
        assert dispatched(home) == ["119"]


def test_a_report_that_the_law_waits_for_is_drafted_again_when_its_row_is_lost(
    tmp_path: Path,
) -> None:
    state, key = pressed(tmp_path / "first")
    with HandMade(tmp_path / "second", state=state) as home:
        home.sender.restore((), (), (), state, home.clock.at_s)
        assert dispatched(home) == ["119"]
        assert home.worker.jobs[0].key == key


def test_rows_that_cannot_be_read_or_have_nobody_to_go_to_hold_nothing_up(tmp_path: Path) -> None:
    text = Message("i1/1/alert/{}/1/1", Purpose.ALERT, "", "i1", 1, 0.0, ("modem",), "물")
    rows = [MessageRow("broken", "waiting", "{")]
    for contact in ("left-long-ago", "mother"):
        one = replace(text, key=text.key.format(contact), contact=contact)
        rows.append(MessageRow(one.key, "waiting", outbox_memory.dump(one, "boot-1")))
    with HandMade(tmp_path) as home:
        home.sender.restore(rows, (), (), home.app.state, home.clock.at_s)
        assert dispatched(home) == [NUMBERS["mother"]]
        assert len(home.sender.outbox.waiting()) == 1


@pytest.mark.parametrize(
    ("journal", "kinds"),
    [
        ([], []),
        ([entry("submitting", 1)], ["submitting"]),
        ([entry("submitting", 1), entry("failed", 2)], []),
        ([entry("submitting", 1), entry("accepted", 2)], ["submitting", "accepted"]),
        ([entry("submitting", 1), entry("submitting", 30)], ["submitting", "submitting"]),
        ([entry("submitting", 1), entry("submitting", 30), entry("failed", 31)], ["submitting"]),
        ([entry("submitting", 1, boot="boot-0"), entry("accepted", 2, boot="boot-0")], []),
        ([entry("disarmed", 1), entry("started", 2)], []),
    ],
)
def test_what_may_have_left_is_what_did_not_certainly_fail(
    journal: list[Entry], kinds: list[str]
) -> None:
    assert [e.kind for e in left(journal, "boot-1")] == kinds


# Handing over


def test_a_report_is_in_the_journal_before_the_modem_has_it_and_again_when_accepted(
    tmp_path: Path,
) -> None:
    with HandMade(tmp_path) as home:
        home.put(BellPressed())
        assert [e.kind for e in home.journal.read()] == ["submitting"]
        answered(home, Outcome.FAILED, detail="busy")
        assert [e.kind for e in home.journal.read()] == ["submitting", "failed"]


def test_an_ambiguous_report_is_not_written_down_as_failed(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(BellPressed())
        answered(home, Outcome.AMBIGUOUS, detail="silence")
        assert [e.kind for e in home.journal.read()] == ["submitting"]
        (event,) = home.events("report_attempt_failed")
        assert event["reason"] == "ambiguous: silence"


def test_ten_ambiguous_attempts_count_as_sent_and_the_law_hears_so(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(BellPressed())
        for _ in range(10):
            key = next(j.key for j in reversed(home.worker.jobs) if j.number == "119")
            home.put(Attempted(key, "modem", Outcome.AMBIGUOUS))
            while home.sender.flying and told(home)[-1] != "119":
                answered(home, Outcome.ACCEPTED)
            home.later(21)
        told_so = home.events("report_unconfirmed")
        assert "counted as sent after 10" in told_so[-1]["reason"]
        assert home.events("report_accepted") == [], "nobody has said that it arrived"


def test_after_each_failed_report_one_text_gets_its_turn(tmp_path: Path) -> None:
    """So that people do not starve behind a dead 119 (design 4.7)."""
    with HandMade(tmp_path) as home:
        home.put(BellPressed())
        order = ["119"]
        for _ in range(3):
            answered(home, Outcome.FAILED)
            assert told(home)[-1] != "119"
            answered(home, Outcome.ACCEPTED)
            home.later(3)
            while told(home)[-1] != "119":
                answered(home, Outcome.ACCEPTED)
            order.append(told(home)[-1])
        assert order == ["119"] * 4
        assert set(told(home)) > {"119"}


def test_all_parts_of_a_text_have_the_alphabet_that_the_widest_part_needs(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        long = Message("i1/1/danger/mother/1/1", Purpose.DANGER, "mother", "i1", 1, 0.0, ("modem",))
        first = replace(long, text="plain letters", part=1, parts=2, concat_reference=7)
        second = replace(first, key="i1/1/danger/mother/1/2", text="물", part=2)
        home.sender._book.add([first, second])
        dispatched(home)
        answered(home, Outcome.ACCEPTED)
        concats = [job.concat for job in home.worker.jobs]
    assert [(c.sequence, c.total, c.alphabet) for c in concats if c] == [
        (1, 2, Alphabet.UCS2),
        (2, 2, Alphabet.UCS2),
    ]


def test_a_report_says_what_is_true_when_it_leaves(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(2, door=0.0)
        home.later(12, door=350.0)
        assert home.worker.jobs[0].text == f"[침수]{ADDRESS} 35cm 1명 자동신고 1/3"
        answered(home, Outcome.ACCEPTED)
        home.later(62, door=155.0)
        while told(home)[-1] != "119":
            answered(home, Outcome.ACCEPTED)
        words = home.worker.jobs[-1].text
        assert words.startswith(f"[침수]{ADDRESS} 15cm(최고35)")
        assert len(words) <= 45


def test_only_reports_have_an_origin(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(BellPressed())
        for _ in range(4):
            answered(home, Outcome.ACCEPTED)
        assert {job.origin for job in home.worker.jobs if job.number != "119"} == {None}
        assert {job.origin for job in home.worker.jobs if job.number == "119"} == {"bell"}


def test_while_the_line_is_seized_only_a_report_leaves(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        notice = Notice(Purpose.ALERT, ("mother",), "i1", 1, Facts(), "why", "water")
        report = Report("i1", 1, 1, 3, "water", "why")
        state = replace(home.app.state, incident=Incident("i1", 0.0))
        home.sender.perform((notice,), state, 1000.0)
        home.sender.dispatch(state, 1000.0, seized=True)
        assert told(home) == []
        assert home.sender.due_s(1000.0, seized=True) == float("inf")
        home.sender.perform((report,), state, 1000.0)
        home.sender.dispatch(state, 1000.0, seized=True)
        assert told(home) == ["119"]


def test_texts_rest_while_the_route_is_down_and_one_probes_it_now_and_then(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(RouteState("modem", up=False, detail="no network"))
        home.later(PROBE_EVERY_S - 1)
        assert told(home) == []
        home.later(2)
        assert told(home) == [NUMBERS["office"]], "the trouble of the modem itself"


def test_a_route_that_is_back_is_used_at_once_but_not_for_what_may_have_left(
    tmp_path: Path,
) -> None:
    with HandMade(tmp_path) as home:
        home.put(BellPressed())
        answered(home, Outcome.AMBIGUOUS)
        answered(home, Outcome.FAILED)
        failed = home.worker.jobs[1].key
        home.put(RouteState("modem", up=False))
        home.put(RouteState("modem", up=True))
        waiting = {m.key: m for m in home.sender.outbox.waiting()}
        assert waiting[failed].not_before_s <= home.clock.at_s
        assert waiting[home.worker.jobs[0].key].not_before_s == home.clock.at_s + 20.0


# Withdrawing


def test_what_is_withdrawn_is_an_event_and_is_stored_so(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        notice = Notice(Purpose.ALERT, ("mother", "home"), "i1", 1, Facts(), "why", "water")
        home.sender.perform((notice,), home.app.state, 1000.0)
        home.sender.perform(
            (Withdraw("i1", (Purpose.ALERT,), "superseded by danger"),), home.app.state, 1000.0
        )
        rows, happenings = home.sender.drain()
    assert {row.status for row in rows} == {"withdrawn"}
    assert [(h.type, h.reason) for h in happenings] == [
        ("notice_withdrawn", "superseded by danger")
    ] * 2


def test_what_was_recalled_in_flight_when_the_process_died_is_stored_as_withdrawn(
    tmp_path: Path,
) -> None:
    """Its row would wait in the store for ever: the simulated world found one."""
    key = "i1/1/alert/mother/1/1"
    text = Message(key, Purpose.ALERT, "mother", "i1", 1, 0.0, ("modem",), "물", recalled="danger")
    row = MessageRow(key, "waiting", outbox_memory.dump(text, "boot-1"))
    with HandMade(tmp_path) as home:
        home.sender.restore((row,), (), (), home.app.state, home.clock.at_s)
        rows, happenings = home.sender.drain()
        assert dispatched(home) == []
    assert [(r.key, r.status) for r in rows] == [(key, "withdrawn")]
    assert [(h.type, h.reason) for h in happenings] == [("notice_withdrawn", "danger")]


def test_a_report_in_flight_at_a_reset_is_not_tried_again_when_it_fails(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(1, door=0.0)
        home.put(BellPressed())
        home.ask("reset")
        answered(home, Outcome.FAILED, detail="busy")
        home.later(120, door=0.0)
        assert told(home) == ["119"]
        home.events()
        with home.store.reader() as reader:
            (row,) = [r for r in reader.messages() if "/report/" in r.key]
    assert row.status == Status.WITHDRAWN


def test_after_a_day_what_could_not_be_sent_is_given_up_with_an_event(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        notice = Notice(Purpose.ALERT, ("mother",), "i1", 1, Facts(), "why", "water")
        home.sender.perform((notice,), home.app.state, 1000.0)
        home.sender.expire(1000.0 + 86401.0, None)
        rows, happenings = home.sender.drain()
    assert [row.status for row in rows] == ["expired"]
    assert [h.type for h in happenings] == ["notice_failed"]


def test_a_refused_text_is_an_event_by_the_contacts_id(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        notice = Notice(Purpose.ALERT, ("mother",), "i1", 1, Facts(), "why", "water")
        home.sender.perform((notice,), home.app.state, 1000.0)
        dispatched(home)
        answered(home, Outcome.REFUSED, detail="+CMS ERROR: 1")
        (event,) = home.events("notice_failed")
        assert (event["contact"], event["reason"]) == ("mother", "refused: +CMS ERROR: 1")


def test_silence_is_counted_over_the_whole_episode_not_report_by_report(tmp_path: Path) -> None:
    """Ten in all: the second report of an episode that 119 never answered is tried but once."""
    with HandMade(tmp_path) as home:
        home.put(BellPressed())
        for _ in range(10):
            silent(home)
        home.later(45)
        assert reports_of(home)[-1].endswith("/2/1"), "a minute after the first counted as sent"
        before = len(reports_of(home))
        silent(home)
        assert len(reports_of(home)) == before, "counted as sent at once"


def reports_of(home: HandMade) -> list[str]:
    return [job.key for job in home.worker.jobs if job.number == "119"]


def silent(home: HandMade) -> None:
    """119 does not answer; the texts that get their turn meanwhile are accepted."""
    home.put(Attempted(reports_of(home)[-1], "modem", Outcome.AMBIGUOUS))
    while home.sender.flying and told(home)[-1] != "119":
        answered(home, Outcome.ACCEPTED)
    home.later(21)


# What the network says later


def test_a_report_that_did_not_arrive_goes_again_and_the_journal_knows(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(BellPressed())
        key = home.worker.jobs[0].key
        home.put(Attempted(key, "modem", Outcome.ACCEPTED, reference=7))
        home.put(Delivered("modem", 7, False, "status 0x45", number="+821012340004"))
        assert home.events("notice_undelivered") == [], "that went to somebody else"
        home.put(Delivered("modem", 7, False, "status 0x45", number="119"))
        assert [e["contact"] for e in home.events("notice_undelivered")] == ["119"]
        kinds = [entry.kind for entry in left(home.journal.read(), "boot-1")]
        assert "accepted" not in kinds, "119 has not had it"
        while home.worker.jobs[-1].number != "119":
            answered(home, Outcome.ACCEPTED)
            home.later(3)
        assert home.worker.jobs[-1].key == key


def test_what_the_network_says_after_the_reset_sends_nobody_to_the_home(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(Measured("door", 0.0, 0.0))
        home.put(BellPressed())
        home.put(Attempted(home.worker.jobs[0].key, "modem", Outcome.ACCEPTED, reference=7))
        assert home.app.handle(Handled(Hand.RESET, "uid 0"), home.clock.at_s) == ""
        assert home.app.state.incident is None
        before = len(home.worker.jobs)
        home.put(Delivered("modem", 7, False, "status 0x45", number="119"))
        home.later(30)
        assert [job.number for job in home.worker.jobs[before:]].count("119") == 0


def test_who_gets_through_first_shows_119_the_way(tmp_path: Path) -> None:
    """Some modems tell nothing of their network: it is back when a text was accepted."""
    with HandMade(tmp_path) as home:
        home.put(BellPressed())
        for _ in range(11):
            while told(home)[-1] != "119":
                answered(home, Outcome.FAILED, registered=False)
                home.later(1)
            answered(home, Outcome.FAILED, registered=False)
        while told(home)[-1] == "119":
            home.later(1)
        answered(home, Outcome.ACCEPTED)
        assert told(home)[-1] == "119", "not seconds later"


def test_nothing_goes_to_119_of_an_incident_that_is_not_open(tmp_path: Path) -> None:
    """The last look before the gate, whatever the outbox believes."""
    with HandMade(tmp_path) as home:
        home.sender.perform((Report("i9", 1, 1, 3, "bell", "why"),), home.app.state, 1000.0)
        assert dispatched(home) == []
        (row,) = home.sender.drain()[0]
        assert row.status == "withdrawn"


# Ways beside the modem


@contextmanager
def with_internet(folder: Path) -> Iterator[tuple[HandMade, Worker, Worker]]:
    modem, http = Worker(), Worker()
    desk = replace(
        DESK,
        addressees={
            name: replace(one, routes=("modem", "http")) for name, one in DESK.addressees.items()
        },
    )
    with HandMade(folder, desk=desk, ways=lambda _put: {"modem": modem, "http": http}) as home:
        yield home, modem, http


def settled(home: HandMade, http: Worker) -> None:
    """The service takes each text that it is given, until it is given no more."""
    heard: list[str] = []
    while http.jobs and http.jobs[-1].key not in heard:
        heard.append(http.jobs[-1].key)
        home.put(Attempted(http.jobs[-1].key, "http", Outcome.ACCEPTED))


def test_with_the_modem_down_people_are_told_by_the_internet_at_once(tmp_path: Path) -> None:
    with with_internet(tmp_path) as (home, _modem, http):
        home.put(RouteState("modem", up=False, detail="no network", registered=False))
        home.put(BellPressed())
        settled(home, http)
        of_the_bell = [job.number for job in http.jobs if "/bell/" in job.key]
        assert sorted(of_the_bell) == sorted(NUMBERS[name] for name in ("kim", "mother", "office"))
        assert "119" not in [job.number for job in http.jobs]


def test_a_text_that_goes_by_the_internet_goes_whole(tmp_path: Path) -> None:
    with with_internet(tmp_path) as (home, modem, http):
        home.put(RouteState("modem", up=False, detail="no network", registered=False))
        settled(home, http)
        http.jobs.clear()
        text = Message(
            "i1/1/danger/mother/1/1",
            Purpose.DANGER,
            "mother",
            "i1",
            1,
            0.0,
            ("modem", "http"),
            text="first ",
            part=1,
            parts=2,
            concat_reference=7,
        )
        second = replace(text, key="i1/1/danger/mother/1/2", text="second", part=2)
        home.sender._book.add([text, second])
        home.sender.dispatch(home.app.state, home.clock.at_s, seized=False)
        assert [(job.text, job.concat) for job in http.jobs] == [("first second", None)]
        assert modem.jobs == []


# Making way


def test_a_text_that_hangs_again_is_hurried_again(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(TroubleSeen("store", "the disk is slow"))
        key = home.worker.jobs[0].key
        home.put(BellPressed())
        home.later(1)
        assert home.book.count("hurry") == 1, "once for each time that it is under way"
        answered(home, Outcome.AMBIGUOUS)
        while home.worker.jobs[-1].key != key:
            answered(home, Outcome.ACCEPTED)
            home.later(1)
        home.put(BellPressed())
        assert home.book.count("hurry") == 2


def test_the_call_to_119_is_given_up_when_it_is_disarmed(tmp_path: Path) -> None:
    modem, voice = Worker(), Worker()
    policy = replace(ONE_SENSOR, report=replace(ONE_SENSOR.report, voice=frozenset({"bell"})))
    ways = {"modem": modem, "voice": voice}
    with HandMade(tmp_path, policy=policy, ways=lambda _put: ways) as home:
        home.put(BellPressed())
        while not voice.jobs:
            home.put(Attempted(modem.jobs[-1].key, "modem", Outcome.ACCEPTED, reference=1))
        assert [entry.kind for entry in home.journal.read()][-1] == "dialling"
        home.put(Handled(Hand.DISARM, "uid 0", minutes=10))
        assert voice.book[-1] == "hurry"
