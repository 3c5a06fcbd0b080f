"""A settings file with mistakes in it, made whole for the sake of the checks between its tables.

Owns what stands in for a value that cannot be used. Invariant: every key whose value was taken out
or put in is named, so that no check blames a value that nobody typed. Nothing that is mended is
ever put into force.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from edge.settings.keys import DRIVERS, field_at, path_of
from edge.settings.places import Path, dotted
from edge.settings.problems import Problem
from edge.settings.translating import problem_of
from edge.settings.tree import NAMED_TABLES, Settings

_ROUNDS: Final = 10  # a removed table may bring its parent's errors to light, no deeper

_STAND_INS: Final[Mapping[str, Mapping[str, Any]]] = {
    "": {
        "site": {"id": "x", "district": "x", "address": "x"},
        "sensors": {},
    },
    "site": {"id": "x", "district": "x", "address": "x"},
    "contacts.*": {"role": "technician", "phone": "+821000000000"},
    "modem": {"port": "?"},
    "http_sms": {"provider": "webhook", "sender": "+821000000000"},
    "mqtt": {"host": "localhost"},
    "sensors.*": {
        "port": "?",
        "pin": 0,
        "return_pin": 1,
        "trigger_pin": 0,
        "echo_pin": 1,
        "channel": 0,
        "span_mm": 1000.0,
        "height_mm": 20.0,
        "mount_height_mm": 3000.0,
    },
}
"""What is put in for a required value, by its table."""

_NO_SENSOR: Final[Mapping[str, Any]] = {"driver": "simulated", "script": [[0.0, 0.0]]}
"""In place of a sensor of which nothing can be told but its zone."""


@dataclass(slots=True)
class Mended:
    """What became of a file with mistakes in it.

    ``settings`` validate, None if there was no way to that. ``broken`` are the keys that are not as
    typed. ``further`` is what came to light on the way: the mistakes of a sensor whose driver is
    only misspelt.
    """

    settings: Settings | None = None
    broken: set[str] = field(default_factory=set)
    further: list[Problem] = field(default_factory=list)


def mend(tree: Mapping[str, Any], error: ValidationError, context: Mapping[str, Any]) -> Mended:
    """Take out what is wrong, and put in what is needed, until the rest validates.

    Args:
        tree: The file's.
        error: What validating it has brought.
        context: As for validating.
    """
    worked_on: dict[str, Any] = copy.deepcopy(dict(tree))
    mended = Mended()
    for _ in range(_ROUNDS):
        guessed = _mend_once(worked_on, error, mended.broken)
        _add_tables(worked_on, mended.broken)
        try:
            mended.settings = Settings.model_validate(worked_on, context=dict(context))
        except ValidationError as again:
            error = again
            for detail in again.errors(include_url=False):
                if path_of(detail)[:2] in guessed:
                    mended.further.append(problem_of(detail, field_at(detail)))
        else:
            break
    return mended


def _add_tables(tree: dict[str, Any], broken: set[str]) -> None:
    for name, stand_in in _STAND_INS[""].items():
        if name not in tree:
            tree[name] = copy.deepcopy(stand_in)
            broken.add(name)


def _mend_once(tree: dict[str, Any], error: ValidationError, broken: set[str]) -> set[Path]:
    """Mend every place of an error; return the sensors whose driver was guessed."""
    guessed: set[Path] = set()
    seen: set[Path] = set()
    for detail in error.errors(include_url=False):
        path = path_of(detail)
        if path in seen:
            continue
        seen.add(path)
        if detail["type"].startswith("union_tag"):
            if _guess_driver(tree, path, broken):
                guessed.add(path[:-1])
        elif not (detail["type"] == "missing" and _put_in(tree, path, broken)):
            broken |= _take_out(tree, path, detail)
    return guessed


def _guess_driver(tree: dict[str, Any], path: Path, broken: set[str]) -> bool:
    import difflib  # noqa: PLC0415 - only when a file is wrong

    sensor_id = path[1]
    sensors = tree.get("sensors")
    if not isinstance(sensors, dict) or sensor_id not in sensors:
        return False  # its name is no name either, and has taken it out already
    sensor = sensors[sensor_id]
    typed = str(sensor.get("driver", "")) if isinstance(sensor, dict) else ""
    if close := difflib.get_close_matches(typed, DRIVERS, n=1):
        sensor["driver"] = close[0]
        broken.add(dotted(path))
        return True
    _replace_sensor(tree, sensor_id, broken)
    return False


def _replace_sensor(tree: dict[str, Any], sensor_id: Any, broken: set[str]) -> None:  # noqa: ANN401
    sensor = tree["sensors"][sensor_id]
    zone = sensor.get("zone") if isinstance(sensor, dict) else None
    known = {"zone": zone} if isinstance(zone, str) else {}
    tree["sensors"][sensor_id] = {**copy.deepcopy(_NO_SENSOR), **known}
    broken.add(f"sensors.{sensor_id}")


def _put_in(tree: dict[str, Any], path: Path, broken: set[str]) -> bool:
    """Put a required value in, if there is one to put in."""
    *tables, leaf = path
    at = ".".join(map(str, tables))
    if len(tables) == 2 and tables[0] in NAMED_TABLES:
        at = f"{tables[0]}.*"
    stand_in = _STAND_INS.get(at, {}).get(str(leaf))
    where: Any = tree
    for part in tables:
        where = where.get(part) if isinstance(where, dict) else None
    if stand_in is None or not isinstance(where, dict):
        if tables[:1] == ["sensors"] and len(tables) > 1:
            _replace_sensor(tree, tables[1], broken)
            return True
        return False
    where[leaf] = copy.deepcopy(stand_in)
    broken.add(dotted(path))
    return True


def _take_out(tree: dict[str, Any], path: Path, detail: ErrorDetails) -> set[str]:
    """Delete what stands at ``path``, or what encloses it if nothing does; return its key."""
    where: Any = tree
    for depth, part in enumerate(path[:-1]):
        if part not in where:
            return set()  # another error has taken it out already
        if isinstance(where[part], list):  # a list with a bad item is bad as a whole
            path = path[: depth + 1]
            break
        where = where[part]
        if not isinstance(where, dict):
            return set()
    if path[-1] not in where and len(path) > 1:
        return _take_out(tree, path[:-1], detail)
    where.pop(path[-1], None)
    return {dotted(path)}
