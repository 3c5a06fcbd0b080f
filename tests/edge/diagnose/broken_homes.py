"""Whole installations to examine: settings, and the real parts at the other end of each port."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from drivers.emulated.modem import SIM7600, EmulatedModem, ModemProfile
from drivers.emulated.ranger import EmulatedA02yyuw
from drivers.host.control import ControlServer, Request
from edge.diagnose.doctor import examine
from edge.diagnose.measuring import ByOurselves
from edge.diagnose.verdict import Verdict
from edge.locale import use
from edge.settings import load
from edge.store.rows import Batch
from edge.store.store import Store

SETTINGS = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3 B01호"
[sensors.door]
driver = "a02yyuw"
port = "{sensor}"
mount_height_mm = 600
[contacts.mother]
role = "guardian"
phone = "+821012345678"
[modem]
port = "{modem}"
{more_modem}
[mqtt]
host = "127.0.0.1"
port = {broker}
{more_mqtt}
[report]
number = "119"
[paths]
state = "{folder}"
run = "{folder}"
credentials = "{folder}"
"""

_HOLD = (
    "import fcntl, os, sys; fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY);"
    " fcntl.flock(fd, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
)


class Home:
    """One installation; good until a test breaks it. The broker is given, the rest is its own."""

    def __init__(self, folder: Path, broker: int) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.config = folder / "floodbell.toml"
        self.sensor = EmulatedA02yyuw(600)
        self.modem = EmulatedModem()
        self.more_modem = self.more_mqtt = ""
        self.broker = broker
        self.text: str | None = None
        self._changes: list[tuple[str, str]] = []
        self._reading: ByOurselves | None = None
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()
        self.sensor.close()
        self.modem.close()

    def change(self, old: str, new: str) -> None:
        """Change a line of the settings."""
        self._changes.append((old, new))

    def put_in_sim(self, profile: ModemProfile = SIM7600, **changes: Any) -> None:
        """Another modem in place of the first."""
        self.modem.close()
        fields = {name: getattr(profile, name) for name in profile.__slots__}
        self.modem = EmulatedModem(ModemProfile(**{**fields, **changes}))

    def secret(self, name: str, text: str) -> None:
        """Put a secret into the credentials folder."""
        (self.folder / name).write_text(f"{text}\n")

    def hold(self, port: str) -> None:
        """Let another process have a port for itself."""
        holder = subprocess.Popen(
            [sys.executable, "-c", _HOLD, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert holder.stdout is not None
        holder.stdout.readline()

        def let_go() -> None:
            holder.communicate(b"", timeout=5)

        self._closing.callback(let_go)

    def run_daemon(self, status: dict[str, Any], *, reads: bool = False) -> None:
        """Let a daemon answer on the control socket, as one does that holds the ports.

        Args:
            status: Its answer to that.
            reads: Whether it reads the sensor, too, and tells what it hears.
        """

        def answer(request: Request) -> None:
            if request.command == "status":
                request.reply(status)
            elif request.command == "sensor" and reads:
                request.reply(self._read())
            else:
                request.refuse(f"unknown command {request.command}")

        server = ControlServer(self.folder / "floodbell.sock", answer)
        server.start()
        self._closing.callback(server.close)

    def _read(self) -> dict[str, Any]:
        if self._reading is None:
            self._reading = ByOurselves(load(self.config), "door")
            self._closing.callback(self._reading.close)
        return self._reading.shown()

    def remember(
        self, law: dict[str, Any], *events: dict[str, Any], calibrations: tuple[Any, ...] = ()
    ) -> None:
        """Let the store remember a state and events."""
        store = Store(self.folder / "floodbell.db")
        store.open()
        state = json.dumps({"law": law})
        assert store.commit(Batch(state=state, events=events, calibrations=calibrations), 5.0)
        assert store.close(5.0)

    def examined(self, language: str = "en") -> list[Verdict]:
        """Write the settings and examine."""
        use(language)
        text = self.text
        if text is None:
            text = SETTINGS.format(
                folder=self.folder,
                sensor=self.sensor.path,
                modem=self.modem.path,
                broker=self.broker,
                more_modem=self.more_modem,
                more_mqtt=self.more_mqtt,
            )
        for old, new in self._changes:
            assert old in text
            text = text.replace(old, new)
        self.config.write_text(text, encoding="utf-8")
        try:
            return examine(self.config)
        finally:
            use("en")
