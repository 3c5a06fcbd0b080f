"""What a modem says of its network, word by word of TS 27.007."""

from __future__ import annotations

import pytest

from drivers.emulated.modem import RUDE, EmulatedModem
from drivers.modem import network
from drivers.modem.interlock import Interlock
from drivers.modem.modem import Modem
from drivers.modem.network import Registration
from drivers.modem.settings import ModemSettings


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ((), None),
        ((0,), "off"),
        ((1, 1), "home"),
        ((2, 1), "home"),
        ((2, 5), "roaming"),
        ((0, 6), "home"),
        ((7, 3), "roaming"),
        ((3, 2), "denied"),
        ((2, 2), "searching"),
        ((8, 2), "emergency_only"),
        ((4,), "unknown"),
        ((9,), "home"),
        ((10,), "roaming"),
        ((77,), "unknown"),
    ],
)
def test_where_it_stands_with_the_network(states: tuple[int, ...], word: str | None) -> None:
    assert network.registration(states) == word


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('+COPS: 0,0,"SKTelecom",7', ("SKTelecom", "LTE")),
        ('+COPS: 0,2,"45005",2', ("45005", "3G")),
        ('+COPS: 0,0,"KT"', ("KT", None)),
        ('+COPS: 0,0,"KT",99', ("KT", None)),
        ('+COPS: 0,0,"",7', (None, "LTE")),
        ("+COPS: 0", (None, None)),
        ("ERROR", (None, None)),
    ],
)
def test_the_operator_and_how_it_is_reached(
    line: str, found: tuple[str | None, str | None]
) -> None:
    assert network.operator([line]) == found
    assert network.operator([]) == (None, None)


@pytest.mark.parametrize(
    ("lines", "switched", "way"),
    [
        (["+CIREG: 0,1,5"], None, "volte"),
        (['+CIREG: 2,1,"D"'], 6, "volte"),
        (["+CIREG: 0,1,4"], 1, "cs"),
        (["+CIREG: 0,1,4"], 6, "none"),
        (["+CIREG: 0,1"], 6, None),
        (["+CIREG: 0,0"], 5, "cs"),
        (["+CIREG: 0,0"], None, None),
        ([], 1, "cs"),
        ([], None, None),
    ],
)
def test_how_a_call_would_go(lines: list[str], switched: int | None, way: str | None) -> None:
    assert network.voice(lines, switched) == way


@pytest.mark.parametrize(
    ("signal_dbm", "bars"),
    [(-113, 0), (-109, 0), (-107, 1), (-103, 2), (-99, 2), (-97, 3), (-89, 4), (-51, 4)],
)
def test_the_bars_of_a_telephone(signal_dbm: int, bars: int) -> None:
    assert network.bars(signal_dbm) == bars


def opened(emulated: EmulatedModem) -> Modem:
    modem = Modem(ModemSettings(port=emulated.path), Interlock("119"))
    modem.open()
    return modem


def test_who_the_modem_is_is_asked_once_and_the_voice_seldom() -> None:
    with EmulatedModem() as emulated:
        modem = opened(emulated)
        for _ in range(20):
            status = modem.check()
        modem.close()
        asked = emulated.transcript.decode()
    assert (status.manufacturer, status.firmware) == ("SIMCOM INCORPORATED", "SIM7600M22_V2.0")
    assert (status.imei, status.own_number) == ("490154203237518", "+821000000001")
    assert (status.registration, status.technology) == (Registration.HOME, "LTE")
    assert status.voice == "volte"
    assert "490154203237518" not in repr(status)
    assert "+821000000001" not in repr(status)
    once = ("AT+CGMI", "AT+CGSN", "AT+CNUM", "AT+CIREG?")
    assert [asked.count(command) for command in once] == [1, 1, 1, 1]


def test_a_modem_that_knows_none_of_it_is_no_worse_for_that() -> None:
    with EmulatedModem(RUDE) as emulated:
        modem = opened(emulated)
        status = modem.check()
        modem.close()
    assert (status.registration, status.technology, status.voice) == (None, None, None)
    assert (status.imei, status.own_number, status.manufacturer) == (None, None, None)
