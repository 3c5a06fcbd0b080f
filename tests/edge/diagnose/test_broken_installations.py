"""What doctor says of homes that are broken, each in one way: verdict, what was seen, what to do.

All of them are examined side by side, once: each waits most of its time. Faults of parts that have
nothing to do with one another share a home.
"""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.calibration import Numbers, Stored
from edge.diagnose.families import family_of
from edge.diagnose.verdict import Grade, Verdict
from tests.brokers import Authority, free_port, mosquitto
from tests.edge.diagnose.broken_homes import Home

BAD, WARN, SKIP, GOOD = Grade.BAD, Grade.WARN, Grade.SKIP, Grade.GOOD


@dataclass(frozen=True)
class Bench:
    """Brokers and certificates that all homes share."""

    plain: int
    locked: int
    tls: int
    expired: int
    mute: int
    closed: int
    authority: Authority
    stranger: Authority


Break = Callable[[Home, Bench], None]


@dataclass(frozen=True)
class Row:
    """How a home is broken, and what must be said of it."""

    breaks: Break
    verdict: str
    grade: Grade
    found: str
    remedy: str

    @property
    def name(self) -> str:
        return self.breaks.__name__.strip("_")


# The sensors


def _port_held(home: Home, _: Bench) -> None:
    home.hold(home.sensor.path)


def _silent_sensor(home: Home, _: Bench) -> None:
    home.sensor.mute()


def _sensor_unplugged(home: Home, _: Bench) -> None:
    home.change(f'port = "{home.sensor.path}"', f'port = "{home.folder}/ttyGone"')


def _past_the_floor(home: Home, _: Bench) -> None:
    home.sensor.set_depth_mm(-90)


def _water_on_a_dry_floor(home: Home, _: Bench) -> None:
    home.sensor.set_depth_mm(120)


def _floor_too_low(home: Home, _: Bench) -> None:
    home.sensor.set_depth_mm(-20)


def _noise(home: Home, _: Bench) -> None:
    depths_mm = itertools.cycle(
        (-25, 75, -10, 60, 70, -20, 25)
    )  # seen also by who hears few of them
    home.sensor.follow(lambda: float(next(depths_mm)))


def _bad_frames(home: Home, _: Bench) -> None:
    home.sensor.emit_noise(b"\xff\x07\xa1\x00")


def _too_near(home: Home, _: Bench) -> None:
    home.sensor.set_depth_mm(590)


def _never_wet(home: Home, _: Bench) -> None:
    home.remember({"sensors": {"door": {"proven": False, "dry_for_s": 86400.0}}})


def _wet_long_ago(home: Home, _: Bench) -> None:
    home.remember({"sensors": {"door": {"proven": True, "dry_for_s": 400 * 86400.0}}})


def _one_kind(home: Home, _: Bench) -> None:
    del home


def _hung_too_low(home: Home, _: Bench) -> None:
    home.change("mount_height_mm = 600", "mount_height_mm = 200")


def _calibration_of_another(home: Home, _: Bench) -> None:
    made = Stored(Numbers(590.0, 0.0, 1.0), "2026-01-01T00:00:00Z", "kim", {"driver": "maxbotix"})
    home.remember({"sensors": {}}, calibrations=(("door", made.to_json()),))


# The modem


def _no_sim(home: Home, _: Bench) -> None:
    home.modem.take_out_sim()


def _sim_without_its_pin(home: Home, _: Bench) -> None:
    home.put_in_sim(sim_pin="1234")


def _wrong_pin(home: Home, _: Bench) -> None:
    home.put_in_sim(sim_pin="1234")
    home.more_modem += '\nsim_pin_credential = "sim-pin"'
    home.secret("sim-pin", "9999")


def _pin_spared(home: Home, bench: Bench) -> None:
    _wrong_pin(home, bench)
    home.modem.lose_pin_tries(2)


def _pin_that_is_none(home: Home, bench: Bench) -> None:
    _wrong_pin(home, bench)
    home.secret("sim-pin", "12ab")


def _puk(home: Home, bench: Bench) -> None:
    _wrong_pin(home, bench)
    home.modem.lose_pin_tries(0)


def _not_registered(home: Home, _: Bench) -> None:
    home.modem.set_registered(False)


def _denied(home: Home, _: Bench) -> None:
    home.modem.set_registration(3)


def _not_searching(home: Home, _: Bench) -> None:
    home.modem.set_registration(0)


def _emergency_only(home: Home, _: Bench) -> None:
    home.modem.set_registration(8)


def _roaming(home: Home, _: Bench) -> None:
    home.modem.set_registration(5)


def _no_signal(home: Home, _: Bench) -> None:
    home.modem.set_signal(99)


def _weak_signal(home: Home, _: Bench) -> None:
    home.modem.set_signal(3)


def _no_smsc(home: Home, _: Bench) -> None:
    home.modem.set_service_centre("")


def _silent_modem(home: Home, _: Bench) -> None:
    home.modem.set_silent(True)


def _no_self_test(home: Home, _: Bench) -> None:
    del home


def _overdue_self_test(home: Home, _: Bench) -> None:
    home.more_modem += '\nself_test = { contact = "mother", every_h = 24 }'
    ts = (datetime.now(UTC) - timedelta(hours=50)).isoformat()
    common = {"contact": "mother", "attempts": 1, "route": "modem", "ts": ts}
    home.remember(
        {"sensors": {}}, {"type": "notice_accepted", "purpose": "test", **common, "incident": None}
    )


def _never_texted(home: Home, _: Bench) -> None:
    home.remember({"sensors": {}})


# Who is told, and what


def _land_line(home: Home, _: Bench) -> None:
    home.change("+821012345678", "+82221481234")


def _no_such_number(home: Home, _: Bench) -> None:
    home.change("+821012345678", "+82991234567")


def _119_with_a_country_code(home: Home, _: Bench) -> None:
    home.change('number = "119"', 'number = "+82119"')


def _address_without_room(home: Home, _: Bench) -> None:
    home.change("창신길 12-3 B01호", "창신길 12-3 금강빌라 B01호")
    home.change("address =", "occupants = 2\naddress =")


def _address_too_long(home: Home, _: Bench) -> None:
    home.change("창신길 12-3 B01호", "창신길 12-3 금강산빌라맨션아파트먼트 가동 지하층 B01호")


def _address_without_city(home: Home, _: Bench) -> None:
    home.change("서울 종로구 창신길", "창신길")


# The broker


def _refused(home: Home, bench: Bench) -> None:
    home.broker = bench.closed


def _unknown_name(home: Home, _: Bench) -> None:
    home.change('host = "127.0.0.1"', 'host = "bad..name"')
    home.more_mqtt = "insecure = true"


def _in_the_clear(home: Home, bench: Bench) -> None:
    _unknown_name(home, bench)


def _mute_broker(home: Home, bench: Bench) -> None:
    home.broker = bench.mute


def _login_refused(home: Home, bench: Bench) -> None:
    home.broker = bench.locked


def _secret_missing(home: Home, _: Bench) -> None:
    home.more_mqtt = 'username = "a"\npassword_credential = "mqtt-password"'


def _tls(home: Home, bench: Bench, ca: Authority, name: str = "jongno-0042", **issue: Any) -> None:
    home.broker = bench.tls
    certificate, key = bench.authority.issue(name, **issue)
    home.secret("mqtt-key", key.read_text().rstrip("\n"))
    certificate = certificate.rename(home.folder / "device.pem")  # each home has one of its own
    home.more_mqtt = f'ca = "{ca.certificate}"\ncert = "{certificate}"\nkey_credential = "mqtt-key"'


def _wrong_ca(home: Home, bench: Bench) -> None:
    home.broker = bench.tls
    home.more_mqtt = f'ca = "{bench.stranger.certificate}"'


def _wrong_host_name(home: Home, bench: Bench) -> None:
    home.broker = bench.tls
    home.change('host = "127.0.0.1"', 'host = "localhost"')
    home.more_mqtt = f'ca = "{bench.authority.certificate}"'


def _broker_expired(home: Home, bench: Bench) -> None:
    home.broker = bench.expired
    home.more_mqtt = f'ca = "{bench.authority.certificate}"'


def _no_tls_there(home: Home, bench: Bench) -> None:
    home.more_mqtt = f'ca = "{bench.authority.certificate}"'


def _no_certificate(home: Home, bench: Bench) -> None:
    home.broker = bench.tls
    home.more_mqtt = f'ca = "{bench.authority.certificate}"'


def _certificate_of_another_site(home: Home, bench: Bench) -> None:
    _tls(home, bench, bench.authority, "jongno-0099")


def _certificate_expired(home: Home, bench: Bench) -> None:
    _tls(home, bench, bench.authority, days=-1)


def _certificate_ends_soon(home: Home, bench: Bench) -> None:
    _tls(home, bench, bench.authority, days=2)


def _certificate_gone(home: Home, bench: Bench) -> None:
    _tls(home, bench, bench.authority)
    home.more_mqtt = home.more_mqtt.replace("device.pem", "nowhere.pem")


# The settings


def _several_wrong_keys(home: Home, _: Bench) -> None:
    home.change("mount_height_mm = 600", "mount_height_mm = 100")
    home.change('id = "jongno-0042"', 'id = "Jongno 42"')


def _not_toml(home: Home, _: Bench) -> None:
    home.change('role = "guardian"', 'role = "guardian')


# What the running bell says

RUNNING: dict[str, Any] = {
    "version": "0.1.0",
    "armed": False,
    "sensors": {
        "door": {"quality": "good", "at_least_mm": 1, "below_mm": 1, "wet_test_s": 90000.0}
    },
    "modem": {"state": "ready", "registered": True, "signal_dbm": -71, "operator": "KT"},
    "broker": {"connected": True, "detail": ""},
    "store": {"ok": True, "detail": ""},
    "troubles": [],
}


def _running(home: Home, **changes: Any) -> None:
    home.run_daemon({**RUNNING, **changes})


def _bell_with_a_noisy_sensor(home: Home, bench: Bench) -> None:
    _noise(home, bench)
    home.change("mount_height_mm = 600", "mount_height_mm = 600\nsample_interval_s = 0.3")
    home.run_daemon(RUNNING, reads=True)


def _bell_without_network(home: Home, _: Bench) -> None:
    down = {"state": "down", "registered": False, "detail": "no network", "sim": "ready"}
    _running(home, modem=down)


def _bell_with_a_locked_sim(home: Home, _: Bench) -> None:
    down = {"state": "down", "registered": None, "sim": "puk"}
    _running(home, modem={**down, "detail": "sim locked: put in a working one"})


def _bell_with_a_stale_sensor(home: Home, _: Bench) -> None:
    door = {"quality": "stale", "reason": "nothing fresh for 12.0 s", "wet_test_s": None}
    _running(home, sensors={"door": door})


def _bell_that_the_broker_refuses(home: Home, _: Bench) -> None:
    words = "alarm was refused: the broker refuses a topic: check its access rules"
    _running(home, broker={"connected": True, "detail": words})


def _bell_that_is_not_let_in(home: Home, _: Bench) -> None:
    told = {"connected": False, "detail": "no", "cause": "device_expired"}
    _running(home, broker=told)


def _bell_that_hears_no_requests(home: Home, _: Bench) -> None:
    _running(home, broker={"connected": True, "detail": "", "commands_heard": False})


def _bell_without_discovery(home: Home, _: Bench) -> None:
    told = {"connected": True, "detail": "", "discovery": "homeassistant/x: not authorised"}
    _running(home, broker=told)


def _blind_zone(home: Home, _: Bench) -> None:
    words = "no healthy sensor can see danger here"
    _running(home, troubles=[{"cause": "blind:home", "detail": words, "for_s": 9.0}])


def _self_test_refused(home: Home, _: Bench) -> None:
    home.more_modem += '\nself_test = { contact = "mother", every_h = 24 }'
    words = "no route has taken the self-test within 60 min"
    _running(home, troubles=[{"cause": "self_test", "detail": words, "unstable": True}])


SENSOR = (
    Row(_port_held, "sensor:door", BAD, "in use by", "cable"),
    Row(_silent_sensor, "sensor:door", BAD, "silent for 1.5 s", "floodbell sensor read door"),
    Row(_sensor_unplugged, "sensor:door", BAD, "is not there", "cable"),
    Row(_past_the_floor, "sensor:door", BAD, "90 mm past the floor", "mount_height_mm"),
    Row(_water_on_a_dry_floor, "sensor:door", WARN, "120 mm of water: is that true?", "calibrate"),
    Row(_floor_too_low, "sensor:door", WARN, "20 mm lower than set", "mount_height_mm"),
    Row(_too_near, "sensor:door", WARN, "nearer than the sensor can measure", "spider"),
    Row(_noise, "noise:door", WARN, "raise and end the alert by itself", "cone"),
    Row(_bad_frames, "noise:door", WARN, "bad: too many", "cable"),
    Row(_one_kind, "kinds", WARN, "only one: ultrasonic", "another kind"),
    Row(_hung_too_low, "height:door", WARN, "only 20 mm", "30 mm higher"),
)
MODEM = (
    Row(_no_sim, "modem:sim", BAD, "there is none", "contacts down"),
    Row(_sim_without_its_pin, "modem:sim", BAD, "wants a PIN", 'sim_pin_credential = "sim-pin"'),
    Row(_wrong_pin, "modem:sim", BAD, "refuses the PIN; 2 tries left", "not a guess"),
    Row(_pin_spared, "modem:sim", BAD, "not tried here, to spare it; 2 tries left", "right PIN"),
    Row(_pin_that_is_none, "modem:sim", BAD, "not four to eight digits; 3 tries left", "right PIN"),
    Row(_puk, "modem:sim", BAD, "wants its PUK", "telephone"),
    Row(_not_registered, "modem:network", BAD, "still searching", "antenna"),
    Row(_denied, "modem:network", BAD, "refuses this SIM card", "IMEI"),
    Row(_not_searching, "modem:network", BAD, "is not searching", "antenna"),
    Row(_emergency_only, "modem:network", BAD, "emergency calls only", "plan"),
    Row(_roaming, "modem:network", WARN, "roaming", "of this country"),
    Row(_no_signal, "modem:signal", WARN, "unknown", "screwed on"),
    Row(_weak_signal, "modem:signal", WARN, "-107 dBm", "window"),
    Row(_no_smsc, "modem:smsc", BAD, "not set: no text leaves", "modem.service_centre"),
    Row(_silent_modem, "modem", BAD, "does not answer within 3 s", "power"),
    Row(_no_self_test, "self_test", WARN, "none set", 'self_test = { contact = "mother"'),
)
STORE = (
    Row(_never_wet, "wet:door", WARN, "never seen wet", "flat tray"),
    Row(_wet_long_ago, "wet:door", BAD, "400 days ago", "flat tray"),
    Row(_calibration_of_another, "calibration:door", BAD, "does not count", "sensor calibrate"),
    Row(_overdue_self_test, "self_test", WARN, "overdue: the last one 2 days ago", "modem sms"),
    Row(_never_texted, "last_text", WARN, "none yet", "floodbell modem sms mother"),
)
PEOPLE = (
    Row(_land_line, "contact:mother", WARN, "land line (KR)", "mobile number"),
    Row(_no_such_number, "contact:mother", WARN, "no number that its country", "mobile number"),
    Row(_119_with_a_country_code, "report_number", BAD, "reaches nobody", 'report.number = "119"'),
    Row(_address_without_room, "report_text", WARN, "no room for: 2명", "shorten site.address"),
    Row(_address_too_long, "report_text", BAD, "at most 45", "shorten site.address"),
    Row(_address_without_city, "address", WARN, "without its city", "cell tower"),
)
BROKER = (
    Row(_refused, "broker:tcp", BAD, "refuses port", "mqtt.port"),
    Row(_unknown_name, "broker:name", BAD, "bad..name", "mqtt.host"),
    Row(_in_the_clear, "broker:plain", WARN, "in the clear", "mqtt.ca"),
    Row(_mute_broker, "broker:login", BAD, "says nothing", "ask the centre"),
    Row(_login_refused, "broker:login", BAD, "does not let this device in", "jongno-0042"),
    Row(_secret_missing, "broker:way", SKIP, "mqtt-password", ""),
    Row(_wrong_ca, "broker:tls", BAD, "another authority than mqtt.ca", "ca.pem of the centre"),
    Row(_wrong_host_name, "broker:tls", BAD, "another name than localhost", "mqtt.host"),
    Row(_broker_expired, "broker:tls", BAD, "has expired", "timedatectl"),
    Row(_no_tls_there, "broker:tls", BAD, "speaks no TLS on port", "mqtt.port"),
    Row(_no_certificate, "broker:login", BAD, "wants a certificate", "mqtt.key_credential"),
    Row(_certificate_of_another_site, "broker:certificate", BAD, "of jongno-0099", "site.id"),
    Row(_certificate_expired, "broker:certificate", BAD, "expired on 20", "device jongno-0042"),
    Row(_certificate_ends_soon, "broker:certificate", WARN, "ends in ", "device jongno-0042"),
    Row(_certificate_gone, "broker:certificate", BAD, "no certificate", "README"),
)
ALONE = (
    Row(_several_wrong_keys, "settings:site.id", BAD, "Jongno 42", "a-z, digits"),
    Row(_several_wrong_keys, "settings:sensors.door.mount_height_mm", BAD, "100", "allowed"),
    Row(_not_toml, "settings:file", BAD, "line 11", "quote"),
    Row(_bell_with_a_noisy_sensor, "noise:door", WARN, "raise and end the alert", "cone"),
    Row(_bell_without_network, "modem", BAD, "no network", "antenna"),
    Row(_bell_with_a_locked_sim, "modem:sim", BAD, "PUK", "telephone"),
    Row(_bell_with_a_stale_sensor, "sensor:door", BAD, "nothing heard for 12.0 s", "cable"),
    Row(_bell_that_the_broker_refuses, "broker", BAD, "connected, but", "access rules"),
    Row(_bell_that_is_not_let_in, "broker", BAD, "certificate has expired", "device jongno-0042"),
    Row(_bell_that_hears_no_requests, "broker:requests", WARN, "not heard", "access rules"),
    Row(_bell_without_discovery, "broker:discovery", WARN, "not authorised", "home_assistant"),
    Row(_blind_zone, "trouble:blind:home", BAD, "can see danger", "mend one"),
    Row(_self_test_refused, "self_test", BAD, "within 60 min", "plan and credit"),
    Row(_self_test_refused, "trouble:self_test", BAD, "(comes and goes)", "modem sms"),
)

SHARED = (SENSOR, MODEM, STORE, PEOPLE, BROKER)
"""The n-th fault of each is in the n-th home."""

ROWS = tuple(row for part in (*SHARED, ALONE) for row in part)


def _homes() -> dict[Break, str]:
    """In which home each fault is."""
    homes = {row.breaks: row.name for row in ALONE}
    for part in SHARED:
        for number, breaks in enumerate(dict.fromkeys(row.breaks for row in part)):
            homes[breaks] = f"home {number}"
    return homes


HOMES = _homes()


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    authority = Authority(folder / "authority")
    with ExitStack() as running:

        def broker(name: str, *lines: str) -> int:
            return running.enter_context(mosquitto(folder / name, settings=lines)).port

        def with_tls(name: str, *lines: str, **issue: Any) -> int:
            certificate, key = authority.issue(f"broker-{name}", san="IP:127.0.0.1", **issue)
            files = (f"certfile {certificate}", f"keyfile {key}")
            return broker(name, f"cafile {authority.certificate}", *files, *lines)

        mute = running.enter_context(socket.create_server(("127.0.0.1", 0)))
        yield Bench(
            plain=broker("plain"),
            locked=broker("locked", "allow_anonymous false"),
            tls=with_tls("tls", "require_certificate true"),
            expired=with_tls("expired", days=-1),
            mute=mute.getsockname()[1],
            closed=free_port(),
            authority=authority,
            stranger=Authority(folder / "stranger", "another authority"),
        )


AT_ONCE = 16
"""An examination waits for twenty times as long as it computes; more of them at a time starve."""


@pytest.fixture(scope="session")
def examined(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[Verdict]]]:
    """What was found in each home."""
    folder = tmp_path_factory.mktemp("homes")
    names = dict.fromkeys([*HOMES.values(), "nothing"])
    with ExitStack() as open_homes, ThreadPoolExecutor(AT_ONCE) as side_by_side:
        homes = {
            name: open_homes.enter_context(Home(folder / name.replace(" ", "-"), bench.plain))
            for name in names
        }
        for breaks, name in HOMES.items():
            breaks(homes[name], bench)
        found = dict(zip(homes, side_by_side.map(Home.examined, homes.values()), strict=True))
        assert not any(home.modem.texts for home in homes.values())
        yield found


def told(row: Row, verdicts: list[Verdict]) -> bool:
    """Whether the doctor names what is broken, how bad that is, and what to do."""
    return any(
        verdict.id == row.verdict
        and verdict.grade is row.grade
        and row.found in verdict.found
        and row.remedy in verdict.remedy
        for verdict in verdicts
    )


def test_every_broken_home_is_told_what_is_wrong_and_what_to_do(
    examined: dict[str, list[Verdict]],
) -> None:
    """One test, not one a row: all homes are examined at once, in some seconds."""
    assert len(ROWS) > 60
    missed = {
        row.name: [v for v in examined[HOMES[row.breaks]] if v.id == row.verdict]
        for row in ROWS
        if not told(row, examined[HOMES[row.breaks]])
    }
    assert missed == {}
    _nothing_is_bad_in_a_good_one(examined["nothing"])
    _every_verdict_is_whole(examined)
    assert not [digits for digits in PRIVATE if digits in str(examined)]


def _nothing_is_bad_in_a_good_one(verdicts: list[Verdict]) -> None:
    assert [verdict for verdict in verdicts if verdict.grade is BAD] == []


def _every_verdict_is_whole(examined: dict[str, list[Verdict]]) -> None:
    """It has a remedy, an id of its own and a family, and came in time."""
    for name, verdicts in examined.items():
        ids = [verdict.id for verdict in verdicts]
        assert len(set(ids)) == len(ids), name
        for verdict in verdicts:
            assert verdict.remedy or verdict.grade in (GOOD, SKIP), verdict
            assert "took too long" not in verdict.found, verdict
            assert not verdict.id.startswith("unfinished"), verdict
    seen = {verdict.id for verdicts in examined.values() for verdict in verdicts}
    assert [verdict_id for verdict_id in sorted(seen) if family_of(verdict_id) is None] == []


PRIVATE = ("12345678", "21481234", "991234567")
"""Digits of the telephone numbers in these homes."""
