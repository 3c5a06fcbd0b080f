"""What a modem needs to go on for years: an empty store, its service centre, faults by name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from drivers.emulated.modem import EC25, RUDE, SIM7600, EmulatedModem, ModemProfile
from drivers.errors import SubmitAmbiguous, SubmitFailed
from drivers.modem.interlock import Interlock
from drivers.modem.mailbox import TextReceived
from drivers.modem.modem import Modem, ModemFault, ModemStatus, OutgoingText, SimState
from drivers.modem.settings import ModemSettings

GUARDIAN = OutgoingText("+821012345678", "[종로비상벨] 경계: 현관 물 2cm")
CENTRE = "+821000009999"


@contextmanager
def on(emulated: EmulatedModem, **settings: str) -> Iterator[Modem]:
    modem = Modem(ModemSettings(port=emulated.path, **settings), Interlock("119"))  # type: ignore[arg-type]  # a test's shorthand
    try:
        modem.open()
        yield modem
    finally:
        modem.close()


def received(modem: Modem, timeout_s: float = 5.0) -> list[TextReceived]:
    deadline_s = time.monotonic() + timeout_s
    found: list[TextReceived] = []
    while not found and time.monotonic() < deadline_s:
        found = [event for event in modem.wait(0.5) if isinstance(event, TextReceived)]
    return found


# Texts that come


@pytest.mark.parametrize("profile", [SIM7600, EC25], ids=["sim7600", "ec25"])
def test_a_text_that_comes_is_read_and_deleted(profile: ModemProfile) -> None:
    with EmulatedModem(profile) as emulated, on(emulated) as modem:
        emulated.text_comes("119", "출동합니다")
        assert received(modem) == [TextReceived("119", "출동합니다")]
        assert emulated.stored == 0
        emulated.text_comes("+821099998888", "hello")
        assert received(modem) == [TextReceived("+821099998888", "hello")]


def test_texts_from_before_the_start_are_read_too() -> None:
    with EmulatedModem() as emulated:
        for text in ("one", "two"):
            emulated.text_comes("+821099998888", text)
        with on(emulated) as modem:
            assert [text.text for text in received(modem)] == ["one", "two"]
            assert emulated.stored == 0


def test_a_text_of_rubbish_is_deleted_and_nothing_comes_of_it() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.wait_until(lambda peer: peer.storage.put("00FFFF") == 1, 1.0)
        emulated.say('+CMTI: "SM",1')
        modem.wait(1.0)
        assert emulated.stored == 0


def test_a_modem_that_knows_none_of_it_is_left_alone() -> None:
    with EmulatedModem(RUDE) as emulated, on(emulated) as modem:
        emulated.say('+CMTI: "SM",1')
        assert not [event for event in modem.wait(0.3) if isinstance(event, TextReceived)]
        assert modem.submit(GUARDIAN) == 1


def test_a_full_store_is_emptied_and_the_text_goes_in_the_same_attempt() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        modem.wait(0.1)
        emulated.fill_storage()
        emulated.wait_until(lambda peer: peer.storage.listed() != ["OK"], 1.0)  # read, not deleted
        assert modem.submit(GUARDIAN) == 1
        assert emulated.stored < 40


def test_a_store_full_of_unread_texts_is_read_out_while_nothing_else_is_to_be_done() -> None:
    with EmulatedModem() as emulated:
        emulated.fill_storage()
        with on(emulated) as modem:
            for _ in range(10):
                modem.wait(0.2)
            assert emulated.stored == 0


# The service centre


def test_a_sim_without_a_service_centre_is_told_what_the_settings_say() -> None:
    with EmulatedModem() as emulated:
        emulated.set_service_centre("")
        with on(emulated, service_centre=CENTRE) as modem:
            assert modem.status.service_centre == CENTRE
            assert modem.submit(GUARDIAN) == 1
            emulated.set_service_centre("")  # forgotten in between
            assert modem.submit(GUARDIAN) == 2


def test_without_one_the_fault_has_a_name_and_the_text_is_tried_again() -> None:
    with EmulatedModem() as emulated:
        emulated.set_service_centre("")
        with on(emulated) as modem:
            assert modem.check().fault is ModemFault.NO_SERVICE_CENTRE
            with pytest.raises(SubmitFailed, match=r"set modem\.service_centre"):
                modem.submit(GUARDIAN)


def test_a_service_centre_that_is_known_is_not_written_over_without_need() -> None:
    with EmulatedModem() as emulated, on(emulated, service_centre="+821000000000"):
        assert b"AT+CSCA=" not in emulated.transcript


# A SIM that is busy after a start


def test_a_busy_sim_is_asked_again_within_the_attempt() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.fail_next(2, 314)
        began_s = time.monotonic()
        assert modem.submit(GUARDIAN) == 1
        assert 1.5 < time.monotonic() - began_s < 4.0


# Making way


@pytest.mark.long
def test_a_text_that_is_to_hurry_has_eight_seconds_in_all() -> None:
    slow = replace(SIM7600, answer_delay_s=30.0)
    with EmulatedModem(slow) as emulated, on(emulated) as modem:
        began_s = time.monotonic()
        with pytest.raises(SubmitAmbiguous):
            modem.submit(GUARDIAN, 60.0, lambda: time.monotonic() > began_s + 0.2)
        assert 7.5 < time.monotonic() - began_s < 12.5  # and three to find it deaf


# What is wrong with it


@pytest.mark.parametrize(
    ("status", "fault", "words"),
    [
        (ModemStatus(), None, ""),
        (ModemStatus(sim=SimState.MISSING), ModemFault.SIM_MISSING, "sim missing"),
        (ModemStatus(sim=SimState.PUK), ModemFault.SIM_LOCKED, "sim locked"),
        (ModemStatus(registered=False), ModemFault.NO_NETWORK, "no network"),
        (ModemStatus(registered=False, denied=True), ModemFault.NO_NETWORK, "denied"),
        (ModemStatus(service_centre=""), ModemFault.NO_SERVICE_CENTRE, "no service centre"),
        (ModemStatus(storage_full=True), ModemFault.STORAGE_FULL, "storage full"),
        (ModemStatus(weak=True, signal_dbm=-111), ModemFault.WEAK_SIGNAL, "-111 dBm"),
        (ModemStatus(sim=SimState.MISSING, registered=False), ModemFault.SIM_MISSING, "sim"),
    ],
)
def test_the_gravest_fault_is_named(
    status: ModemStatus, fault: ModemFault | None, words: str
) -> None:
    assert status.fault is fault
    assert words in status.words


def test_a_weak_signal_is_one_only_after_three_looks() -> None:
    with EmulatedModem() as emulated, on(emulated) as modem:
        emulated.set_signal(2)
        assert [modem.check().weak for _ in range(3)] == [False, False, True]
        emulated.set_signal(15)
        assert modem.check().fault is None
