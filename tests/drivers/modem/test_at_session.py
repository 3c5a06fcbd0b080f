"""The AT session: transcripts, any split, any rubbish."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.modem.at import (
    MAX_LINE_BYTES,
    AtEvent,
    AtSession,
    CallEnded,
    CallerId,
    FinalError,
    FinalOk,
    LateFinal,
    LateSubmit,
    Line,
    Prompt,
    RegistrationChanged,
    Ring,
    Started,
    StatusReportLine,
    Submitted,
    TextStored,
    Urc,
)

seeded = settings(max_examples=200, derandomize=True, deadline=None, database=None)

CDS_PDU = "0006010C91280121436587621122123454636211221234546300"


def asked(command: str, data: bytes) -> list[AtEvent]:
    session = AtSession()
    session.command(command)
    return session.receive_data(data)


def submitting(data: bytes) -> list[AtEvent]:
    session = AtSession()
    session.command("AT+CMGS=14")
    assert session.receive_data(b"\r\n> ") == [Prompt()]
    assert session.body("0021000381") == b"0021000381\x1a"
    return session.receive_data(data)


def test_the_bytes_of_a_command_end_with_a_carriage_return() -> None:
    assert AtSession().command("AT+CSQ") == b"AT+CSQ\r"


def test_an_answer_is_its_lines_and_its_result() -> None:
    assert asked("AT+CSQ", b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n") == [Line("+CSQ: 20,99"), FinalOk()]


def test_echo_is_not_an_answer() -> None:
    assert asked("AT+CSQ", b"AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n") == [
        Line("+CSQ: 20,99"),
        FinalOk(),
    ]


@pytest.mark.parametrize("prompt", [b"\r\n> ", b"\r\n>", b"> ", b"AT+CMGS=14\r\r\n> ", b"\n>"])
def test_a_prompt_needs_no_blank_and_no_end_of_line(prompt: bytes) -> None:
    assert asked("AT+CMGS=14", prompt) == [Prompt()]


def test_there_is_one_prompt_for_a_text_and_none_without() -> None:
    assert asked("AT+CMGS=14", b"\r\n> > ") == [Prompt()]
    assert asked("AT", b"\r\n> \r\n") == []
    assert AtSession().receive_data(b"\r\n> \r\n") == []


def test_a_text_is_submitted() -> None:
    assert submitting(b"\r\n+CMGS: 7\r\n\r\nOK\r\n") == [Submitted(7), FinalOk()]


def test_the_echo_of_the_body_is_not_an_answer() -> None:
    assert submitting(b"0021000381\x1a\r\n+CMGS: 7\r\n\r\nOK\r\n") == [Submitted(7), FinalOk()]


@pytest.mark.parametrize("line", ["OK1", "OKAY", "OK: 5", "ok", "O K", "NOT OK"])
def test_what_only_begins_like_ok_is_not_ok(line: str) -> None:
    assert asked("AT+CGMM", f"\r\n{line}\r\n".encode()) == [Line(line)]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("ERROR", FinalError("ERROR")),
        ("+CMS ERROR: 500", FinalError("CMS", 500)),
        ("+CMS ERROR:38", FinalError("CMS", 38)),
        ("+CME ERROR: 10", FinalError("CME", 10)),
        ("+CME ERROR: SIM not inserted", FinalError("CME", None)),
        ("COMMAND NOT SUPPORT", FinalError("ERROR")),
    ],
)
def test_errors_are_told_apart(line: str, error: FinalError) -> None:
    assert asked("AT+CPIN?", f"\r\n{line}\r\n".encode()) == [error]


@pytest.mark.parametrize(
    ("line", "urc"),
    [
        ("RING", Ring("RING")),
        ('+CLIP: "0221191234",129,,,,0', CallerId('+CLIP: "0221191234",129,,,,0', "0221191234")),
        ('+CLIP: "",128', CallerId('+CLIP: "",128', "")),
        ("+CREG: 2", RegistrationChanged("+CREG: 2", 2)),
        ('+CEREG: 1,"1A2B","01",7', RegistrationChanged('+CEREG: 1,"1A2B","01",7', 1)),
        ('+CMTI: "SM",3', TextStored('+CMTI: "SM",3', "SM", 3)),
        ("RDY", Started("RDY")),
        ("SMS DONE", Started("SMS DONE")),
        ("SMS Ready", Started("SMS Ready")),
        ("NO CARRIER", CallEnded("NO CARRIER")),
        ("+CMGS: 9", LateSubmit("+CMGS: 9", 9)),
        ("^BOOT:27710117", Urc("^BOOT:27710117")),
        ("+QIND: whatever", Urc("+QIND: whatever")),
    ],
)
@pytest.mark.parametrize("outstanding", ["", "AT", "AT+CREG=1", "AT+CPIN?", "AT+CSQ"])
def test_a_remark_is_one_whatever_was_asked(line: str, urc: Urc, outstanding: str) -> None:
    session = AtSession()
    if outstanding:
        session.command(outstanding)
    assert session.receive_data(f"\r\n{line}\r\n".encode()) == [urc]


def test_the_answer_about_registration_is_told_from_the_remark() -> None:
    data = b"\r\n+CREG: 2\r\n\r\n+CREG: 1,1\r\n\r\nOK\r\n"
    assert asked("AT+CREG?", data) == [
        RegistrationChanged("+CREG: 2", 2),
        Line("+CREG: 1,1"),
        FinalOk(),
    ]


def test_a_status_report_is_one_event_with_its_pdu_even_inside_an_answer() -> None:
    report = StatusReportLine("+CDS: 25", 25, bytes.fromhex(CDS_PDU))
    lines = f"\r\n+CDS: 25\r\n{CDS_PDU}\r\n"
    assert submitting(f"{lines}\r\n+CMGS: 7\r\n{lines}\r\nOK\r\n".encode()) == [
        report,
        Submitted(7),
        report,
        FinalOk(),
    ]


def test_a_status_report_without_its_pdu_eats_no_answer() -> None:
    assert asked("AT", b"\r\n+CDS: 25\r\n\r\nOK\r\n") == [FinalOk()]


def test_the_end_of_something_older_does_not_end_a_text_before_its_body() -> None:
    data = b"\r\n+CMGS: 5\r\n\r\nOK\r\n\r\n> "
    assert asked("AT+CMGS=14", data) == [
        LateSubmit("+CMGS: 5", 5),
        LateFinal("OK", FinalOk()),
        Prompt(),
    ]


def test_a_result_that_nobody_waits_for_is_late() -> None:
    assert AtSession().receive_data(b"\r\n+CMS ERROR: 500\r\n") == [
        LateFinal("+CMS ERROR: 500", FinalError("CMS", 500))
    ]


def test_after_escape_nothing_is_outstanding() -> None:
    session = AtSession()
    session.command("AT+CMGS=14")
    assert session.escape() == b"\x1b"
    assert session.idle
    assert session.receive_data(b"\r\nOK\r\n") == [LateFinal("OK", FinalOk())]


TRANSCRIPT = st.lists(
    st.sampled_from(
        [
            b"\r\nOK\r\n", b"\r\nERROR\r\n", b"\r\n> ", b">", b"\r\n+CMGS: 7\r\n", b"AT+CMGS=14\r",
            b"\r\n+CDS: 25\r\n", CDS_PDU.encode() + b"\r\n", b"\r\nRING\r\n", b"\r\n+CREG: 1\r\n",
            b"\r\n+CMS ERROR: 500\r\n", b"OK", b"\r", b"\n", b"\x00\xff", b"x" * 700,
            b"\r\nRDY\r\n",
        ]
    )
    | st.binary(max_size=30)
)  # fmt: skip


@seeded
@given(
    chunks=TRANSCRIPT,
    command=st.sampled_from(["", "AT", "AT+CMGS=14", "AT+CREG?", "AT+CSQ"]),
    cuts=st.lists(st.integers(0, 3000)),
)
def test_any_split_of_the_same_bytes_gives_the_same_events(
    chunks: list[bytes], command: str, cuts: list[int]
) -> None:
    data = b"".join(chunks)
    sessions = [AtSession() for _ in range(3)]
    for session in sessions:
        if command:
            session.command(command)
    whole, single, cut = sessions
    expected = whole.receive_data(data)
    assert [event for byte in data for event in single.receive_data(bytes((byte,)))] == expected
    places = sorted({0, *(place % (len(data) + 1) for place in cuts), len(data)})
    pieces = [data[begin:end] for begin, end in pairwise(places)]
    assert [event for piece in pieces for event in cut.receive_data(piece)] == expected


@seeded
@given(rubbish=st.binary(max_size=3000), command=st.sampled_from(["AT", "AT+CMGS=14"]))
def test_after_any_rubbish_the_next_answer_is_understood(rubbish: bytes, command: str) -> None:
    session = AtSession()
    session.command(command)
    session.receive_data(rubbish)
    session.receive_data(b"\r\n\r\n")
    session.escape()
    session.command("AT")
    assert session.receive_data(b"\r\nOK\r\n") == [FinalOk()]


def test_a_line_without_end_takes_no_memory() -> None:
    session = AtSession()
    session.command("AT")
    tracemalloc.start()
    try:
        for _ in range(200):
            assert session.receive_data(b"x" * 4096) == []
        assert tracemalloc.get_traced_memory()[1] < 64 * MAX_LINE_BYTES
    finally:
        tracemalloc.stop()
    assert session.receive_data(b"\r\nOK\r\n") == [Urc("x" * 80), FinalOk()]
