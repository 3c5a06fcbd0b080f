"""Raw bytes on the control socket of a running daemon: it stays well, answers, and reaches 119.

Half lines, endless lines, wrong JSON, questions whose answers nobody reads, and more connections
than there are places. After every bout somebody with manners asks, and is answered; at the end
water rises. JSON on its last line.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

from drivers.errors import DriverError
from tests.bells import PHONES, QUICK, Bell
from tests.torture.faults.befalling import rubbish

_ANSWER_S: Final = 5.0
_MOST_MIB: Final = 120.0


def bout(path: Path, random: Random) -> None:
    """A few peers without manners at the same time."""
    peers: list[socket.socket] = []
    try:
        for _ in range(random.randint(1, 30)):
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            peer.settimeout(0.05)
            peers.append(peer)
            with suppress(OSError):
                peer.connect(str(path))
                for _ in range(random.randint(1, 4)):
                    peer.sendall(rubbish(random))
                if random.random() < 0.3:
                    peer.recv(4096)
                if random.random() < 0.2:
                    peer.shutdown(random.choice((socket.SHUT_RD, socket.SHUT_WR)))
    finally:
        for peer in peers:
            peer.close()


def _memory_mib(pid: int) -> float:
    words = Path(f"/proc/{pid}/status").read_text()
    return int(words.split("VmRSS:")[1].split()[0]) / 1024


def abuse(folder: Path, seconds: float, seed: int) -> tuple[int, list[str]]:
    """Go on for so long; return how many bouts there were, and what broke."""
    random, bouts = Random(seed), 0
    found: list[str] = []
    with Bell(folder, more=QUICK) as bell:
        bell.start().ready(30.0)
        assert bell.process is not None
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s and not found:
            bout(folder / "run" / "floodbell.sock", random)
            bouts += 1
            if bell.process.poll() is not None:
                found.append(f"bout {bouts}: it ended with {bell.process.poll()}")
            elif words := _unwell(bell):
                found.append(f"bout {bouts}: {words}")
        if not found:
            bell.rise(200, 500)
            bell.await_text_to("119", timeout_s=20.0)
            for phone in PHONES.values():
                bell.await_text_to(phone)
        found += [line for line in bell.log if "Traceback" in line or "is dropped" in line][:3]
    return bouts, found


def _unwell(bell: Bell) -> str:
    began_s = time.monotonic()
    while True:
        try:
            state = bell.ask("status")
            break
        except DriverError as error:
            # Among thirty who push in one may be pushed out, once or twice: it asks again.
            if time.monotonic() - began_s > _ANSWER_S:
                return f"nobody is answered any more: {error}"
    assert bell.process is not None
    if (memory_mib := _memory_mib(bell.process.pid)) > _MOST_MIB:
        return f"it has {memory_mib:.0f} MiB"
    if state["stage"] != "normal":
        return f"the stage is {state['stage']}"
    return ""


def main() -> int:
    """Run; 0 if it stayed well."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.door")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="door-") as folder:
        bouts, found = abuse(Path(folder), asked.seconds, asked.seed)
    verdict = {"runs": bouts, "found": found, "not_judged": [], "more": {}}
    sys.stdout.write(json.dumps(verdict, ensure_ascii=False) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
