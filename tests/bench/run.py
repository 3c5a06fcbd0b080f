"""Measures floodbell against a bare paho loop in the same run, and prints a table.

Every time is given in milliseconds and as a ratio to the floor: absolute figures mean little on a
shared machine. Options: ``--runs N`` (default 5), ``--trials N`` (danger to AT+CMGS, default 20),
``--card-minutes N`` (what a quiet bell gives its card to write, default 3; one commit in 15).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console
from rich.table import Table

from drivers.emulated.ranger import EmulatedA02yyuw, EmulatedRanger
from drivers.sensors.framing import frame_of
from edge.events import Health, Reading
from edge.law import step
from edge.law.levels import Level, Setpoint
from edge.law.policy import Policy, SensorPolicy, ZonePolicy
from edge.law.state import State
from tests.bells import MOUNT_MM, Bell
from tests.bench import drain, wear
from tests.brokers import Listener, Mosquitto

AT_ONCE = """
[alarm]
alert = { setpoint_mm = 20, on_delay_s = 0.0 }
danger = { setpoint_mm = 150, on_delay_s = 0.0 }
uncorroborated_delay_s = 0.0
"""
SETTLE_S = 10.0
CPU_FOR_S = 20.0
BARE = Path(__file__).with_name("bare_paho.py")
BARE_DRAIN = Path(__file__).with_name("bare_drain.py")
DRAINED = (20_000, 100_000)
STEPS = 100_000


def main() -> int:
    """Run every measurement and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--card-minutes", type=float, default=3.0)
    options = parser.parse_args()
    table = Table("measure", "bare paho", "floodbell", "ratio", title="floodbell bench")
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder) / "broker") as broker:
        starts = [_starts(Path(folder), broker, run) for run in range(options.runs)]
        _row(table, "start → first publish, ms", [s[0] for s in starts], [s[1] for s in starts])
        _row(table, "resident memory, MiB", [s[2] for s in starts], [s[3] for s in starts])
        bare, ours = _latencies(Path(folder), broker)
        _row(table, "serial → subscriber, median ms", bare, ours)
        _row(table, "serial → subscriber, p99 ms", [_p99(bare)], [_p99(ours)])
        bare_cpu = _bare_cpu(broker)
        _row(
            table, "CPU at 10 frames a second, % of a core", [bare_cpu], [_cpu(Path(folder), 1)[0]]
        )
        ours_cpu, ours_late = _cpu(Path(folder), 16)
        _row(table, "CPU, 16 sensors at 10 samples a second, %", [bare_cpu], [ours_cpu])
        table.add_row("oldest reading of the 16, ms", "", f"{ours_late:.0f}", "")
        for count in DRAINED:
            _drains(table, Path(folder), broker, count)
        report_ms = [_danger_ms(Path(folder), trial) for trial in range(options.trials)]
    table.add_row(
        "danger frame → AT+CMGS, median ms", "", f"{statistics.median(report_ms):.1f}", ""
    )
    table.add_row("danger frame → AT+CMGS, p99 ms", "", f"{_p99(report_ms):.1f}", "")
    table.add_row("law steps a second", "", f"{_steps_a_second():,.0f}", "")
    _card(table, options.card_minutes)
    Console().print(table)
    return 0


def _card(table: Table, minutes: float) -> None:
    """What a quiet bell gives its card to write; the floor stores nothing. For root only."""
    name = f"to the card in {minutes:g} quiet minutes"
    if os.geteuid() != 0:
        table.add_row(name, "", "needs root", "")
        return
    used = wear.measured(["quiet"], minutes * 60.0)["quiet"]
    said = f"{used.card.written_bytes / 1000:.0f} kB, {used.commits} commits, {used.lines} lines"
    table.add_row(name, "", said, "")


def _row(table: Table, name: str, bare: list[float], ours: list[float]) -> None:
    floor, mine = statistics.median(bare), statistics.median(ours)
    table.add_row(name, f"{floor:.2f}", f"{mine:.2f}", f"{mine / floor:.1f}×")


def _p99(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


@contextlib.contextmanager
def _bare(port: str, broker_port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, str(BARE), port, str(broker_port)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def _starts(folder: Path, broker: Mosquitto, run: int) -> tuple[float, float, float, float]:
    """Start both once, in turn: milliseconds to the first publish, and memory after settling."""
    with EmulatedA02yyuw() as sensor, Listener(broker, "bare/#", name=f"bare-{run}") as ear:
        began_s = time.monotonic()
        with _bare(sensor.path, broker.port) as process:
            bare_ms = (ear.wait_for(lambda m: not m.retain).at_s - began_s) * 1e3
            time.sleep(SETTLE_S / 2)
            bare_mib = _resident_mib(process.pid)
    with (
        Bell(folder / f"start-{run}", mqtt_port=broker.port) as bell,
        Listener(broker, "floodbell/#", name=f"ours-{run}") as ear,
    ):
        began_s = time.monotonic()
        bell.start()
        ours_ms = (ear.wait_for(lambda m: not m.retain).at_s - began_s) * 1e3
        time.sleep(SETTLE_S)
        assert bell.process is not None
        return bare_ms, ours_ms, bare_mib, _resident_mib(bell.process.pid)


def _cpu_s(pid: int) -> float:
    """What all threads of a process have computed so far."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def _bare_cpu(broker: Mosquitto) -> float:
    """Per cent of a core that the floor takes for ten frames a second."""
    with EmulatedA02yyuw(rate_hz=10.0) as sensor, _bare(sensor.path, broker.port) as process:
        time.sleep(SETTLE_S / 2)
        before_s = _cpu_s(process.pid)
        time.sleep(CPU_FOR_S)
        return (_cpu_s(process.pid) - before_s) / CPU_FOR_S * 100


def _cpu(folder: Path, count: int) -> tuple[float, float]:
    """Per cent of a core for so many sensors at ten samples a second; the oldest reading, ms."""
    with contextlib.ExitStack() as sensors:
        more = ""
        for number in range(1, count):
            one = sensors.enter_context(EmulatedA02yyuw(MOUNT_MM, rate_hz=10.0))
            one.follow(lambda: float(time.monotonic_ns() % 3))
            more += (
                f'[sensors.s{number}]\ndriver = "a02yyuw"\nport = "{one.path}"\n'
                f"mount_height_mm = {MOUNT_MM}\nsample_interval_s = 0.1\n"
            )
        with Bell(folder / f"cpu-{count}", interval_s=0.1, more=more) as bell:
            bell.sensor.follow(lambda: float(time.monotonic_ns() % 3))
            bell.start().ready()
            time.sleep(SETTLE_S / 2)
            assert bell.process is not None
            before_s = _cpu_s(bell.process.pid)
            time.sleep(CPU_FOR_S)
            used = (_cpu_s(bell.process.pid) - before_s) / CPU_FOR_S * 100
            oldest_s = 0.0
            for _ in range(50):  # beside the measurement: to ask costs more than to read
                ages = [one["age_s"] for one in bell.ask("status")["sensors"].values()]
                oldest_s = max(oldest_s, *ages)
                time.sleep(0.1)
            return used, oldest_s * 1e3


def _latencies(folder: Path, broker: Mosquitto) -> tuple[list[float], list[float]]:
    """Time single frames from the wire to a subscriber, floor first, then floodbell."""
    with EmulatedA02yyuw() as sensor, Listener(broker, "bare/range", name="bare-ear") as ear:
        sensor.mute()
        with _bare(sensor.path, broker.port):
            time.sleep(1.0)
            bare = _frames(sensor, ear)
    with Bell(folder / "latency", mqtt_port=broker.port, interval_s=0.05) as bell:
        bell.start().ready()
        bell.sensor.mute()
        with Listener(broker, "floodbell/+/+/+/sensors/door", name="ours-ear") as ear:
            time.sleep(1.0)
            ours = _frames(bell.sensor, ear)
    return bare, ours


def _frames(sensor: EmulatedRanger, ear: Listener, count: int = 200) -> list[float]:
    taken = []
    for number in range(count):
        mm = 598 + number % 3
        sent_s = time.monotonic()
        sensor.send(frame_of(mm))
        heard = ear.wait_for(lambda m, after_s=sent_s: m.at_s > after_s)  # type: ignore[misc]
        if number:  # the first may meet a retained one
            taken.append((heard.at_s - sent_s) * 1e3)
        time.sleep(0.06)
    return taken


def _drains(table: Table, folder: Path, broker: Mosquitto, count: int) -> None:
    """Drain so many readings that were stored while the broker was away, floor first."""
    said = subprocess.run(
        [sys.executable, str(BARE_DRAIN), str(broker.port), str(count)],
        check=True,
        capture_output=True,
    )
    bare = float(said.stdout)
    with Listener(broker, f"{drain.BASE}/alarm", name=f"away-{count}") as ear:
        ours = drained(folder / f"drain-{count}", broker.port, count)
        alarm = ear.wait_for(lambda m: not m.retain)
    late_ms = (alarm.at_s - json.loads(alarm.payload)["raised_s"]) * 1e3
    table.add_row(
        f"drain of {count:,} stored readings, a second",
        f"{bare:,.0f}",
        f"{ours['a_second']:,.0f}",
        f"{ours['a_second'] / bare:.1f}×",
    )
    memory = " → ".join(f"{ours[name]:.1f}" for name in ("before_mib", "most_mib", "after_mib"))
    table.add_row("… memory before, most, after, MiB", "", memory, "")
    table.add_row("… an alarm raised meanwhile, ms", "", f"{late_ms:.1f}", "")


def drained(folder: Path, port: int, count: int) -> dict[str, float]:
    """What a device in a process of its own says of draining so many readings."""
    folder.mkdir(parents=True)
    said = subprocess.run(
        [sys.executable, "-m", "tests.bench.drain", str(folder), str(port), str(count)],
        check=True,
        capture_output=True,
        cwd=BARE.parents[2],
    )
    return dict(json.loads(said.stdout))


def _danger_ms(folder: Path, trial: int) -> float:
    """From the frame that is danger on the wire to the first byte of AT+CMGS at the modem."""
    with Bell(folder / f"danger-{trial}", more=AT_ONCE, interval_s=0.05) as bell:
        bell.start().ready()
        bell.sensor.mute()
        time.sleep(0.2)
        sent_s = time.monotonic()
        bell.sensor.send(frame_of(400))
        return float((bell.await_text_to("119")[0].first_byte_s - sent_s) * 1e3)


def _steps_a_second() -> float:
    policy = Policy(
        alert=Setpoint(Level.ALERT, 20, 5, 5, 600),
        danger=Setpoint(Level.DANGER, 150, 20, 3, 1800),
        sensors={"door": SensorPolicy("entrance")},
        zones={"entrance": ZonePolicy(("door",))},
        contacts={},
    )
    state = State(next_id="x")
    began_s = time.perf_counter()
    for number in range(STEPS):
        depth_mm = float(number & 3)
        reading = Reading("door", depth_mm, depth_mm, Health.GOOD)
        state, _ = step(state, reading, number * 0.1, policy)
    return STEPS / (time.perf_counter() - began_s)


if __name__ == "__main__":
    sys.exit(main())
