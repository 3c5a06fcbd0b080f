"""Settings as they are written: they load to the answers, whatever was answered."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from edge.cli.setting_up.words import key_words
from edge.commission.writing import NotWritable, Tree, fields_of, fresh, revised, words_of
from edge.settings import parse
from edge.settings.keys import DRIVERS
from edge.settings.tree import NAMED_TABLES, Settings

EXAMPLE = (Path(__file__).parents[3] / "config" / "floodbell.example.toml").read_text("utf-8")
WORDS = key_words()
ASKED_TABLES = ("site", "alarm", "zones", "contacts", "report", "bell", "power", "modem", "mqtt")

SENSORS: dict[str, Tree] = {
    "a02yyuw": {"port": "/dev/ttyAMA0", "mount_height_mm": 598, "part": "A01NYUB"},
    "maxbotix": {"port": "/dev/ttyUSB0", "mount_height_mm": 900.5, "full_scale_mm": 9999},
    "jsn_sr04t": {"port": "/dev/ttyUSB1", "mount_height_mm": 900, "mode": "asked"},
    "hcsr04": {"trigger_pin": 23, "echo_pin": 24, "mount_height_mm": 500},
    "modbus_level": {"port": "/dev/ttyUSB2", "span_mm": 1000, "preset": "qdy30a", "unit_id": 3},
    "current_loop": {"channel": 0, "span_mm": 1000, "shunt_ohm": 150.0},
    "float_switch": {"pin": 17, "height_mm": 20, "contact": "normally_closed", "cable": "문"},
    "contact_probe": {"pin": 20, "return_pin": 21, "height_mm": 20},
    "supervised_contact": {"channel": 1, "height_mm": 150, "end_ohm": 4700.0},
    "simulated": {"script": [[0.0, 0.0], [1.5, 20.25]]},
}


def home(driver: str) -> Tree:
    """A whole home with one sensor."""
    switch = driver in ("float_switch", "contact_probe")
    return {
        "site": {"id": "bell-1", "district": "종로구", "address": '서울 "종로"\\ 1'},
        "zones": {"home": {"danger": False}} if switch else {},
        "sensors": {"door": {"driver": driver, **SENSORS[driver]}},
        "contacts": {"office": {"role": "office", "name": "구청", "phone": "+82221480000"}},
        "report": {"armed": False},
        "modem": {"port": "/dev/m", "self_test": {"contact": "office"}},
    }


def test_there_is_a_sensor_of_every_driver() -> None:
    assert set(SENSORS) == set(DRIVERS)


@pytest.mark.parametrize("driver", SENSORS)
def test_a_sensor_of_every_driver_comes_back_as_it_was_asked(driver: str) -> None:
    tree = home(driver)
    loaded = parse(fresh(tree, WORDS, "a heading\nof two lines").encode())
    plain = parse(fresh(tree).encode())
    assert loaded.model_dump() == plain.model_dump()
    told = loaded.sensors["door"].model_dump()
    for key, value in SENSORS[driver].items():
        assert told[key] == (tuple(map(tuple, value)) if key == "script" else value)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAME = st.text("abcXYZ019_-", min_size=1, max_size=8)
VALUE: st.SearchStrategy[Any] = st.one_of(
    TEXT,
    st.integers(-(2**40), 2**40),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.integers(0, 9), max_size=3),
    st.fixed_dictionaries({"offset_mm": st.floats(-9, 9), "scale": st.just(1.0)}),
)
TABLE = st.dictionaries(NAME, VALUE, max_size=4)
TREE = st.fixed_dictionaries(
    {"site": TABLE},
    optional={
        "sensors": st.dictionaries(NAME, TABLE, min_size=1, max_size=3),
        "contacts": st.dictionaries(NAME, TABLE, min_size=1, max_size=3),
        "bell": TABLE,
        "mqtt": TABLE,
    },
)


def filled(tree: Tree) -> Tree:
    return {name: table for name, table in tree.items() if table}


@given(TREE)
@settings(max_examples=60)
def test_whatever_was_answered_is_what_is_read_back(tree: Tree) -> None:
    assert filled(tomllib.loads(fresh(tree, WORDS))) == filled(tree)


@given(TREE, TREE)
@settings(max_examples=60)
def test_a_changed_file_says_what_it_has_to_or_is_refused(before: Tree, after: Tree) -> None:
    try:
        text = revised(fresh(before, WORDS), after, WORDS)
    except NotWritable:
        return  # then it is written anew, which always can be
    assert filled(tomllib.loads(text)) == filled(after)


def test_a_file_that_says_it_all_already_is_not_touched() -> None:
    assert revised(EXAMPLE, tomllib.loads(EXAMPLE), WORDS) == EXAMPLE


def test_a_change_keeps_every_other_line_with_its_comments() -> None:
    tree = tomllib.loads(EXAMPLE)
    tree["site"]["occupants"] = 3
    tree["bell"]["lamp_pin"] = 26
    tree["sensors"]["door"]["calibration"] = {"offset_mm": 3.0, "scale": 1.0}
    before, after = EXAMPLE.splitlines(), revised(EXAMPLE, tree, WORDS).splitlines()
    assert len(before) == len(after)
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [line.split(" ")[0] for line in changed] == ["occupants", "calibration", "lamp_pin"]
    assert changed[0].endswith("# optional, told to 119")


def test_what_toml_cannot_hold_is_refused_and_nothing_else_written() -> None:
    with pytest.raises(NotWritable):
        fresh({"site": {"address": None}})
    with pytest.raises(NotWritable):
        fresh({"site": {"address": "\ud800"}})


def inner_models() -> list[tuple[str, str]]:
    tables = [(table, "") for table in ASKED_TABLES]
    return [*tables, *(("sensors", driver) for driver in DRIVERS)]


@pytest.mark.parametrize(("table", "driver"), inner_models())
def test_every_key_that_can_be_asked_has_its_words(table: str, driver: str) -> None:
    keys = fields_of(table, driver)
    assert keys
    assert [key for key in keys if not words_of(WORDS, table, key, driver)] == []


def test_no_words_stand_for_a_key_that_is_not_there() -> None:
    known = {f"{name}.{key}" for name in DRIVERS for key in fields_of("sensors", name)}
    known |= {f"{table}.{key}" for table in ASKED_TABLES for key in fields_of(table)}
    known |= {f"sensors.{key}" for name in DRIVERS for key in fields_of("sensors", name)}
    known |= {f"[{table}]" for table in Settings.model_fields}
    assert set(WORDS) <= known


def test_named_tables_are_those_of_the_model() -> None:
    dicts = [
        name
        for name, field in Settings.model_fields.items()
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
        and not any(a is type(None) for a in get_args(field.annotation))
    ]
    assert set(dicts) == set(NAMED_TABLES)
