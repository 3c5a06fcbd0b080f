"""What hangs on a port is found by listening, and by questions that only read."""

from __future__ import annotations

import pytest

from drivers.emulated.modem import PROFILES, SIM7600, EmulatedModem
from drivers.emulated.pty import PseudoTerminal
from drivers.emulated.ranger import (
    A02YYUW,
    JSN_SR04T_ASKED,
    MAXBOTIX,
    EmulatedRanger,
    Habit,
)
from drivers.finding.by_modbus import FoundUnit, find_units
from drivers.finding.by_sound import Noise, Voice, listen
from drivers.finding.modems import QUESTIONS, FoundModem, ask_modem
from drivers.ports.present import SerialPort, named
from drivers.sensors.jsn_sr04t import ASK
from edge.diagnose.plugged_in import Found, look, main_modem_port
from tests.drivers.sensors.slave import Slave


@pytest.mark.parametrize(("habit", "wire"), [(A02YYUW, "frames"), (MAXBOTIX, "lines")])
def test_a_sensor_that_talks_is_heard_with_what_it_measures(habit: Habit, wire: str) -> None:
    with EmulatedRanger(598, habit=habit, rate_hz=50) as ranger:
        assert listen(ranger.path) == Voice(wire, 9600, 598)  # type: ignore[arg-type]


def test_a_sensor_without_a_target_is_a_sensor() -> None:
    with EmulatedRanger(598, rate_hz=50) as ranger:
        ranger.lose_echo()
        assert listen(ranger.path) == Voice("frames", 9600, None)


def test_one_that_waits_to_be_asked_is_silent_until_it_is() -> None:
    with EmulatedRanger(598, habit=JSN_SR04T_ASKED, rate_hz=100) as ranger:
        assert listen(ranger.path, for_s=0.1) is None
        assert listen(ranger.path, for_s=0.5, ask=ASK) == Voice("frames", 9600, 598)


def test_what_makes_no_frames_is_noise_and_not_a_sensor() -> None:
    with EmulatedRanger(598, rate_hz=50) as ranger:
        ranger.emit_noise(b"$GPGGA,123519,4807.038,N,01131.000,E*47\r\n")
        assert isinstance(listen(ranger.path, for_s=0.2), Noise)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_a_modem_is_known_by_questions_that_change_nothing(profile: object) -> None:
    modem = EmulatedModem(profile)  # type: ignore[arg-type]
    try:
        assert ask_modem(modem.path) is not None
        asked = modem.transcript.replace(b"\x1b", b"").split(b"\r")
        allowed = {b"", b"AT", *(question.encode() for question in QUESTIONS)}
        assert set(asked) <= allowed
        assert not modem.texts
        assert not modem.dialled
    finally:
        modem.close()


def test_silence_is_no_modem() -> None:
    with PseudoTerminal() as line:
        assert ask_modem(line.path, within_s=0.2) is None


def test_probes_on_a_line_are_found_by_address_with_the_map_that_fits() -> None:
    units = {1: {2: 17, 3: 0, 4: 37}, 2: {2: 99, 3: 9, 4: 37, 1003: 0}}
    slave = Slave(units)
    try:
        found = find_units(slave.port, range(1, 3))
    finally:
        slave.close()
    assert found == [FoundUnit(1, 9600, "qdy30a"), FoundUnit(2, 9600)]


def test_all_ports_are_looked_at_and_a_fault_is_told_in_words() -> None:
    modem = EmulatedModem(SIM7600)
    with EmulatedRanger(598, rate_hz=50) as ranger:
        try:
            paths = (ranger.path, modem.path, "/dev/pts/no-such-port")
            sensor, asked, missing = look([named(path) for path in paths])
        finally:
            modem.close()
    assert sensor.voice == Voice("frames", 9600, 598)
    assert asked.modem is not None
    assert "no-such-port" in missing.fault
    assert main_modem_port([sensor, asked, missing]) is asked


def test_of_a_modems_ports_the_one_for_texts_is_taken() -> None:
    ports = [
        Found(SerialPort(f"/dev/x{number}", "", interface=number), modem=FoundModem())
        for number in (3, 2)
    ]
    assert main_modem_port(ports) is ports[1]
    assert main_modem_port(ports[:1]) is ports[0]
    assert main_modem_port([]) is None
