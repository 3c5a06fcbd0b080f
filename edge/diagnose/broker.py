"""Checks of the way to the centre: how far a message gets, and why no farther.

Owns what is said of each cause (``drivers.broker.refusals.Cause``); the way itself is gone by
``drivers.broker.probe``, and by the daemon, whose own word comes first.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from drivers.broker.certificate import certificate_of
from drivers.broker.probe import Stage, Step, probe
from drivers.broker.refusals import Cause
from drivers.broker.settings import MqttSettings
from edge.diagnose.details import in_words
from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _
from edge.loop.look_round import CERTIFICATE_DAYS
from edge.settings import CredentialMissing, Settings, credential, credential_path

_DAY_S: Final = 86400.0


class Why(NamedTuple):
    """What a cause is called, and what to do about it."""

    found: str
    remedy: str


def check_broker(examination: Examination) -> Iterator[Verdict]:
    """The daemon's own word on its connection, and a verdict for each step of the way."""
    settings = examination.settings
    subject = Subject("broker", _("broker"))
    if settings.mqtt is None:
        yield skip(subject, _("none in the settings"))
        return
    if not (settings.mqtt.tls or settings.mqtt.loopback):
        yield warn(
            Subject("broker:plain", _("broker: plain text")),
            _("everything goes to {host} in the clear").format(host=settings.mqtt.host),
            _("set mqtt.ca, and mqtt.insecure = false: anybody on the way can read and answer"),
        )
    if examination.daemon is not None:
        yield from _as_told(examination.daemon.get("broker") or {}, settings)
    if settings.mqtt.cert is not None:
        yield from _certificate(settings.mqtt.cert, settings.site.id)
    yield from _way(settings, settings.mqtt)


def _way(settings: Settings, mqtt: MqttSettings) -> Iterator[Verdict]:
    try:
        for name in (mqtt.password_credential, mqtt.key_credential):
            if name is not None:
                credential(settings, name)  # raises if none of its files can be read
    except CredentialMissing as missing:
        yield skip(Subject("broker:way", _("way to the broker")), str(missing))
        return
    site = settings.site
    for step in probe(
        mqtt,
        client_id=f"{site.id}-doctor-{secrets.token_hex(3)}",
        topic=f"floodbell/v1/{site.district}/{site.id}/doctor",
        credential=lambda name: credential_path(settings, name),
    ):
        yield _verdict(step, settings, mqtt)


def _as_told(broker: dict[str, Any], settings: Settings) -> Iterator[Verdict]:
    subject = Subject("broker", _("broker"))
    detail, below = str(broker.get("detail") or ""), _("see the steps below")
    if not broker.get("connected"):
        found = in_words(detail) or _("not connected")
        remedy = below
        if settings.mqtt is not None and (
            why := _why(broker.get("cause"), settings, settings.mqtt)
        ):
            found, remedy = why
        yield bad(subject, found, remedy)
    elif detail:  # it is connected, and the broker takes not all of what it says
        yield bad(subject, _("connected, but: {why}").format(why=in_words(detail)), _rules())
    else:
        yield good(subject, _("connected"))
    heard = broker.get("commands_heard")
    if heard is not None:
        requests = Subject("broker:requests", _("requests of the centre"))
        if heard:
            yield good(requests, _("are heard"))
        else:
            yield warn(requests, _("are not heard: the broker refuses"), _rules())
    if discovery := str(broker.get("discovery") or ""):
        yield warn(
            Subject("broker:discovery", _("Home Assistant")),
            in_words(discovery),
            _('ask the centre for the right to its topics, or set mqtt.home_assistant = ""'),
        )


def _rules() -> str:
    return _("ask the centre for the access rules of this site's topics")


def _certificate(cert: str, site_id: str) -> Iterator[Verdict]:
    """Whether the device's certificate is its own, and for how long."""
    name = Subject("broker:certificate", _("this device's certificate"))
    found = certificate_of(cert)
    if found is None:
        yield bad(
            name,
            _("{path} is not there, or no certificate").format(path=cert),
            _("put the certificate from the centre there, see config/broker/README.md"),
        )
        return
    renew = _("ask the centre for a new one: config/broker/certificates device {id}").format(
        id=site_id
    )
    if found.common_name != site_id:
        yield bad(
            name,
            _("it is of {other}, and this site is {id}").format(
                other=found.common_name or "?", id=site_id
            ),
            _("put the certificate of this site there, or correct site.id"),
        )
        return
    now_s = datetime.now(UTC).timestamp()
    if found.valid_from_s is not None and found.valid_from_s > now_s:
        day = _day(found.valid_from_s)
        yield bad(name, _("not valid before {day}").format(day=day), _set_the_clock())
        return
    if found.valid_until_s is None:
        yield good(name, site_id)
        return
    days, day = (found.valid_until_s - now_s) / _DAY_S, _day(found.valid_until_s)
    if days < 0:
        yield bad(name, _("expired on {day}").format(day=day), renew)
    elif days < CERTIFICATE_DAYS:
        words = _("ends in {days:.0f} days, on {day}").format(days=days, day=day)
        yield warn(name, words, renew)
    else:
        yield good(name, _("{id}, valid until {day}").format(id=site_id, day=day))


def _day(since_1970_s: float) -> str:
    return f"{datetime.fromtimestamp(since_1970_s, UTC):%Y-%m-%d}"


def _set_the_clock() -> str:
    return _("set the clock: timedatectl")


def _verdict(step: Step, settings: Settings, mqtt: MqttSettings) -> Verdict:
    names = {
        Stage.NAME: _("broker: name"),
        Stage.TCP: _("broker: connection"),
        Stage.TLS: _("broker: encryption"),
        Stage.LOGIN: _("broker: login"),
        Stage.ROUND_TRIP: _("broker: publish and receive"),
    }
    name = Subject(f"broker:{step.stage.name.lower()}", names[step.stage])
    if step.passed:
        return _passed(name, step)
    # The centre may well forbid the doctor's own topic: that alone does not stop a bell.
    judge = warn if step.stage is Stage.ROUND_TRIP else bad
    cause = step.cause
    if step.stage is Stage.TLS and cause is Cause.CUT:  # a plain listener hangs up on a handshake
        cause = Cause.NO_TLS
    why = _why(cause, settings, mqtt) if step.stage is not Stage.ROUND_TRIP else None
    found, remedy = why or Why(in_words(step.detail), _otherwise(step.stage))
    return judge(name, found, remedy)


def _passed(name: Subject, step: Step) -> Verdict:
    if step.stage is Stage.LOGIN:
        return good(name, _("accepted"))
    until_s = step.valid_until_s.get("broker")
    if until_s is None:
        return good(name, step.detail.partition(",")[0])
    days = (until_s - datetime.now(UTC).timestamp()) / _DAY_S
    words = _("{version}, the broker's certificate is valid until {day}").format(
        version=step.detail.partition(",")[0], day=_day(until_s)
    )
    if days < CERTIFICATE_DAYS:
        return warn(name, words, _("tell the centre: its broker needs a new certificate"))
    return good(name, words)


def _otherwise(stage: Stage) -> str:
    """What to do where the cause has no words of its own."""
    remedies = {
        Stage.NAME: _("check mqtt.host, and the network's name server"),
        Stage.TCP: _("check the network, mqtt.port and the broker's firewall"),
        Stage.TLS: _("check mqtt.ca, mqtt.cert and its key, and this machine's clock"),
        Stage.LOGIN: _("check username, password and certificate with the centre"),
        Stage.ROUND_TRIP: _rules(),
    }
    return remedies[stage]


def _why(cause: object, settings: Settings, mqtt: MqttSettings) -> Why | None:
    """Say what a cause means here; None for one without words of its own."""
    known = {**_of_network(), **_of_their_certificate(), **_of_our_certificate(), **_of_login()}
    why = known.get(str(cause))
    if why is None:
        return None
    gaps = {
        "host": mqtt.host,
        "port": mqtt.tcp_port,
        "ca": mqtt.ca or "mqtt.ca",
        "cert": mqtt.cert or "mqtt.cert",
        "id": settings.site.id,
    }
    return Why(why.found.format(**gaps), why.remedy.format(**gaps))


def _of_network() -> dict[str, Why]:
    return {
        Cause.NAME_UNKNOWN: Why(
            _("nobody knows the name {host}"),
            _("correct mqtt.host; it is the name that the centre has told you"),
        ),
        Cause.NO_NAME_SERVER: Why(
            _("no name server answers"),
            _("check cable or Wi-Fi, then: resolvectl status"),
        ),
        Cause.REFUSED: Why(
            _("{host} is there, and refuses port {port}"),
            _("correct mqtt.port, or ask the centre whether its broker runs"),
        ),
        Cause.TIMEOUT: Why(
            _("{host} does not answer on port {port}"),
            _("check the network; a firewall on the way may swallow port {port}"),
        ),
        Cause.NO_NETWORK: Why(
            _("there is no way to {host}"),
            _("check cable or Wi-Fi, then: ip route"),
        ),
        Cause.CUT: Why(
            _("the connection was cut"),
            _("try again; if it stays so, ask the centre what its broker's log says"),
        ),
        Cause.SILENT: Why(
            _("{host} takes the connection and says nothing"),
            _("ask the centre: no MQTT broker, or a hung one, answers on port {port}"),
        ),
        Cause.IN_THE_CLEAR: Why(
            _("not tried: it would go to {host} in the clear"),
            _("set mqtt.ca"),
        ),
        Cause.FILES: Why(
            _("certificate, key or password cannot be used"),
            _("check {cert}, {ca}, and that certificate and key belong together"),
        ),
    }


def _of_their_certificate() -> dict[str, Why]:
    return {
        Cause.WRONG_CA: Why(
            _("the broker's certificate is from another authority than mqtt.ca"),
            _("put ca.pem of the centre into {ca}"),
        ),
        Cause.BROKER_EXPIRED: Why(
            _("the broker's certificate has expired, or this clock is ahead"),
            _("look at the clock: timedatectl; if it is right, tell the centre"),
        ),
        Cause.BROKER_NOT_YET_VALID: Why(
            _("the broker's certificate is not valid yet: this clock is behind"),
            _("set the clock: timedatectl"),
        ),
        Cause.BROKER_REVOKED: Why(
            _("the broker's certificate was revoked"),
            _("tell the centre; until then somebody else may be answering"),
        ),
        Cause.WRONG_NAME: Why(
            _("the broker's certificate is for another name than {host}"),
            _("write mqtt.host as it stands in the broker's certificate"),
        ),
        Cause.NO_TLS: Why(
            _("the broker speaks no TLS on port {port}, or an old one"),
            _("correct mqtt.port: 8883 with TLS, 1883 without"),
        ),
    }


def _of_our_certificate() -> dict[str, Why]:
    return {
        Cause.DEVICE_EXPIRED: Why(
            _("the broker says that this device's certificate has expired"),
            _("ask the centre for a new one: config/broker/certificates device {id}"),
        ),
        Cause.DEVICE_REVOKED: Why(
            _("the broker says that this device's certificate was revoked"),
            _("ask the centre for a new one: config/broker/certificates device {id}"),
        ),
        Cause.DEVICE_MISSING: Why(
            _("the broker wants a certificate of this device"),
            _("set mqtt.cert and mqtt.key_credential"),
        ),
        Cause.DEVICE_UNKNOWN: Why(
            _("the broker does not know the authority of this device's certificate"),
            _("put the certificate from the centre into {cert}"),
        ),
        Cause.DEVICE_REFUSED: Why(
            _("the broker refuses this device's certificate"),
            _("see that {cert} is the device's own, from the centre, and not the broker's"),
        ),
    }


def _of_login() -> dict[str, Why]:
    return {
        Cause.LOGIN_REFUSED: Why(
            _("the broker refuses name or password"),
            _("correct mqtt.username and the password's file with the centre"),
        ),
        Cause.NOT_ALLOWED: Why(
            _("the broker does not let this device in"),
            _("check login or certificate with the centre: does its broker know {id}?"),
        ),
        Cause.VERSION: Why(
            _("the broker does not speak this version of MQTT"),
            _("set mqtt.version = 3"),
        ),
        Cause.CLIENT_ID: Why(
            _("the broker refuses the client id, or another device has it"),
            _("ask the centre: it must be {id}, once"),
        ),
        Cause.BUSY: Why(
            _("the broker is too busy"),
            _("wait a minute, then look again"),
        ),
    }
