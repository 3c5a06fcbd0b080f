"""The name of a local user, as the machine knows it.

Owns how whoever asks is written down. Invariant: an ordinary user is always written down under the
name of their own user id; only root, who could be anybody, may say for whom they act.
"""

from __future__ import annotations

import os
from typing import Final

ROOT: Final = 0
_LONGEST: Final = 64  # characters; useradd(8) allows 32


def name_of(uid: int) -> str:
    """Return a user's name, or ``uid 1234`` where there is none. Asks the machine's user database.

    Args:
        uid: The user id.
    """
    import pwd  # noqa: PLC0415 - not before somebody asks

    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OSError, OverflowError):
        return f"uid {uid}"


def written_down(uid: int, claimed: object) -> str:
    """Return who is to be written down for what a user did.

    Args:
        uid: The user, as the kernel knows them.
        claimed: For whom they say that they act; believed of root alone, who has it from sudo.

    Returns:
        The user's own name, or ``kim (sudo)`` for what root did for kim.
    """
    name = name_of(uid)
    if uid != ROOT or not isinstance(claimed, str):
        return name
    shown = "".join(c for c in claimed if c.isprintable()).strip()[:_LONGEST]
    return f"{shown} (sudo)" if shown and shown != name else name


def who_types() -> str:
    """Return the name of the user who runs this process; under sudo, of whoever called sudo.

    The name is a claim: it is taken from the environment, which root may set as it likes.
    """
    uid = os.geteuid()
    own = name_of(uid)
    return own if uid != ROOT else os.environ.get("SUDO_USER") or own
