"""A real MQTT broker on loopback, for the demo: Mosquitto where it is installed, else amqtt.

Owns the broker's process and its port. Invariant: the port stays the same across ``stop`` and
``start``, so that a daemon finds the broker where it left it. It is a broker for one machine and
one minute: no TLS, nobody but loopback.
"""

from __future__ import annotations

import getpass
import importlib.util
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from drivers.emulated import tether
from drivers.errors import BrokerGone, NoResponse

_LOOPBACK: Final = "127.0.0.1"
_POLL_S: Final = 0.02
_END_S: Final = 3.0


class EmbeddedBroker:
    """Mosquitto or amqtt on a free loopback port.

    Attributes:
        port: TCP port on 127.0.0.1, chosen when the object is made.
        version: What the settings call ``mqtt.version``: 5 with Mosquitto, 3 with amqtt, which
            speaks 3.1.1 only.
        name: The program, for people: ``mosquitto`` or ``amqtt``.
    """

    def __init__(self, directory: Path, programs: tuple[str, ...] = ("mosquitto", "amqtt")) -> None:
        """Choose a broker and write its configuration into ``directory``.

        Args:
            directory: Where its files go; must exist.
            programs: What to look for, in this order.

        Raises:
            BrokerGone: None of them is installed.
        """
        self.port = _free_port()
        self._log = directory / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.name = next(filter(_installed, programs), "")
        if not self.name:
            raise BrokerGone(
                "no broker for the demo: install Mosquitto (apt install mosquitto) "
                "or amqtt (pip install 'floodbell[demo]')"
            )
        if self.name == "mosquitto":
            self.version = 5
            self._command = [_mosquitto(), "-c", str(_mosquitto_conf(directory, self.port))]
        else:
            self.version = 3
            script = ["-m", "amqtt.scripts.broker_script", "-c"]
            self._command = [sys.executable, *script, str(_amqtt_yaml(directory, self.port))]

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self, within_s: float = 30.0) -> None:
        """Start it and wait until it takes connections; call from the main thread.

        Raises:
            BrokerGone: It ended at once; the end of its log is in the message.
            NoResponse: It took no connection within ``within_s``.
        """
        self.begin()
        deadline_s = time.monotonic() + within_s
        while not self._listens():
            if not self.running:
                raise BrokerGone(f"{self.name} ended at once: {self._last_words()}")
            if time.monotonic() > deadline_s:
                raise NoResponse(f"{self.name} took no connection within {within_s:g} s")
            time.sleep(_POLL_S)

    def begin(self) -> None:
        """Start it without waiting; call from the main thread."""
        self._process = tether.start(self._command, self._log)

    def stop(self) -> None:
        """End it; every connection is cut. Safe to call twice."""
        if self._process is not None:
            tether.end(self._process, _END_S)
            self._process = None

    def _listens(self) -> bool:
        try:
            socket.create_connection((_LOOPBACK, self.port), timeout=0.5).close()
        except OSError:
            return False
        return True

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"


def _mosquitto() -> str:
    # Debian keeps it in /usr/sbin, which is not in everybody's PATH.
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin") or ""


def _installed(program: str) -> bool:
    if program == "mosquitto":
        return bool(_mosquitto())
    return importlib.util.find_spec(program) is not None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _mosquitto_conf(directory: Path, port: int) -> Path:
    # Persistence, because the centre's session must survive a restart of the broker: what the
    # daemon publishes before the centre is back would otherwise be lost behind the daemon's back.
    conf = directory / "mosquitto.conf"
    conf.write_text(
        f"listener {port} {_LOOPBACK}\n"
        "allow_anonymous true\n"
        "set_tcp_nodelay true\n"
        f"user {getpass.getuser()}\n"
        "persistence true\n"
        f"persistence_location {directory}/\n"
        "max_queued_messages 100000\n"
        "max_inflight_messages 0\n"
    )
    return conf


def _amqtt_yaml(directory: Path, port: int) -> Path:
    conf = directory / "amqtt.yaml"
    conf.write_text(
        "listeners:\n"
        "  default:\n"
        "    type: tcp\n"
        f"    bind: {_LOOPBACK}:{port}\n"
        "plugins:\n"
        "  amqtt.plugins.authentication.AnonymousAuthPlugin:\n"
        "    allow_anonymous: true\n"
    )
    return conf
