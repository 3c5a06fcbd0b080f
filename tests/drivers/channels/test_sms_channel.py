"""Texts to people by each provider, against a service that judges them by rules of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.channels.sms.channel import PROVIDERS, SmsChannel
from drivers.channels.sms.provider import Credentials
from drivers.channels.sms.settings import HttpSmsSettings
from drivers.channels.web import Web
from drivers.emulated.sms_service import SmsService, Trick
from drivers.errors import (
    ClockRefused,
    NumberRefused,
    ReportWithheld,
    RouteRefused,
    SubmitAmbiguous,
    SubmitFailed,
    Throttled,
)

KEY, SECRET, SERVICE = "KEY123", "S3CRET456", "ncp:sms:kr:1:floodbell"
MOTHER = "+821012345678"
TEXT = (
    "[종로비상벨] 위험! 서울 종로구 창신길 12-3 B01호 물 120cm (21:04)."
    " 바로 가서 대피를 도와주세요."
)


def channel(
    service: SmsService,
    provider: str,
    *,
    secret: str = SECRET,
    late: timedelta = timedelta(),
    report_number: str = "119",
    equipped: bool = True,
) -> SmsChannel:
    set_by_hand = HttpSmsSettings.model_validate(
        {
            "provider": provider,
            "url": service.url,
            "sender": "+8221234567",
            "service": SERVICE,
            "key_credential": "key",
            "secret_credential": "secret",
        }
    )
    return SmsChannel(
        set_by_hand,
        Credentials(KEY, secret) if equipped else None,
        report_number=report_number,
        web=Web(answer_within_s=2.0),
        wall_utc=lambda: datetime.now(UTC) - late,
    )


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def service(provider: str) -> Iterator[SmsService]:
    with SmsService(provider, key=KEY, secret=SECRET, service=SERVICE) as running:
        yield running


def test_a_text_arrives_whole_with_the_registered_sender(
    service: SmsService, provider: str
) -> None:
    assert channel(service, provider).submit(MOTHER, TEXT, "i1/1/danger/mother/1/1")
    (taken,) = service.taken
    korean = provider in ("solapi", "sens")
    assert taken.text == TEXT
    assert taken.number == ("01012345678" if korean else MOTHER)
    assert taken.sender == ("021234567" if korean else "+8221234567")
    assert taken.kind == ("LMS" if korean else "")
    assert taken.key == ("i1/1/danger/mother/1/1" if provider == "webhook" else "")


@pytest.mark.parametrize(
    "number",
    [
        "119",
        "+82119",
        "0082119",
        "+820119",
        "02-119",
        "+822119",
        "１１９",
        "1 1 9",
        "112",
        "+82112",
        "1339",
        "",
        "+",
    ],
)
def test_nothing_that_is_not_a_persons_number_reaches_the_wire(
    service: SmsService, provider: str, number: str
) -> None:
    with pytest.raises(ReportWithheld, match="not a person's number"):
        channel(service, provider).submit(number, TEXT, "k")
    assert service.asked == 0


def test_a_report_number_of_its_own_does_not_reach_the_wire_either(
    service: SmsService, provider: str
) -> None:
    with pytest.raises(ReportWithheld):
        channel(service, provider, report_number="01012345678").submit(MOTHER, TEXT, "k")
    assert service.asked == 0


def test_a_wrong_secret_is_the_routes_fault_and_not_the_texts(
    service: SmsService, provider: str
) -> None:
    with pytest.raises(RouteRefused, match="check key, secret") as refused:
        channel(service, provider, secret=KEY[::-1]).submit(MOTHER, TEXT, "k")
    assert service.taken == []
    assert KEY[::-1] not in str(refused.value)


def test_without_its_credentials_no_text_is_tried(service: SmsService, provider: str) -> None:
    with pytest.raises(RouteRefused, match="credential"):
        channel(service, provider, equipped=False).submit(MOTHER, TEXT, "k")
    assert service.asked == 0


def test_a_clock_that_is_an_hour_behind_is_named(service: SmsService, provider: str) -> None:
    late = channel(service, provider, late=timedelta(minutes=47))
    if provider == "twilio":
        late.submit(MOTHER, TEXT, "k")  # it signs no time
        return
    with pytest.raises(RouteRefused, match="47 min behind the service's"):
        late.submit(MOTHER, TEXT, "k")


def test_to_look_whether_a_service_answers_sends_nothing_and_sees_a_clock_that_is_off(
    service: SmsService, provider: str
) -> None:
    channel(service, provider).look()
    with pytest.raises(ClockRefused, match="47 min ahead of"):
        channel(service, provider, late=timedelta(minutes=-47)).look()
    assert service.asked == 0


def test_what_goes_wrong_is_told_by_its_kind_and_shows_neither_number_nor_secret(
    service: SmsService, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.do_next(
        Trick(status=429, headers={"Retry-After": "9"}, body=MOTHER.encode()),
        Trick(status=500, body=MOTHER.encode()),
        Trick(status=503),
        Trick(status=302, headers={"Location": "https://127.0.0.1/"}),
        Trick(raw=b"no http"),
        Trick(takes=True),
    )
    kinds = [Throttled, SubmitAmbiguous, SubmitFailed, SubmitFailed]
    kinds += [SubmitAmbiguous, SubmitAmbiguous]
    said = []
    for kind in kinds:
        with pytest.raises(kind) as error:
            channel(service, provider).submit(MOTHER, TEXT, "k")
        assert type(error.value) is kind
        said.append(str(error.value))
    assert len(service.taken) == 1, "the last one was taken and its answer lost"
    for words in (*said, caplog.text):
        for hidden in ("1012345678", SECRET, KEY, SERVICE):
            assert hidden not in words


def test_a_number_that_twilio_refuses_is_refused_for_good() -> None:
    with SmsService("twilio", key=KEY, secret=SECRET, service=SERVICE) as service:
        refusing = b'{"code": 21211, "message": "The \'To\' number +821012345678 is not valid"}'
        service.do_next(Trick(status=400, body=refusing))
        with pytest.raises(NumberRefused) as refused:
            channel(service, "twilio").submit(MOTHER, TEXT, "k")
    assert str(refused.value) == "HTTP 400, code 21211: the service refuses this number"


@given(noise=st.binary(max_size=200), good_head=st.booleans())
@settings(max_examples=25, deadline=None)
def test_whatever_bytes_a_service_says_there_is_an_outcome(noise: bytes, good_head: bool) -> None:
    with SmsService("solapi", key=KEY, secret=SECRET) as service:
        head = b"HTTP/1.1 200 OK\r\n\r\n" if good_head else b""
        service.do_next(Trick(raw=head + noise))
        with pytest.raises((SubmitAmbiguous, SubmitFailed, RouteRefused)):
            channel(service, "solapi").submit(MOTHER, TEXT, "k")
