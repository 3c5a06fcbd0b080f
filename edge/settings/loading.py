"""From the bytes of a TOML file to ``Settings``, or to everything that is wrong with them.

Owns the reading. Invariant: either every check has passed, or ``SettingsError`` holds every problem
that could be found: the rest of a file with bad values is checked as well (``mending``), and a
check whose outcome hangs on a bad value is left out.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path as FilePath
from typing import Any, Final

from pydantic import ValidationError

from edge.settings.checks import contradictions
from edge.settings.keys import field_at
from edge.settings.places import Path, gone
from edge.settings.problems import Problem, SettingsError, not_toml, unreadable
from edge.settings.translating import problem_of
from edge.settings.tree import Settings

DEFAULT_PATH: Final = FilePath("/etc/floodbell/floodbell.toml")
MAX_BYTES: Final = 1 << 20  # a settings file has a few KiB: more is the wrong file


def settings_path(option: str | os.PathLike[str] | None = None) -> FilePath:
    """Return the settings file: the option, else ``$FLOODBELL_CONFIG``, else the default."""
    return FilePath(option or os.environ.get("FLOODBELL_CONFIG") or DEFAULT_PATH)


Further = Callable[[Settings], Iterable[Problem]]
"""A check that needs more than the settings, such as whether the texts fit."""


def _nothing_further(settings: Settings) -> Iterable[Problem]:
    del settings
    return ()


def load(path: str | os.PathLike[str], further: Further = _nothing_further) -> Settings:
    """Read and check a settings file.

    Args:
        path: The TOML file.
        further: What else to check; its problems are shown with all others.

    Returns:
        Settings that keep every rule of contract §1 that needs no device.

    Raises:
        SettingsError: With all problems at once.
    """
    file = FilePath(path)
    try:
        data = read_bytes(file)
    except OSError as error:
        raise SettingsError(str(file), [unreadable(file, error)]) from error
    return parse(data, source=str(file), folder=file.absolute().parent, further=further)


def read_bytes(file: FilePath) -> bytes:
    """Return what stands in a file that a person edits, or as much of it as shows that it is none.

    Raises:
        OSError: It cannot be read, or is a pipe.
    """
    if file.is_fifo():  # who opens one waits for whoever writes into it, for ever
        raise OSError(errno.EINVAL, "a pipe")
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def parse(
    data: bytes,
    *,
    source: str = "settings",
    folder: FilePath | None = None,
    further: Further = _nothing_further,
) -> Settings:
    """Check the bytes of a settings file.

    Args:
        data: TOML in UTF-8.
        source: Name for the error.
        folder: Where relative file names in it begin; the working directory if left out.
        further: As for ``load``.

    Returns:
        As ``load``.

    Raises:
        SettingsError: With all problems at once.
    """
    tree = _toml(data, source)
    context = {"folder": folder or FilePath.cwd()}
    try:
        settings = Settings.model_validate(tree, context=context)
    except ValidationError as error:
        from edge.settings.mending import mend  # noqa: PLC0415 - only when a file is wrong

        mended = mend(tree, error, context)
        problems = [*_field_problems(error), *mended.further]
        if mended.settings is not None:
            broken = frozenset(mended.broken)
            problems += _outside(problems, contradictions(mended.settings, broken))
            problems += [p for p in further(mended.settings) if not gone(broken, p.key)]
        raise SettingsError(source, problems) from error
    problems = [*contradictions(settings, frozenset()), *further(settings)]
    if problems:
        raise SettingsError(source, problems)
    settings._sha256 = hashlib.sha256(data).hexdigest()
    settings._text = data.decode()
    return settings


def _toml(data: bytes, source: str) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        problem = Problem("", f"more than {MAX_BYTES} bytes", "a settings file of a few KiB")
        raise SettingsError(source, [problem])
    try:
        # An editor of another system may have put a byte order mark before it.
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"a byte that is not UTF-8 at line {line}"
        raise SettingsError(source, [Problem("", found, "TOML in UTF-8")]) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(source, [not_toml(error)]) from error
    except RecursionError as error:
        raise SettingsError(source, [Problem("", "endless nesting", "TOML 1.0")]) from error
    except ValueError as error:  # Python's own, which tomllib lets through
        found = "a number of thousands of digits"
        raise SettingsError(source, [Problem("", found, "TOML 1.0")]) from error


def _field_problems(error: ValidationError) -> list[Problem]:
    found = [(detail, field_at(detail)) for detail in error.errors(include_url=False)]
    inner = [field.path for _detail, field in found]
    return [
        problem_of(detail, field)
        for detail, field in found
        # pydantic drops a bad item and then calls the list too short: that is told already.
        if not (detail["type"] == "too_short" and _item_among(inner, field.path))
    ]


def _item_among(paths: list[Path], outer: Path) -> bool:
    return any(len(path) > len(outer) and path[: len(outer)] == outer for path in paths)


def _outside(known: list[Problem], found: Any) -> list[Problem]:  # noqa: ANN401
    keys = {problem.key for problem in known}
    return [problem for problem in found if problem.key not in keys]
