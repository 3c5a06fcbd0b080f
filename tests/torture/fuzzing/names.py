"""The names of the targets, for whoever plans a run and need not load what is fuzzed."""

from __future__ import annotations

from typing import Final

NAMES: Final = (
    "framing",
    "modbus",
    "at",
    "pdu",
    "encoding",
    "lines",
    "requests",
    "control",
    "settings",
    "series",
    "words",
    "journal",
    "state",
    "message",
    "sign",
    "database",
)
