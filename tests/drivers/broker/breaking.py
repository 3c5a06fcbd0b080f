"""Makes what notes one of paho's callbacks raise once: a bug of ours that we do not have yet."""

from __future__ import annotations

import pytest

from drivers.broker.client import Client

NOTES = ("_note_connack", "_note_puback", "_note_message", "_note_disconnect")


def break_once(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    """Let ``Client``'s method raise the next time it is called; later clients are whole."""
    whole = getattr(Client, name)

    def broken(*_: object) -> None:
        monkeypatch.setattr(Client, name, whole)
        raise error

    monkeypatch.setattr(Client, name, broken)
