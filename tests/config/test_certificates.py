"""The script that makes the certificates: what it makes, what it refuses, what it leaves alone."""

from __future__ import annotations

import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.config.shipped import Authority

YEAR = timedelta(days=365)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("filled") / "authority")
    made.must("ca", "A/B + 종로구")
    made.must("broker", "mqtt.example.kr", "10.1.2.3", "2001:db8::1")
    made.must("device", "jongno-0042")
    made.must("role", "centre")
    return made


def told(certificate: Path, *what: str) -> str:
    command = ["openssl", "x509", "-in", str(certificate), "-noout", *what]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    return ran.stdout


def lasts(certificate: Path) -> timedelta:
    """From now on."""
    end = told(certificate, "-enddate").removeprefix("notAfter=").strip()
    until = datetime.strptime(end, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    return until - datetime.now(UTC)


def test_each_lasts_as_long_as_it_should(filled: Authority) -> None:
    for path, years in (
        ("ca.pem", 20),
        ("broker/broker.pem", 2),
        ("devices/jongno-0042/device.pem", 10),
        ("roles/centre/centre.pem", 2),
    ):
        assert abs(lasts(filled.directory / path) - years * YEAR) < timedelta(days=1), path


def test_all_are_valid_for_a_clock_that_has_stopped_years_ago(filled: Authority) -> None:
    """A Pi wakes with the time of its last shutdown, and has the network before the time."""
    for path in filled.directory.rglob("*.pem"):
        if path.name != "crl.pem":
            assert told(path, "-startdate") == "notBefore=Jan  1 00:00:00 2020 GMT\n", path


def test_keys_are_their_owners_alone_and_certificates_can_be_read(filled: Authority) -> None:
    keys = [*filled.directory.rglob("*.key"), *filled.directory.rglob("mqtt-key")]
    assert len(keys) == 4
    for key in keys:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert (
            "P-256"
            in subprocess.run(
                ["openssl", "ec", "-in", str(key), "-noout", "-text"],
                capture_output=True,
                text=True,
                timeout=20,
                check=True,
            ).stdout
        )
    for name in ("broker/ca.pem", "broker/broker.pem", "broker/crl.pem"):
        assert stat.S_IMODE((filled.directory / name).stat().st_mode) == 0o644


def test_the_bells_files_are_called_as_the_settings_want_them(filled: Authority) -> None:
    folder = filled.directory / "devices" / "jongno-0042"
    assert {path.name for path in folder.iterdir()} == {"ca.pem", "device.pem", "mqtt-key"}
    # OpenSSL 3.0 writes "CN = ", 3.2 and newer "CN=", unless told how.
    subject = told(folder / "device.pem", "-subject", "-nameopt", "RFC2253")
    assert subject == "subject=CN=jongno-0042\n"


def test_a_bells_is_for_clients_and_the_brokers_for_servers_of_its_names(filled: Authority) -> None:
    bell = told(filled.directory / "devices/jongno-0042/device.pem", "-ext", "extendedKeyUsage")
    assert "Client" in bell
    assert "Server" not in bell
    broker = told(filled.directory / "broker/broker.pem", "-ext", "extendedKeyUsage,subjectAltName")
    assert "Server" in broker
    assert "Client" not in broker
    for name in ("DNS:mqtt.example.kr", "IP Address:10.1.2.3", "IP Address:2001:DB8:0:0:0:0:0:1"):
        assert name in broker
    utf8 = told(filled.directory / "ca.pem", "-subject", "-nameopt", "utf8")
    assert utf8 == "subject=CN=A/B + 종로구\n"


@pytest.mark.parametrize(
    ("certificate", "purpose"),
    [
        ("broker/broker.pem", "sslserver"),
        ("devices/jongno-0042/device.pem", "sslclient"),
        ("roles/centre/centre.pem", "sslclient"),
    ],
)
def test_they_have_the_form_that_the_strictest_ask_for(
    filled: Authority, certificate: str, purpose: str
) -> None:
    """Python 3.13 refuses others by itself: the centre's programs and a dashboard may be on it."""
    command = ("openssl", "verify", "-x509_strict", "-purpose", purpose)
    authority, one = filled.directory / "ca.pem", filled.directory / certificate
    ran = subprocess.run(
        [*command, "-CAfile", str(authority), str(one)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_what_exists_is_not_made_again(filled: Authority) -> None:
    before = {path: path.read_bytes() for path in filled.directory.rglob("*") if path.is_file()}
    for again in (
        ("ca", "new"),
        ("broker", "localhost"),
        ("device", "jongno-0042"),
        ("role", "centre"),
    ):
        ran = filled.run(*again)
        assert ran.returncode == 1
        assert "exists already" in ran.stderr
    after = {path: path.read_bytes() for path in filled.directory.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize(
    "name", ["", "Jongno", "a_b", "종로", "a" * 33, "a/b", "+", "centre", "operator", "a b", "-x\n"]
)
def test_what_is_no_site_id_gets_no_certificate(filled: Authority, name: str) -> None:
    """A wildcard would be every bell, and the name of a role would be the role."""
    ran = filled.run("device", name)
    assert ran.returncode == 2
    assert "site" in ran.stderr
    assert [path.name for path in (filled.directory / "devices").iterdir()] == ["jongno-0042"]


@pytest.mark.parametrize(
    "arguments",
    [(), ("ca",), ("broker",), ("device", "a", "b"), ("renew", "x"), ("role", "x"), ("nonsense",)],
)
def test_misuse_is_told_and_changes_nothing(filled: Authority, arguments: tuple[str, ...]) -> None:
    ran = filled.run(*arguments)
    assert ran.returncode == 2
    assert ran.stderr


def test_without_an_authority_it_says_what_to_do(authority: Authority) -> None:
    ran = authority.run("device", "jongno-0042")
    assert ran.returncode == 1
    assert "certificates ca NAME" in ran.stderr


def test_renewing_gives_the_broker_a_new_key_for_the_same_names(filled: Authority) -> None:
    folder = filled.directory / "broker"
    names = told(folder / "broker.pem", "-ext", "subjectAltName")
    key, device = (folder / "broker.key").read_bytes(), filled.device("jongno-0042")
    before = device.certificate.read_bytes()
    ran = filled.run("renew")
    assert ran.returncode == 0, ran.stderr
    assert (folder / "broker.key").read_bytes() != key
    assert told(folder / "broker.pem", "-ext", "subjectAltName") == names
    assert device.certificate.read_bytes() == before
    assert "ends within a year" not in ran.stdout


def test_the_list_of_revoked_ones_outlives_many_years(filled: Authority) -> None:
    """Mosquitto refuses every client once it has lapsed."""
    command = ["openssl", "crl", "-in", str(filled.directory / "broker/crl.pem"), "-noout"]
    ran = subprocess.run(
        [*command, "-nextupdate"], capture_output=True, text=True, timeout=20, check=True
    )
    end = ran.stdout.removeprefix("nextUpdate=").strip()
    until = datetime.strptime(end, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    assert until - datetime.now(UTC) > 9 * YEAR


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is the strictest sh at hand")
def test_it_is_a_script_for_any_posix_shell(authority: Authority) -> None:
    for arguments in (("ca", "x"), ("broker", "localhost"), ("device", "a"), ("revoke", "a")):
        ran = authority.run(*arguments, interpreter="dash")
        assert ran.returncode == 0, ran.stderr
