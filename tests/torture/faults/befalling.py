"""Every fault that befalls a home: how it begins, how it is lifted, and what it may excuse.

A fault has one part of the home to itself while it lasts. ``grace_s`` is how long after its end the
design lets the bell take to mend: a modem that fell silent with a text in flight is given up after
60 s (vendors' manuals), the text counts as ambiguous for 20 s more, and a reset follows.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from drivers.sensors.framing import frame_of
from tests.torture.faults.record import CENTRE, CLOCK, DISK, MODEM, PROCESS, SENSORS
from tests.torture.faults.tortured_home import BASE, Home

Lift = Callable[[], None]

_HUNG_S: Final = 90.0
_GONE_S: Final = 45.0
_REFUSED_S: Final = 35.0


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        part: What it has to itself: no other fault of the same part at the same time.
        hits: What it may excuse.
        longest_s: How long it lasts at most.
        begin: Does it, and returns what lifts it.
        grace_s: How long the bell may be mending after it.
        weight: How often it comes, against the others.
    """

    name: str
    part: str
    hits: str
    longest_s: float
    begin: Callable[[Home, Random], Lift]
    grace_s: float = 0.0
    weight: int = 2


def _nothing() -> None:
    pass


# The process


def _kill(home: Home, random: Random) -> Lift:
    del random
    home.end(signal.SIGKILL)
    return home.start


def _terminate(home: Home, random: Random) -> Lift:
    del random
    home.end(signal.SIGTERM)
    return home.start


def _freeze(home: Home, random: Random) -> Lift:
    del random
    home.signal(signal.SIGSTOP)
    return lambda: home.signal(signal.SIGCONT)


def _reload(home: Home, random: Random) -> Lift:
    if not home.bell.log:
        return _nothing  # systemd reloads nobody who is not up: a new process heeds no SIGHUP yet
    if random.random() < 0.3:
        good = home.bell.config.read_text("utf-8")
        home.bell.config.write_text("nonsense = 1\n" + good, "utf-8")
        home.signal(signal.SIGHUP)
        return lambda: _mend_settings(home, good)
    home.signal(signal.SIGHUP)
    return _nothing


def _mend_settings(home: Home, good: str) -> None:
    home.bell.config.write_text(good, "utf-8")
    home.signal(signal.SIGHUP)


# The modem


def _silent(home: Home, random: Random) -> Lift:
    del random
    modem = home.modem
    modem.set_silent(True)
    return lambda: modem.set_silent(False)


def _unplug_modem(home: Home, random: Random) -> Lift:
    del random
    home.pull_out("modem")
    return lambda: home.plug_in("modem")


def _unregister(home: Home, random: Random) -> Lift:
    modem = home.modem
    modem.set_registration(random.choice((0, 2, 3)))
    modem.set_registered(False)

    def lift() -> None:
        modem.set_registration(1)
        modem.set_registered(True)

    return lift


def _errors(home: Home, random: Random) -> Lift:
    home.modem.fail_next(random.randint(1, 5), random.choice((38, 500, 512, 304, 332)))
    return _nothing


def _no_prompt(home: Home, random: Random) -> Lift:
    home.modem.withhold_prompts(random.randint(1, 4))
    return _nothing


def _swallow(home: Home, random: Random) -> Lift:
    home.modem.swallow_next(1, random.choice((None, 3.0, 15.0)))
    return _nothing


def _slow(home: Home, random: Random) -> Lift:
    modem = home.modem
    modem.set_answer_delay(random.uniform(1.0, 4.5))
    return lambda: modem.set_answer_delay(0.15)


def _reboot(home: Home, random: Random) -> Lift:
    del random
    home.modem.reboot()
    return _nothing


def _chatter(home: Home, random: Random) -> Lift:
    remarks = (
        "RING",
        "+CREG: 1",
        "^RSSI:20",
        "OK",
        "> ",
        '+CMTI: "SM",1',
        "NO CARRIER",
        "\x00\xff",
    )
    for _ in range(random.randint(1, 12)):
        home.modem.say(random.choice(remarks))
    return _nothing


# Sensors


def _ranger_fault(name: str, what: str) -> Callable[[Home, Random], Lift]:
    def begin(home: Home, random: Random) -> Lift:
        ranger = home.sensors[name]
        match what:
            case "mute":
                ranger.mute()
                return lambda: ranger.mute(False)
            case "no echo":
                ranger.lose_echo()
                return lambda: ranger.lose_echo(False)
            case "noise":
                ranger.emit_noise(random.randbytes(random.randint(1, 24)))
                return lambda: ranger.emit_noise(b"")
            case "bad sums":
                wrong = bytearray(frame_of(random.randint(30, 450)))
                wrong[3] ^= random.randint(1, 255)
                ranger.emit_noise(bytes(wrong) * 3 + b"R04x0\rR040")
                return lambda: ranger.emit_noise(b"")
            case _:
                home.pull_out(name)
                return lambda: home.plug_in(name)

    return begin


# The centre


def _stop_broker(home: Home, random: Random) -> Lift:
    del random
    home.broker.stop()
    return lambda: _start_broker(home)


def _start_broker(home: Home) -> None:
    home.broker.start()


def _freeze_broker(home: Home, random: Random) -> Lift:
    del random
    home.broker.freeze()
    return home.broker.thaw


def _cut_path(home: Home, random: Random) -> Lift:
    if random.random() < 0.5:
        home.relay.reset()
        return _nothing
    home.relay.silence()

    def lift() -> None:
        home.relay.reset()
        home.relay.resume()

    return lift


def _requests(home: Home, random: Random) -> Lift:
    """Rubbish, and what can be asked, in quick succession."""
    home.record.drilled_s.append(time.monotonic())
    names = ("ack", "read", "service", "drill", "arm", "", "reset/x")
    for number in range(random.randint(1, 15)):
        payload = random.choice(
            (
                random.randbytes(random.randint(0, 300)),
                b"[" * random.randint(1, 5000),
                json.dumps({"id": f"{random.random()}"}).encode(),
                json.dumps({"id": number, "stage": "danger", "contacts": ["kim"]}).encode(),
                json.dumps({"id": number, "number": "119", "armed": True}).encode(),
                b"x" * random.choice((4096, 70_000)),
            )
        )
        with suppress(AssertionError, RuntimeError, ValueError):
            home.listener.publish(f"{BASE}/cmd/{random.choice(names)}", payload)
    return _nothing


# The disk and the clock


def _fill_disk(home: Home, random: Random) -> Lift:
    if not home.small_disk:
        return _no_room(home, random)
    ballast = home.folder / "state" / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(random.choice((512, 4096, 65536))))
    return lambda: ballast.unlink(missing_ok=True)


def _no_room(home: Home, random: Random) -> Lift:
    """Without a disk of its own: no file of the daemon can grow."""
    del random
    process = home.bell.process
    if process is None or process.poll() is not None:
        return _nothing
    pid = process.pid
    with suppress(OSError, ValueError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def lift() -> None:
        with suppress(OSError, ValueError):
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)

    return lift


def _stall_disk(home: Home, random: Random) -> Lift:
    """Somebody holds the database for so long: a card that does its own housekeeping."""
    del random
    path = home.folder / "state" / "floodbell.db"
    over = threading.Event()

    def hold() -> None:
        with suppress(sqlite3.Error):
            database = sqlite3.connect(path, timeout=2.0, isolation_level=None)
            try:
                database.execute("begin exclusive")
                over.wait(30.0)
                database.execute("rollback")
            finally:
                database.close()

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()

    def lift() -> None:
        over.set()
        thread.join(5.0)

    return lift


def _jump(home: Home, random: Random) -> Lift:
    if home.wall is None:
        return _nothing
    wall = home.wall
    wall.put_forward(random.choice((3600.0, -3600.0, 86400.0 * 400, -86400.0 * 400, -30.0, 30.0)))
    return wall.set_right


# The control socket


def _knock(home: Home, random: Random) -> Lift:
    """Raw bytes, half lines, endless ones, and many who never say anything."""
    held: list[socket.socket] = []
    for _ in range(random.randint(1, 24)):
        knocking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        held.append(knocking)
        knocking.settimeout(0.2)
        with suppress(OSError):
            knocking.connect(str(home.folder / "run" / "floodbell.sock"))
            knocking.send(rubbish(random))

    def lift() -> None:
        for knocking in held:
            knocking.close()

    return lift


def rubbish(random: Random) -> bytes:
    """What nobody ought to say at the control socket."""
    asked = {"v": 1, "id": random.randint(0, 9), "command": "status", "arguments": {}}
    line = json.dumps(asked).encode()
    return random.choice(
        (
            random.randbytes(random.randint(1, 400)),
            line[: random.randint(1, len(line))],
            line + b"\n" + line[:5],
            (line + b"\n") * random.randint(1, 40),
            b"[" * 20_000 + b"\n",
            b"x" * 100_000,
            b"\n" * 100,
            b"",
            json.dumps({**asked, "command": random.choice(("", "x", None, "arm "))}).encode()
            + b"\n",
            json.dumps({**asked, "arguments": [1, 2]}).encode() + b"\n",
            json.dumps({**asked, "v": 2}).encode() + b"\n",
            b'{"v": 1, "id": 1e999, "command": "status"}\n',
        )
    )


FAULTS: Final[tuple[Fault, ...]] = (
    Fault("kill -9 (also what a lack of memory does)", "process", PROCESS, 2.0, _kill, 3.0, 5),
    Fault("SIGTERM and a new start", "process", PROCESS, 2.0, _terminate, 3.0, 3),
    Fault("SIGSTOP", "process", PROCESS, 8.0, _freeze, 1.0, 3),
    Fault("SIGHUP", "process", PROCESS, 3.0, _reload, 5.0, 2),
    Fault("modem silent", "modem", MODEM, 20.0, _silent, _HUNG_S, 2),
    Fault("modem unplugged", "modem", MODEM, 12.0, _unplug_modem, _GONE_S, 3),
    Fault("modem not registered", "modem", MODEM, 15.0, _unregister, _REFUSED_S, 2),
    Fault("modem says ERROR", "modem", MODEM, 0.5, _errors, _REFUSED_S, 3),
    Fault("modem gives no prompt", "modem", MODEM, 0.5, _no_prompt, _REFUSED_S, 2),
    Fault("modem gives no answer", "modem", MODEM, 0.5, _swallow, _HUNG_S, 2),
    Fault("modem slow", "modem", MODEM, 15.0, _slow, 10.0, 2),
    Fault("modem reboots", "modem", MODEM, 1.0, _reboot, _GONE_S, 2),
    Fault("modem chatters", "chatter", CENTRE, 0.5, _chatter, 0.0, 3),
    *(
        Fault(f"{name} {what}", name, SENSORS, 12.0, _ranger_fault(name, what), 3.0, 1)
        for name in ("door", "window")
        for what in ("mute", "no echo", "noise", "bad sums", "unplugged")
    ),
    Fault("broker stopped", "broker", CENTRE, 12.0, _stop_broker, 0.0, 3),
    Fault("broker frozen", "broker", CENTRE, 15.0, _freeze_broker, 0.0, 2),
    Fault("path to the broker cut", "broker", CENTRE, 12.0, _cut_path, 0.0, 3),
    Fault("requests of the centre", "requests", CENTRE, 0.5, _requests, 0.0, 3),
    Fault("disk full", "disk", DISK, 15.0, _fill_disk, 0.0, 3),
    Fault("disk stands still", "disk", DISK, 8.0, _stall_disk, 0.0, 3),
    Fault("clock jumps", "clock", CLOCK, 10.0, _jump, 0.0, 2),
    Fault("knocking at the control socket", "control", CENTRE, 4.0, _knock, 0.0, 3),
)

STANDING: Final[dict[str, tuple[str, Callable[[Home, Random], Lift]]]] = {
    "modem": ("modem", _silent),
    "door": ("sensor:door", _ranger_fault("door", "mute")),
    "window": ("sensor:window", _ranger_fault("window", "unplugged")),
    "modem gone": ("modem", _unplug_modem),
}
"""Faults that are left standing until the centre has heard: the cause, and what does it."""


def root() -> bool:
    """Whether disks can be mounted."""
    return os.geteuid() == 0


def now_s() -> float:
    """The clock of the whole schedule."""
    return time.monotonic()
