"""The emulated modem, met with nothing but pyserial and bytes."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import serial

from drivers.emulated.modem import SIM7600, EmulatedModem, ModemPeer, ReceivedText
from drivers.emulated.tpdu import decode_submit

FRESH = replace(SIM7600, boot_lines=())
BODY = "0021000381" + "11F9" + "0008" + "08" + "[침수]".encode("utf-16-be").hex()


def says(peer: ModemPeer, said: str) -> str:
    return peer.receive_data(said.encode()).decode()


def without_echo(profile: object = FRESH) -> ModemPeer:
    assert isinstance(profile, type(FRESH))
    peer = ModemPeer(profile)
    says(peer, "ATE0\r")
    return peer


def test_it_echoes_until_told_not_to() -> None:
    peer = ModemPeer(FRESH)
    assert says(peer, "AT\r") == "AT\r\r\nOK\r\n"
    assert says(peer, "ATE0\r") == "ATE0\r\r\nOK\r\n"
    assert says(peer, "AT\r") == "\r\nOK\r\n"


@pytest.mark.parametrize("command", ["AT+NOSUCH", "AT+NOSUCH=1", "hello", "AT+CMGF=1"])
def test_it_refuses_what_it_does_not_know(command: str) -> None:
    assert says(without_echo(), f"{command}\r") == "\r\nERROR\r\n"


def test_it_takes_a_text_byte_by_byte() -> None:
    peer = without_echo()
    said = "".join(says(peer, character) for character in "AT+CMGS=17\r")
    assert said == "\r\n> "
    said = "".join(says(peer, character) for character in BODY + "\x1a")
    assert said == "\r\n+CMGS: 1\r\n\r\nOK\r\n"
    (text,) = peer.take_texts()
    assert (text.number, text.toa, text.text) == ("119", 0x81, "[침수]")


def test_it_answers_when_the_network_has_answered() -> None:
    peer = without_echo(replace(FRESH, answer_delay_s=2.0))
    says(peer, "AT+CMGS=17\r")
    assert says(peer, BODY + "\x1a") == ""
    assert peer.due_s == 2.0
    assert peer.tick(1.9) == b""
    assert says(peer, "AT\r") == ""
    assert peer.tick(2.0) == b"\r\n+CMGS: 1\r\n\r\nOK\r\n\r\nOK\r\n"


@pytest.mark.parametrize("body", ["", "00", "zz", BODY[:-2], BODY + "00", "00" + "04" + BODY[4:]])
def test_it_refuses_a_body_that_is_no_text(body: str) -> None:
    peer = without_echo()
    says(peer, "AT+CMGS=17\r")
    assert says(peer, f"{body}\x1a") == "\r\n+CMS ERROR: 304\r\n"
    assert peer.take_texts() == []


def test_escape_leaves_the_prompt() -> None:
    peer = without_echo()
    says(peer, "AT+CMGS=17\r")
    assert says(peer, "0021\x1b") == "\r\nOK\r\n"
    assert says(peer, "AT\r") == "\r\nOK\r\n"


def test_it_keeps_calls_and_shows_who_rings() -> None:
    peer = without_echo()
    says(peer, "ATD119;\r")
    assert '"119"' in says(peer, "AT+CLCC\r")
    says(peer, "ATH\r")
    assert says(peer, "AT+CLCC\r") == "\r\nOK\r\n"
    says(peer, "AT+CLIP=1\r")
    peer.ring("0221191234")
    assert peer.tick(0.0) == b'\r\nRING\r\n\r\n+CLIP: "0221191234",129,,,,0\r\n'


def test_a_wrong_pin_three_times_locks_the_sim() -> None:
    peer = without_echo(replace(FRESH, sim_pin="2468"))
    for _ in range(3):
        assert says(peer, 'AT+CPIN="1357"\r') == "\r\n+CME ERROR: 16\r\n"
    assert "SIM PUK" in says(peer, "AT+CPIN?\r")
    assert says(peer, 'AT+CPIN="2468"\r') == "\r\n+CME ERROR: 16\r\n"


def test_a_submit_needs_its_announced_length() -> None:
    with pytest.raises(ValueError, match="18 octets announced"):
        decode_submit(bytes.fromhex(BODY), 18)


def test_on_its_line_it_calls_back_with_each_text() -> None:
    told: list[ReceivedText] = []
    with EmulatedModem(FRESH, told.append) as modem:
        with serial.Serial(modem.path, timeout=2.0) as port:
            port.write(b"ATE0\r")
            port.read_until(b"OK\r\n")
            began_s = time.monotonic()
            port.write(b"AT+CMGS=17\r")
            assert port.read_until(b"> ").endswith(b"> ")
            port.write(BODY.encode() + b"\x1a")
            assert port.read_until(b"OK\r\n") == b"\r\n+CMGS: 1\r\n\r\nOK\r\n"
        (text,) = modem.wait_for_texts(1, 5.0)
        assert began_s <= text.first_byte_s <= text.accepted_s <= time.monotonic()
        modem.set_silent(True)
        assert not modem.wait_for_bytes(b"never", 0.01)
    assert told == [text]
    modem.close()
