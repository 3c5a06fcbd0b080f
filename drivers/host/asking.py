"""A question to the machine that may never be answered: a path on a disk that has died.

Owns the thread that asks. Invariant: who asks has an answer or ``Unanswered`` within the time
given, and of one ``Asker`` no more than one thread is ever left behind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


class Unanswered(Exception):
    """No answer came in time, or the one before has still not come."""


class Asker:
    """Asks one thing at a time, on a thread of its own."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def ask(self, question: Callable[[], Answer], within_s: float) -> Answer:
        """Return the answer.

        Args:
            question: Called on another thread.
            within_s: How long to wait for it.

        Raises:
            Unanswered: Not in time; should it come later, nobody hears it.
            Exception: Whatever the question raised.
        """
        if self._thread is not None and self._thread.is_alive():
            raise Unanswered("the question before has not been answered")
        answers: list[Answer] = []
        errors: list[Exception] = []

        def asked() -> None:
            try:
                answers.append(question())
            except Exception as error:  # noqa: BLE001 - raised again where it was asked
                errors.append(error)

        self._thread = threading.Thread(target=asked, name="asking", daemon=True)
        self._thread.start()
        self._thread.join(within_s)
        if errors:
            raise errors[0]
        if not answers:
            raise Unanswered(f"no answer within {within_s:g} s")
        return answers[0]
