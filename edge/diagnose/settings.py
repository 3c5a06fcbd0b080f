"""Checks of the settings file itself: can it be used, are its secrets there, is the bell armed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge.diagnose.advised import advice_words
from edge.diagnose.examination import Examination
from edge.diagnose.problem_words import in_words
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _
from edge.settings import CredentialMissing, Problem, Settings, advice, credential

EXAMPLE: Final = Path(sys.prefix, "share/floodbell/config/floodbell.example.toml")
"""Where the package puts its example."""


_SAID_ELSEWHERE: Final = frozenset({"not_armed", "one_kind", "not_119"})
"""Advice of which a check of its own knows more."""


def missing_file(path: Path) -> tuple[str, str] | None:
    """Say that there is no settings file and what to do about it; None if there is one."""
    try:
        path.stat()
    except FileNotFoundError:
        example = EXAMPLE if EXAMPLE.is_file() else "config/floodbell.example.toml"
        return (
            _("No settings file: {path}").format(path=path),
            _(
                "Let it be asked and written: sudo floodbell init. Or fill in a copy of the"
                " example, {example}, and only then call it {path}: the bell starts with it by"
                " itself"
            ).format(example=example, path=path),
        )
    except OSError:
        return None
    return None


def broken(path: Path, problems: tuple[Problem, ...]) -> list[Verdict]:
    """One verdict for each thing that is wrong with the file."""
    if missing := missing_file(path):
        return [bad(Subject("settings", _("settings")), *missing)]
    return [
        bad(
            Subject(
                f"settings:{problem.key or 'file'}",
                _("settings: {key}").format(key=problem.key or _("file")),
            ),
            in_words(problem.found),
            _("allowed: {allowed}").format(allowed=in_words(problem.allowed))
            + (f" → {in_words(problem.remedy)}" if problem.remedy else ""),
        )
        for problem in problems
    ]


def check_settings(examination: Examination) -> Iterator[Verdict]:
    """The file is good, apart from what is merely unwise."""
    settings = examination.settings
    yield good(
        Subject("settings", _("settings")),
        _("{sensors} sensor(s), {contacts} contact(s)").format(
            sensors=len(settings.sensors), contacts=len(settings.contacts)
        ),
    )
    for item in advice(settings):
        if item.code not in _SAID_ELSEWHERE:
            name = Subject(f"settings:{item.key}", _("settings: {key}").format(key=item.key))
            yield warn(name, advice_words(item), _("change it in the settings, or accept it"))


def credential_names(settings: Settings) -> dict[str, str]:
    """Every ``*_credential`` that the settings name, by its key."""
    found = {}
    for table_name in type(settings).model_fields:
        table = getattr(settings, table_name)
        for key in getattr(type(table), "model_fields", {}):
            if key.endswith("_credential") and (name := getattr(table, key)):
                found[f"{table_name}.{key}"] = str(name)
    return found


def check_credentials(examination: Examination) -> Iterator[Verdict]:
    """Every named secret has its file."""
    settings = examination.settings
    for key, name in credential_names(settings).items():
        subject = Subject(f"credential:{key}", _("credential {key}").format(key=key))
        try:
            credential(settings, name)
        except CredentialMissing as missing:
            if _closed_to_us(settings.paths.credentials / name):
                # As it should be: only root and the service see a secret.
                found = _("{folder} is closed to you: look with sudo")
                yield skip(subject, found.format(folder=settings.paths.credentials))
                continue
            yield bad(
                subject,
                str(missing),
                _("put the secret into {path}; look as root").format(
                    path=settings.paths.credentials / name
                ),
            )
        else:
            yield good(subject, _("there"))


def _closed_to_us(file: Path) -> bool:
    try:
        with file.open("rb"):
            return False
    except PermissionError:
        return True
    except OSError:
        return False


def check_armed(examination: Examination) -> Iterator[Verdict]:
    """Whether 119 would be told at all."""
    name = Subject("armed", _("report to 119"))
    daemon = examination.daemon
    load_it = _("load the settings: sudo systemctl reload floodbell")
    if not examination.settings.report.armed and daemon is not None and daemon.get("armed"):
        yield bad(
            name,
            _("ARMED: the running bell calls 119, though the file says armed = false"),
            load_it,
        )
    elif not examination.settings.report.armed:
        yield warn(
            name,
            _("not armed: 119 is never told"),
            _("set report.armed = true when the bell is ready"),
        )
    elif examination.ports_taken:
        yield skip(name, _("armed in the settings; the bell cannot be asked"))
    elif daemon is None:
        yield skip(name, _("armed in the settings, but no daemon runs"))
    elif daemon.get("armed"):
        yield good(name, _("armed"))
    elif disarmed := daemon.get("disarmed"):
        yield warn(
            name,
            _("disarmed by {by}: 119 is not told").format(by=disarmed.get("by")),
            _("when the work is done: floodbell arm"),
        )
    else:
        yield warn(name, _("armed in the settings, but not in the running daemon"), load_it)
