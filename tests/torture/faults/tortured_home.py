"""One home under torture: the daemon as a process, two kinds of sensor, modem, broker and a board.

Owns every part and its replacement: what is pulled out comes back under the same name, as udev
gives it. Nothing of the daemon is imported to run in this process.
"""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from drivers.emulated.modem import EC25, SIM7600, EmulatedModem
from drivers.emulated.ranger import A02YYUW, MAXBOTIX, EmulatedRanger, Habit
from drivers.errors import DriverError
from drivers.host.control import ControlClient
from edge.store.rows import SETTLED
from tests.bells import MOUNT_MM, PHONES, Bell
from tests.brokers import Listener, Mosquitto
from tests.received import Received
from tests.relay import Relay
from tests.torture.faults.board import VARIABLE
from tests.torture.faults.record import PROCESS, Record, Spell, Text
from tests.wall import Wall

BASE: Final = "floodbell/v1/jongno/jongno-0042"
BUTTON, SIREN = 5, 16
ALERT_MM, DANGER_MM = 20.0, 150.0
STATE_MIB: Final = 24

_MORE: Final = """
[alarm]
alert = {{ setpoint_mm = 20, on_delay_s = 0.6, off_delay_s = 2.0 }}
danger = {{ setpoint_mm = 150, on_delay_s = 0.4, off_delay_s = 2.0 }}
uncorroborated_delay_s = 2.0
max_rise_mm_s = 500.0
[sensors.window]
driver = "maxbotix"
zone = "entrance"
port = "{window}"
mount_height_mm = {mount_mm}
sample_interval_s = 0.25
stale_after_s = 2.0
[bell]
button_pin = {button}
siren_pin = {siren}
[trouble]
on_delay_s = 2.0
off_delay_s = 1.0
[log]
min_change_mm = 2.0
"""
_HABITS: Final[dict[str, Habit]] = {"door": A02YYUW, "window": MAXBOTIX}


class Home:
    """The bell at ``folder``; times are of the monotonic clock."""

    def __init__(self, folder: Path, record: Record, *, clock: bool, quectel: bool) -> None:
        self.folder = folder
        self.record = record
        folder.mkdir(parents=True, exist_ok=True)
        self.wall = Wall(folder / "wall") if clock and platform.machine() == "x86_64" else None
        base = EC25 if quectel else SIM7600
        self._profile = replace(base, answer_delay_s=0.15, delivery_delay_s=0.3)
        self.depths: dict[str, Callable[[], float]] = {"door": lambda: 0.0, "window": lambda: 0.0}
        self.sensors: dict[str, EmulatedRanger] = {}
        self._modems: list[EmulatedModem] = []
        self._closing = ExitStack()
        self._wire: socket.socket | None = None
        self._wires: list[socket.socket] = []
        self._pressed = False
        self.expected = False  # whether the daemon ought to be there
        self.started_s = 0.0
        self._logs: list[list[str]] = []
        self.received = Received(BASE)
        self.health: tuple[float, dict[str, Any]] = (0.0, {})
        self.lock = threading.RLock()

    def __enter__(self) -> Self:
        with ExitStack() as closing_:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.small_disk = self._mount(closing_)
            self.broker = closing_.enter_context(Mosquitto(self.folder / "broker"))
            self.listener = closing_.enter_context(Listener(self.broker, f"{BASE}/#"))
            self.broker.stop()  # its session is on the disk from now on
            self.broker.start()
            self.listener.await_back(20.0)
            self.relay = closing_.enter_context(Relay(self.broker.port))
            self._listen_to_the_board(closing_)
            more = _MORE.format(
                window=self.port("window"), mount_mm=MOUNT_MM, button=BUTTON, siren=SIREN
            )
            environment = {
                **(os.environ if self.wall is None else self.wall.environment),
                "GPIOZERO_PIN_FACTORY": "mock",
                VARIABLE: str(self.folder / "board"),
            }
            self.bell = Bell(
                self.folder,
                mqtt_port=self.relay.port,
                more=more,
                repeats=self.record.repeats,
                repeat_s=8.0,
                environment=environment,
                wrap=(sys.executable, "-m", "tests.torture.faults.board"),
                sensor_port=self.port("door"),
                modem_port=self.port("modem"),
            )
            self.bell.sensor.close()
            self.bell.modem.close()
            closing_.callback(self._end)
            for name in _HABITS:
                self.plug_in(name)
            self.plug_in("modem")
            self._closing = closing_.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def _mount(self, closing_: ExitStack) -> bool:
        """A small disk of its own for the state, where that can be had: it fills up for real."""
        state = self.folder / "state"
        state.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={STATE_MIB}m", "torture", str(state)]
        if (
            os.geteuid() != 0
            or subprocess.run(command, check=False, capture_output=True).returncode
        ):
            return False
        closing_.callback(subprocess.run, ["umount", "-l", str(state)], check=False)
        return True

    def port(self, name: str) -> str:
        """Where the daemon finds a part, whichever one is plugged in."""
        return str(self.folder / f"tty-{name}")

    # Parts

    def plug_in(self, name: str) -> None:
        """Plug a part in, a new one if it was pulled out."""
        if name == "modem":
            modem = EmulatedModem(self._profile, link=self.port("modem"))
            modem.let_answer(1.0)
            self._modems.append(modem)
            self.bell.modem = modem
            return
        ranger = EmulatedRanger(
            MOUNT_MM,
            depth=lambda: self.depths[name](),  # noqa: PLW0108 - whichever function is there then
            rate_hz=20.0,
            habit=_HABITS[name],
        )
        ranger.line.link(self.port(name))
        self.sensors[name] = ranger
        if name == "door":
            self.bell.sensor = ranger

    def pull_out(self, name: str) -> None:
        """Pull a part out."""
        if name == "modem":
            self.bell.modem.unplug()
        else:
            self.sensors[name].close()

    @property
    def modem(self) -> EmulatedModem:
        """The one that is plugged in, or was last."""
        return self.bell.modem

    def texts(self) -> list[Text]:
        """Everything that the network took, by any of the modems."""
        return [
            Text(t.number, t.whole or t.text, t.first_byte_s, t.accepted_s, t.answered)
            for modem in self._modems
            for t in modem.texts
        ]

    def _listen_to_the_board(self, closing_: ExitStack) -> None:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(str(self.folder / "board"))
        server.listen(4)
        closing_.callback(server.close)

        def serve() -> None:
            while True:
                try:
                    wire, _ = server.accept()
                except OSError:
                    return
                self._wire = wire
                self._wires.append(wire)
                self._tell_button()
                threading.Thread(target=self._read_board, args=(wire,), daemon=True).start()

        threading.Thread(target=serve, name="board", daemon=True).start()

    def _read_board(self, wire: socket.socket) -> None:
        with suppress(OSError, ValueError), wire, wire.makefile() as lines:
            for line in lines:
                name, _, level = line.partition(" ")
                if name == f"GPIO{SIREN}":
                    self.record.siren.append((time.monotonic(), level.strip() == "1"))

    def _tell_button(self) -> None:
        with suppress(OSError):
            if self._wire is not None:
                self._wire.sendall(f"GPIO{BUTTON} {int(not self._pressed)}\n".encode())

    def press(self, pressed: bool) -> None:
        """Press the bell, or let go of it."""
        self._pressed = pressed
        self._tell_button()

    # The process

    def start(self) -> None:
        """Start the daemon, as systemd would."""
        with self.lock:
            if self.bell.process is not None:
                self._logs.append(list(self.bell.log))
            self.bell.start()
            self.started_s = time.monotonic()
            self.expected = True

    def end(self, number: signal.Signals) -> None:
        """Kill it, or tell it to end and wait until it has."""
        with self.lock:
            self.expected = False
            process = self.bell.process
            assert process is not None
            began_s = time.monotonic()
            process.send_signal(number)
            try:
                code = process.wait(15.0)
            except subprocess.TimeoutExpired:
                self.record.slow_ends.append("SIGTERM was not obeyed within 15 s")
                process.kill()
                code = process.wait(10.0)
            took_s = time.monotonic() - began_s
            if number is signal.SIGTERM and code not in (0, -signal.SIGTERM):
                self.record.exits.append(f"SIGTERM ended it with {code}: {self.last_words()}")
            if number is signal.SIGTERM and took_s > 8.0:
                self.record.slow_ends.append(f"SIGTERM took {took_s:.1f} s")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal that does not end it."""
        process = self.bell.process
        if process is not None and process.poll() is None:
            process.send_signal(number)

    def look_after(self) -> None:
        """Start it again if it has ended by itself, which it must not."""
        with self.lock:
            process = self.bell.process
            if not self.expected or process is None or process.poll() is None:
                return
            at_s = time.monotonic() - self.record.began_s
            self.record.exits.append(
                f"at {at_s:.1f} s it ended by itself with {process.poll()}: {self.last_words()}"
            )
            now_s = time.monotonic()
            self.record.spells.append(Spell("its own end", PROCESS, now_s, now_s, 3.0))
            self.start()

    def last_words(self) -> str:
        """The end of its log."""
        return " | ".join(self.bell.log[-6:])

    def lines(self) -> list[str]:
        """All that it has logged, over every start."""
        return [line for log in (*self._logs, self.bell.log) for line in ("-- start --", *log)]

    def ask(self, command: str, timeout_s: float = 5.0, **arguments: object) -> dict[str, Any]:
        """Ask the daemon; raises a ``DriverError`` if it does not answer."""
        with ControlClient(self.folder / "run" / "floodbell.sock", timeout_s) as client:
            return client.ask(command, **arguments)

    def _end(self) -> None:
        self.expected = False
        process = self.bell.process
        if process is not None and process.poll() is None:
            process.kill()
            process.wait(10.0)
        for wire in self._wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()
        for modem in self._modems:
            modem.close()
        for sensor in self.sensors.values():
            sensor.close()

    # What the centre knows

    def hear(self) -> None:
        """Take in what has come to the centre."""
        with suppress(TimeoutError):
            self.listener.wait_for(lambda _: False, 0.01)
        for message in self.listener.heard:
            self.received.hear(message.topic, message.payload)
            if message.topic == f"{BASE}/health":
                self.health = (message.at_s, json.loads(message.payload))
        self.listener.heard.clear()

    def knows_dead(self, cause: str, since_s: float) -> float | None:
        """When the centre knew that a part is dead: its trouble stands, and it is not well."""
        health_s, health = self.health
        dead = [t for t in health.get("troubles", ()) if t["cause"] == cause]
        return (
            health_s if health_s > since_s and any(t["well_for_s"] is None for t in dead) else None
        )

    def numbers(self) -> dict[str, int]:
        """The newest number of each log, as the store has it."""
        found: dict[str, int] = {}
        with closing(self._database()) as db:
            for log in ("events", "readings"):
                (log_id,) = db.execute(
                    "SELECT value FROM meta WHERE name = ?", (f"{log}.id",)
                ).fetchone()
                found[log_id] = db.execute(f"SELECT coalesce(max(seq), 0) FROM {log}").fetchone()[0]  # noqa: S608
        return found

    def unsettled(self) -> list[str]:
        """Messages that wait: neither told, nor given up for a reason."""
        with closing(self._database()) as db:
            rows = db.execute("SELECT key, status FROM messages").fetchall()
        return [f"{key} is {status}" for key, status in rows if status not in SETTLED]

    def _database(self) -> sqlite3.Connection:
        path = self.folder / "state" / "floodbell.db"
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)

    def is_well(self) -> bool:
        """Whether it answers, sees, has its modem, its broker and its disk."""
        try:
            state = self.ask("status")
        except DriverError:
            return False
        sees = all(one["quality"] in ("good", "suspect") for one in state["sensors"].values())
        store = state["store"]["ok"] and not state["store"]["pending"]
        return bool(
            sees and store and state["modem"]["state"] == "ready" and state["broker"]["connected"]
        )

    def tracebacks(self) -> list[str]:
        """Where its log shows that something was not foreseen."""
        lines = self.lines()
        return [
            " | ".join(lines[max(0, at - 1) : at + 14])
            for at, line in enumerate(lines)
            if re.match(r"Traceback|Fatal Python error|Exception in thread", line)
        ][:3]


__all__ = ["ALERT_MM", "BASE", "DANGER_MM", "PHONES", "Home"]
