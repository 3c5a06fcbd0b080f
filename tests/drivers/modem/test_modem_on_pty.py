"""The modem driver on real pseudo-terminals, against a modem with the manners of real ones."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from drivers.emulated.modem import EC25, RUDE, SIM7600, EmulatedModem, ModemProfile
from drivers.emulated.pty import PseudoTerminal
from drivers.errors import (
    NoResponse,
    NotRegistered,
    NumberRefused,
    PortGone,
    ReportWithheld,
    SimLocked,
    SubmitAmbiguous,
    SubmitFailed,
)
from drivers.modem.alphabet import alphabet_of, split
from drivers.modem.at import CallerId, FinalError, Ring
from drivers.modem.interlock import Interlock, TooManyReports
from drivers.modem.modem import (
    LateReference,
    Modem,
    OutgoingText,
    Rung,
    SimState,
    StatusReported,
)
from drivers.modem.pdu import Concat
from drivers.modem.refusals import MailboxFull, NoServiceCentre, SimBusy, refusal
from drivers.modem.settings import ModemSettings

GUARDIAN = "+821012345678"
TO_GUARDIAN = OutgoingText(GUARDIAN, "[종로비상벨] 경계: 현관 물 2cm")
TO_PARTNER = OutgoingText("+821087654321", "[종로비상벨] 경계: 현관 물 2cm")
REPORT = OutgoingText("119", "[침수]서울 종로구 창신길 12-3 B01호 15cm이상 1명 자동신고", "water")


@contextmanager
def on(
    emulated: EmulatedModem, *, armed: bool = False, sim_pin: str | None = None
) -> Iterator[Modem]:
    interlock = Interlock("119")
    interlock.armed = armed
    modem = Modem(ModemSettings(port=emulated.path), interlock, sim_pin=sim_pin)
    try:
        modem.open()
        yield modem
    finally:
        modem.close()


def waited_for(modem: Modem, kind: type, timeout_s: float = 5.0) -> list[object]:
    deadline_s = time.monotonic() + timeout_s
    found: list[object] = []
    while not found and time.monotonic() < deadline_s:
        found = [event for event in modem.wait(0.5) if isinstance(event, kind)]
    return found


def when_written(
    emulated: EmulatedModem, wanted: bytes, act: Callable[[], None]
) -> threading.Thread:
    def wait_and_act() -> None:
        if emulated.wait_for_bytes(wanted, 5.0):
            act()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    return thread


@pytest.mark.parametrize("profile", [SIM7600, EC25, RUDE], ids=["sim7600", "ec25", "rude"])
def test_a_text_reaches_its_reader_through_any_modem(profile: ModemProfile) -> None:
    with EmulatedModem(profile) as emulated, on(emulated) as modem:
        assert modem.submit(TO_GUARDIAN) == 1
        assert modem.submit(TO_PARTNER) == 2
        texts = emulated.texts
    assert [(text.number, text.text, text.toa) for text in texts] == [
        (GUARDIAN, TO_GUARDIAN.text, 0x91),
        (TO_PARTNER.number, TO_PARTNER.text, 0x91),
    ]


def test_a_report_goes_to_119_as_a_short_code() -> None:
    with EmulatedModem() as emulated, on(emulated, armed=True) as modem:
        modem.submit(REPORT)
        (text,) = emulated.texts
    assert (text.number, text.toa, text.text, text.total) == ("119", 0x81, REPORT.text, 1)


@pytest.mark.parametrize(
    ("armed", "text"),
    [
        (False, REPORT),
        (True, replace(REPORT, live_origin=None)),
        (True, replace(REPORT, number="112")),
    ],
)
def test_withheld_means_that_not_one_byte_is_written(armed: bool, text: OutgoingText) -> None:
    with EmulatedModem() as emulated, on(emulated, armed=armed) as modem:
        before = emulated.transcript
        with pytest.raises(ReportWithheld):
            modem.submit(text)
        modem.submit(TO_GUARDIAN)
        after = emulated.transcript[len(before) :]
        assert len(emulated.texts) == 1
    assert after.startswith(b"AT+CMGS=")
    for trace in (b"119", b"11F9", b"11f9", b"112", b"11F2"):
        assert trace not in after


def test_disarming_while_the_prompt_is_awaited_withholds_the_report() -> None:
    interlock = Interlock("119")
    interlock.armed = True
    heard = bytearray()

    def answer(line: PseudoTerminal) -> None:
        while select.select([line.fd], [], [], 0.4)[0]:
            said = os.read(line.fd, 4096)
            heard.extend(said)
            if b"AT+CMGS=" in said:
                interlock.armed = False
                os.write(line.fd, b"\r\n> ")
            elif b"\r" in said:
                os.write(line.fd, b"\r\nOK\r\n")

    with PseudoTerminal() as line:
        thread = threading.Thread(target=answer, args=(line,))
        thread.start()
        modem = Modem(ModemSettings(port=line.path), interlock)
        modem.open()
        with pytest.raises(ReportWithheld):
            modem.submit(REPORT)
        thread.join(5.0)
        modem.close()
    assert b"AT+CMGS=" in heard
    assert b"\x1a" not in heard
    assert b"11F9" not in heard


def test_no_length_that_reads_like_119_is_ever_announced() -> None:
    """In text mode AT+CMGS=119 would be the beginning of a text to the fire service."""
    with EmulatedModem() as emulated, on(emulated) as modem:
        for length in range(45, 60):
            modem.submit(OutgoingText(GUARDIAN, "물" * length, concat=Concat(1, 2, 1)))
            modem.submit(OutgoingText(GUARDIAN, "물" * length))
        transcript = emulated.transcript
        assert len(emulated.texts) == 30
    assert b"AT+CMGS=120\r" in transcript
    assert b"AT+CMGS=113\r" in transcript
    assert b"AT+CMGS=119\r" not in transcript
    assert b"AT+CMGS=112\r" not in transcript


def test_a_long_text_is_put_together_again() -> None:
    whole = "[종로비상벨] 위험: 현관 물 15cm. " * 4
    parts = split(whole)
    with EmulatedModem() as emulated, on(emulated) as modem:
        for sequence, part in enumerate(parts, 1):
            concat = Concat(42, len(parts), sequence, alphabet=alphabet_of(whole))
            modem.submit(OutgoingText(GUARDIAN, part, concat=concat))
        texts = emulated.texts
    assert [text.whole for text in texts] == [None] * (len(parts) - 1) + [whole]


def test_a_status_report_names_the_text_it_is_about() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        reference = modem.submit(TO_GUARDIAN)
        (event,) = waited_for(modem, StatusReported)
    assert isinstance(event, StatusReported)
    assert (event.report.reference, event.report.number) == (reference, GUARDIAN)
    assert event.report.delivered is True


def test_a_refusal_is_a_failure_and_the_next_attempt_goes_out_at_once() -> None:
    with EmulatedModem() as emulated, on(emulated, armed=True) as modem:
        emulated.fail_next(5)
        for _ in range(5):
            with pytest.raises(SubmitFailed):
                modem.submit(REPORT)
        modem.submit(REPORT)
        assert len(emulated.texts) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [(500, SubmitFailed), (38, SubmitFailed), (314, SimBusy), (304, SubmitFailed),
     (322, MailboxFull), (330, NoServiceCentre),
     (1, NumberRefused), (28, NumberRefused), (10, NumberRefused), (21, NumberRefused),
     (331, NotRegistered), (332, NotRegistered), (310, SimLocked), (316, SimLocked)],
)  # fmt: skip
def test_an_error_number_says_whether_to_try_again(code: int, error: type[Exception]) -> None:
    assert type(refusal(FinalError("CMS", code))) is error


def test_an_error_before_the_body_says_nothing_about_the_number() -> None:
    assert type(refusal(FinalError("CMS", 1), about_number=False)) is SubmitFailed


def test_a_number_refused_for_good_is_told_apart_and_the_next_one_is_served() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.fail_next(1, 1)
        with pytest.raises(NumberRefused):
            modem.submit(TO_GUARDIAN)
        assert modem.submit(TO_PARTNER) == 1


def test_without_a_network_nothing_is_sent() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        assert modem.check().registered is True
        emulated.set_registered(False)
        with pytest.raises(NotRegistered):
            modem.submit(TO_GUARDIAN)
        assert modem.check().registered is False
        emulated.set_registered(True)
        modem.wait(1.0)
        assert modem.status.registered is True


def test_no_prompt_is_a_failure_within_three_seconds() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.withhold_prompts(1)
        began_s = time.monotonic()
        with pytest.raises(SubmitFailed, match="prompt"):
            modem.submit(TO_GUARDIAN)
        assert 2.9 < time.monotonic() - began_s < 5.0
        assert modem.submit(TO_GUARDIAN) == 1


def test_silence_after_the_text_is_ambiguous_and_the_next_text_gets_its_own_answer() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.swallow_next(1)
        with pytest.raises(SubmitAmbiguous):
            modem.submit(TO_GUARDIAN, answer_timeout_s=0.3)
        assert modem.submit(TO_PARTNER) == 2
        assert modem.submit(TO_PARTNER) == 3


def test_an_answer_that_comes_while_idle_settles_the_old_text() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.swallow_next(1, late_after_s=0.7)
        with pytest.raises(SubmitAmbiguous):
            modem.submit(TO_GUARDIAN, answer_timeout_s=0.3)
        assert waited_for(modem, LateReference) == [LateReference(1, TO_GUARDIAN)]


def test_a_late_answer_is_not_credited_to_a_text_that_is_then_refused() -> None:
    profile = replace(SIM7600, deaf_while_sending=False)
    with EmulatedModem(profile) as emulated, on(emulated) as modem:
        emulated.swallow_next(1, late_after_s=0.7)
        with pytest.raises(SubmitAmbiguous):
            modem.submit(TO_GUARDIAN, answer_timeout_s=0.2)
        emulated.set_answer_delay(1.0)
        emulated.fail_next(1)
        with pytest.raises(SubmitFailed):
            modem.submit(TO_PARTNER)
        assert waited_for(modem, LateReference) == [LateReference(1, TO_GUARDIAN)]


def test_two_answers_are_credited_in_order() -> None:
    profile = replace(SIM7600, deaf_while_sending=False)
    with EmulatedModem(profile) as emulated, on(emulated) as modem:
        emulated.swallow_next(1, late_after_s=0.7)
        with pytest.raises(SubmitAmbiguous):
            modem.submit(TO_GUARDIAN, answer_timeout_s=0.2)
        emulated.set_answer_delay(1.0)
        assert modem.submit(TO_PARTNER) == 2
        assert waited_for(modem, LateReference) == [LateReference(1, TO_GUARDIAN)]


def test_ambiguous_reports_count_against_the_limit_and_refused_ones_do_not() -> None:
    with EmulatedModem() as emulated, on(emulated, armed=True) as modem:
        emulated.swallow_next(3)
        for _ in range(3):
            with pytest.raises(SubmitAmbiguous):
                modem.submit(REPORT, answer_timeout_s=0.05)
        with pytest.raises(TooManyReports):
            modem.submit(REPORT)
        assert len(emulated.texts) == 3


def test_remarks_in_the_middle_of_a_text_do_no_harm() -> None:
    def chatter(emulated: EmulatedModem) -> None:
        for line in ("RING", '+CLIP: "0221191234",129', "+CREG: 1", '+CMTI: "SM",1', "^X: 1"):
            emulated.say(line)

    with EmulatedModem(replace(SIM7600, answer_delay_s=0.2)) as emulated, on(emulated) as modem:
        chatter(emulated)
        thread = when_written(emulated, b"\x1a", lambda: chatter(emulated))
        assert modem.submit(TO_GUARDIAN) == 1
        thread.join(5.0)
        events = modem.wait(1.0)
        assert sum(isinstance(event, Ring) for event in events) == 2
        assert sum(isinstance(event, CallerId) for event in events) == 2


def test_pulling_the_plug_after_the_text_was_handed_over_is_ambiguous() -> None:
    with EmulatedModem(replace(SIM7600, answer_delay_s=30.0)) as emulated, on(emulated) as modem:
        thread = when_written(emulated, b"\x1a", emulated.unplug)
        with pytest.raises(SubmitAmbiguous):
            modem.submit(TO_GUARDIAN)
        thread.join(5.0)
        assert not modem.is_open
        with pytest.raises(PortGone):
            modem.submit(TO_GUARDIAN)
        with pytest.raises(PortGone):
            modem.wait(1.0)


def test_pulling_the_plug_before_that_is_not() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.withhold_prompts(1)
        thread = when_written(emulated, b"AT+CMGS=", emulated.unplug)
        with pytest.raises(PortGone):
            modem.submit(TO_GUARDIAN)
        thread.join(5.0)


def test_a_modem_comes_back_under_the_same_name(tmp_path: object) -> None:
    link = f"{tmp_path}/modem"
    modem = Modem(ModemSettings(port=link), Interlock("119"))
    with pytest.raises(PortGone):
        modem.open()
    for _ in range(2):
        with EmulatedModem(link=link) as emulated:
            modem.open()
            modem.submit(TO_GUARDIAN)
            assert len(emulated.texts) == 1
    with pytest.raises(PortGone):
        modem.submit(TO_GUARDIAN)


def test_a_modem_that_restarts_by_itself_is_set_up_again() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.reboot()
        deadline_s = time.monotonic() + 5.0
        while emulated.transcript.count(b"AT+CMGF=0") < 2 and time.monotonic() < deadline_s:
            modem.wait(0.5)
        assert emulated.transcript.count(b"AT+CMGF=0") == 2
        assert modem.submit(TO_GUARDIAN) == 1


def test_only_one_program_has_the_port() -> None:
    with EmulatedModem() as emulated, on(emulated):
        second = Modem(ModemSettings(port=emulated.path), Interlock("119"))
        with pytest.raises(PortGone):
            second.open()


def test_a_silent_modem_is_known_for_one() -> None:
    with PseudoTerminal() as line:
        modem = Modem(ModemSettings(port=line.path), Interlock("119"))
        began_s = time.monotonic()
        with pytest.raises(NoResponse):
            modem.open()
        assert time.monotonic() - began_s < 7.0
        assert not modem.is_open


def test_wake_ends_a_wait_at_once_even_one_not_yet_begun() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        modem.wait(0.1)
        modem.wake()
        began_s = time.monotonic()
        assert modem.wait(10.0) == []
        timer = threading.Timer(0.1, modem.wake)
        timer.start()
        assert modem.wait(10.0) == []
        assert time.monotonic() - began_s < 2.0
        timer.join(5.0)


def test_a_check_is_cut_short_by_a_wake_and_whole_again_after_the_text() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.set_signal(31)
        modem.wake()
        before = emulated.transcript
        assert modem.check().signal_dbm == -73
        asked = str(emulated.transcript[len(before) :])
        assert "AT+CREG?" in asked, "whether there is a network is always asked"
        assert "AT+CSQ" not in asked
        modem.submit(TO_GUARDIAN)
        assert modem.check().signal_dbm == -51


def test_the_first_byte_of_a_text_is_written_within_fifty_milliseconds() -> None:
    """Danger decided, the modem idle in ``wait``: p99 from ``wake`` to the first byte."""
    delays_s: list[float] = []
    with EmulatedModem() as emulated, on(emulated) as modem:
        modem.wait(0.1)
        for count in range(1, 101):
            decided: list[float] = []

            def decide(decided: list[float] = decided) -> None:
                decided.append(time.monotonic())
                modem.wake()

            timer = threading.Timer(0.002, decide)
            timer.start()
            while not decided:
                modem.wait(5.0)
            modem.submit(replace(TO_GUARDIAN, status_report=False))
            timer.join(5.0)
            text = emulated.wait_for_texts(count, 5.0)[-1]
            delays_s.append(text.first_byte_s - decided[0])
    assert sorted(delays_s)[98] <= 0.050


def test_the_thread_is_alive_while_it_waits() -> None:
    beats: list[float] = []
    with EmulatedModem(replace(SIM7600, answer_delay_s=1.2)) as emulated:
        modem = Modem(
            ModemSettings(port=emulated.path),
            Interlock("119"),
            beat=lambda: beats.append(time.monotonic()),
        )
        modem.open()
        began_s = time.monotonic()
        modem.submit(TO_GUARDIAN)
        modem.close()
    during = [began_s, *(beat for beat in beats if beat > began_s)]
    assert max(later - earlier for earlier, later in pairwise(during)) < 1.4


def test_how_the_modem_is() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.set_signal(31)
        status = modem.check()
        assert (status.registered, status.signal_dbm, status.sim) == (True, -51, SimState.READY)
        assert (status.model, status.operator) == ("SIMCOM_SIM7600G-H", "floodbell test")
        emulated.set_signal(99)
        assert modem.check().signal_dbm is None


def test_what_a_modem_does_not_tell_is_unknown_and_no_fault() -> None:
    with EmulatedModem(RUDE) as emulated, on(emulated) as modem:
        status = modem.check()
        assert (status.registered, status.sim, status.signal_dbm) == (None, None, None)


def test_a_pin_opens_the_sim() -> None:
    with (
        EmulatedModem(replace(SIM7600, sim_pin="2468")) as emulated,
        on(emulated, sim_pin="2468") as modem,
    ):
        assert modem.submit(TO_GUARDIAN) == 1


def test_a_wrong_pin_is_tried_once_in_the_life_of_the_process() -> None:
    with EmulatedModem(replace(SIM7600, sim_pin="2468")) as emulated:
        for _ in range(3):
            modem = Modem(ModemSettings(port=emulated.path), Interlock("119"), sim_pin="1357")
            with pytest.raises(SimLocked):
                modem.open()
        assert emulated.transcript.count(b"AT+CPIN=") == 1


@pytest.mark.parametrize("sim_pin", [None, "12", "12345;+", "가나다라"])
def test_a_missing_or_impossible_pin_is_not_tried(sim_pin: str | None) -> None:
    with EmulatedModem(replace(SIM7600, sim_pin="2468")) as emulated:
        modem = Modem(ModemSettings(port=emulated.path), Interlock("119"), sim_pin=sim_pin)
        with pytest.raises(SimLocked):
            modem.open()
        assert b"AT+CPIN=" not in emulated.transcript


@pytest.mark.parametrize("rung", [Rung.AT, Rung.ATZ, Rung.CFUN, Rung.POWER])
def test_every_rung_of_the_ladder_gives_a_modem_that_takes_texts(rung: Rung) -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        modem.reset(rung)
        assert modem.submit(TO_GUARDIAN) == 1
        assert (b"AT+CFUN=1,1" in emulated.transcript) is (rung >= Rung.CFUN)


@pytest.mark.parametrize("number", ["", "not a number", "+82 10 1234 5678"])
def test_what_is_no_number_is_refused_before_a_byte_is_written(number: str) -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        before = emulated.transcript
        with pytest.raises(NumberRefused):
            modem.submit(OutgoingText(number, "물"))
        assert emulated.transcript == before


@pytest.mark.parametrize("profile", [SIM7600, EC25], ids=lambda p: str(p.model))
def test_the_networks_time_is_known_whatever_the_modem_calls_it(profile: ModemProfile) -> None:
    with EmulatedModem(profile) as emulated, on(emulated) as modem:
        told = modem.status.network_time
        assert told is not None
        now = datetime.now(UTC) - timedelta(seconds=time.monotonic() - told.at_s)
        assert abs(told.utc - now) < timedelta(seconds=2)


def test_before_it_is_registered_a_modem_is_not_asked_for_the_time() -> None:
    with EmulatedModem(replace(SIM7600, registered=False)) as emulated, on(emulated) as modem:
        assert modem.status.network_time is None
        assert b"AT+CTZU=1" in emulated.transcript
        assert b"AT+CCLK" not in emulated.transcript
        emulated.set_registered(True)
        assert modem.check().network_time is not None


@pytest.mark.parametrize("profile", [RUDE, replace(SIM7600, tells_time=False)], ids=["rude", "no"])
def test_a_modem_without_the_networks_time_is_as_good_as_any(profile: ModemProfile) -> None:
    with EmulatedModem(profile) as emulated, on(emulated) as modem:
        told = modem.status.network_time
        assert told is None or told.utc.year == 1970, "what it began with, for others to judge"
        modem.submit(TO_GUARDIAN)
