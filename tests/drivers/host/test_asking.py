"""A question that is never answered costs its time, and one thread."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from drivers.host.asking import Asker, Unanswered


def test_an_answer_and_an_error_come_to_whoever_asked(tmp_path: Path) -> None:
    asker = Asker()
    assert asker.ask(lambda: 3, 5.0) == 3
    with pytest.raises(FileNotFoundError):
        asker.ask((tmp_path / "none").read_bytes, 5.0)


def test_a_file_that_nobody_ever_writes_is_asked_for_once_until_it_answers(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    asker = Asker()
    with pytest.raises(Unanswered, match=r"within 0\.05 s"):
        asker.ask(pipe.read_bytes, 0.05)
    before = threading.active_count()
    for _ in range(5):
        with pytest.raises(Unanswered, match="question before"):
            asker.ask(lambda: b"", 5.0)
    assert threading.active_count() == before
    pipe.write_bytes(b"late")
    end_s = time.monotonic() + 5.0
    while not _answers(asker):
        assert time.monotonic() < end_s, "it never answered again"
        threading.Event().wait(0.01)


def _answers(asker: Asker) -> bool:
    try:
        return asker.ask(lambda: b"now", 5.0) == b"now"
    except Unanswered:
        return False
