"""Checks of the way to the centre: how far a message gets."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from drivers.broker.probe import Stage, Step, probe
from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _
from edge.settings import CredentialMissing, credential, credential_path


def check_broker(examination: Examination) -> Iterator[Verdict]:
    """A verdict for each step of the way, and the daemon's own word on its connection."""
    settings = examination.settings
    if settings.mqtt is None:
        yield skip(Subject("broker", _("broker")), _("none in the settings"))
        return
    if examination.daemon is not None:
        yield _as_told(examination.daemon.get("broker") or {})
    try:
        for name in (settings.mqtt.password_credential, settings.mqtt.key_credential):
            if name is not None:
                credential(settings, name)  # raises if none of its files can be read
    except CredentialMissing as missing:
        yield skip(Subject("broker:way", _("way to the broker")), str(missing))
        return
    site = settings.site
    for step in probe(
        settings.mqtt,
        client_id=f"{site.id}-doctor-{secrets.token_hex(3)}",
        topic=f"floodbell/v1/{site.district}/{site.id}/doctor",
        credential=lambda name: credential_path(settings, name),
    ):
        yield _verdict(step)


def _as_told(broker: dict[str, object]) -> Verdict:
    detail = str(broker.get("detail") or "")
    if broker.get("connected"):
        return good(Subject("broker", _("broker")), detail or _("connected"))
    return bad(
        Subject("broker", _("broker")), detail or _("not connected"), _("see the steps below")
    )


def _verdict(step: Step) -> Verdict:
    names = {
        Stage.NAME: _("broker: name"),
        Stage.TCP: _("broker: connection"),
        Stage.TLS: _("broker: encryption"),
        Stage.LOGIN: _("broker: login"),
        Stage.ROUND_TRIP: _("broker: publish and receive"),
    }
    remedies = {
        Stage.NAME: _("check mqtt.host, and the network's name server"),
        Stage.TCP: _("check the network, mqtt.port and the broker's firewall"),
        Stage.TLS: _("check mqtt.ca, mqtt.cert and its key, and this machine's clock"),
        Stage.LOGIN: _("check username, password and certificate with the centre"),
        Stage.ROUND_TRIP: _("ask the centre for the access rules of this site's topics"),
    }
    name = Subject(f"broker:{step.stage.name.lower()}", names[step.stage])
    if step.passed:
        return good(name, step.detail)
    # The centre may well forbid the doctor's own topic: that alone does not stop a bell.
    judge = warn if step.stage is Stage.ROUND_TRIP else bad
    return judge(name, step.detail, remedies[step.stage])
