"""The control socket: any client, however rude, and a daemon that is never held up."""

from __future__ import annotations

import json
import os
import queue
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import NoResponse, PortGone
from drivers.host.control import CommandRefused, ControlClient, ControlServer, Request
from drivers.host.control.messages import MAX_REQUEST_BYTES, BadMessage, parse_answer
from drivers.host.control.server import MAX_CLIENTS, MAX_PENDING


def answered(request: Request) -> None:
    """What a daemon might do with a request."""
    if request.command == "refuse":
        request.refuse("a zone is wet")
    elif request.command == "infinite":
        request.reply({"depth_mm": float("inf")})
    elif request.command == "twice":
        request.reply({"first": True})
        request.reply({"first": False})
    elif request.command == "who":
        peer = request.peer
        request.reply({"pid": peer.pid, "uid": peer.uid, "gid": peer.gid})
    elif request.command == "groups":
        request.reply({"groups": sorted(request.peer.groups)})
    elif request.command != "ignore":
        request.reply({"command": request.command, **request.arguments})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "floodbell.sock"


@pytest.fixture
def serve(path: Path) -> Iterator[Callable[..., ControlServer]]:
    servers = []

    def started(on_request: Callable[[Request], None] = answered, **extra: Any) -> ControlServer:
        server = ControlServer(path, on_request, **extra)
        servers.append(server)
        server.start()
        return server

    yield started
    for server in servers:
        server.close()
        assert not server.alive


def raw(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(5.0)
    connection.connect(str(path))
    return connection


def line_from(connection: socket.socket) -> dict[str, Any]:
    received = b""
    while not received.endswith(b"\n"):
        data = connection.recv(1)
        assert data, "hung up"
        received += data
    message: dict[str, Any] = json.loads(received)
    return message


def test_a_question_is_answered_again_and_again(path: Path, serve: Any) -> None:
    serve()
    with ControlClient(path) as client:
        for minutes in range(5):
            result = client.ask("service", minutes=minutes, who="김")
            assert result == {"command": "service", "minutes": minutes, "who": "김"}


def test_what_is_on_the_wire_is_what_the_contract_says(path: Path, serve: Any) -> None:
    serve()
    with raw(path) as connection:
        connection.sendall(b'{"v":1,"id":7,"command":"status","arguments":{}}\n')
        assert line_from(connection) == {
            "v": 1,
            "id": 7,
            "ok": True,
            "result": {"command": "status"},
        }
        connection.sendall(b'{"v":1,"id":"a","command":"refuse"}\n')
        assert line_from(connection) == {"v": 1, "id": "a", "ok": False, "error": "a zone is wet"}


def test_a_refusal_carries_the_reason(path: Path, serve: Any) -> None:
    serve()
    with ControlClient(path) as client:
        with pytest.raises(CommandRefused, match="a zone is wet"):
            client.ask("refuse")
        assert client.ask("status")  # and the connection goes on


def test_the_kernel_says_who_asks(path: Path, serve: Any) -> None:
    serve()
    with ControlClient(path) as client:
        assert client.ask("who") == {"pid": os.getpid(), "uid": os.getuid(), "gid": os.getgid()}
        assert set(client.ask("groups")["groups"]) == set(os.getgroups())


def test_only_owner_and_group_may_ask(path: Path, serve: Any) -> None:
    serve()
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_an_answer_from_another_thread_at_a_later_time_arrives(path: Path, serve: Any) -> None:
    inbox: queue.Queue[Request] = queue.Queue()
    serve(inbox.put)

    def main_loop() -> None:
        for _ in range(2):
            inbox.get(timeout=5).reply({"late": True})

    loop = threading.Thread(target=main_loop)
    loop.start()
    with ControlClient(path) as one, ControlClient(path) as other:
        assert one.ask("status") == other.ask("status") == {"late": True}
    loop.join(timeout=5)


def test_an_answer_for_a_client_that_left_harms_nobody(path: Path, serve: Any) -> None:
    inbox: queue.Queue[Request] = queue.Queue()
    serve(inbox.put)
    with raw(path) as connection:
        connection.sendall(b'{"v":1,"id":1,"command":"status"}\n')
        request = inbox.get(timeout=5)
    request.reply({})
    with ControlClient(path, timeout_s=0.2) as client, pytest.raises(NoResponse):
        client.ask("status")
    inbox.get(timeout=5).reply({})


def test_silence_of_the_daemon_ends_in_time(path: Path, serve: Any) -> None:
    serve()
    with ControlClient(path, timeout_s=0.1) as client:
        with pytest.raises(NoResponse):
            client.ask("ignore")
        assert client.ask("status") == {"command": "status"}


def test_an_answer_that_is_no_json_is_an_error_for_the_asker_only(path: Path, serve: Any) -> None:
    serve()
    with ControlClient(path) as client:
        with pytest.raises(CommandRefused, match="not JSON"):
            client.ask("infinite")
        assert client.ask("twice") == {"first": True}
        assert client.ask("status") == {"command": "status"}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"\xff\xfe", "not JSON"),
        (b"[" * 30_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "version None"),
        (b'{"v":2,"id":3,"command":"x"}', "version 2"),
        (b'{"v":1,"id":3}', "command must be"),
        (b'{"v":1,"id":3,"command":7}', "command must be"),
        (b'{"v":1,"id":3,"command":"x","arguments":[]}', "arguments must be"),
    ],
)
def test_nonsense_is_answered_and_the_next_line_counts(
    path: Path, serve: Any, line: bytes, complaint: str
) -> None:
    serve()
    with raw(path) as connection:
        connection.sendall(line + b"\n")
        answer = line_from(connection)
        assert not answer["ok"]
        assert complaint in answer["error"]
        connection.sendall(b'{"v":1,"id":1,"command":"status"}\n')
        assert line_from(connection)["ok"]


def test_an_endless_line_is_cut_off(path: Path, serve: Any) -> None:
    serve()
    with raw(path) as connection:
        connection.sendall(b"x" * MAX_REQUEST_BYTES)
        connection.sendall(b"x")
        assert "more than" in line_from(connection)["error"]
        assert connection.recv(1) == b""
    with ControlClient(path) as client:
        assert client.ask("status")


def test_a_flood_of_requests_waits_at_the_door(path: Path, serve: Any) -> None:
    inbox: queue.Queue[Request] = queue.Queue()
    serve(inbox.put)
    with raw(path) as connection:
        connection.sendall(b'{"v":1,"id":1,"command":"status"}\n' * (3 * MAX_PENDING))
        first = [inbox.get(timeout=5) for _ in range(MAX_PENDING)]
        with pytest.raises(queue.Empty):
            inbox.get(timeout=0.1)
        for request in first:
            request.reply()
        for _ in range(2 * MAX_PENDING):
            inbox.get(timeout=5).reply()
        for _ in range(3 * MAX_PENDING):
            assert line_from(connection)["ok"]


def test_a_crowd_of_idle_clients_keeps_nobody_out(path: Path, serve: Any) -> None:
    serve()
    idle = [raw(path) for _ in range(MAX_CLIENTS)]
    with ControlClient(path) as client:
        assert client.ask("status")
    for connection in idle:
        connection.close()


def test_a_client_that_never_reads_is_dropped_and_others_are_served(path: Path, serve: Any) -> None:
    serve(lambda request: request.reply({"long": "x" * 2_000_000}))
    with raw(path) as deaf:
        deaf.sendall(b'{"v":1,"id":1,"command":"status"}\n' * MAX_PENDING)
        with ControlClient(path) as client:
            assert len(client.ask("status")["long"]) == 2_000_000


def test_a_stale_socket_is_replaced_and_a_living_one_is_not(path: Path, serve: Any) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as killed:
        killed.bind(str(path))
    serve()
    with pytest.raises(PortGone, match="another floodbell"):
        ControlServer(path, answered)
    with ControlClient(path) as client:
        assert client.ask("status")


def test_a_file_that_is_no_socket_is_left_alone(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(PortGone, match="no socket"):
        ControlServer(path, answered)
    assert path.read_text() == "mine"


def test_closing_removes_the_socket_and_nobody_listens(path: Path, serve: Any) -> None:
    server = serve()
    server.close()
    server.close()
    assert not path.exists()
    with pytest.raises(PortGone), ControlClient(path) as client:
        client.ask("status")


def test_a_server_that_was_never_started_closes_too(path: Path) -> None:
    ControlServer(path, answered).close()
    assert not path.exists()


def test_a_folder_may_lie_deep(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 80) / ("e" * 80)
    folder.mkdir(parents=True)
    server = ControlServer(folder / "floodbell.sock", answered)
    server.start()
    with ControlClient(folder / "floodbell.sock") as client:
        assert client.ask("status")
    server.close()


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(PortGone):
        ControlServer(tmp_path / "none" / "floodbell.sock", answered)


def test_the_thread_beats(serve: Any) -> None:
    beaten = threading.Event()
    serve(beat=beaten.set)
    assert beaten.wait(5)


def test_an_answer_to_another_question_is_none() -> None:
    with pytest.raises(BadMessage, match="an answer to 3"):
        parse_answer(b'{"v":1,"id":3,"ok":true,"result":{}}\n', 4)


@pytest.mark.parametrize("version", [1, 2])
def test_an_id_that_utf8_cannot_say_comes_back_and_the_thread_lives(
    path: Path, serve: Any, version: int
) -> None:
    server = serve()
    half = b'{"v":%d,"id":"\\ud800","command":"status"}\n' % version
    with raw(path) as connection:
        connection.sendall(half)
        assert line_from(connection)["id"] == "\ud800"
    with ControlClient(path) as client:
        assert client.ask("status") == {"command": "status"}
    assert server.alive


def test_a_request_that_breaks_what_takes_it_costs_its_client_only(
    path: Path, serve: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fragile(request: Request) -> None:
        if request.command == "break":
            raise RuntimeError("a bug")
        answered(request)

    server = serve(fragile)
    with ControlClient(path) as other, ControlClient(path) as client:
        assert other.ask("status") == {"command": "status"}
        with pytest.raises(PortGone):
            client.ask("break")
        assert other.ask("status") == {"command": "status"}
    assert server.alive
    assert "is dropped" in caplog.text


@pytest.fixture
def full(path: Path) -> Iterator[socket.socket]:
    """A daemon that is there and at whose door too many wait."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(0)
        with raw(path):
            yield listener


@pytest.mark.usefixtures("full")
def test_a_daemon_at_whose_door_many_wait_is_silent_and_not_gone(path: Path) -> None:
    """Taken for gone, its ports would be opened, and a technician told to start it."""
    with ControlClient(path, 0.3) as client, pytest.raises(NoResponse):
        client.ask("status")


def test_whoever_finds_the_door_crowded_knocks_again(path: Path, full: socket.socket) -> None:
    def let_in() -> None:
        full.accept()[0].close()
        connection = full.accept()[0]
        connection.recv(1024)
        connection.sendall(b'{"v":1,"id":1,"ok":true,"result":{"late":true}}\n')
        connection.close()

    host = threading.Timer(0.2, let_in)
    host.start()
    with ControlClient(path) as client:
        assert client.ask("status") == {"late": True}
    host.join(5)
