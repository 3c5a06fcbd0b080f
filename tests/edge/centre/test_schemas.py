"""The schemas are strict, the examples are valid, and AsyncAPI's own schema takes the document."""

from __future__ import annotations

import copy
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from edge.centre.interface.asyncapi import document
from edge.centre.interface.channels import BASE, CHANNELS, COMMANDS
from edge.centre.interface.examples import EXAMPLES
from edge.centre.interface.happenings import HAPPENINGS
from edge.centre.interface.schemas import PAYLOADS, payload_schemas
from edge.messages.drafting import CAP_CONTACT
from edge.settings import Settings
from tests.edge.centre.validating import event, faults

ROOT = Path(__file__).parents[3]


@cache
def official() -> Draft7Validator:
    """AsyncAPI's own schema of its documents; see tests/asyncapi/README.md."""
    path = ROOT / "tests" / "asyncapi" / "asyncapi-3.0.0.json.gz"
    return Draft7Validator(json.loads(gzip.decompress(path.read_bytes())))


@cache
def written() -> str:
    """The document, as text: nobody changes the one that others look at."""
    return json.dumps(document())


def test_the_document_is_valid_asyncapi() -> None:
    assert [fault.json_path for fault in official().iter_errors(json.loads(written()))] == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("asyncapi",), "2.6.0"),
        (("info", "version"), 1),
        (("channels", "alarm", "adress"), "a"),
        (("operations", "tell-alarm", "action"), "publish"),
        (("operations", "tell-alarm", "bindings", "mqtt", "qos"), 3),
        (("operations", "take-ack", "reply", "address", "location"), "cmd/ack/reply"),
        (("servers", "tls", "bindings", "mqtt", "lastWill", "qos"), "1"),
        (("components", "securitySchemes", "certificate", "type"), "X.509"),
    ],
)
def test_asyncapis_schema_notices_what_is_wrong(place: tuple[str, ...], value: object) -> None:
    wrong = json.loads(written())
    at = wrong
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    assert list(official().iter_errors(wrong))


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [ref for item in node for ref in references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [ref for item in node.values() for ref in references(item)]


def test_every_reference_of_the_document_leads_somewhere() -> None:
    made = json.loads(written())
    for ref in set(references(made)):
        at = made
        for key in ref.removeprefix("#/").split("/"):
            at = at[key]
        assert isinstance(at, dict)


def test_a_reference_stands_alone_so_that_a_draft_07_reader_passes_over_nothing() -> None:
    def visit(node: Any) -> None:
        if isinstance(node, dict):
            assert not isinstance(node.get("$ref"), str) or len(node) == 1, node
        for item in node.values() if isinstance(node, dict) else node:
            if isinstance(item, dict | list):
                visit(item)

    visit(json.loads(written()))


def test_topics_and_commands_are_the_contracts() -> None:
    told = {channel.address.removeprefix(f"{BASE}/"): channel.kind for channel in CHANNELS}
    assert told == {
        **dict.fromkeys(("status", "alarm", "sensors/{sensor}", "health"), "state"),
        **dict.fromkeys(("readings", "events", "cap"), "log"),
    }
    assert COMMANDS == ("ack", "silence", "reset", "service", "drill", "read")
    assert {c.name for c in CHANNELS if c.expires_s} == {"sensor", "health"}
    channels = json.loads(written())["channels"]
    for name in COMMANDS:
        assert channels[f"cmd-{name}"]["address"] == f"{BASE}/cmd/{name}"
    assert channels["reply"]["address"] == f"{BASE}/cmd/{{command}}/reply"
    assert channels["reply-where-wanted"]["address"] is None


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_schema_is_a_schema(name: str) -> None:
    made = payload_schemas()[name]
    Draft202012Validator.check_schema(made)
    assert made["$id"] == f"urn:floodbell:v1:{name}"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_valid(name: str) -> None:
    assert faults(name.partition(",")[0], EXAMPLES[name]) == []


def test_every_payload_has_an_example() -> None:
    assert {name.partition(",")[0] for name in EXAMPLES} == set(PAYLOADS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_payload_takes_a_field_that_nobody_described(name: str) -> None:
    payload = name.partition(",")[0]
    assert faults(payload, {**EXAMPLES[name], "phone": "+821012345678"})
    rows = copy.deepcopy(EXAMPLES[name])
    for row in rows.get("readings", ()):
        row["depth_cm"] = 16.3
        assert faults(payload, rows)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_payload_may_lack_what_it_must_have(name: str) -> None:
    payload = name.partition(",")[0]
    optional = {"request-ack": {"ts", "by"}, "request-service": {"on"}, "request-read": {"sensor"}}
    told = EXAMPLES[name]
    for key in told.keys() - optional.get(payload, set()) - {"sensors"}:
        assert faults(payload, {k: value for k, value in told.items() if k != key}), key


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("alarm", "stage", "warning"),
        ("alarm", "depth_mm", "163"),
        ("alarm", "depth_mm", True),
        ("alarm", "since", "2026-08-08T18:04:04+09:00"),
        ("alarm", "since", "2026-08-08T09:04:04Z"),
        ("status", "online", False),
        ("status", "config_sha256", "9f86d0"),
        ("will", "online", True),
        ("sensor", "quality", "bad"),
        ("sensor", "depth_mm", float),
        ("health", "uptime_s", -1.0),
        ("health", "signal_dbm", 71),
        ("health", "backlog", {"events": 0, "readings": 0}),
        ("health", "modem", {}),
        ("readings", "readings", []),
        ("readings", "log", "1"),
        ("reply", "error", "no"),
        ("request-ack", "id", ""),
        ("request-drill", "stage", "flood"),
        ("request-drill", "contacts", []),
    ],
)
def test_a_wrong_type_unit_or_range_is_refused(name: str, field: str, value: object) -> None:
    wrong = "Infinity" if value is float else value  # what some writers make of a number too many
    assert faults(name, {**EXAMPLES[name], field: wrong})


def test_rows_in_short_are_valid_and_say_so() -> None:
    short = {key: value for key, value in event("reset").items() if key != "reason"}
    assert faults("event", {**short, "cut": True}) == []
    assert faults("event", {**short, "cut": False})
    row = {"seq": 1, "sensor": "door", "ts": "2026-08-08T09:04:05.118Z", "clock_synced": True}
    rows = {"log": "0" * 32, "readings": [{**row, "cut": True}]}
    assert faults("readings", rows) == []
    assert faults("readings", {**rows, "readings": [row]})


def test_no_schema_knows_a_name_or_a_number_of_a_person() -> None:
    fields = {key for happening in HAPPENINGS for key in happening.__annotations__}
    assert not fields & {"name", "phone", "number", "address"}
    assert CAP_CONTACT == "cap"


def files() -> dict[str, Any]:
    """What ``make schemas`` writes."""
    return {
        "config/floodbell.schema.json": Settings.model_json_schema(),
        "docs/asyncapi.json": document(),
        **{f"docs/schemas/{name}.json": made for name, made in payload_schemas().items()},
    }


def test_the_files_are_what_the_types_say() -> None:
    """If not: ``make schemas``, and read the difference; so too after a new pydantic."""
    for name, made in files().items():
        text = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
        assert (ROOT / name).read_text(encoding="utf-8") == text, name
    kept = {f"docs/schemas/{path.name}" for path in (ROOT / "docs" / "schemas").iterdir()}
    assert kept <= set(files())
