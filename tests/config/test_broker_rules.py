"""The shipped rules of the broker, on a real Mosquitto: each may do what it must, and no more."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from drivers.broker.heard import Acknowledged, Heard
from drivers.broker.link import Link
from drivers.broker.liveness import Patience
from drivers.broker.settings import MqttSettings
from drivers.errors import BrokerGone
from tests.config.rules import RULES, Rule, Who, allowed
from tests.config.shipped import (
    BROKER,
    Authority,
    Identity,
    Party,
    ShippedMosquitto,
    broker_authority,
)

SITE, OTHER = "jongno-0042", "jongno-0043"
BASE = f"floodbell/v1/jongno/{SITE}"
OTHER_BASE = f"floodbell/v1/jongno/{OTHER}"
NOT_ALLOWED = 0x87

BELOW = (
    *("status", "alarm", "sensors/door", "readings", "events", "health", "cap", "doctor"),
    *("cmd/ack", "cmd/ack/reply", "cmd", "sensors", "sensors/door/raw", "settings"),
)
TOPICS = (
    *(f"{BASE}/{below}" for below in BELOW),
    *(f"{OTHER_BASE}/{below}" for below in BELOW),
    f"floodbell/v1/mapo/{SITE}/alarm",
    f"floodbell/v1/{SITE}",
    f"floodbell/v1/{SITE}/alarm",
    f"floodbell/v2/jongno/{SITE}/alarm",
    *(f"floodbell/reply/desk-1/{site}" for site in (SITE, OTHER)),
    "floodbell/reply/desk-1",
    *(f"homeassistant/device/{site}/config" for site in (SITE, OTHER)),
    "homeassistant/status",
    "elsewhere",
)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return broker_authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def broker(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ShippedMosquitto]:
    with ShippedMosquitto(tmp_path_factory.mktemp("broker"), authority) as running:
        yield running


Join = Callable[..., Party]


@pytest.fixture
def join(broker: ShippedMosquitto, authority: Authority) -> Iterator[Join]:
    """Connect as a bell or as a role, by name."""
    parties: list[Party] = []

    def enter(name: str, *filters: str, client_id: str | None = None) -> Party:
        role = name in ("centre", "operator")
        identity = authority.role(name) if role else authority.device(name)
        port = broker.inner_port if role else broker.port
        parties.append(Party(port, identity, client_id or f"{name}-test", *filters))
        return parties[-1]

    yield enter
    for party in parties:
        party.close()


# What the files say.


def test_the_rules_of_mosquitto_are_those_of_the_table() -> None:
    found: set[Rule] = set()
    who: Who = "device"
    for line in (BROKER / "acl").read_text().splitlines():
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] == "user":
            assert words[1] in ("centre", "operator")
            who = "centre" if words[1] == "centre" else "operator"
            continue
        kind, access, topic = words
        assert kind == ("pattern" if who == "device" else "topic")
        assert "%c" not in topic, "a client chooses its client id itself"
        for may in ("read", "write"):
            if may in access:
                found.add(Rule(who, may, topic.replace("%u", "{site}")))
    assert found == RULES


def test_the_settings_of_the_page_are_settings_of_a_bell() -> None:
    page = (BROKER / "README.md").read_text()
    [block] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    given = tomllib.loads(block)["mqtt"]
    assert MqttSettings(**given).tcp_port == 8883


def test_the_page_names_every_file_and_every_measure() -> None:
    page = (BROKER / "README.md").read_text()
    for path in filter(Path.is_file, BROKER.iterdir()):
        assert path.name == "README.md" or f"`{path.name}`" in page
    assert (BROKER.parents[1] / "tests/bench/broker_size.py").exists()


# What Mosquitto does.


@pytest.mark.parametrize(
    ("who", "name"), [("device", SITE), ("device", OTHER), ("centre", "centre"), ("operator",) * 2]
)
def test_everybody_writes_what_the_table_says_and_nothing_else(
    join: Join, who: Who, name: str
) -> None:
    party = join(name)
    for topic in TOPICS:
        code = party.publish(topic)
        assert (code != NOT_ALLOWED) == allowed(who, name, "write", topic), (name, topic, code)


def test_everybody_hears_what_the_table_says_and_nothing_else(join: Join) -> None:
    """Each says what it may, with its own name; whatever filter one subscribes to helps nothing."""
    everything = ("#", "floodbell/#", "floodbell/+/+/+/#", "+/+/+/+/cmd/+", "$SYS/#")
    hearers: list[tuple[Who, str, Party]] = []
    for number, (name, filters) in enumerate(
        (
            (SITE, everything),
            (SITE, ("$share/mine/#",)),
            (OTHER, everything),
            (OTHER, ("$share/mine2/floodbell/#", "$share/mine3/+/+/+/+/+")),
            (OTHER, (f"{BASE}/#", f"{BASE}/cmd/ack", f"floodbell/reply/desk-1/{SITE}")),
            ("centre", ("#",)),
            ("operator", ("#",)),
        )
    ):
        who: Who = name if name in ("centre", "operator") else "device"  # type: ignore[assignment]
        own = f"{_last_word_of(name)}" if who == "device" else "#"
        party = join(name, *filters, own, client_id=f"hears-{number}")
        hearers.append((who, name, party))
    said: dict[str, str] = {}
    for name in (SITE, OTHER, "centre", "operator"):
        speaker = join(name)
        for topic in TOPICS:
            if speaker.publish(topic, name.encode()) != NOT_ALLOWED:
                assert topic not in said, "no topic has two authors"
                said[topic] = name
    for name in (SITE, OTHER):  # Mosquitto keeps the order: after this comes nothing more
        join(name).publish(_last_word_of(name))
    for who, name, hearer in hearers:
        hearer.await_topic(_last_word_of(name if who == "device" else OTHER))
        system = {topic for topic, _ in hearer.heard if topic.startswith("$SYS/")}
        assert not system, "$SYS was not asked for with the right to it"
        heard = {topic: author.decode() for topic, author in hearer.heard if author}
        asked = [topic for topic in said if allowed(who, name, "read", topic)]
        if hearer is hearers[4][2]:
            asked = []  # asked for the other bell's topics only
        assert heard == {topic: said[topic] for topic in asked}, name


def _last_word_of(name: str) -> str:
    return f"floodbell/v1/last/{name}/doctor"


def test_what_is_retained_is_kept_from_others_too(join: Join) -> None:
    bell = join(SITE)
    for below in ("status", "alarm", "sensors/door", "health"):
        bell.publish(f"{BASE}/{below}", b"kept", retain=True)
    other = join(OTHER, "#", "floodbell/#", f"{BASE}/alarm")
    other.publish(f"{OTHER_BASE}/doctor", b"last")
    other.await_topic(f"{OTHER_BASE}/doctor")
    assert {topic for topic, _ in other.heard} == {f"{OTHER_BASE}/doctor"}
    newcomer = join("operator", f"{BASE}/#")
    newcomer.await_topic(f"{BASE}/health")
    for below in ("status", "alarm", "sensors/door", "health"):
        newcomer.await_topic(f"{BASE}/{below}", b"kept")
        bell.publish(f"{BASE}/{below}", b"", retain=True)


def test_the_inner_door_shows_the_broker_itself_to_the_centre(join: Join) -> None:
    join("centre", "$SYS/broker/version").await_topic("$SYS/broker/version")


def test_a_name_that_is_a_wildcard_may_do_nothing(
    broker: ShippedMosquitto, authority: Authority
) -> None:
    """Put into a pattern, it would open every bell's topics."""
    for name in ("+", "#"):
        party = Party(broker.port, authority.issue(name), "wild", "#")
        assert party.publish(f"{BASE}/alarm") == NOT_ALLOWED
        party.close()


def test_a_bell_that_joins_the_centres_group_takes_rows_away(join: Join) -> None:
    """Why the group's name must not be guessed: Mosquitto asks only when it delivers."""
    logs = "floodbell/v1/+/+/readings"
    reader = join("centre", f"$share/guessed/{logs}", f"{_last_word_of(SITE)}")
    thief = join(OTHER, f"$share/guessed/{logs}", f"{_last_word_of(OTHER)}")
    apart = join("centre", f"$share/secret/{logs}", f"{_last_word_of(SITE)}", client_id="apart")
    bell = join(SITE)
    for number in range(10):
        assert bell.publish(f"{BASE}/readings", b"%d" % number) == 0
    bell.publish(_last_word_of(SITE))
    for party in (reader, apart):
        party.await_topic(_last_word_of(SITE))
    join(OTHER, client_id="end").publish(_last_word_of(OTHER))
    thief.await_topic(_last_word_of(OTHER))
    assert [topic for topic, _ in thief.heard] == [_last_word_of(OTHER)]
    assert len(reader.heard) - 1 == 5
    assert len(apart.heard) - 1 == 10


# Who gets in, by floodbell's own connection.


def link_of(
    broker: ShippedMosquitto, identity: Identity, site: str = SITE, **settings: object
) -> Link:
    shown = {"cert": str(identity.certificate), "key_credential": "mqtt-key", **settings}
    return Link(
        MqttSettings(host="127.0.0.1", port=broker.port, ca=str(identity.ca), **shown),  # type: ignore[arg-type]
        site,
        lambda _: identity.key,
        Patience(connect_s=5.0),
    )


def refusal(link: Link) -> str:
    with pytest.raises(BrokerGone) as gone:
        link.connect(f"{BASE}/status", b"{}")
    return str(gone.value)


def test_the_wrong_certificate_is_refused_in_words(
    broker: ShippedMosquitto, authority: Authority, tmp_path: Path
) -> None:
    bell = authority.device(SITE)
    elsewhere = Authority(tmp_path / "elsewhere")
    elsewhere.must("ca", "another district")
    foreign = elsewhere.device(SITE)
    stranger = replace(bell, certificate=foreign.certificate, key=foreign.key)
    assert "does not know the CA" in refusal(link_of(broker, stranger))
    assert "from another CA" in refusal(link_of(broker, foreign))
    nothing = link_of(broker, bell, cert=None, key_credential=None)
    assert "wants a certificate" in refusal(nothing)
    expired = authority.issue(SITE, "20210101000000Z")
    assert "has expired" in refusal(link_of(broker, expired))
    brokers = authority.directory / "broker"
    posing = replace(bell, certificate=brokers / "broker.pem", key=brokers / "broker.key")
    assert "is it the broker's own" in refusal(link_of(broker, posing))
    link = link_of(broker, bell)
    link.connect(f"{BASE}/status", b"{}")
    assert link.connected
    link.disconnect()


def test_nobody_gets_in_without_tls(broker: ShippedMosquitto) -> None:
    plain = Link(
        MqttSettings(host="127.0.0.1", port=broker.port), SITE, Path, Patience(connect_s=2.0)
    )
    assert refusal(plain)


def test_a_stolen_certificate_cannot_play_the_broker(authority: Authority) -> None:
    thief = authority.device(OTHER)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(thief.certificate, thief.key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5.0)

        def pose() -> None:
            with suppress(OSError), closing(server.accept()[0]) as connection:
                context.wrap_socket(connection, server_side=True).close()

        posing = threading.Thread(target=pose)
        posing.start()
        bell = authority.device(SITE)
        settings = MqttSettings(host="127.0.0.1", port=server.getsockname()[1], ca=str(bell.ca))
        said = refusal(Link(settings, SITE, Path, Patience(connect_s=5.0)))
        posing.join(5.0)
    assert "certificate" in said


def test_a_will_on_another_bells_topic_is_not_published(
    broker: ShippedMosquitto, authority: Authority, join: Join
) -> None:
    centre = join("centre", "floodbell/#")
    link = link_of(broker, authority.device(OTHER), OTHER)
    with suppress(BrokerGone):  # newer versions refuse it at once
        link.connect(f"{BASE}/status", b"forged")
        link.drop()
    link.connect(f"{OTHER_BASE}/status", b"its own")
    link.drop()
    centre.await_topic(f"{OTHER_BASE}/status", b"its own")
    assert b"forged" not in {payload for _, payload in centre.heard}


def test_the_broker_tells_a_bell_its_limits(broker: ShippedMosquitto, authority: Authority) -> None:
    link = link_of(broker, authority.device(SITE))
    link.connect(f"{BASE}/status", b"{}")
    assert link.receive_maximum == 100
    assert link.maximum_packet_bytes == 65536
    link.disconnect()


def test_an_answer_reaches_who_asked(
    broker: ShippedMosquitto, authority: Authority, join: Join
) -> None:
    asked = f"floodbell/reply/desk-1/{SITE}"
    desk = join("centre", "floodbell/reply/desk-1/+", client_id="desk-1")
    link = link_of(broker, authority.device(SITE))
    link.connect(f"{BASE}/status", b"{}")
    link.subscribe(f"{BASE}/cmd/+")
    request = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho
    request.ResponseTopic = asked
    request.CorrelationData = b"7"
    for _ in range(2):  # the subscription may be younger than the first
        desk.publish(f"{BASE}/cmd/read", b"{}", properties=request)
    heard = wait_for(link, lambda one: getattr(one, "response_topic", None) == asked)
    assert getattr(heard, "correlation", None) == b"7"
    packet_id = link.publish(asked, b"answer", correlation=b"7")
    wait_for(link, lambda one: isinstance(one, Acknowledged) and one.packet_id == packet_id)
    desk.await_topic(asked, b"answer")
    link.disconnect()


def wait_for(link: Link, wanted: Callable[[Heard], bool]) -> Heard:
    end_s = time.monotonic() + 5.0
    while (left_s := end_s - time.monotonic()) > 0:
        for heard in link.wait(left_s):
            if wanted(heard):
                return heard
    raise TimeoutError("not heard")


def test_a_taken_over_client_id_is_found_as_the_page_says(
    broker: ShippedMosquitto, join: Join
) -> None:
    """What a stolen certificate can do to others on Mosquitto."""
    bell = join(SITE, client_id=SITE)
    join(SITE, client_id=f"{SITE}-doctor-0a1b2c")
    join("centre", client_id="desk-1")
    join(OTHER, client_id=SITE)
    with pytest.raises(AssertionError, match="hung up"):
        bell.until(lambda: False)
    page = (BROKER / "README.md").read_text()
    [command] = re.findall(r"```sh\n(  sed .*?)```", page, re.DOTALL)
    # Only what this test did: others use client ids of their own.
    lines = [line for line in broker.log.read_text().splitlines() if " as hears-" not in line]
    log = broker.log.with_name("connections.log")
    log.write_text("\n".join(line for line in lines if "test" not in line) + "\n")
    ran = subprocess.run(
        ["sh", "-c", command.replace("/var/log/mosquitto/mosquitto.log", str(log))],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    found = [line.split()[:2] for line in ran.stdout.splitlines()]
    assert [SITE, OTHER] in found
    assert all(
        one in ([SITE, OTHER], ["end", OTHER], ["wild", "+"], ["wild", "#"]) for one in found
    )


def test_who_takes_over_a_waiting_session_does_not_get_what_waits_in_it(
    broker: ShippedMosquitto, authority: Authority, join: Join
) -> None:
    """A command to a bell that is away for a moment waits in the bell's session."""
    bell, other = authority.device(SITE), authority.device(OTHER)
    last = f"{OTHER_BASE}/doctor"
    for comes_back, heard in ((bell, [f"{BASE}/cmd/ack"]), (other, [])):
        Party(broker.port, bell, "away", f"{BASE}/cmd/+", persistent=True).close()
        join("centre").publish(f"{BASE}/cmd/ack", b"for the bell alone")
        back = Party(broker.port, comes_back, "away", persistent=True)
        if comes_back is bell:
            back.await_topic(f"{BASE}/cmd/ack")
        else:
            back.subscribe(last)
            back.publish(last)
            back.await_topic(last)
        assert [topic for topic, _ in back.heard if topic != last] == heard
        back.close()


def test_in_mqtt_3_a_refused_message_looks_delivered(
    broker: ShippedMosquitto, authority: Authority, join: Join
) -> None:
    """Why the page says to use 5: the protocol has no word for it."""
    centre = join("centre", "floodbell/#")
    link = link_of(broker, authority.device(SITE), version=3)
    link.connect(f"{BASE}/status", b"{}")
    for topic in (f"{OTHER_BASE}/alarm", f"{BASE}/alarm"):
        packet_id = link.publish(topic, b"three")
        answer = wait_for(link, lambda one: isinstance(one, Acknowledged))
        assert answer == Acknowledged(packet_id, 0)
    centre.await_topic(f"{BASE}/alarm", b"three")
    assert f"{OTHER_BASE}/alarm" not in {topic for topic, _ in centre.heard}
    link.disconnect()


def test_a_revoked_bell_is_out_after_a_reload_and_can_be_given_a_new_certificate(
    broker: ShippedMosquitto, authority: Authority
) -> None:
    site = "jongno-0044"
    stolen = authority.device(site)
    kept = Path(stolen.key.parent).with_name("stolen")
    shutil.copytree(stolen.key.parent, kept)
    stolen = Identity(site, kept / "ca.pem", kept / "device.pem", kept / "mqtt-key")
    standing = link_of(broker, stolen, f"{site}-doctor-1")
    standing.connect(f"floodbell/v1/jongno/{site}/status", b"{}")
    link = link_of(broker, stolen, site)
    await_next_second()  # of two lists of the same second, OpenSSL believes the first
    authority.must("revoke", site)
    assert authority.run("revoke", site).returncode == 1
    os.kill(broker.pid, signal.SIGHUP)
    end_s = time.monotonic() + 5.0
    while "revoked" not in (said := _try(link, site)):
        assert time.monotonic() < end_s, said
    assert bell_is_there(standing), "a connection that stands is not ended by a reload"
    standing.drop()
    fresh = link_of(broker, authority.device(site), site)
    fresh.connect(f"floodbell/v1/jongno/{site}/status", b"{}")
    fresh.disconnect()


def bell_is_there(link: Link) -> bool:
    packet_id = link.publish("floodbell/v1/jongno/jongno-0044/doctor", b"")
    wait_for(link, lambda one: isinstance(one, Acknowledged) and one.packet_id == packet_id)
    return link.connected


def _try(link: Link, site: str) -> str:
    try:
        link.connect(f"floodbell/v1/jongno/{site}/status", b"{}")
    except BrokerGone as gone:
        return str(gone)
    link.disconnect()
    return "connected"


def await_next_second() -> None:
    threading.Event().wait(1.0 - time.time() % 1.0)
