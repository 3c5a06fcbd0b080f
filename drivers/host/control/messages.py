"""What is said on the control socket: one JSON object a line, each way.

Owns the lines, without a socket. Invariant: nothing that a peer sends raises out of here; it
becomes a ``BadMessage``. ::

    {"v": 1, "id": 7, "command": "status", "arguments": {}}
    {"v": 1, "id": 7, "ok": true, "result": {…}}
    {"v": 1, "id": 7, "ok": false, "error": "…"}
    {"v": 1, "id": 7, "ok": false, "error": "…", "denied": true}

The last is for whoever may not ask at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

VERSION: Final = 1
MAX_REQUEST_BYTES: Final = 64 * 1024
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024

Id = int | str | None


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request as it stands on the wire."""

    id: Id
    command: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """An answer: ``error`` is None if it went well, ``denied`` that this user may not ask."""

    id: Id
    result: dict[str, Any]
    error: str | None
    denied: bool = False


class BadMessage(ValueError):
    """A line that is no message of this version; ``id`` is set if one could be read."""

    def __init__(self, reason: str, id_: Id = None) -> None:
        super().__init__(reason)
        self.id = id_


def request_bytes(id_: Id, command: str, arguments: dict[str, Any]) -> bytes:
    """Write a request.

    Raises:
        BadMessage: The arguments are not JSON.
    """
    return _line({"v": VERSION, "id": id_, "command": command, "arguments": arguments})


def parse_request(line: bytes) -> RequestLine:
    """Read a request.

    Raises:
        BadMessage: It is none.
    """
    message = _object(line)
    id_ = _id(message)
    command, arguments = message.get("command"), message.get("arguments", {})
    if not isinstance(command, str) or not command:
        raise BadMessage("command must be a text", id_)
    if not isinstance(arguments, dict):
        raise BadMessage("arguments must be an object", id_)
    return RequestLine(id_, command, arguments)


def answer_bytes(
    id_: Id, result: dict[str, Any] | None, error: str | None, *, denied: bool = False
) -> bytes:
    """Write an answer; one that is not JSON (infinity, a set) becomes an error, never an exception.

    Args:
        id_: Of the request.
        result: What was asked for.
        error: Why not, or None.
        denied: Whether it is because this user may not ask.
    """
    try:
        if error is None:
            return _line({"v": VERSION, "id": id_, "ok": True, "result": result or {}})
    except BadMessage as bad:
        error = str(bad)
    more = {"denied": True} if denied else {}
    return _line({"v": VERSION, "id": id_, "ok": False, "error": error, **more})


def parse_answer(line: bytes, asked_id: Id) -> AnswerLine:
    """Read an answer.

    Args:
        line: As it came.
        asked_id: The id of the request.

    Raises:
        BadMessage: It is none, or one to another request.
    """
    message = _object(line)
    id_ = _id(message)
    if id_ != asked_id:
        raise BadMessage(f"an answer to {id_!r}, not to {asked_id!r}", id_)
    if message.get("ok") is True and isinstance(message.get("result"), dict):
        return AnswerLine(id_, message["result"], None)
    if message.get("ok") is False:
        denied = message.get("denied") is True
        return AnswerLine(id_, {}, str(message.get("error")), denied=denied)
    raise BadMessage("neither a result nor an error", id_)


def _line(message: dict[str, Any]) -> bytes:
    try:
        text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        if not _is_utf8(text):  # half of a surrogate pair, which JSON can say and UTF-8 cannot
            text = json.dumps(message, allow_nan=False, separators=(",", ":"))
        return text.encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise BadMessage(f"not JSON: {error}") from error


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _object(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"not JSON: {error}") from error
    if not isinstance(message, dict):
        raise BadMessage("not a JSON object")
    if message.get("v") != VERSION:
        raise BadMessage(f"version {message.get('v')!r}, this is {VERSION}", _id(message))
    return message


def _id(message: dict[str, Any]) -> Id:
    id_ = message.get("id")
    return id_ if isinstance(id_, int | str) else None
