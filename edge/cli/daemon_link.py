"""How a command reaches the running daemon: over its control socket.

Owns the way from a settings file to the socket. A damaged settings file must not keep anybody from
silencing the siren, so only ``paths.run`` is read of it here, and nothing is judged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from drivers.errors import DriverError, NoResponse, PortGone
from drivers.host.control import CommandRefused, ControlClient, NotAllowed
from edge.cli.arguments import table_of, tree_of
from edge.cli.options import Asked
from edge.cli.outcome import CommandEnded, NoDaemon, SettingsBroken
from edge.cli.refusals import in_words
from edge.diagnose.access import closed_to_us, nobody_there, not_allowed
from edge.locale import _

DEFAULT_RUN: Final = Path("/run/floodbell")
SOCKET_NAME: Final = "floodbell.sock"
ANSWER_WITHIN_S: Final = 5.0


def socket_path(config: Path) -> Path:
    """Where the daemon of these settings listens."""
    run = table_of(tree_of(config), "paths").get("run")
    return (Path(run) if isinstance(run, str) else DEFAULT_RUN) / SOCKET_NAME


def ask_if_there(asked: Asked, command: str, **arguments: object) -> dict[str, Any] | None:
    """As ``ask``, for a command that can do without a daemon: None where none runs."""
    path = socket_path(asked.config)
    try:
        with ControlClient(path, ANSWER_WITHIN_S) as probe:
            return _asked(asked, probe, command, arguments)
    except PortGone as fault:
        if closed_to_us(fault):
            raise NoDaemon(not_allowed(), as_json=asked.as_json) from fault
        if not nobody_there(fault):
            raise _nobody(asked, path, fault) from fault
        return None
    except (DriverError, OSError) as fault:
        raise _nobody(asked, path, fault) from fault


def ask(asked: Asked, command: str, **arguments: object) -> dict[str, Any]:
    """Ask the daemon, and wait at most ``ANSWER_WITHIN_S`` for its answer.

    Raises:
        CommandEnded: The daemon refused; carries its reason.
        SettingsBroken: Nothing answers, and with these settings nothing could.
        NoDaemon: Nothing answers, or this user may not ask.
    """
    path = socket_path(asked.config)
    try:
        with ControlClient(path, ANSWER_WITHIN_S) as client:
            return _asked(asked, client, command, arguments)
    except (DriverError, OSError) as fault:
        if closed_to_us(fault):
            raise NoDaemon(not_allowed(), as_json=asked.as_json) from fault
        load_settings(asked)
        raise _nobody(asked, path, fault) from fault


def _asked(
    asked: Asked, client: ControlClient, command: str, arguments: dict[str, object]
) -> dict[str, Any]:
    """Ask; whatever the daemon says no to ends the command."""
    try:
        return client.ask(command, **arguments)
    except NotAllowed as refusal:
        raise NoDaemon(not_allowed(), as_json=asked.as_json) from refusal
    except CommandRefused as refusal:
        raise CommandEnded(
            _("Refused: {reason}").format(reason=in_words(str(refusal))), as_json=asked.as_json
        ) from refusal


def _nobody(asked: Asked, path: Path, fault: Exception) -> NoDaemon:
    if isinstance(fault, NoResponse):  # to start what runs already mends nothing
        words = _(
            "The bell at {path} does not answer. Restart it: sudo systemctl restart floodbell"
        )
        return NoDaemon(words.format(path=path), as_json=asked.as_json)
    return NoDaemon(
        _(
            "No floodbell answers at {path} ({fault}). Start it: sudo systemctl start floodbell"
        ).format(path=path, fault=fault),
        as_json=asked.as_json,
    )


def load_settings(asked: Asked) -> Any:  # noqa: ANN401  edge.settings.Settings, loaded late
    """Load the settings.

    Raises:
        SettingsBroken: They cannot be used; carries every problem.
    """
    from edge.settings import SettingsError, load

    try:
        return load(asked.config)
    except SettingsError as broken:
        raise SettingsBroken(asked.config, broken.problems, as_json=asked.as_json) from broken
