"""The making of a bundle: each member for itself, so that what is broken leaves out only its own.

Owns the list of members. Invariant: a member that cannot be had is named with the reason in the
bundle itself; only a place that cannot be written, and the last look, keep it from being made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from drivers.errors import DriverError
from drivers.host.control import ControlClient
from edge.diagnose.bundle import commands, facts, readme
from edge.diagnose.bundle.archive import CannotWrite, write
from edge.diagnose.bundle.commands import NotToBeHad
from edge.diagnose.bundle.history import History, outbox, store
from edge.diagnose.bundle.keeping import ANSWER_KEPT, DROPPED, only, settings_shown
from edge.diagnose.bundle.private import Private, private_of, read_tree, salvaged
from edge.diagnose.bundle.striking import Striker
from edge.diagnose.doctor import examine
from edge.locale import speaking
from edge.messages.texts import load_all
from edge.settings import Problem, Settings, SettingsError, advice
from edge.store.reader import UnreadableError

DEFAULT_STATE: Final = Path("/var/lib/floodbell")
DEFAULT_RUN: Final = Path("/run/floodbell")
DATABASE: Final = "floodbell.db"
SOCKET: Final = "floodbell.sock"
_ANSWER_WITHIN_S: Final = 5.0
_MOST_CONFIG_BYTES: Final = 1 << 20
_MOST_CHARACTERS: Final = 4 * 1024 * 1024  # of one member


@dataclass(slots=True)
class Made:
    """A bundle that was written: where, how large, what is in it, and what could not be had."""

    path: Path
    bytes: int
    members: list[str]
    missing: dict[str, str]


@dataclass(slots=True)
class _Home:
    """What is known of the installation before anything is gathered."""

    config: Path
    tree: dict[str, Any] = field(default_factory=dict)
    settings: Settings | None = None
    problems: tuple[Problem, ...] = ()
    keys: list[str] = field(default_factory=list)
    closed: str = ""

    @property
    def state(self) -> Path:
        """The folder of the store."""
        return self._path("state", DEFAULT_STATE)

    @property
    def run(self) -> Path:
        """The folder of the control socket."""
        return self._path("run", DEFAULT_RUN)

    def _path(self, key: str, default: Path) -> Path:
        paths = self.tree.get("paths")
        given = paths.get(key) if isinstance(paths, dict) else None
        return Path(given) if isinstance(given, str) else default


def make(config: Path, targets: Iterable[Path], told: Callable[[str], None]) -> Made:
    """Gather everything and write it.

    Args:
        config: The settings file; it may be broken, missing or closed.
        targets: Where to write, best first: the first that can be written is taken.
        told: Called with the name of each member before it is gathered.

    Returns:
        What was made.

    Raises:
        CannotWrite: Into none of them.
        BundleRefused: Something private was left.
    """
    return _Gathering(config, told).written(list(targets))


def _look_at(config: Path) -> tuple[_Home, Private]:
    """Read the settings as far as they can be, and whatever is private in them."""
    home = _Home(config)
    data = b""
    try:
        if not config.is_fifo():  # its reader would wait for a writer for ever
            with config.open("rb") as stream:
                data = stream.read(_MOST_CONFIG_BYTES)
    except PermissionError:
        home.closed = "the settings are closed to this user"
        return home, Private()
    except OSError:
        pass
    tree = read_tree(data)
    text = data.decode("utf-8", "replace")
    home.tree = salvaged(text) if tree is None else tree
    home.keys = [] if tree is not None else _KEY.findall(text)
    try:
        home.settings, _texts = load_all(config)
    except SettingsError as error:
        home.problems = error.problems
    return home, private_of(home.tree)


_KEY: Final = re.compile(r"^\s*(\[{0,2}[A-Za-z0-9_.-]{1,64}\]{0,2})", re.MULTILINE)


def _plain(key: str) -> str:
    """Return a key without what is no identifier: somebody may have typed a name there."""
    return re.sub(r"[^A-Za-z0-9_.\[\]-]+", "?", key)


def _without_serial(modem: dict[str, Any]) -> dict[str, Any]:
    """Of an IMEI the first eight digits name the model of the modem (TS 23.003, 6.2.1)."""
    imei = modem.get("imei")
    return {**modem, "imei": f"{imei[:8]}…"} if isinstance(imei, str) else modem


class _Gathering:
    """One bundle in the making."""

    def __init__(self, config: Path, told: Callable[[str], None]) -> None:
        self._told = told
        self._members: dict[str, bytes] = {}
        self._missing: dict[str, str] = {}
        self._home, self._private = _look_at(config)
        self._history: History | None = None
        self._no_history = ""
        try:
            self._history = History(self._home.state / DATABASE)
        except (UnreadableError, OSError) as error:
            self._no_history = str(error.__cause__ or error)
        if self._history is not None:
            self._private = self._private.with_people(self._history.people)
        self._striker = Striker(self._private)

    def written(self, targets: list[Path]) -> Made:
        for name, gather in MEMBERS.items():
            self._gather(name, gather)
        if self._private.unread:
            self._missing["credentials"] = "not searched for: " + "; ".join(self._private.unread)
        missing = {name: self._striker.text(why) for name, why in self._missing.items()}
        page = readme.page(list(self._members), missing, self._striker.count)
        lines = (self._striker.text(line) for line in page.splitlines())
        self._members = {"README.txt": ("\n".join(lines) + "\n").encode(), **self._members}
        for target in targets[:-1]:
            try:
                return self._into(target, missing)
            except CannotWrite:
                continue
        return self._into(targets[-1], missing)

    def _into(self, target: Path, missing: dict[str, str]) -> Made:
        size = write(target, self._members, self._private)
        return Made(target, size, list(self._members), missing)

    def _gather(self, name: str, gather: Callable[[_Gathering], Any]) -> None:
        """Let one member be gathered; one that breaks is missing, and the others go on."""
        self._told(name)
        try:
            self._members[name] = self._bytes_of(gather(self))
        except NotToBeHad as why:
            self._missing[name] = str(why)
        except Exception as fault:  # noqa: BLE001  a bell that is broken is what a bundle is for
            self._missing[name] = f"{type(fault).__name__}: {fault}"

    def _bytes_of(self, found: Any) -> bytes:  # noqa: ANN401
        if isinstance(found, list) and found and all(isinstance(line, str) for line in found):
            text = "\n".join(self._striker.log_line(line) for line in found)
        else:
            text = json.dumps(self._striker.value(found), indent=1, allow_nan=False)
        if len(text) > _MOST_CHARACTERS:
            raise NotToBeHad(f"too large: {len(text)} characters")
        return f"{text}\n".encode()

    # One method a member.

    def journal(self) -> list[str]:
        if self._home.closed:
            raise NotToBeHad(f"{self._home.closed}, so nobody can tell what is private: use sudo")
        return commands.journal()

    def settings(self) -> dict[str, Any]:
        home = self._home
        if home.closed:
            raise NotToBeHad(f"{home.closed}: use sudo")
        if home.settings is not None:
            tree = home.settings.model_dump(mode="json")
            shown = settings_shown(tree, trusted=True)
            return {"usable": True, "config_sha256": home.settings.sha256, "settings": shown}
        if home.tree and not home.keys:
            return {"usable": False, "settings": settings_shown(home.tree, trusted=False)}
        return {"usable": False, "keys": home.keys}

    def check_config(self) -> dict[str, Any]:
        home = self._home
        problems = [
            # What was found is what somebody has typed; only where a file is no TOML it is a place.
            {**asdict(p), "key": _plain(p.key), "found": DROPPED if p.key else p.found}
            for p in home.problems
        ]
        remarks = advice(home.settings) if home.settings else []
        return {"problems": problems, "advice": [asdict(item) for item in remarks]}

    def doctor(self) -> list[dict[str, Any]]:
        if self._home.settings is None:  # it would say what stands where
            raise NotToBeHad("the settings cannot be used: see check-config.json")
        with speaking("en"):
            return [asdict(verdict) for verdict in examine(self._home.config)]

    def daemon(self) -> dict[str, Any]:
        path = self._home.run / SOCKET
        try:
            with ControlClient(path, _ANSWER_WITHIN_S) as client:
                status = client.ask("status")
                names = list(status.get("sensors") or {})
                sensors = {name: client.ask("sensor", sensor=name) for name in names}
                modem = client.ask("modem") if status.get("modem") else {}
        except (DriverError, OSError) as error:
            raise NotToBeHad(f"no daemon answers: {error}") from error
        return {
            "modem": only(_without_serial(modem), ANSWER_KEPT),
            "status": only(status, ANSWER_KEPT, ("sensors",)),
            "sensors": {name: only(one, ANSWER_KEPT) for name, one in sensors.items()},
        }

    def events(self) -> list[dict[str, Any]]:
        return self._past().events()

    def incidents(self) -> list[dict[str, Any]]:
        return self._past().incidents

    def _past(self) -> History:
        if self._history is None:
            raise NotToBeHad(self._no_history)
        return self._history

    def outbox(self) -> list[dict[str, Any]]:
        try:
            return outbox(self._home.state / DATABASE)
        except UnreadableError as error:
            raise NotToBeHad(str(error.__cause__ or error)) from error

    def store(self) -> dict[str, Any]:
        return store(self._home.state / DATABASE)

    def run_folder(self) -> list[dict[str, Any]]:
        return facts.files(self._home.run)

    def machine(self) -> dict[str, Any]:
        return facts.machine(self._home.state)


MEMBERS: Final[dict[str, Callable[[_Gathering], Any]]] = {
    "versions.json": lambda _gathering: facts.versions(),
    "machine.json": _Gathering.machine,
    "settings.json": _Gathering.settings,
    "check-config.json": _Gathering.check_config,
    "doctor.json": _Gathering.doctor,
    "daemon.json": _Gathering.daemon,
    "incidents.json": _Gathering.incidents,
    "events.json": _Gathering.events,
    "outbox.json": _Gathering.outbox,
    "store.json": _Gathering.store,
    "run.json": _Gathering.run_folder,
    "serial.json": lambda _gathering: facts.serial_ports(),
    "unit.json": lambda _gathering: commands.unit(),
    "journal.txt": _Gathering.journal,
}
"""Every member and what it is made of, in the order in which they are gathered."""
