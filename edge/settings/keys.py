"""From pydantic's path of an error to the key that a person typed, and what the models say there.

Owns the walk through the models. Nothing here runs when a file is good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, get_args

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from drivers.sensors import SensorSettings
from edge.settings.places import Path
from edge.settings.tree import NAMED_TABLES, Settings

DRIVERS: Final[dict[str, type[BaseModel]]] = {
    get_args(model.model_fields["driver"].annotation)[0]: model
    for model in get_args(get_args(SensorSettings)[0])
}


@dataclass(frozen=True, slots=True)
class FieldAt:
    """A place in the file: its path, the keys that its table knows, the bounds of its number."""

    path: Path
    siblings: tuple[str, ...]
    bounds: str


def path_of(error: ErrorDetails) -> Path:
    """Return where an error is in the file, without the names that pydantic puts between.

    Args:
        error: One of pydantic's.
    """
    path = list(error["loc"])
    if len(path) > 2 and path[0] == "sensors" and path[2] in DRIVERS:
        del path[2]
    if path and path[-1] == "[key]":
        path.pop()
    if error["type"].startswith("union_tag"):
        path.append("driver")
    return tuple(path)


def field_at(error: ErrorDetails) -> FieldAt:
    """Find what the models say of the place of an error.

    Args:
        error: One of pydantic's.
    """
    table = _table_at(error["loc"])
    fields = table.model_fields if table is not None else {}
    field = fields.get(str(error["loc"][-1])) if error["loc"] else None
    return FieldAt(path_of(error), tuple(fields), bounds_of(field) if field else "")


def _table_at(location: Path) -> type[BaseModel] | None:
    """Return the model of the table in which the last part of a location stands."""
    parts = location[:-1]
    if location[:1] and location[0] in NAMED_TABLES:
        parts = location[:1] + location[2:-1]  # without the name that the technician chose
    table: type[BaseModel] | None = Settings
    for part in parts:
        if table is None:
            return None
        table = DRIVERS.get(str(part)) or _model_in(table.model_fields.get(str(part)))
    return table


def _model_in(field: FieldInfo | None) -> type[BaseModel] | None:
    """Return the first model in a field's annotation: itself, optional, or the value of a dict."""
    pending: list[Any] = [field.annotation] if field else []
    while pending:
        annotation = pending.pop(0)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
        pending += get_args(annotation)
    return None


def bounds_of(field: FieldInfo) -> str:
    """Write a number's range: ``0.05 to 60``, ``more than 0, at most 600``; empty for none.

    Args:
        field: Of one of our models.
    """
    low = high = above = below = None
    for item in field.metadata:
        if isinstance(item, annotated_types.Ge):
            low = item.ge
        elif isinstance(item, annotated_types.Le):
            high = item.le
        elif isinstance(item, annotated_types.Gt):
            above = item.gt
        elif isinstance(item, annotated_types.Lt):
            below = item.lt
    if low is not None and high is not None:
        return f"{low:.10g} to {high:.10g}"
    words = [
        f"{word} {bound:.10g}"
        for word, bound in (
            ("at least", low),
            ("more than", above),
            ("at most", high),
            ("less than", below),
        )
        if bound is not None
    ]
    return ", ".join(words)
