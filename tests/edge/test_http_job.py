"""Texts by the internet in the real daemon: what the modem does not take goes there at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.emulated.sms_service import SmsService, Trick
from tests.bells import PHONES, QUICK, Bell

KEY, SECRET = "KEY123", "S3CRET456"
_HTTP = """
[http_sms]
provider = "solapi"
url = "{url}"
sender = "+8221234567"
key_credential = "sms-key"
secret_credential = "sms-secret"
[trouble]
on_delay_s = 0.5
"""


@contextmanager
def home(folder: Path, *, credentials: bool = True) -> Iterator[tuple[Bell, SmsService]]:
    with SmsService("solapi", key=KEY, secret=SECRET) as service:
        files = folder / "credentials"
        files.mkdir(parents=True)
        if credentials:
            (files / "sms-key").write_text(KEY)
            (files / "sms-secret").write_text(f"{SECRET}\n")
        with Bell(folder, more=QUICK + _HTTP.format(url=service.url)) as bell:
            yield bell, service


def national(phone: str) -> str:
    return "0" + phone.removeprefix("+82")


def test_what_the_modem_refuses_goes_by_the_internet_at_once(tmp_path: Path) -> None:
    with home(tmp_path) as (bell, service):
        bell.start().ready()
        bell.modem.fail_next(1)
        bell.rise(30, 150)
        assert bell.modem.wait_for_bytes(b"\x1a", 15.0)
        (taken,) = service.wait_for_texts(1, 3.0)
        assert taken.number in {national(phone) for phone in PHONES.values()}
        assert "경계" in taken.text
        told = {phone for phone in PHONES.values() if national(phone) != taken.number}
        for phone in told:
            bell.await_text_to(phone)
        assert bell.terminate() <= 5.0
        log = "\n".join(bell.log)
    for hidden in (SECRET, *(phone[-8:] for phone in PHONES.values())):
        assert hidden not in log


@pytest.mark.long
def test_whatever_the_modem_refuses_119_is_told_by_it_alone(tmp_path: Path) -> None:
    with home(tmp_path) as (bell, service):
        bell.start().ready()
        bell.modem.fail_next(9)  # three attempts of the report among them
        bell.rise(200, 400)
        taken = service.wait_for_texts(4, 20.0)
        assert {one.number for one in taken} >= {national(p) for p in PHONES.values()}, bell.log
        bell.await_text_to("119")
        assert "119" not in {one.number for one in service.taken}


@pytest.mark.long
def test_a_service_that_refuses_us_is_a_trouble_that_goes_with_the_next_text(
    tmp_path: Path,
) -> None:
    with home(tmp_path) as (bell, service):
        bell.start().ready()
        bell.modem.fail_next(1)
        service.do_next(Trick(status=401))
        bell.rise(30, 60)
        bell.await_state(lambda s: "http" in {t["cause"] for t in s["troubles"]})
        bell.await_text_to(PHONES["office"], 2)
        assert service.taken == []
        assert bell.ask("status")["stage"] == "alert"


@pytest.mark.long
def test_a_missing_credential_keeps_nobody_from_starting_and_no_text_from_leaving(
    tmp_path: Path,
) -> None:
    with home(tmp_path, credentials=False) as (bell, service):
        bell.start().ready()
        causes = {"credential:sms-key", "credential:sms-secret"}
        bell.await_state(lambda s: {t["cause"] for t in s["troubles"]} >= causes)
        bell.modem.fail_next(1)
        bell.rise(30, 60)
        for phone in PHONES.values():
            bell.await_text_to(phone)
        assert service.asked == 0
        assert bell.terminate() <= 5.0


@pytest.mark.long
@pytest.mark.timeout(150)
def test_a_text_that_the_modem_may_have_sent_goes_by_the_internet_as_well(tmp_path: Path) -> None:
    """Silence after Ctrl-Z: the network has 60 s to answer."""
    with home(tmp_path) as (bell, service):
        bell.start().ready()
        bell.modem.swallow_next(1)
        bell.rise(30, 60)
        (first,) = service.wait_for_texts(1, 90.0)
        assert re.fullmatch(r"010\d{8}", first.number)
