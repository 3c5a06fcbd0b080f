"""Who may ask over the control socket: root, the daemon's user, its group; and nobody else.

Other users are real: a child process sheds root's rights before it asks. Without root only the rule
itself can be tried.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.host.control import ControlClient, ControlServer, Door, NotAllowed, Peer, Request
from drivers.host.control.server import MAX_CLIENTS, NOT_ALLOWED

DAEMON_UID, GROUP, STRANGER, OTHER_GROUP = 64001, 64002, 64003, 64004
"""Ids that no machine has given to anybody."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

_ASK = """
import json, os, socket, sys
path, uid, gid, groups = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
os.setgroups(groups); os.setgid(gid); os.setuid(uid)
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
    connection.settimeout(5)
    connection.connect(path)
    connection.sendall(b'{"v":1,"id":7,"command":"who"}\\n')
    sys.stdout.write(connection.makefile().readline())
"""


@dataclass
class Daemon:
    path: Path
    server: ControlServer
    asked: list[Request]

    def ask_as(self, uid: int, gid: int, *groups: int) -> dict[str, object]:
        ran = subprocess.run(
            [sys.executable, "-c", _ASK, self.path, str(uid), str(gid), json.dumps(groups)],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        answer = json.loads(ran.stdout)
        assert isinstance(answer, dict)
        return answer


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that everybody may enter; the test's own is closed to others by its parents."""
    made = Path(tempfile.mkdtemp(prefix="floodbell-door-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def daemon(folder: Path) -> Iterator[Daemon]:
    """Its socket is open to everybody: what is tried here is the daemon's own look."""
    asked: list[Request] = []

    def answer(request: Request) -> None:
        asked.append(request)
        request.reply({"uid": request.peer.uid, "groups": sorted(request.peer.groups)})

    path = folder / "floodbell.sock"
    server = ControlServer(path, answer, door=Door(DAEMON_UID, GROUP))
    path.chmod(0o666)
    server.start()
    yield Daemon(path, server, asked)
    server.close()


@pytest.mark.parametrize(
    ("peer", "may"),
    [
        (Peer(1, 0, 0), True),
        (Peer(1, DAEMON_UID, OTHER_GROUP), True),
        (Peer(1, STRANGER, GROUP), True),
        (Peer(1, STRANGER, OTHER_GROUP, frozenset({4, GROUP})), True),
        (Peer(1, STRANGER, OTHER_GROUP, frozenset({4, 27})), False),
        (Peer(1, STRANGER, OTHER_GROUP), False),
        (Peer(1, GROUP, DAEMON_UID), False),
    ],
)
def test_the_door_admits_root_the_daemons_user_and_its_group(peer: Peer, may: bool) -> None:
    assert Door(DAEMON_UID, GROUP).admits(peer) is may


def test_a_daemons_door_is_its_own_user_and_group() -> None:
    assert Door.of_this_process() == Door(os.geteuid(), os.getegid())


@as_root
@pytest.mark.parametrize(
    ("uid", "gid", "groups"),
    [
        (0, 0, ()),
        (DAEMON_UID, OTHER_GROUP, ()),
        (STRANGER, GROUP, ()),
        (STRANGER, OTHER_GROUP, (GROUP, OTHER_GROUP)),
    ],
)
def test_who_may_ask_is_answered(
    daemon: Daemon, uid: int, gid: int, groups: tuple[int, ...]
) -> None:
    answer = daemon.ask_as(uid, gid, *groups)
    assert answer["ok"] is True
    assert answer["result"] == {"uid": uid, "groups": sorted(groups)}


@as_root
def test_a_stranger_is_told_so_and_nothing_of_it_reaches_the_loop(
    daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            answer = daemon.ask_as(STRANGER, OTHER_GROUP, OTHER_GROUP)
            assert answer == {"v": 1, "id": 7, "ok": False, "error": NOT_ALLOWED, "denied": True}
    assert daemon.asked == []
    [line] = [r.getMessage() for r in caplog.records if "refused" in r.getMessage()]
    assert f"uid {STRANGER}" in line, "and the second within the minute fills no journal"
    assert daemon.ask_as(0, 0)["ok"] is True


def test_the_asking_end_knows_that_it_may_not(folder: Path) -> None:
    path = folder / "floodbell.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        client = ControlClient(path)

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(
                    b'{"v":1,"id":1,"ok":false,"error":"you may not ask","denied":true}\n'
                )

        with concurrently(refuse), pytest.raises(NotAllowed, match="you may not ask"):
            client.ask("status")
        client.close()


@as_root
def test_a_crowd_of_strangers_keeps_nobody_out_who_may_ask(daemon: Daemon) -> None:
    """Nobody who may ask makes way for one who may not, however quiet it is."""
    quiet = ControlClient(daemon.path)
    assert quiet.ask("who")
    crowd = subprocess.Popen(
        [sys.executable, "-c", _CROWD, str(daemon.path), str(STRANGER), str(2 * MAX_CLIENTS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert crowd.stdin is not None
    assert crowd.stdout is not None
    with crowd:
        assert crowd.stdout.readline() == "there\n"
        assert quiet.ask("who")
        with ControlClient(daemon.path) as late:
            assert late.ask("who")
        crowd.stdin.close()
    quiet.close()


_CROWD = """
import os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
crowd = []
for _ in range(int(sys.argv[3])):
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    one.connect(sys.argv[1])
    crowd.append(one)
print("there", flush=True)
sys.stdin.read()
"""


class concurrently:  # noqa: N801 - reads as a word of the with statement
    def __init__(self, body: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=body)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join(5)
        assert not self._thread.is_alive()
