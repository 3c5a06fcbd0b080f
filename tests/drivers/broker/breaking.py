"""Clients whose notes of paho's callbacks raise: a bug of ours that we do not have yet."""

from __future__ import annotations

from collections.abc import Callable

from drivers.broker.client import Client

NOTES = ("_note_connack", "_note_puback", "_note_message", "_note_disconnect", "_note_suback")


def breaking(
    name: str, error: Exception, when: Callable[[tuple[object, ...], int], bool]
) -> type[Client]:
    """A client whose method raises; ``when`` sees its arguments and how often it was called."""
    called = 0

    def broken(self: Client, *arguments: object) -> None:
        nonlocal called
        called += 1
        if when(arguments, called):
            raise error
        getattr(Client, name)(self, *arguments)

    return type("Breaking", (Client,), {name: broken})


def breaking_once(name: str, error: Exception) -> type[Client]:
    """A client whose method raises the first time, in whichever connection that is."""
    return breaking(name, error, lambda _arguments, called: called == 1)
