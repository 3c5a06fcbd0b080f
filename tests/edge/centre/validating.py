"""Holds messages to the schemas, with a validator that is not ours."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, get_args, get_type_hints

from jsonschema import Draft202012Validator, FormatChecker

from edge.centre.interface.happenings import HAPPENINGS
from edge.centre.interface.schemas import payload_schema

SESSION = "boot-1:1"


def type_of(happening: type) -> str:
    """The word that a type of event has on the wire."""
    return str(get_args(get_type_hints(happening)["type"])[0])


TYPES = {type_of(happening): happening for happening in HAPPENINGS}


@cache
def validator(payload: str) -> Draft202012Validator:
    """Of a payload, or of one type of event, as ``event:reset``: forty at once name no fault."""
    name, _, kind = payload.partition(":")
    schema = payload_schema(name)
    if kind:
        schema = {"$ref": f"#/$defs/{TYPES[kind].__name__}", "$defs": schema["$defs"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def faults(payload: str, message: Any) -> list[str]:
    """What is wrong with a message; empty if nothing is."""
    if payload == "event":
        kind = message.get("type")
        if message.get("cut"):
            kind = ""
        elif kind not in TYPES:
            return [f"no such type of event: {kind!r}"]
        payload = f"event:{kind}" if kind else "event"
    return [
        f"{payload}: {fault.json_path}: {fault.message}: {json.dumps(message, ensure_ascii=False)}"
        for fault in validator(payload).iter_errors(message)
    ]


def event(kind: str, **fields: Any) -> dict[str, Any]:
    """An event as the broker gets it, from what the law or the outbox logs."""
    return {
        "log": "0" * 32,
        "seq": 1,
        "type": kind,
        "incident": None,
        "episode": None,
        "reason": "",
        "ts": "2026-08-08T09:04:05.118Z",
        "clock_synced": True,
        "session": SESSION,
        **fields,
    }
