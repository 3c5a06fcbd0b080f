"""A settings file from a tree of answers, with a comment behind each key.

Owns the form of the file: the order is that of the models; what was not answered stands there with
its default, behind ``#``. Pure. Invariant: what comes out loads back to the tree that went in, or
``NotWritable`` is raised; so a quirk of the library or of an old file can lose nothing.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

import tomlkit
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable, InlineTable

from edge.settings.keys import DRIVERS
from edge.settings.tree import NAMED_TABLES, Settings

Tree = dict[str, Any]
Words = Mapping[str, str]
"""What each key means: ``site.id``, ``sensors.port``, ``float_switch.pin`` (of one driver);
``[site]`` for what stands above a table."""

COMMENT_AT: Final = 40
"""Column of the comments; beyond it they stand two blanks behind the value."""

ALWAYS: Final = ("site", "alarm", "sensors", "report")
"""Tables that stand there even where all of them is default: people look for these figures."""

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


class NotWritable(Exception):
    """The tree holds what TOML cannot, or what came out does not read back the same."""


def fresh(tree: Tree, words: Words | None = None, heading: str = "") -> str:
    """Write a settings file.

    Args:
        tree: Tables, keys and values as ``tomllib`` returns them.
        words: The comments, and the defaults to show; without them only the answers are written.
        heading: Lines for the top, without ``#``.

    Returns:
        TOML that loads to ``tree``.

    Raises:
        NotWritable: It cannot be.
    """
    writer = _Writer(words or {})
    blocks = [_commented(heading)] if heading else []
    known = [name for name in Settings.model_fields if name in tree or (words and name in ALWAYS)]
    for name in [*known, *(name for name in tree if name not in Settings.model_fields)]:
        blocks += writer.table(name, tree.get(name, {}))
    return _proved("\n".join(blocks), tree)


def revised(text: str, tree: Tree, words: Words | None = None) -> str:
    """Change a settings file: what is the same stays, to the last blank and comment.

    Args:
        text: The file as it is.
        tree: As ``fresh``: what it has to say.
        words: Comments for keys that are new.

    Raises:
        NotWritable: The library cannot change this file so; write it ``fresh``.
    """
    text = text.removeprefix("\ufeff")
    with contextlib.suppress(ValueError):
        for path, value in tuple(_new_keys(tomllib.loads(text), tree)):
            text = _typed_in(text, path, value, words or {})
    try:
        document = tomlkit.parse(text)
        _merge(document, tree, (), words or {})
        out = tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError, KeyError) as error:
        raise NotWritable(str(error)) from error
    return _proved(out, tree)


def _proved(text: str, tree: Tree) -> str:
    try:
        text.encode()
        back = tomllib.loads(text)
    except ValueError as error:
        raise NotWritable(str(error)) from error
    if _without_empty(back) != _without_empty(tree):
        raise NotWritable("what was written reads back as something else")
    return text


def _without_empty(tree: Tree) -> Tree:
    return {key: value for key, value in tree.items() if value != {}}


def words_of(words: Words, table: str, key: str, driver: str = "") -> str:
    """Return what a key means: for this driver, else for all; empty if it has no words.

    Args:
        words: All there are.
        table: Top table: ``site``, ``sensors``.
        key: Inside it, without the name that a technician chose.
        driver: Of a sensor.
    """
    return words.get(f"{driver}.{key}") or words.get(f"{table}.{key}", "")


class _Writer:
    def __init__(self, words: Words) -> None:
        self._words = words

    def table(self, name: str, content: Any) -> list[str]:  # noqa: ANN401  whatever TOML holds
        """Return a top table, or each table in it if a technician names them, as blocks of text."""
        if not isinstance(content, dict):
            return [f"{_key(name)} = {_value(content)}\n"]
        above = _commented(self._words.get(f"[{name}]", ""))
        if name not in NAMED_TABLES:
            return [above + self._block(f"[{_key(name)}]", content, name)]
        blocks = [
            self._block(f"[{_key(name)}.{_key(chosen)}]", inner, name)
            for chosen, inner in content.items()
        ]
        if blocks:
            blocks[0] = above + blocks[0]
        return blocks

    def _block(self, head: str, content: Any, table: str) -> str:  # noqa: ANN401
        if not isinstance(content, dict):
            raise NotWritable(f"{head} is no table")
        lines = [head, *self._lines(content, table)]
        return "\n".join(lines) + "\n"

    def _lines(self, content: Tree, table: str) -> Iterator[str]:
        driver = content.get("driver", "") if table == "sensors" else ""
        fields = fields_of(table, str(driver))
        for key in [*fields, *(key for key in content if key not in fields)]:
            words = words_of(self._words, table, key, str(driver))
            if key in content:
                yield _line(f"{_key(key)} = {_value(content[key])}", words)
            elif words and (default := _default(fields[key])) is not None:
                yield _line(f"# {_key(key)} = {_value(default)}", words)


def fields_of(table: str, driver: str = "") -> dict[str, FieldInfo]:
    """Return the keys of a table (of one sensor, of one contact) in the order of the file.

    Args:
        table: Top table: ``site``, ``sensors``.
        driver: Of a sensor; an unknown one has no keys.
    """
    model = DRIVERS.get(driver) if table == "sensors" else _model(table)
    if model is None:
        return {}
    # The driver first: it says how the rest is meant.
    return dict(
        sorted(model.model_fields.items(), key=lambda item: _PLACES.get(item[0], _ORDINARY))
    )


_ORDINARY: Final = 5
_PLACES: Final = {
    "driver": 0,
    "zone": 1,
    "part": 2,
    "port": 3,
    "pin": 3,
    "mount_height_mm": 4,
    "height_mm": 4,
    "sample_interval_s": 6,
    "stale_after_s": 6,
    "cable": 6,
    "calibration": 7,
}


def _model(table: str) -> type[BaseModel] | None:
    pending: list[Any] = [Settings.model_fields[table].annotation] if _known(table) else []
    while pending:
        annotation = pending.pop(0)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
        pending += get_args(annotation)
    return None


def _known(table: str) -> bool:
    return table in Settings.model_fields


def _default(field: FieldInfo) -> Any:  # noqa: ANN401
    if field.is_required():
        return None
    default = field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        return {key: _short(value) for key, value in default.model_dump(exclude_none=True).items()}
    return None if default in (None, (), "") else _short(default)


def _short(value: Any) -> Any:  # noqa: ANN401
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _line(setting: str, words: str) -> str:
    if not words:
        return setting
    gap = max(2, COMMENT_AT - _width(setting))
    return f"{setting}{' ' * gap}# {words}"


def _width(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide


def _commented(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def _key(name: str) -> str:
    if _BARE_KEY.fullmatch(name):
        return name
    return str(tomlkit.item(name).as_string())


def _value(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if hasattr(value, "as_posix"):
        value = str(value)
    try:
        return str(tomlkit.item(value).as_string())
    except (TOMLKitError, TypeError, ValueError) as error:
        raise NotWritable(str(error)) from error


def _new_keys(there: Tree, wanted: Tree, path: tuple[str, ...] = ()) -> Iterator[Any]:
    """Find each key that a table of the file lacks: where it goes, and its value."""
    for key, value in wanted.items():
        inner = there.get(key)
        if isinstance(value, dict) and isinstance(inner, dict):
            yield from _new_keys(inner, value, (*path, key))
        elif inner is None and path and not _is_table(path, value):
            yield (*path, key), value


def _is_table(path: tuple[str, ...], value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, dict) and len(path) == 1 and path[0] in NAMED_TABLES


def _typed_in(text: str, path: tuple[str, ...], value: Any, words: Words) -> str:  # noqa: ANN401
    """Write a new key where a person would: over the line that shows it behind ``#``, else last.

    The library can only put it behind all that stands in the table, comments of the next included.
    A text that does not say then what it should is given back as it was.
    """
    *tables, key = path
    lines = text.splitlines(keepends=True)
    head = f"[{'.'.join(map(_key, tables))}]"
    begin = next((n for n, line in enumerate(lines) if line.strip().startswith(head)), None)
    if begin is None:
        return text
    after = range(begin + 1, len(lines))
    end = next((n for n in after if lines[n].lstrip().startswith("[")), len(lines))
    shown = re.compile(rf"#\s?{re.escape(_key(key))}\s*=")
    before = tomllib.loads(text)
    driver = before["sensors"][tables[1]].get("driver", "") if tables[0] == "sensors" else ""
    line = _line(f"{_key(key)} = {_value(value)}", words_of(words, tables[0], key, str(driver)))
    old = next((n for n in range(begin + 1, end) if shown.match(lines[n])), None)
    if old is not None:
        lines[old] = line + "\n"
    else:
        keys = (n for n in range(begin, end) if lines[n].strip() and lines[n][0] != "#")
        lines.insert(max(keys) + 1, line + "\n")
    changed = "".join(lines)
    where = before
    for table in tables:
        where = where[table]
    where[key] = value
    try:
        return changed if tomllib.loads(changed) == before else text
    except ValueError:
        return text


def _merge(there: Any, wanted: Tree, path: tuple[str, ...], words: Words) -> None:  # noqa: ANN401
    """Make a table of the document say what is wanted, touching nothing that says so already."""
    for key in [key for key in there if key not in wanted]:
        del there[key]
    for key, value in wanted.items():
        before = there.get(key)
        if before is not None and _plain(before) == value and type(_plain(before)) is type(value):
            continue
        if isinstance(value, dict) and isinstance(before, AbstractTable):
            _merge(before, value, (*path, key), words)
        elif before is not None and not isinstance(value, dict):
            there[key] = value  # the library keeps the comment behind it
        else:
            _put(there, key, value, path, words)


def _put(there: Any, key: str, value: Any, path: tuple[str, ...], words: Words) -> None:  # noqa: ANN401
    """Add a key with its comment; a table of a technician's own as one, others in one line."""
    if not isinstance(value, dict):
        item = tomlkit.item(value)
    elif len(path) == 0 or (len(path) == 1 and path[0] in NAMED_TABLES):
        item = tomlkit.table(is_super_table=key in NAMED_TABLES and not path)
        for inner, content in value.items():
            _put(item, inner, content, (*path, key), words)
    else:
        item = tomlkit.inline_table()
        item.update(value)
    if path and not isinstance(there, InlineTable):
        driver = str(there.get("driver", "")) if path[0] == "sensors" else ""
        if comment := words_of(words, path[0], key, driver):
            with contextlib.suppress(AttributeError):
                item.comment(comment)
    if key in there:
        del there[key]
    if isinstance(item, AbstractTable) and not isinstance(item, InlineTable) and item:
        item.add(tomlkit.nl())
    there.add(key, item)


def _plain(item: Any) -> Any:  # noqa: ANN401
    return item.unwrap() if hasattr(item, "unwrap") else item
