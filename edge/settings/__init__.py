"""Settings: a TOML file becomes frozen models, or everything that is wrong with it.

Invariant: if it loaded, setpoints are ordered, names resolve, and no key was ignored. Whether the
texts fit is asked by whoever has the texts.
"""

from __future__ import annotations

from edge.settings.advice import advice
from edge.settings.loading import (
    DEFAULT_PATH,
    CredentialMissing,
    credential,
    credential_path,
    load,
    parse,
    settings_path,
)
from edge.settings.problems import Advice, Problem, SettingsError
from edge.settings.tree import Settings

__all__ = [
    "DEFAULT_PATH",
    "Advice",
    "CredentialMissing",
    "Problem",
    "Settings",
    "SettingsError",
    "advice",
    "credential",
    "credential_path",
    "load",
    "parse",
    "settings_path",
]
