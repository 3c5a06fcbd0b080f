"""Single answers: numbers as people write them, addresses that fit, pins that are free."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.commission.address import room
from edge.commission.draft import Draft
from edge.commission.phones import NoNumber, e164, national
from edge.messages.texts import find, load
from edge.messages.words import REPORT_MAX_CHARACTERS


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("010-1234-5678", "+821012345678"),
        ("010 1234 5678", "+821012345678"),
        ("02)2148-0000", "+82221480000"),
        ("+82 10-1234-5678", "+821012345678"),
        ("+82-(0)10-1234-5678", "+821012345678"),
        ("0082 10 1234 5678", "+821012345678"),
        ("82-10-1234-5678", "+821012345678"),
        ("０１０-１２３４-５６７８", "+821012345678"),
        ("+44 20 7946 0000", "+442079460000"),
        ("02-119", "+822119"),  # the settings refuse it
    ],
)
def test_a_number_is_read_as_people_write_it(typed: str, number: str) -> None:
    assert e164(typed) == number


@pytest.mark.parametrize("typed", ["", "김보호", "1588-0000", "119", "001-1-555-0100", "+", "a1"])
def test_what_names_no_subscriber_for_sure_is_asked_again(typed: str) -> None:
    with pytest.raises(NoNumber):
        e164(typed)


def test_a_number_is_shown_as_it_is_dialled() -> None:
    assert national("+821012345678") == "01012345678"
    assert national("+442079460000") == "+442079460000"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_room_that_is_told_is_the_room_that_there_is(language: str) -> None:
    texts = load(find(language))
    address = "서울 종로구 창신길 12-3 B01호"
    left = room(texts, address).left
    assert room(texts, address + "가" * left).left == 0
    over = room(texts, address + "가" * (left + 3))
    assert (over.left, over.report) == (-3, "")
    fits = room(texts, address, occupants=2)
    assert "2명" in fits.report
    assert len(fits.report) <= REPORT_MAX_CHARACTERS


def draft() -> Draft:
    tree = {
        "site": {"id": "a", "district": "b", "address": "c"},
        "bell": {"siren_pin": 16},
        "sensors": {
            "float": {"driver": "float_switch", "pin": 17, "height_mm": 20},
            "loop": {"driver": "current_loop", "channel": 0, "span_mm": 1000},
        },
    }
    return Draft(tree, Path())


def test_a_pin_that_is_taken_is_refused_whichever_of_the_two_is_blamed() -> None:
    now = draft()
    assert now.problems_with(("bell", "button_pin"), 17)
    assert now.problems_with(("sensors", "float", "pin"), 16)
    assert not now.problems_with(("bell", "button_pin"), 5)


def test_free_pins_leave_out_what_is_spoken_for_and_what_a_hat_takes() -> None:
    now = draft()
    free = now.pins_free()
    assert not {16, 17} & set(free)
    assert not {7, 8, 9, 10, 11, 14, 15} & set(free)  # SPI, UART
    assert not {0, 1, 4, 6} & set(free)
    assert now.pins_free_in_words() == "2-3, 5, 12-13, 18-27"


def test_only_what_concerns_the_answer_is_said_of_it() -> None:
    now = Draft({}, Path())
    assert not now.problems_with(("site", "id"), "bell-1")
    (problem,) = now.problems_with(("site", "id"), "bell 1")
    assert problem.key == "site.id"


def test_an_answer_that_is_taken_back_is_gone() -> None:
    now = draft()
    now.put(("site", "occupants"), 2)
    now.put(("site", "occupants"), None)
    now.drop(("mqtt", "host"))
    assert now.tree == draft().tree
