"""Messages across a restart (design 4.11)."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.effects import Facts, Purpose
from edge.messages import outbox_memory
from edge.messages.message import Message, Status

TEXT = Message(
    key="i1/1/danger/mother/1/2",
    purpose=Purpose.DANGER,
    contact="mother",
    incident="i1",
    episode=1,
    decided_s=100.0,
    routes=("modem", "http"),
    text="위험! 물 15cm",
    part=2,
    parts=3,
    concat_reference=77,
    origin="water",
    facts=Facts(depth_mm=151.5, peak_mm=151.5, setpoint_mm=150.0, zone="entrance", armed=True),
    reason="door 151 mm",
    rank=2,
    route=1,
    attempts=3,
    not_before_s=140.0,
)

messages = st.builds(
    Message,
    key=st.text(min_size=1, max_size=20),
    purpose=st.sampled_from(Purpose),
    contact=st.text(max_size=8),
    incident=st.none() | st.text(max_size=8),
    episode=st.integers(0, 99),
    decided_s=st.floats(0, 1e6),
    routes=st.just(("modem",)),
    text=st.text(max_size=70),
    origin=st.sampled_from(["water", "bell", None]),
    facts=st.builds(Facts, depth_mm=st.none() | st.floats(-50, 5000), cause=st.text(max_size=9)),
    status=st.sampled_from(Status),
    not_before_s=st.sampled_from([-inf, 5.0]),
    accepted_s=st.none() | st.floats(0, 1e6),
    submit_reference=st.none() | st.integers(0, 255),
)


@settings(derandomize=True, deadline=None, database=None, max_examples=150)
@given(messages)
def test_whatever_is_written_is_strict_json_and_comes_back(message: Message) -> None:
    body = outbox_memory.dump(message, "boot")
    json.loads(body, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    back = outbox_memory.load(body, boot_id="boot", now_s=1e7)
    assert back == replace(message, not_before_s=-inf, route=0)


def test_in_the_same_boot_times_go_on_and_what_waits_is_due() -> None:
    back = outbox_memory.load(outbox_memory.dump(TEXT, "b1"), boot_id="b1", now_s=500.0)
    assert back == replace(TEXT, not_before_s=-inf, route=0)


def test_after_another_boot_ages_begin_anew() -> None:
    accepted = replace(TEXT, status=Status.ACCEPTED, accepted_s=99.0)
    back = outbox_memory.load(outbox_memory.dump(accepted, "b1"), boot_id="b2", now_s=5.0)
    assert (back.decided_s, back.accepted_s) == (5.0, 5.0)
    back = outbox_memory.load(outbox_memory.dump(TEXT, "b1"), boot_id="b2", now_s=5.0)
    assert (back.decided_s, back.accepted_s) == (5.0, None)


def test_what_was_withdrawn_in_flight_is_not_tried_again_after_a_kill() -> None:
    recalled = replace(TEXT, recalled="reset by kim")
    back = outbox_memory.load(outbox_memory.dump(recalled, "b"), boot_id="b", now_s=5.0)
    assert (back.status, back.last_error) == (Status.WITHDRAWN, "reset by kim")


@pytest.mark.parametrize("not_before_s", [None, 140.0])
def test_a_message_of_the_version_before_is_still_read(not_before_s: float | None) -> None:
    """It had no ``recalled``, and kept when the next attempt was due."""
    fields = json.loads(outbox_memory.dump(TEXT, "b"))
    del fields["recalled"]
    fields["not_before_s"] = not_before_s
    back = outbox_memory.load(json.dumps(fields), boot_id="b", now_s=5.0)
    assert back == replace(TEXT, not_before_s=-inf, route=0)


def test_a_stored_message_is_as_short_as_json_can_be() -> None:
    """The store holds 64 MB in all, and Korean escaped is twice as long."""
    body = outbox_memory.dump(TEXT, "b")
    assert '"text":"위험! 물 15cm","repeat":1' in body


def test_what_cannot_be_read_is_shown_as_it_begins() -> None:
    body = '{"boot":"b","purpose":"danger","text":"' + "0123456789" * 6 + '"}'
    with pytest.raises(ValueError, match="not a stored message") as caught:
        outbox_memory.load(body, boot_id="b", now_s=5.0)
    assert str(caught.value) == f"not a stored message (KeyError('status')): {body[:80]}"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "5",
        "{}",
        '{"boot": "b"}',
        '{"boot": "b", "purpose": "picnic"}',
        outbox_memory.dump(TEXT, "b").replace('"danger"', '"picnic"'),
        outbox_memory.dump(TEXT, "b").replace('"attempts"', '"tries"'),
        outbox_memory.dump(TEXT, "b")[:-20],
    ],
)
def test_what_is_no_message_is_a_value_error(body: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever kind
        outbox_memory.load(body, boot_id="b", now_s=5.0)


def test_after_another_boot_a_status_report_of_that_number_is_of_something_else() -> None:
    accepted = replace(TEXT, status=Status.ACCEPTED, accepted_s=5.0, submit_reference=7)
    body = outbox_memory.dump(accepted, "boot-1")
    for boot_id, reference in (("boot-1", 7), ("boot-2", None)):
        assert outbox_memory.load(body, boot_id=boot_id, now_s=9.0).submit_reference == reference
