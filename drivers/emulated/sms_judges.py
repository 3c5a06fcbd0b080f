"""How each provider of texts judges a request: the rules of the emulated service.

Owns the checks of credentials, signature, clock, number and address, written from the providers'
own pages and not from our requests, so that a mistake in one is not made in both. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True)
class Account:
    """What the service knows us by; ``service`` is SENS's service id, or Twilio's account SID."""

    key: str = ""
    secret: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; headers by lower-case name."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """One text that the service accepted."""

    number: str
    text: str
    sender: str
    kind: str = ""
    subject: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the service says, and the text that it takes."""

    status: int
    said: Mapping[str, Any]
    taken: Taken | None = None


def _solapi(account: Account, asked: Asked, now_s: float) -> Reply:
    if asked.path != "/messages/v4/send-many/detail":
        return Reply(404, {"errorCode": "ResourceNotFound"})
    method, _, rest = asked.headers.get("authorization", "").partition(" ")
    given = dict(part.split("=", 1) for part in rest.split(", ") if "=" in part)
    if method != "HMAC-SHA256" or given.get("ApiKey") != account.key:
        return Reply(403, {"errorCode": "InvalidAPIKey"})
    date, salt = given.get("Date", ""), given.get("salt", "")
    expected = hmac.digest(account.secret.encode(), f"{date}{salt}".encode(), "sha256").hex()
    if expected != given.get("signature") or not 12 <= len(salt) <= 64:
        return Reply(403, {"errorCode": "SignatureDoesNotMatch"})
    if abs(datetime.fromisoformat(date).timestamp() - now_s) > 900:
        return Reply(403, {"errorCode": "RequestTimeTooSkewed"})
    (message,) = json.loads(asked.body)["messages"]
    count = {"total": 1, "registeredSuccess": 1, "registeredFailed": 0}
    if not _korean(message["to"]):
        count = {"total": 1, "registeredSuccess": 0, "registeredFailed": 1}
        failed = [{"to": message["to"], "statusCode": "1010", "statusMessage": "?"}]
        return Reply(200, {"groupInfo": {"count": count}, "failedMessageList": failed})
    said = {"groupInfo": {"groupId": "G4V1", "count": count}, "failedMessageList": []}
    return Reply(200, said, _korean_text(message, message["to"], message["text"]))


def _sens(account: Account, asked: Asked, now_s: float) -> Reply:
    if asked.path != f"/sms/v2/services/{account.service}/messages":
        return Reply(404, {"error": {"errorCode": "300", "message": "Not Found Exception"}})
    timestamp = asked.headers.get("x-ncp-apigw-timestamp", "0")
    signed = "\n".join((f"POST {asked.path}", timestamp, account.key)).encode()
    mac = hmac.digest(account.secret.encode(), signed, "sha256")
    given = asked.headers.get("x-ncp-apigw-signature-v2")
    late = abs(int(timestamp) / 1000 - now_s) > 300
    if late or given != base64.b64encode(mac).decode():
        details = "Expired timestamp." if late else "Invalid authentication information."
        error = {"errorCode": "200", "message": "Authentication Failed", "details": details}
        return Reply(401, {"error": error})
    message = json.loads(asked.body)
    (to,) = message["messages"]
    if not _korean(to["to"]):
        return Reply(400, {"error": {"errorCode": "100", "message": f"bad {to['to']}"}})
    said = {"requestId": "VORSSA-1", "statusCode": "202", "statusName": "success"}
    return Reply(202, said, _korean_text(message, to["to"], message["content"]))


def _twilio(account: Account, asked: Asked, now_s: float) -> Reply:
    del now_s  # it does not look at our clock
    login = base64.b64encode(f"{account.key}:{account.secret}".encode()).decode()
    if asked.headers.get("authorization") != f"Basic {login}":
        return Reply(401, {"code": 20003, "message": "Authenticate", "status": 401})
    sid = account.service or account.key
    if asked.path != f"/2010-04-01/Accounts/{sid}/Messages.json":
        return Reply(404, {"code": 20404, "message": "not found", "status": 404})
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    if not form["To"].startswith("+") or len(form["To"]) < 8:
        said = {"code": 21211, "message": f"The 'To' number {form['To']} is not valid."}
        return Reply(400, {**said, "status": 400})
    taken = Taken(form["To"], form["Body"], form["From"])
    return Reply(201, {"sid": "SM0123", "status": "queued", "error_code": None}, taken)


def _webhook(account: Account, asked: Asked, now_s: float) -> Reply:
    if account.key and asked.headers.get("authorization") != f"Bearer {account.key}":
        return Reply(401, {"code": "key"})
    mac = hmac.new(account.secret.encode(), asked.body, hashlib.sha256).hexdigest()
    if account.secret and asked.headers.get("x-floodbell-signature") != f"sha256={mac}":
        return Reply(401, {"code": "signature"})
    message = json.loads(asked.body)
    at_s = datetime.fromisoformat(message["ts"]).timestamp()
    if account.secret and abs(at_s - now_s) > 300:
        return Reply(401, {"code": "clock"})
    if asked.headers.get("idempotency-key") != message["key"]:
        return Reply(400, {"code": "idempotency"})
    taken = Taken(message["to"], message["text"], message["from"], key=message["key"])
    return Reply(200, {"id": "w-1"}, taken)


def _korean(number: str) -> bool:
    return number.isascii() and number.isdigit() and 8 <= len(number) <= 11


def _korean_text(message: Mapping[str, Any], number: str, text: str) -> Taken:
    """Cut as the network cuts: what is longer than its kind is lost."""
    kind = str(message["type"])
    most = 90 if kind == "SMS" else 2000
    carried = text.encode("cp949")[:most].decode("cp949", "ignore")
    return Taken(number, carried, message["from"], kind, message.get("subject", ""))


Judge = Callable[[Account, Asked, float], Reply]

JUDGES: Final[dict[str, Judge]] = {
    "solapi": _solapi,
    "sens": _sens,
    "twilio": _twilio,
    "webhook": _webhook,
}
"""Each takes the account, the request, and the service's own clock in seconds since the epoch."""
