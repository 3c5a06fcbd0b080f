"""Secrets: in files of their own, each named in the settings (contract §1).

Owns where they are looked for. A missing one is a trouble, never a reason not to start.
"""

from __future__ import annotations

import os
from pathlib import Path as FilePath
from typing import Final

from edge.settings.tree import Settings

MAX_BYTES: Final = 1 << 20  # a secret has a few hundred bytes: more is the wrong file


class CredentialMissing(Exception):
    """A credential is named in the settings and its file is not there, or cannot be read."""


def credential(settings: Settings, name: str) -> str:
    """Read a secret; systemd's folder first, then the one in the settings.

    Args:
        settings: For ``paths.credentials``.
        name: The value of a ``*_credential`` key.

    Returns:
        The text of the file without the line ends behind it.

    Raises:
        CredentialMissing: Not there, not readable, or empty. A trouble, never a reason not to
        start.
    """
    reasons = []
    for file in credential_files(settings, name):
        try:
            if file.exists() and not file.is_file():  # a FIFO would be waited for
                reasons.append(f"{file}: not a file")
                continue
            with file.open("rb") as stream:
                text = stream.read(MAX_BYTES).decode("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reasons.append(f"{file}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}")
            continue
        if text:
            return text
        reasons.append(f"{file}: empty")
    raise CredentialMissing("; ".join(reasons))


def credential_path(settings: Settings, name: str) -> FilePath:
    """Return the file of a credential, for those who open it themselves and complain themselves.

    systemd's folder first; if there is none, where it should be.

    Raises:
        CredentialMissing: The name is no file name.
    """
    files = credential_files(settings, name)
    return next((file for file in files if file.is_file()), files[-1])


def credential_files(settings: Settings, name: str) -> list[FilePath]:
    """Return where a credential may be, best first.

    Args:
        settings: For ``paths.credentials``.
        name: The value of a ``*_credential`` key.

    Raises:
        CredentialMissing: The name is no file name.

    Source:
        systemd.exec(5), LoadCredential= of a directory: each file is named ``ID_FILENAME``; the ID
        in systemd/floodbell.service is ``floodbell``.
    """
    if FilePath(name).name != name:
        raise CredentialMissing(f"{name!r} is not the name of a file in a folder of credentials")
    found = [settings.paths.credentials / name]
    if folder := os.environ.get("CREDENTIALS_DIRECTORY"):
        found = [FilePath(folder, name), FilePath(folder, f"floodbell_{name}"), *found]
    return found
