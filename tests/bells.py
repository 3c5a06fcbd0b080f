"""A whole bell for tests: the real daemon as a process, emulated parts on pseudo-terminals.

Nothing of ours runs in the test's process but the emulated sensor and modem. Every wait has an end
and says what it waited for.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from drivers.emulated.modem import SIM7600, EmulatedModem, ModemProfile
from drivers.emulated.ranger import EmulatedA02yyuw, EmulatedRanger
from drivers.errors import DriverError
from drivers.host.control import ControlClient

ADDRESS = "서울 종로구 창신길 12-3 B01호"
PHONES = {
    "home": "+821011111111",
    "kim": "+821022222222",
    "mother": "+821033333333",
    "office": "+821044444444",
}
MOUNT_MM = 600

QUICK = """
[alarm]
alert = { setpoint_mm = 20, on_delay_s = 0.6 }
danger = { setpoint_mm = 150, on_delay_s = 0.4 }
uncorroborated_delay_s = 2.0
max_rise_mm_s = 500.0
"""
"""Delays divided by about eight, so that a flood takes a second."""

_TOML = """
[site]
id = "{site}"
district = "jongno"
address = "{address}"
occupants = 1
[sensors.door]
driver = "a02yyuw"
zone = "entrance"
port = "{sensor}"
mount_height_mm = {mount_mm}
sample_interval_s = {interval_s}
stale_after_s = {stale_s}
[contacts.home]
role = "resident"
name = "이거주"
phone = "+821011111111"
[contacts.kim]
role = "partner"
name = "김동행"
phone = "+821022222222"
[contacts.mother]
role = "guardian"
name = "박보호"
phone = "+821033333333"
[contacts.office]
role = "office"
name = "치수과"
phone = "+821044444444"
[report]
armed = {armed}
repeat_interval_s = {repeat_s}
repeats = {repeats}
[modem]
port = "{modem}"
[paths]
state = "{directory}/state"
run = "{directory}/run"
credentials = "{directory}/credentials"
"""


@dataclass
class Bell:
    """One bell in a directory of its own; the process can be killed and started again."""

    directory: Path
    site: str = "jongno-0042"  # one of its own where several share a broker
    armed: bool = True
    interval_s: float = 0.2
    stale_s: float = 2.0
    repeat_s: float = 60.0
    repeats: int = 3
    mqtt_port: int | None = None
    heartbeat_s: float = 1.0
    mqtt_more: str = ""  # further keys of [mqtt]
    more: str = ""
    profile: ModemProfile = SIM7600
    environment: Mapping[str, str] | None = None
    wrap: tuple[str, ...] = ()  # what the daemon's command is an argument of
    modem_port: str = ""  # another way to it
    sensor_port: str = ""  # a stable name, for a sensor that is unplugged and comes back
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.sensor: EmulatedRanger = EmulatedA02yyuw(MOUNT_MM, rate_hz=20.0)
        self.modem = EmulatedModem(self.profile)
        self.config = self.directory / "floodbell.toml"
        self.process: subprocess.Popen[str] | None = None
        self._changed = threading.Condition()

    def write_settings(self) -> None:
        text = _TOML.format(
            site=self.site,
            address=ADDRESS,
            sensor=self.sensor_port or self.sensor.path,
            modem=self.modem_port or self.modem.path,
            mount_mm=MOUNT_MM,
            interval_s=self.interval_s,
            stale_s=self.stale_s,
            armed=str(self.armed).lower(),
            repeat_s=self.repeat_s,
            repeats=self.repeats,
            directory=self.directory,
        )
        if self.mqtt_port is not None:
            text += (
                f'[mqtt]\nhost = "127.0.0.1"\nport = {self.mqtt_port}\nreconnect_max_s = 1.0\n'
                f"heartbeat_s = {self.heartbeat_s}\n{self.mqtt_more}"
            )
        self.config.write_text(text + self.more, encoding="utf-8")

    def start(self) -> Self:
        """Start the daemon; returns at once."""
        self.write_settings()
        self.log.clear()
        self.process = subprocess.Popen(
            [*self.wrap, sys.executable, "-m", "edge", "run", "--config", str(self.config)],
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=None if self.environment is None else dict(self.environment),
        )
        assert self.process.stderr is not None
        self._reader = threading.Thread(
            target=self._collect, args=(self.process.stderr,), daemon=True
        )
        self._reader.start()
        return self

    def _collect(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self.log.append(line.rstrip("\n"))
                    self._changed.notify_all()

    def await_log(self, pattern: str, timeout_s: float = 15.0) -> str:
        """Wait for a log line; return it."""
        wanted = re.compile(pattern)

        def found() -> str | None:
            return next((line for line in self.log if wanted.search(line)), None)

        with self._changed:
            line = self._changed.wait_for(found, timeout_s)
        assert line is not None, f"no line like {pattern!r} in:\n" + "\n".join(self.log)
        return line

    def ready(self, timeout_s: float = 15.0) -> Self:
        """Wait until every sensor has been heard and the modem is up."""
        self.await_log(r"ready: ", timeout_s)
        self.await_state(lambda s: s["modem"]["state"] == "ready", timeout_s)
        return self

    def ask(self, command: str, **arguments: object) -> dict[str, Any]:
        with ControlClient(self.directory / "run" / "floodbell.sock", 3.0) as client:
            return client.ask(command, **arguments)

    def await_state(
        self, wanted: Callable[[dict[str, Any]], bool], timeout_s: float = 15.0
    ) -> dict[str, Any]:
        """Ask for the status until it is as wanted."""
        deadline_s = time.monotonic() + timeout_s
        state: dict[str, Any] = {}
        while time.monotonic() < deadline_s:
            try:
                state = self.ask("status")
            except DriverError:
                threading.Event().wait(0.05)
                continue
            if wanted(state):
                return state
            threading.Event().wait(0.02)
        raise AssertionError(f"never came to pass within {timeout_s} s; last: {state}")

    def rise(self, to_mm: float, rate_mm_s: float, *, from_mm: float = 0.0) -> float:
        """Let the water rise from now on; return the monotonic second at which it began."""
        began_s = time.monotonic()
        self.sensor.follow(lambda: min(to_mm, from_mm + rate_mm_s * (time.monotonic() - began_s)))
        return began_s

    def await_text_to(self, number: str, count: int = 1, timeout_s: float = 20.0) -> list[Any]:
        """Wait until ``number`` has got so many texts (parts); return them."""
        deadline_s = time.monotonic() + timeout_s
        seen = 0
        while True:
            texts = [t for t in self.modem.texts if t.number == number]
            if len(texts) >= count:
                return texts
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"{number} has {texts}; log:\n" + "\n".join(self.log)
            seen = max(seen, len(self.modem.texts))
            self.modem.wait_for_texts(seen + 1, min(left_s, 1.0))

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)
        self._reader.join(10)

    def terminate(self) -> float:
        """SIGTERM; return how long it took. The exit code must be 0."""
        assert self.process is not None
        began_s = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(10)
        took_s = time.monotonic() - began_s
        self._reader.join(10)
        assert code == 0, "\n".join(self.log)
        return took_s

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.modem.close()
        self.sensor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
