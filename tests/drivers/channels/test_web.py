"""One request on real sockets: what comes back, what a failure means, and that it has an end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from drivers.channels.web import MAX_BODY_BYTES, Answer, Web
from drivers.emulated.sms_service import SmsService, Trick
from drivers.errors import SubmitAmbiguous, SubmitFailed
from tests.brokers import Authority, free_port

BODY = b'{"to": "x", "from": "y", "text": "z", "key": "k", "ts": "2026-08-08T12:00:00.000Z"}'
HEADERS = {"Content-Type": "application/json", "Idempotency-Key": "k"}


def post(url: str, web: Web | None = None) -> Answer:
    return (web or Web(answer_within_s=5.0)).post(url, BODY, HEADERS)


@contextmanager
def peer(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server of one conversation that says whatever it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5.0)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5.0)
                heard = b""
                while not heard.endswith(BODY):  # what is unread would cut the answer off
                    heard += connection.recv(65536)
                speak(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(5.0)


@pytest.fixture(scope="session")
def service() -> Iterator[SmsService]:
    with SmsService("webhook") as running:
        yield running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_what_was_said_comes_back_with_its_headers_in_lower_case(service: SmsService) -> None:
    service.do_next(Trick(status=418, headers={"X-Kind": "Pot"}, body=b"short"))
    answer = post(f"{service.url}/tea?milk=1")
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (418, b"short", "Pot")


def test_a_redirect_is_an_answer_and_is_not_followed(service: SmsService) -> None:
    before = service.asked
    service.do_next(Trick(status=307, headers={"Location": service.url}))
    assert post(service.url).status == 307
    assert service.asked == before + 1


def test_a_proxy_in_the_environment_is_not_asked(
    service: SmsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    service.do_next(Trick(status=200))
    assert post(service.url).status == 200


def test_no_more_of_a_body_is_kept_than_is_good_for_us() -> None:
    def speak(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 100_000)

    with peer(speak) as url:
        assert len(post(url).body) == MAX_BODY_BYTES


def test_a_body_that_is_cut_does_not_take_the_status_back() -> None:
    def speak(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 500\r\n\r\nhalf")

    with peer(speak) as url:
        assert post(url) == Answer(401, {"content-length": "500"}, b"half")


def test_a_refused_connection_is_tried_again_and_nothing_was_sent() -> None:
    with pytest.raises(SubmitFailed, match=r"127\.0\.0\.1 refuses the connection"):
        post(f"http://127.0.0.1:{free_port()}/secret-path")


def test_a_service_that_comes_up_between_two_tries_gets_the_request_once() -> None:
    port = free_port()
    up: list[SmsService] = []
    tries: list[None] = []

    def beat() -> None:
        tries.append(None)
        if len(tries) == 2:
            up.append(SmsService("webhook", port=port))

    try:
        assert post(f"http://127.0.0.1:{port}/", Web(beat=beat)).status == 200
        assert up[0].asked == 1
    finally:
        up[0].close()


@pytest.mark.parametrize("url", ["ftp://x/", "http://", "http:///x", "nonsense", "http://[::1/"])
def test_what_is_no_address_is_not_sent(url: str) -> None:
    with pytest.raises(SubmitFailed):
        post(url)


def test_a_header_that_http_does_not_know_is_not_sent(service: SmsService) -> None:
    before = service.asked
    for value in ("two\r\nlines", "한글"):
        with pytest.raises(SubmitFailed, match="header") as refused:
            Web().post(service.url, BODY, {"Authorization": value})
        assert value not in str(refused.value)
    assert service.asked == before


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1",
        b"nonsense",
        b"\xff\x00" * 200,
        b"HTTP/1.1 999999 x\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_an_answer_that_is_not_http_leaves_it_open_whether_it_was_sent(
    service: SmsService, raw: bytes
) -> None:
    service.do_next(Trick(raw=raw))
    with pytest.raises(SubmitAmbiguous, match="may have been sent"):
        post(service.url)


def test_silence_after_the_request_leaves_it_open_and_has_an_end(service: SmsService) -> None:
    service.do_next(Trick(hold_s=3.0))
    began_s = time.monotonic()
    with pytest.raises(SubmitAmbiguous, match=r"no answer within 0\.4 s"):
        post(service.url, Web(answer_within_s=0.4))
    assert time.monotonic() - began_s < 1.5


def test_an_answer_byte_by_byte_has_an_end_too(service: SmsService) -> None:
    """Each byte comes in time; only the whole does not."""
    service.do_next(Trick(drip=True))
    began_s = time.monotonic()
    with pytest.raises(SubmitAmbiguous):
        post(service.url, Web(answer_within_s=0.4))
    assert time.monotonic() - began_s < 1.5


def test_a_device_that_stops_waits_for_no_answer_and_tries_nothing_again(
    service: SmsService,
) -> None:
    stopping = threading.Event()
    web = Web(stopping=stopping)
    service.do_next(Trick(hold_s=5.0))
    threading.Timer(0.1, stopping.set).start()
    began_s = time.monotonic()
    with pytest.raises(SubmitAmbiguous):
        post(service.url, web)
    with pytest.raises(SubmitFailed, match="stopping"):
        post(service.url, web)
    assert time.monotonic() - began_s < 2.0


def test_a_certificate_of_a_known_authority_is_good_and_any_other_is_not(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SmsService("webhook", tls=authority.issue("server")) as secured:
        with pytest.raises(SubmitFailed, match="an authority that this device does not know"):
            post(secured.url)
        assert secured.asked == 0
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
        secured.do_next(Trick(status=200, body=b"yes"))
        assert post(secured.url).body == b"yes"
        secured.do_next(Trick(drip=True))
        began_s = time.monotonic()
        with pytest.raises(SubmitAmbiguous):
            post(secured.url, Web(answer_within_s=0.5))
        assert time.monotonic() - began_s < 2.0


@pytest.mark.parametrize(
    ("san", "days", "words"),
    [
        ("DNS:elsewhere.example", 2, "for another"),
        ("IP:127.0.0.1", -1, "expired, or this device's clock is ahead"),
    ],
)
def test_a_certificate_that_is_not_for_this_place_or_time_is_refused_in_words(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, san: str, days: int, words: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    tls = authority.issue(f"bad{days}", san=san, days=days)
    with SmsService("webhook", tls=tls) as secured, pytest.raises(SubmitFailed, match=words):
        post(secured.url)


def test_a_port_that_does_not_speak_tls_is_certainly_not_sent_to(service: SmsService) -> None:
    before = service.asked
    with pytest.raises(SubmitFailed, match="TLS failed"):
        post(service.url.replace("http:", "https:"))
    assert service.asked == before


def test_to_ask_for_headers_only_sends_no_text(service: SmsService) -> None:
    before = service.asked
    answer = Web().head(service.url)
    assert (answer.status, answer.body) == (404, b"")
    assert service.asked == before
    assert "date" in answer.headers
