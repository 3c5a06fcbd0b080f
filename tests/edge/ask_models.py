"""Puts every question to the settings in a file, as models of one kind, and prints the answers.

Arguments: the file; ``plain`` or ``pydantic``. It is a process of its own since the kind is chosen
before the first model is imported.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from drivers import plain

PLAIN = sys.argv[2] == "plain"
if PLAIN:
    plain.choose()

from edge.calibration import Numbers, made_for, numbers_of, with_numbers  # noqa: E402
from edge.checked import Checking, Refused  # noqa: E402
from edge.settings.checks import contradictions  # noqa: E402

OFFSETS_MM = (0.0, 200.0, 200.1, -201.0, float("inf"))
SCALES = (1.0, 0.8, 0.79, 1.25, 1.26, float("nan"))


def main() -> None:
    """Read, ask, print."""
    home = Checking.spawned(Path(sys.argv[1])).answer()
    assert not isinstance(home, Refused), home.words
    settings = home.settings
    assert any(name.startswith("pydantic") for name in sys.modules) != PLAIN
    sensors = {
        name: [
            made_for(sensor),
            list(map(repr, sensor.claims())),
            [sensor.can_decide(mm) for mm in (20.0, 150.0)],
            list(map(repr, sensor.contradictions())),
            [corrected(sensor, numbers) for numbers in many_numbers(sensor)],
        ]
        for name, sensor in settings.sensors.items()
    }
    other = settings.model_copy(update={"sensors": {}})
    rest = [
        repr(settings.zone("entrance")),
        repr(settings.zone("none")),
        settings.sha256,
        settings.text,
        other == settings,
        settings == settings.model_copy(),
        sorted(other.model_fields_set),
        list(map(str, contradictions(settings, set()))),
    ]
    answers = [told(settings), sensors, rest]
    sys.stdout.write(json.dumps(answers, ensure_ascii=False, sort_keys=True))


def told(value: Any) -> Any:
    """Return fields, what was given, and every property of a model, and of those in it."""
    if isinstance(value, dict):
        return {key: told(one) for key, one in value.items()}
    if not hasattr(type(value), "model_fields"):
        return repr(value)
    fields = {name: told(getattr(value, name)) for name in type(value).model_fields}
    asked = {
        name: repr(getattr(value, name))
        for kind in type(value).__mro__
        if kind.__module__.startswith(("drivers.", "edge.")) and kind.__name__ != "BaseModel"
        for name, what in vars(kind).items()
        if isinstance(what, property)
    }
    return [type(value).__name__, fields, sorted(value.model_fields_set), asked]


def many_numbers(sensor: Any) -> list[Numbers]:
    """Return calibrations within what is allowed and beyond; none for a switch."""
    if not hasattr(sensor, "calibration"):
        return []
    height_mm = getattr(sensor, "mount_height_mm", None)
    heights_mm = (None,) if height_mm is None else (height_mm, 1.0, 500.0, 9e9, float("nan"))
    return [
        Numbers(height, offset_mm, scale)
        for height in heights_mm
        for offset_mm in OFFSETS_MM
        for scale in SCALES
    ]


def corrected(sensor: Any, numbers: Numbers) -> Any:
    """Return what a sensor is with other numbers, or that it cannot be."""
    try:
        new = with_numbers(sensor, numbers)
    except ValueError:
        return "refused"
    return [repr(numbers_of(new)), sorted(new.model_fields_set), made_for(new), new == sensor]


if __name__ == "__main__":
    main()
