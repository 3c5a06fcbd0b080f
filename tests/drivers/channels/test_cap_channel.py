"""CAP by HTTPS: what a centre hears, and what each of its answers means. A real server on loopback.

Whoever posts here is the standard library's client: the channel needs one request and its answer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from drivers.channels.cap import CapChannel, DocumentRefused
from drivers.errors import NumberRefused, SubmitAmbiguous, SubmitFailed

XML = '<?xml version="1.0" encoding="UTF-8"?>\n<alert>침수</alert>'
KEY = "i1/7/cap/cap/1/1"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Plain:
    """Posts with http.client; silence after the request may mean that it was taken."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        where = urlsplit(url)
        connection = HTTPConnection(where.hostname or "", where.port or 80, timeout=5.0)
        try:
            connection.request("POST", where.path, body, dict(headers))
        except OSError as error:
            raise SubmitFailed("cannot be reached") from error
        try:
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read())
        except OSError as error:
            raise SubmitAmbiguous("no answer") from error
        finally:
            connection.close()


class Centre(ThreadingHTTPServer):
    """Answers every POST with ``status``; 0 hangs up without a word."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[tuple[str, Mapping[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/secret-path"


class _Handler(BaseHTTPRequestHandler):
    server: Centre

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, dict(self.headers), body))
        if self.server.status:
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def centre() -> Iterator[Centre]:
    with Centre() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join(5.0)


def test_a_document_is_posted_as_it_is_with_its_media_type(centre: Centre) -> None:
    assert CapChannel(centre.url, Plain()).submit("", XML, KEY) is None
    [(path, headers, body)] = centre.heard
    assert path == "/secret-path"
    assert headers["Content-Type"] == "application/cap+xml"
    assert headers["Idempotency-Key"] == KEY
    assert body == XML.encode()


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299, 409])
def test_accepted_or_there_already_is_accepted(centre: Centre, status: int) -> None:
    centre.status = status
    CapChannel(centre.url, Plain()).submit("", XML, KEY)


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_document_that_cannot_be_taken_is_refused_for_good(centre: Centre, status: int) -> None:
    centre.status = status
    with pytest.raises(DocumentRefused, match=f"HTTP {status}$") as caught:
        CapChannel(centre.url, Plain()).submit("", XML, KEY)
    assert isinstance(caught.value, NumberRefused), "refused for good, as the outbox knows it"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 405, 410, 429, 500, 502, 503, 504])
def test_what_somebody_can_mend_is_tried_again(centre: Centre, status: int) -> None:
    centre.status = status
    with pytest.raises(SubmitFailed, match=f"HTTP {status}$") as caught:
        CapChannel(centre.url, Plain()).submit("", XML, KEY)
    assert "secret" not in str(caught.value)


def test_what_the_poster_says_of_the_way_is_passed_on(centre: Centre) -> None:
    centre.status = 0
    with pytest.raises(SubmitAmbiguous):
        CapChannel(centre.url, Plain()).submit("", XML, KEY)
