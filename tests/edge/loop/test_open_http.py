"""The web service for texts as the settings make it, and that a report never takes this way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from drivers.emulated.sms_service import SmsService
from edge.events import Attempted, Outcome, RouteState
from edge.loop.assembly import desk_of
from edge.loop.outward import open_http
from edge.messages import texts
from edge.messages.job import Job
from edge.messages.web_route import WebRoute
from edge.settings import Settings
from tests.edge.by_hand import DOOR_TABLE, Told, home_with

MOTHER = '[contacts.mother]\nrole = "guardian"\nphone = "+821012345678"\n'
FILES = {"sms-key": "KEY123", "sms-secret": "S3CRET456"}
MODEM = '[modem]\nport = "/dev/ttyUSB2"\n'


def solapi(service: SmsService | None = None) -> str:
    url = service.url if service else "http://127.0.0.1:9"
    return (
        f'[http_sms]\nprovider = "solapi"\nurl = "{url}"\nsender = "+8221234567"\n'
        'key_credential = "sms-key"\nsecret_credential = "sms-secret"\n'
    )


def opened(
    settings: Settings, told: Told, secret: Callable[[str | None], str | None]
) -> WebRoute | None:
    return open_http(
        settings,
        secret=secret,
        wall_utc=lambda: datetime.now(UTC),
        clock=time.monotonic,
        put=told,
        beat=lambda: None,
    )


def outcome_of_a_text(settings: Settings, secret: Callable[[str | None], str | None]) -> Attempted:
    told = Told()
    route = opened(settings, told, secret)
    assert route is not None
    route.start()
    route.submit(Job("k", "+821012345678", "물", None))
    told.of(RouteState)
    route.stop()
    assert route.join(5.0)
    (attempt,) = told.of(Attempted)
    assert isinstance(attempt, Attempted)
    return attempt


def test_without_the_table_there_is_no_such_way() -> None:
    assert opened(home_with(DOOR_TABLE), Told(), lambda _: None) is None


def test_with_its_credentials_a_text_leaves() -> None:
    with SmsService("solapi", key=FILES["sms-key"], secret=FILES["sms-secret"]) as service:
        settings = home_with(DOOR_TABLE, MOTHER, solapi(service))
        attempt = outcome_of_a_text(settings, lambda name: FILES.get(name or ""))
        assert attempt.outcome is Outcome.ACCEPTED
        assert [taken.text for taken in service.taken] == ["물"]


def test_with_a_credential_missing_every_text_fails_at_once_for_the_next_route_to_take() -> None:
    settings = home_with(DOOR_TABLE, MOTHER, solapi())
    attempt = outcome_of_a_text(settings, lambda name: "x" if name == "sms-key" else None)
    assert (attempt.outcome, "missing" in attempt.detail) == (Outcome.FAILED, True)


def test_people_have_both_routes_and_a_report_has_the_modem_only() -> None:
    settings = home_with(DOOR_TABLE, MODEM, MOTHER, solapi())
    desk = desk_of(settings, texts.load(texts.find("ko")), boot_id="b")
    assert desk.addressees["mother"].routes == ("modem", "http")
    assert desk.report_route == "modem"


def test_the_thread_that_waits_for_a_text_has_the_routes_name() -> None:
    route = opened(home_with(DOOR_TABLE, MOTHER, solapi()), Told(), lambda _: "x")
    assert route is not None
    route.start()
    assert "http" in {thread.name for thread in threading.enumerate()}
    route.stop()
    assert route.join(5.0)
