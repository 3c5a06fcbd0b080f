"""Reads and judges the settings for the daemon, in a process that ends with that.

``main([FILE])`` writes one pickled answer to its standard output: the home, or why
there is none. Owns that answer's form together with ``edge.checked``, which asks for it. Invariant:
a mistake in the settings is an answer and no failure of this process.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
from dataclasses import replace
from pathlib import Path

from edge.checked import Refused
from edge.home import Home
from edge.messages.words import TextsError
from edge.settings import SettingsError, advice
from edge.standing_in import in_one_line, load_home


def answer(config: Path, *, standing_in: bool = True) -> Home | Refused:
    """Read a settings file, and its texts.

    Args:
        config: The file.
        standing_in: Whether something may stand in for what cannot be used.
    """
    try:
        home = load_home(config, standing_in=standing_in)
    except (SettingsError, TextsError) as error:
        return Refused(str(error), in_one_line(error))
    return replace(home, remarks=tuple(str(remark) for remark in advice(home.settings)))


def main(arguments: list[str]) -> int:
    """Answer for the file that is named first; with ``--alone`` behind it nothing stands in."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks decides when to end
    told = pickle.dumps(answer(Path(arguments[0]), standing_in="--alone" not in arguments))
    with (
        contextlib.suppress(BrokenPipeError),  # who asked has been ended meanwhile
        os.fdopen(os.dup(1), "wb") as out,
    ):
        out.write(told)
    return 0
