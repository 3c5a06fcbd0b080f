"""Calls on real pseudo-terminals: dialled behind the gate, followed, answered, ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from drivers.emulated.modem import EC25, RUDE, SIM7600, EmulatedModem, ModemProfile
from drivers.errors import NoResponse, NumberRefused, ReportWithheld, SubmitFailed
from drivers.modem.at import CallEnded, CallerId, FinalError, Ring
from drivers.modem.calls import CallStage
from drivers.modem.interlock import Interlock, TooManyReports
from drivers.modem.modem import Modem
from drivers.modem.settings import ModemSettings
from drivers.modem.telephone import _refusal
from tests.drivers.modem.test_modem_on_pty import TO_GUARDIAN

profiles = pytest.mark.parametrize(
    "profile", [SIM7600, EC25, RUDE], ids=["sim7600", "ec25", "rude"]
)


@contextmanager
def on(emulated: EmulatedModem, *, armed: bool = True) -> Iterator[Modem]:
    interlock = Interlock("119")
    interlock.armed = armed
    modem = Modem(ModemSettings(port=emulated.path), interlock)
    try:
        modem.open()
        yield modem
    finally:
        modem.close()


def stages(modem: Modem, wanted: CallStage, timeout_s: float = 5.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not any(call.stage is wanted for call in modem.calls() or ()):
        assert time.monotonic() < deadline_s
        modem.wait(0.05)


@profiles
def test_119_is_dialled_as_a_voice_call(profile: ModemProfile) -> None:
    with EmulatedModem(profile) as emulated, on(emulated) as modem:
        emulated.let_answer(0.1)
        modem.dial("119", "bell")
        assert emulated.dialled == ["119"]
        assert b"ATD119;\r" in emulated.transcript
        if profile.minimal:
            assert modem.calls() is None, "it cannot tell"
        else:
            stages(modem, CallStage.ACTIVE)
        modem.hang_up()
        assert modem.calls() in ((), None)


@pytest.mark.parametrize(
    ("armed", "number", "origin"),
    [
        (False, "119", "bell"),
        (True, "119", None),
        (True, "112", "bell"),
        (True, "+821012345678", "bell"),
    ],
)
def test_nothing_else_is_ever_dialled(armed: bool, number: str, origin: str | None) -> None:
    with EmulatedModem() as emulated, on(emulated, armed=armed) as modem:
        with pytest.raises(ReportWithheld):
            modem.dial(number, origin)
        assert b"ATD" not in emulated.transcript


def test_two_calls_a_minute_leave_and_what_the_modem_refused_does_not_count() -> None:
    with EmulatedModem(replace(SIM7600, makes_calls=False)) as emulated, on(emulated) as modem:
        for _ in range(4):
            with pytest.raises(NumberRefused, match="makes no calls"):
                modem.dial("119", "bell")
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.let_answer(None, busy=True)
        with pytest.raises(SubmitFailed, match="no answer, busy"):
            modem.dial("119", "bell")
        emulated.let_answer(None)
        modem.dial("119", "bell")
        modem.hang_up()
        with pytest.raises(TooManyReports):
            modem.dial("119", "water")


@pytest.mark.long
def test_a_modem_that_says_nothing_to_a_dial_is_given_up_after_five_seconds() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.set_silent(True)
        began_s = time.monotonic()
        with pytest.raises(NoResponse):
            modem.dial("119", "bell")
        assert time.monotonic() - began_s < 9.5


def test_a_text_leaves_while_it_rings() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        modem.dial("119", "bell")
        stages(modem, CallStage.ALERTING)
        assert modem.submit(TO_GUARDIAN) == 1
        assert [call.number for call in modem.calls() or ()] == ["119"]


@pytest.mark.parametrize("profile", [SIM7600, EC25], ids=["sim7600", "ec25"])
def test_a_call_that_comes_is_shown_taken_and_ended_by_the_other_side(
    profile: ModemProfile,
) -> None:
    with EmulatedModem(profile) as emulated, on(emulated) as modem:
        modem.wait(0.1)
        emulated.ring("0221191234")
        events = modem.wait(2.0)
        events += modem.wait(0.2)
        assert any(isinstance(event, Ring) for event in events)
        assert [e.number for e in events if isinstance(e, CallerId)] == ["0221191234"]
        modem.answer()
        stages(modem, CallStage.ACTIVE)
        emulated.hang_up_remotely()
        ended = modem.wait(2.0)
        while not any(isinstance(event, CallEnded) for event in ended):
            ended += modem.wait(2.0)
        with pytest.raises(SubmitFailed, match="cannot be taken"):
            modem.answer()


@pytest.mark.parametrize("profile", [SIM7600, EC25], ids=["sim7600", "ec25"])
def test_hands_free_and_a_recording_where_the_model_is_known(profile: ModemProfile) -> None:
    with EmulatedModem(profile) as emulated, on(emulated) as modem:
        emulated.let_answer(0.0)
        assert modem.make_hands_free()
        assert not modem.play_message("E:/floodbell.wav"), "only in a conversation"
        modem.dial("119", "bell")
        stages(modem, CallStage.ACTIVE)
        assert modem.play_message("E:/floodbell.wav")
        assert emulated.played == ["E:/floodbell.wav"]


def test_a_model_that_is_not_known_has_no_sound_and_calls_all_the_same() -> None:
    for profile in (RUDE, replace(SIM7600, obeys=())):
        with EmulatedModem(profile) as emulated, on(emulated) as modem:
            assert not modem.make_hands_free()
    with EmulatedModem(RUDE) as emulated, on(emulated) as modem:
        assert not modem.play_message("E:/floodbell.wav")
        modem.dial("119", "bell")
        assert emulated.dialled == ["119"]


@pytest.mark.parametrize(
    ("final", "error"),
    [
        (FinalError("CALL"), "SubmitFailed"),
        (FinalError("ERROR"), "SubmitFailed"),
        (FinalError("CME", 30), "NotRegistered"),
        (FinalError("CME", 3), "NumberRefused"),
        (FinalError("CME", 100), "SubmitFailed"),
    ],
)
def test_why_a_call_does_not_come_about_decides_what_follows(final: FinalError, error: str) -> None:
    assert type(_refusal(final)).__name__ == error
