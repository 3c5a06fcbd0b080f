"""JSON Schemas of what is on the broker, made from the types of ``payloads`` and ``happenings``.

Owns the one form of them. Invariant: strict, so that a field that nobody described is an error; and
nothing in them depends on the machine, the time or the language. For the command line and the tests
only: the daemon never loads this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Union

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from edge.centre.interface.happenings import HAPPENINGS, InShort
from edge.centre.interface.payloads import Alarm, Health, Readings, Reply, SensorState, Status, Will
from edge.centre.requests import REQUESTS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

PAYLOADS: Final[Mapping[str, Any]] = {
    "status": Status,
    "will": Will,
    "alarm": Alarm,
    "sensor": SensorState,
    "readings": Readings,
    "event": Union[(*HAPPENINGS, InShort)],
    "health": Health,
    "reply": Reply,
    **{f"request-{name}": model for name, model in REQUESTS.items()},
}
"""Every payload by the name of its schema; a CAP document has a schema of its own, OASIS's."""


class _Strict(GenerateJsonSchema):
    """pydantic's schemas without a title on every field, and closed.

    A draft-07 reader passes over what stands beside a ``$ref``, and AsyncAPI is one: such a
    reference goes into an ``allOf``, which both read alike.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401 - pydantic's own type
        """Return False: a title that repeats the name says nothing."""
        del schema
        return False

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        """Return the schema of an object, which has no other fields."""
        return {**super().typed_dict_schema(schema), "additionalProperties": False}

    def generate(self, schema: Any, mode: Any = "validation") -> JsonSchemaValue:  # noqa: ANN401
        """Return the schema in the form of this project."""
        made = _lone_references(super().generate(schema, mode))
        assert isinstance(made, dict)  # noqa: S101 - a schema of an object is one
        return made


def _lone_references(node: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(node, list):
        return [_lone_references(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _lone_references(item) for key, item in node.items()}
    if isinstance(made.get("$ref"), str) and len(made) > 1:
        made = {"allOf": [{"$ref": made.pop("$ref")}], **made}
    return made


def payload_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of one payload, complete in itself.

    Args:
        name: One of ``PAYLOADS``.
    """
    return {"$schema": DIALECT, "$id": f"urn:floodbell:v1:{name}", **_schema(name)}


def payload_schemas() -> dict[str, dict[str, Any]]:
    """Return all of them, by name."""
    return {name: payload_schema(name) for name in PAYLOADS}


def components() -> dict[str, dict[str, Any]]:
    """Return the schemas of all payloads, and of what they are made of, for one document.

    The payloads come first; a part that several have stands once.
    """
    payloads: dict[str, dict[str, Any]] = {}
    parts: dict[str, dict[str, Any]] = {}
    for name in PAYLOADS:
        schema = _schema(name, "#/components/schemas/{model}")
        parts |= schema.pop("$defs", {})
        payloads[name] = schema
    return payloads | dict(sorted(parts.items()))


def _schema(name: str, ref_template: str = "#/$defs/{model}") -> dict[str, Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(PAYLOADS[name])
    return adapter.json_schema(ref_template=ref_template, schema_generator=_Strict)
