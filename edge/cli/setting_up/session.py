"""What all parts of ``init`` share while a person answers.

Owns nothing that outlives the command: the secrets are in memory until the settings are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cli.setting_up.words import key_words
from edge.locale import _

if TYPE_CHECKING:
    from drivers.ports.present import SerialPort
    from edge.commission.draft import Draft
    from edge.diagnose.plugged_in import Found


@dataclass
class Session:
    """One walk through the questions.

    Attributes:
        config: Where the settings will stand.
        draft: The answers so far.
        ports: Those that a person named with ``--port``; empty: every one there is.
        found: What was found on the ports; None as long as nobody has looked.
        secrets: To be put into the folder of credentials: name and content.
    """

    config: Path
    draft: Draft
    ports: tuple[SerialPort, ...] = ()
    found: list[Found] | None = None
    secrets: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def words(self) -> dict[str, str]:
        """What each key means."""
        return key_words()

    @property
    def credentials(self) -> Path:
        """The folder of the secrets."""
        from edge.settings.tree import Paths

        told = self.draft.get("paths", "credentials")
        default = Paths.model_fields["credentials"].default
        return Path(told if isinstance(told, str) else default)

    @property
    def heading(self) -> str:
        """What stands above a file that is written anew."""
        return _(
            "floodbell settings, written by: floodbell init\n"
            "Lines behind # show the default. Lengths in mm, times in s unless the key says so.\n"
            "After a change: floodbell check-config, then systemctl reload floodbell.\n"
            "More keys: floodbell.example.toml"
        )
