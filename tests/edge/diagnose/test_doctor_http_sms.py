"""The doctor looks at the web service for texts, and sends it none."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.emulated.sms_service import SmsService
from edge.diagnose.examination import begin
from edge.diagnose.http_sms import check_http_sms
from edge.diagnose.settings import check_credentials
from edge.diagnose.verdict import Grade, Verdict
from edge.locale import use
from edge.settings import parse
from tests.brokers import Authority, free_port

HOME = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3 B01호"
[sensors.door]
driver = "simulated"
script = [[0, 0]]
[paths]
state = "{folder}"
run = "{folder}"
credentials = "{folder}"
"""
WEBHOOK = """
[http_sms]
provider = "webhook"
url = "{url}/secret-path"
sender = "+8221234567"
key_credential = "sms-key"
"""


def looked_at(folder: Path, url: str | None) -> Verdict:
    use("en")
    table = "" if url is None else WEBHOOK.format(url=url)
    (verdict,) = check_http_sms(begin(parse((HOME.format(folder=folder) + table).encode())))
    return verdict


def test_without_a_service_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    assert looked_at(tmp_path, None).grade is Grade.SKIP


def test_a_service_that_answers_is_good_and_gets_no_text_and_no_key(tmp_path: Path) -> None:
    (tmp_path / "sms-key").write_text("KEY123")
    with SmsService("webhook", key="KEY123") as service:
        verdict = looked_at(tmp_path, service.url)
        assert (verdict.grade, verdict.remedy) == (Grade.GOOD, "")
        assert service.asked == 0


def test_a_clock_that_is_off_is_bad_before_the_first_text_is_refused(tmp_path: Path) -> None:
    with SmsService("webhook", ahead_s=47 * 60) as service:
        verdict = looked_at(tmp_path, service.url)
    assert verdict.grade is Grade.BAD
    assert "47 min away" in verdict.found
    assert "set the clock" in verdict.remedy


def test_a_service_that_is_not_there_is_bad_and_its_path_is_not_shown(tmp_path: Path) -> None:
    verdict = looked_at(tmp_path, f"http://127.0.0.1:{free_port()}")
    assert verdict.grade is Grade.BAD
    assert "refuses the connection" in verdict.found
    assert "secret-path" not in str(verdict)
    assert verdict.remedy


def test_a_certificate_that_nobody_here_knows_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path / "authority")
    with SmsService("webhook", tls=authority.issue("server")) as service:
        assert "does not know" in looked_at(tmp_path, service.url).found
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
        assert looked_at(tmp_path, service.url).grade is Grade.GOOD


def test_a_named_credential_without_its_file_is_bad(tmp_path: Path) -> None:
    use("en")
    text = HOME.format(folder=tmp_path) + WEBHOOK.format(url="http://127.0.0.1:9")
    (verdict,) = check_credentials(begin(parse(text.encode())))
    assert (verdict.id, verdict.grade) == ("credential:http_sms.key_credential", Grade.BAD)
