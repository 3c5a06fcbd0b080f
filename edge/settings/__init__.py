"""Settings: a TOML file becomes frozen models, or everything that is wrong with it.

Invariant: if it loaded, setpoints are ordered, names resolve, and no key was ignored. Whether the
texts fit is asked by whoever has the texts. ``places``, ``keys``, ``problems`` and ``translating``
make a dotted key and a sentence of an error; ``mending`` finds what else is wrong with a bad file.

What reads and judges files is loaded when it is first asked for: the daemon does neither, it is
handed what another process has read (``edge.checked``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from edge.settings.credentials import CredentialMissing, credential, credential_path
from edge.settings.problems import Advice, Problem, SettingsError
from edge.settings.tree import Settings

if TYPE_CHECKING:
    from edge.settings.advising import advice
    from edge.settings.loading import DEFAULT_PATH, load, parse, settings_path

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

_MODULES = {"advice": "edge.settings.advising"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, "edge.settings.loading")), name)
