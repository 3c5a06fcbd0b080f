"""docs/mqtt.md tells a centre the truth: its tables and examples are those of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import typing_extensions

from drivers.broker.client import SESSION_EXPIRY_S
from edge.centre import admission, topics
from edge.centre.interface.channels import BASE, CHANNELS, COMMANDS, Channel
from edge.centre.interface.examples import EXAMPLES
from edge.centre.interface.happenings import Happening, OfMessage
from edge.centre.interface.payloads import Health, Reply
from edge.centre.requests import REQUESTS
from tests.edge.centre.validating import TYPES

PAGE = (Path(__file__).parent.parent / "docs" / "mqtt.md").read_text(encoding="utf-8")


def rows(head: str) -> list[tuple[str, ...]]:
    """The rows of the table whose first line begins so, without that line and the rule."""
    _, _, after = PAGE.partition(f"\n| {head} |")
    lines = after.split("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]


def topic_row(channel: Channel) -> tuple[str, ...]:
    expires = (
        f"{channel.expires_s} s" if channel.expires_s else "never" if channel.retained else "–"
    )
    kept = "retained" if channel.retained else "log"
    return (f"`{channel.topic}`", kept, expires, channel.summary)


def event_row(word: str) -> tuple[str, ...]:
    own = typing_extensions.get_type_hints(TYPES[word], include_extras=True)
    common = {*typing_extensions.get_type_hints(Happening), "type"}
    names = [name for name in own if name not in common]
    of_message = typing_extensions.get_type_hints(OfMessage)
    if set(names) == set(of_message) - common:
        names = []
        fields = "those of a message"
    else:
        optional = TYPES[word].__optional_keys__ | {
            name for name, hint in own.items() if "NotRequired" in str(hint)
        }
        fields = ", ".join(f"`{name}`" + "?" * (name in optional) for name in names)
    return (f"`{word}`", fields or "–", (TYPES[word].__doc__ or "").strip())


def test_the_topics_are_those_of_the_table() -> None:
    assert rows("topic") == [topic_row(channel) for channel in CHANNELS]


def test_the_events_are_those_of_the_table() -> None:
    assert rows("type") == [event_row(word) for word in TYPES]


def test_the_commands_are_those_that_there_are() -> None:
    told = [(f"`{name}`", (REQUESTS[name].__doc__ or "").strip()) for name in COMMANDS]
    assert [(row[0], row[-1]) for row in rows("command")] == told


def test_every_word_of_refusal_is_explained() -> None:
    hint = typing_extensions.get_type_hints(Reply)["error"]
    words = [word for part in get_args(hint) for word in get_args(part)]
    assert [row[0] for row in rows("error")] == [f"`{word}`" for word in words]


def test_every_example_of_the_page_is_an_example() -> None:
    shown = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", PAGE, re.S | re.M)]
    assert len(shown) >= 12
    for one in shown:
        assert one in EXAMPLES.values(), one


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    assert BASE == "floodbell/v1/{district}/{site}"
    assert BASE in PAGE
    assert f"{topics.LIVE_S} s" in PAGE
    assert f"{admission.LONGEST_BYTES} bytes" in PAGE
    assert f"older than {admission.OLDEST_S:.0f} s" in PAGE
    assert f"{SESSION_EXPIRY_S} s" in PAGE
    assert f"the last {admission.REMEMBERED} ids" in PAGE
    assert f"{admission.BURST} at once, then one a second" in PAGE
    assert admission.PER_S == 1.0
    for name, most in admission.AN_HOUR.items():
        assert f"{most} times `{name}` an hour" in PAGE


def test_every_field_of_health_is_explained() -> None:
    explained = {
        name for row in rows("field of `health`") for name in re.findall(r"`(\w+)`", row[0])
    }
    said = {name for row in rows("field of `health`") for name in re.findall(r"`(\w+)`", row[1])}
    fields = set(typing_extensions.get_type_hints(Health))
    assert explained <= fields
    assert fields <= explained | said
