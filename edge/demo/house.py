"""The house: emulated sensor and modem, a broker, the centre, and the daemon itself as a process.

Owns all that runs while the demo does. Invariant: after ``close`` nothing of it is left, no
process, no pseudo-terminal, no file but those that were asked to stay. What is seen goes into a
queue, from whatever thread; only the caller's thread takes it out and acts.
"""

from __future__ import annotations

import json
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from drivers.emulated import tether
from drivers.emulated.broker import EmbeddedBroker
from drivers.emulated.centre import Centre, Heard, retained
from drivers.emulated.modem import SIM7600, EmulatedModem, ReceivedText
from drivers.emulated.ranger import EmulatedA02yyuw
from drivers.errors import DriverError
from edge.demo.pace import Pace
from edge.demo.reader import Reader
from edge.demo.record import Done, Published, Seen, Text
from edge.demo.scenarios import MOUNT_MM, Act, Scenario
from edge.demo.site import BASE, Wires, frame_rate_hz, settings_toml

_START_S: Final = 60.0
_ANSWER_S: Final = 0.6
"""From the end of a text to the network's answer; a real modem on LTE needs one to five seconds."""
_NOISE_MM: Final = 1.0
"""One step of the sensor's scale either way: even a still floor never reads quite the same."""
_DAEMON_END_S: Final = 8.0
_LAST_WORDS: Final = 15


class DaemonGone(DriverError):
    """The daemon ended although nobody told it to, or did not come up."""


class House:
    """Everything that a floodbell is connected to, and the floodbell."""

    def __init__(self, scenario: Scenario, pace: Pace, language: str, reader: Reader) -> None:
        """Lay the wires; nothing runs yet but the sensor and the modem.

        Args:
            scenario: What is going to happen.
            pace: How fast.
            language: ``ko`` or ``en``: the language of the texts.
            reader: Knows what a text is about.

        Raises:
            DriverError: There is no broker for the demo on this machine.
            OSError: No pseudo-terminal, no temporary directory.
        """
        self._scenario = scenario
        self._pace = pace
        self._reader = reader
        self._acts = list(scenario.acts)
        self._noise = random.Random(119)  # the same at every run
        self._start_s: float | None = None
        self._queue: queue.SimpleQueue[Seen] = queue.SimpleQueue()
        self._online = False
        self._daemon: subprocess.Popen[bytes] | None = None
        self._centre: Centre | None = None
        self.directory = Path(tempfile.mkdtemp(prefix="floodbell-demo-"))
        try:
            self._broker = EmbeddedBroker(self.directory)
        except DriverError:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        self._sensor = EmulatedA02yyuw(
            MOUNT_MM, depth=self._surface_mm, rate_hz=frame_rate_hz(pace)
        )
        answer_s = _ANSWER_S / pace.haste
        self._modem = EmulatedModem(replace(SIM7600, answer_delay_s=answer_s), self._on_text)
        self.settings = self._write_settings(language)

    @property
    def broker_name(self) -> str:
        """The broker's program."""
        return self._broker.name

    @property
    def broker_running(self) -> bool:
        """Whether the broker is there."""
        return self._broker.running

    @property
    def at_s(self) -> float:
        """Seconds since ``begin``; 0 before."""
        return 0.0 if self._start_s is None else time.monotonic() - self._start_s

    def open(self) -> None:
        """Start broker, centre and daemon, and wait until the centre sees the daemon online.

        Raises:
            DriverError: One of them did not come up.
        """
        self._broker.start()
        self._centre = Centre(self._broker.port, self._broker.version, self._on_heard)
        if not self._centre.await_listening(_START_S):
            raise DaemonGone("the centre could not subscribe")
        command = [sys.executable, "-m", "edge", "run", "--config", str(self.settings)]
        self._daemon = tether.start(command, self._log)
        deadline_s = time.monotonic() + _START_S
        while not self._online:
            self._check_daemon()
            if time.monotonic() > deadline_s:
                raise DaemonGone(self._last_words("the daemon did not come online"))
            time.sleep(0.02)

    def begin(self) -> None:
        """Let the script begin now."""
        self._start_s = time.monotonic()

    def step(self) -> None:
        """Do what the script says is due.

        Raises:
            DaemonGone: The daemon is not there any more.
        """
        self._check_daemon()
        script_s = self._pace.script_s(self.at_s)
        while self._acts and self._acts[0][0] <= script_s:
            _, act = self._acts.pop(0)
            self._do(act)

    def news(self) -> list[Seen]:
        """What was seen since the last call, with seconds counted from ``begin``."""
        start_s = time.monotonic() if self._start_s is None else self._start_s
        found: list[Seen] = []
        while True:
            try:
                one = self._queue.get_nowait()
            except queue.Empty:
                return found
            found.append(replace(one, at_s=one.at_s - start_s))

    def kept(self) -> dict[str, dict[str, Any]]:
        """What the broker keeps now, by topic below the base, asked afresh."""
        kept = retained(self._broker.port, self._broker.version)
        return {topic.removeprefix(f"{BASE}/"): _decoded(body) for topic, body in kept.items()}

    def end_daemon(self) -> tuple[int, float]:
        """End the daemon as the system would.

        Returns:
            Its exit status, and how many seconds it took.
        """
        if self._daemon is None:
            return 0, 0.0
        began_s = time.monotonic()
        status = tether.end(self._daemon, _DAEMON_END_S)
        return status, time.monotonic() - began_s

    def close(self, *, keep_files: bool = False) -> None:
        """End everything and tidy up; safe to call twice and at any stage."""
        self.end_daemon()
        if self._centre is not None:
            self._centre.close()
        self._broker.stop()
        self._modem.close()
        self._sensor.close()
        if not keep_files:
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _log(self) -> Path:
        return self.directory / "daemon.log"

    def _write_settings(self, language: str) -> Path:
        folders = {name: self.directory / name for name in ("state", "run", "credentials")}
        for folder in folders.values():
            folder.mkdir()
        wires = Wires(
            sensor_port=self._sensor.path,
            modem_port=self._modem.path,
            mqtt_port=self._broker.port,
            mqtt_version=self._broker.version,
            **{name: str(folder) for name, folder in folders.items()},
        )
        path = self.directory / "floodbell.toml"
        path.write_text(settings_toml(self._pace, wires, language), encoding="utf-8")
        return path

    def _surface_mm(self) -> float:
        noise_mm = self._noise.uniform(-_NOISE_MM, _NOISE_MM)
        return self._scenario.seen_mm(self._pace.script_s(self.at_s)) + noise_mm

    def _do(self, act: Act) -> None:
        done = Done(time.monotonic(), act, datetime.now(UTC))
        match act:
            case Act.MUTE_SENSOR | Act.UNMUTE_SENSOR:
                self._sensor.mute(act is Act.MUTE_SENSOR)
            case Act.STOP_BROKER:
                self._broker.stop()
            case Act.START_BROKER:
                self._broker.begin()
            case Act.LOSE_NETWORK | Act.FIND_NETWORK:
                self._modem.set_registered(act is Act.FIND_NETWORK)
        self._queue.put(done)

    def _check_daemon(self) -> None:
        if self._daemon is not None and (status := self._daemon.poll()) is not None:
            raise DaemonGone(self._last_words(f"the daemon ended with status {status}"))

    def _last_words(self, what: str) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "\n".join([what, *lines[-_LAST_WORDS:]])

    def _on_text(self, text: ReceivedText) -> None:
        if text.whole is not None:
            purpose = self._reader.purpose_of(text.number, text.whole)
            self._queue.put(Text(text.accepted_s, text.number, text.whole, text.total, purpose))

    def _on_heard(self, heard: Heard) -> None:
        payload = _decoded(heard.payload)
        topic = heard.topic.removeprefix(f"{BASE}/")
        if topic == "status" and payload.get("online") is True:
            self._online = True
        self._queue.put(Published(heard.at_s, topic, payload))


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:  # the CAP topic speaks XML
        return {}
    return document if isinstance(document, dict) else {}
