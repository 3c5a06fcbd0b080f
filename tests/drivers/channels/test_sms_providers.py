"""What providers are asked, and what any answer of theirs means; no port is opened here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.channels.answer import Answer
from drivers.channels.sms.answers import behind_s, clock_words
from drivers.channels.sms.channel import PROVIDERS
from drivers.channels.sms.korean import LMS_BYTES, SMS_BYTES, SUBJECT_BYTES, letter_of, national
from drivers.channels.sms.provider import Credentials, Outgoing, Provider, Request, Stamp
from drivers.channels.sms.settings import HttpSmsSettings
from drivers.channels.sms.solapi import authorization
from drivers.errors import (
    DriverError,
    NumberRefused,
    RouteRefused,
    SubmitAmbiguous,
    SubmitFailed,
    Throttled,
)

CREDENTIALS = Credentials("ACCESS", "S3CRET")
NOW = datetime(2026, 8, 8, 12, 4, 31, 250_000, tzinfo=UTC)
STAMP = Stamp(NOW, "jqsba2jxjnrjor")
MOTHER = Outgoing("+821012345678", "물", "i/1")
LONG = (
    "[종로비상벨] 위험! 서울 종로구 창신길 12-3 B01호 물 120cm (21:04)."
    " 바로 가서 대피를 도와주세요."
)


def provider(name: str, **more: str) -> Provider:
    settings = {
        "provider": name,
        "sender": "+8221234567",
        "service": "ncp:sms:kr:1:x" if name == "sens" else None,
        "url": "https://sms.example/hook" if name == "webhook" else None,
        **more,
    }
    return PROVIDERS[name](HttpSmsSettings.model_validate(settings), CREDENTIALS)


def sent(name: str, outgoing: Outgoing = MOTHER) -> tuple[Request, Any]:
    request = provider(name).request(outgoing, STAMP)
    return request, json.loads(request.body) if name != "twilio" else None


def answer(status: int, said: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, headers or {}, json.dumps(said).encode())


def meaning(name: str, said: Answer, behind: float | None = None) -> str | DriverError | None:
    try:
        return provider(name).outcome(said, behind)
    except DriverError as error:
        return error


# What is asked


def test_solapi_is_asked_with_a_date_and_a_salt_that_are_signed() -> None:
    """The signature was made by ``openssl dgst -sha256 -hmac S3CRET``."""
    stamp = Stamp(datetime(2019, 7, 1, 0, 41, 48, tzinfo=UTC), "jqsba2jxjnrjor")
    assert authorization(CREDENTIALS, stamp) == (
        "HMAC-SHA256 ApiKey=ACCESS, Date=2019-07-01T00:41:48Z, salt=jqsba2jxjnrjor, "
        "signature=05f7823bc967bd5365c413f6d5925c7dae085149b36dae25d9d266e45754a299"
    )
    request, body = sent("solapi")
    assert request.url == "https://api.solapi.com/messages/v4/send-many/detail"
    message = {"to": "01012345678", "from": "021234567", "type": "SMS", "text": "물"}
    assert body == {"messages": [message]}


def test_sens_is_asked_with_path_time_and_key_signed() -> None:
    """The signature was made by ``openssl dgst -sha256 -hmac S3CRET -binary | base64``."""
    request, body = sent("sens")
    path = "/sms/v2/services/ncp:sms:kr:1:x/messages"
    assert request.url == f"https://sens.apigw.ntruss.com{path}"
    assert request.headers["x-ncp-apigw-timestamp"] == "1786190671250"
    assert request.headers["x-ncp-iam-access-key"] == "ACCESS"
    assert (
        request.headers["x-ncp-apigw-signature-v2"]
        == "LUWb27edQ1mJ28LaccQBK3vKhU5cspxvpq0usK7dkeo="
    )
    assert (body["type"], body["from"], body["messages"]) == (
        "SMS",
        "021234567",
        [{"to": "01012345678"}],
    )


def test_the_governments_zone_of_sens_is_another_address() -> None:
    gov = provider("sens", url="https://sens.apigw.gov-ntruss.com/")
    url = gov.request(MOTHER, STAMP).url
    assert url.startswith("https://sens.apigw.gov-ntruss.com/sms/v2/services/")


def test_twilio_is_asked_with_a_form_and_a_password() -> None:
    request, _ = sent("twilio")
    assert request.url == "https://api.twilio.com/2010-04-01/Accounts/ACCESS/Messages.json"
    form = parse_qs(request.body.decode())
    assert form == {"To": ["+821012345678"], "From": ["+8221234567"], "Body": ["물"]}
    assert request.headers["Authorization"] == "Basic QUNDRVNTOlMzQ1JFVA=="
    by_api_key = provider("twilio", service="AC42").request(MOTHER, STAMP)
    assert "/Accounts/AC42/" in by_api_key.url


def test_a_webhook_is_asked_with_the_key_of_the_message_and_a_signed_body() -> None:
    """The signature was made by ``openssl dgst -sha256 -hmac S3CRET``."""
    request, body = sent("webhook")
    assert body == {
        "to": "+821012345678",
        "from": "+8221234567",
        "text": "물",
        "key": "i/1",
        "ts": "2026-08-08T12:04:31.250Z",
    }
    assert request.headers["Idempotency-Key"] == "i/1"
    assert request.headers["Authorization"] == "Bearer ACCESS"
    assert request.headers["X-Floodbell-Signature"] == (
        "sha256=f416d4d70fd203257f12974fae1ac79e15edf19f1aa3d573df25233f2ad78ebc"
    )


def test_a_webhook_without_credentials_is_asked_without_them() -> None:
    settings = HttpSmsSettings(provider="webhook", url="https://h.example", sender="+8221234567")
    request = PROVIDERS["webhook"](settings, Credentials()).request(MOTHER, STAMP)
    assert {"Authorization", "X-Floodbell-Signature"}.isdisjoint(request.headers)


@pytest.mark.parametrize("name", ["solapi", "sens"])
def test_a_text_too_long_for_an_sms_goes_as_an_lms_with_a_subject(name: str) -> None:
    _, body = sent(name, Outgoing("+821012345678", LONG, "k"))
    message = body["messages"][0] if name == "solapi" else body
    assert message["type"] == "LMS"
    assert message["text" if name == "solapi" else "content"] == LONG
    assert LONG.startswith(message["subject"])
    assert 30 < len(message["subject"].encode("cp949")) <= SUBJECT_BYTES


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("+821012345678", "01012345678"),
        ("+82221480000", "0221480000"),
        ("+82112345678", "0112345678"),
        ("+8215881234", "15881234"),
    ],
)
def test_a_korean_number_is_written_as_it_is_dialled(number: str, dialled: str) -> None:
    assert national(number) == dialled


@pytest.mark.parametrize("name", ["solapi", "sens"])
def test_a_number_abroad_is_refused_for_good_and_not_shown(name: str) -> None:
    with pytest.raises(NumberRefused) as refused:
        provider(name).request(Outgoing("+4915112345678", "x", "k"), STAMP)
    assert "49151" not in str(refused.value)


def test_ninety_bytes_are_an_sms_and_ninety_one_are_not() -> None:
    assert letter_of("가" * 45).kind == "SMS"
    assert letter_of("가" * 45 + "!").kind == "LMS"
    assert letter_of("침수 🌊 위험").text == "침수 ? 위험"


@settings(max_examples=40)
@given(st.text(max_size=1500))
def test_any_text_fits_its_kind(text: str) -> None:
    letter = letter_of(text)
    most = SMS_BYTES if letter.kind == "SMS" else LMS_BYTES
    assert len(letter.text.encode("cp949")) <= most
    assert len(letter.subject.encode("cp949")) <= SUBJECT_BYTES


def test_nothing_that_is_passed_on_shows_a_secret_or_a_number() -> None:
    shown = repr((CREDENTIALS, MOTHER, sent("twilio")[0], sent("solapi")[0]))
    for hidden in ("S3CRET", "12345678", "QUNDRVNT"):
        assert hidden not in shown


# What is answered

ACCEPTED = {
    "solapi": (200, {"groupInfo": {"_id": "G4", "count": {"registeredSuccess": 1}}}, "G4"),
    "sens": (202, {"requestId": "V-1", "statusCode": "202", "statusName": "success"}, "V-1"),
    "twilio": (201, {"sid": "SM1", "status": "queued", "error_code": None}, "SM1"),
    "webhook": (204, None, None),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_is_accepted_has_the_services_id(name: str) -> None:
    status, said, id_ = ACCEPTED[name]
    assert meaning(name, answer(status, said)) == id_


@pytest.mark.parametrize("name", [name for name in PROVIDERS if name != "webhook"])
@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b"null", b"\xff\xfe", b"1e999"])
def test_a_yes_that_is_not_understood_may_have_been_sent(name: str, body: bytes) -> None:
    assert isinstance(meaning(name, Answer(200, {}, body)), SubmitAmbiguous)


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, SubmitFailed),
        (308, SubmitFailed),
        (400, SubmitFailed),
        (401, RouteRefused),
        (402, RouteRefused),
        (403, RouteRefused),
        (404, SubmitFailed),
        (429, SubmitFailed),
        (500, SubmitAmbiguous),
        (502, SubmitAmbiguous),
        (503, SubmitFailed),
        (504, SubmitAmbiguous),
        (101, SubmitAmbiguous),
    ],
)
def test_a_status_means_the_same_of_every_provider(
    name: str, status: int, kind: type[DriverError]
) -> None:
    assert type(meaning(name, answer(status))) is kind


@pytest.mark.parametrize(
    ("name", "status", "said", "kind"),
    [
        ("twilio", 400, {"code": 21211, "message": "The 'To' number 5551234567"}, NumberRefused),
        ("twilio", 400, {"code": 21610, "status": 400}, NumberRefused),
        ("twilio", 400, {"code": 21606}, RouteRefused),
        ("twilio", 404, {"code": 20404}, RouteRefused),
        ("twilio", 400, {"code": 30001}, SubmitFailed),
        ("sens", 404, {"error": {"errorCode": "300"}}, RouteRefused),
        ("sens", 400, {"error": {"errorCode": 100}}, SubmitFailed),
        ("sens", 401, {"error": {"errorCode": "200", "details": "wrong key"}}, RouteRefused),
        ("sens", 202, {"requestId": "V-1", "statusCode": "500"}, SubmitAmbiguous),
        ("solapi", 400, {"errorCode": "NotEnoughBalance"}, RouteRefused),
        ("solapi", 400, {"errorCode": "ValidationError"}, SubmitFailed),
        (
            "solapi",
            200,
            {"groupInfo": {"count": {}}, "failedMessageList": [{"statusCode": "1062"}]},
            SubmitFailed,
        ),
        ("solapi", 200, {"groupInfo": {"count": {"registeredFailed": 1}}}, SubmitFailed),
        ("solapi", 200, {"groupInfo": {"count": {"registeredSuccess": 2}}}, SubmitAmbiguous),
        ("webhook", 422, {"code": "number"}, NumberRefused),
        ("webhook", 422, {"code": "queue"}, SubmitFailed),
    ],
)
def test_a_providers_own_code_decides_where_the_status_does_not(
    name: str, status: int, said: object, kind: type[DriverError]
) -> None:
    error = meaning(name, answer(status, said))
    assert type(error) is kind
    assert "5551234567" not in str(error)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("solapi", {"errorCode": "RequestTimeTooSkewed"}),
        ("sens", {"error": {"errorCode": "200", "details": "Expired timestamp."}}),
        ("webhook", {"code": "clock"}),
    ],
)
def test_a_clock_that_the_service_complains_of_is_named(name: str, said: object) -> None:
    error = meaning(name, answer(401, said))
    assert isinstance(error, RouteRefused)
    assert "clock is wrong" in str(error)


@pytest.mark.parametrize("name", ["solapi", "sens", "webhook"])
def test_a_clock_that_is_off_is_why_a_signed_request_was_refused(name: str) -> None:
    wrong = NOW - timedelta(minutes=47)
    refused = answer(401, {}, {"date": "Sat, 08 Aug 2026 12:04:31 GMT"})
    error = meaning(name, refused, behind_s(refused, wrong))
    assert isinstance(error, RouteRefused)
    assert "47 min behind the service's" in str(error)
    assert "texts go by the modem" in str(error)


def test_twilio_does_not_look_at_the_clock_so_its_refusal_is_about_the_key() -> None:
    assert "check key" in str(meaning("twilio", answer(401), 2820.0))


def test_a_wrong_clock_does_not_hide_that_a_number_is_refused() -> None:
    assert isinstance(meaning("webhook", answer(422, {"code": "number"}), 9e9), NumberRefused)


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        (400.0, "7 min behind"),
        (-400.0, "7 min ahead of"),
        (9000.0, "2 h behind"),
        (5e8, "5787 days behind"),
        (-10.0, "says that this device's clock is wrong"),
    ],
)
def test_how_far_a_clock_is_off_is_said_in_words(behind: float, words: str) -> None:
    assert words in clock_words(behind)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 1.0),
        ({"retry-after": "99999999999999999999"}, 300.0),
        (
            {
                "retry-after": "Sat, 08 Aug 2026 12:05:01 GMT",
                "date": "Sat, 08 Aug 2026 12:04:31 GMT",
            },
            30.0,
        ),
    ],
)
def test_a_service_that_says_when_is_asked_again_then(
    status: int, headers: Mapping[str, str], wait_s: float
) -> None:
    error = meaning("solapi", answer(status, {}, headers))
    assert isinstance(error, Throttled)
    assert error.wait_s == wait_s


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5", "Sat, 99 Aug", "Sat, 08 Aug 2026"])
def test_a_service_that_does_not_say_when_leaves_it_to_us(value: str) -> None:
    error = meaning("solapi", answer(429, {}, {"retry-after": value}))
    assert type(error) is SubmitFailed


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *("groupInfo", "count", "registeredSuccess", "failedMessageList"),
                    *("statusCode", "error", "errorCode", "details", "code", "sid", "requestId"),
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
HEADERS = st.dictionaries(
    st.sampled_from(("date", "retry-after")),
    st.text(max_size=40) | st.just("Sat, 08 Aug 2026 12:04:31 GMT"),
)


@given(
    name=st.sampled_from(tuple(PROVIDERS)),
    status=st.integers(100, 599),
    headers=HEADERS,
    body=st.binary(max_size=80) | ANYTHING.map(lambda said: json.dumps(said).encode()),
)
def test_any_answer_is_an_outcome_and_only_a_yes_is_accepted(
    name: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    given_answer = Answer(status, headers, body)
    outcome = meaning(name, given_answer, behind_s(given_answer, NOW))
    if not isinstance(outcome, DriverError):
        assert status // 100 == 2
    elif isinstance(outcome, SubmitFailed | NumberRefused | RouteRefused):
        understood = name == "solapi" and status // 100 == 2
        assert 300 <= status < 500 or status == 503 or understood
