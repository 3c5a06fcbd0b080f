"""What the bell goes on with when its settings file cannot be used.

A slip of the pen in a settings file, or a card that lost it, would otherwise keep a bell down from
the next start on, in silence, for years. So it goes on with what it had: the texts that are shipped
in place of those beside the settings, and the settings of the last good start, which the store
remembers. Invariant: what stands in has passed every check that a settings file has to pass, and is
never used without words for a trouble. Leaves to the caller whether to go on at all.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from edge.home import Home
from edge.messages.texts import load_all, load_cap
from edge.messages.words import TextsError
from edge.settings import SettingsError

STATE: Final = "STATE_DIRECTORY"
"""Where systemd says that the state is, as the settings cannot (systemd.exec(5)).

Without it nothing is looked for: at a desk a mistake is to be seen, not lived with.
"""

_LAST_GOOD: Final = "the settings of the last good start"


def load_home(config: Path, *, standing_in: bool = True) -> Home:
    """Load a settings file, or what stands in for it.

    Args:
        config: The file.
        standing_in: Whether anything may.

    Raises:
        SettingsError: It cannot be used, and nothing stands in; with every problem of the file.
        TextsError: The same of the words of CAP documents.
    """
    try:
        return _loaded(config)
    except (SettingsError, TextsError) as error:
        home = _standing_in(config, in_one_line(error)) if standing_in else None
        if home is None:
            raise
        return home


def _standing_in(config: Path, why: str) -> Home | None:
    """Return the first that can be used: shipped texts, then settings of the last good start."""
    if not (state := os.environ.get(STATE)):
        return None
    remembered = _remembered(Path(state.split(":")[0], "floodbell.db"))
    ways: list[tuple[str, bytes | None, bool]] = [("the shipped texts", None, False)]
    if remembered is not None:
        ways.append((_LAST_GOOD, remembered, True))
        ways.append((f"{_LAST_GOOD} and the shipped texts", remembered, False))
    for words, data, own_texts in ways:
        try:
            home = _loaded(config, data, own_texts=own_texts)
        except (SettingsError, TextsError):
            continue
        return Home(home.settings, home.texts, home.cap_words, f"going on with {words}: {why}")
    return None


def _loaded(config: Path, data: bytes | None = None, *, own_texts: bool = True) -> Home:
    settings, texts = load_all(config, data=data, own_texts=own_texts)
    beside = config.absolute().parent if own_texts else None
    return Home(settings, texts, load_cap(settings, beside))


def _remembered(database: Path) -> bytes | None:
    from edge.store.reader import Reader, UnreadableError  # noqa: PLC0415 - seldom needed

    try:
        with Reader(database) as reader:
            text = reader.settings()
    except UnreadableError:
        return None
    return None if text is None else text.encode()


def in_one_line(error: Exception) -> str:
    """Say where the first mistake is, and how many more there are; never what was found there.

    It becomes a text and an event, and a number or a name may stand in that place.
    """
    if not isinstance(error, SettingsError):
        return str(error)
    first, *more = error.problems
    others = f" and {len(more)} more" if more else ""
    return f"{first.key or first.found}{others} (floodbell check-config says what is wrong)"
