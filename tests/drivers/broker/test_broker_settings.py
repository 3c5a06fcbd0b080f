"""What [mqtt] may say, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from drivers.broker.settings import MqttSettings


@pytest.mark.parametrize(
    ("given", "tls", "port"),
    [
        ({}, False, 1883),
        ({"port": 8883}, False, 8883),
        ({"ca": "ca.pem"}, True, 8883),
        ({"ca": "ca.pem", "port": 1883}, True, 1883),
        ({"cert": "c.pem", "key_credential": "key"}, True, 8883),
    ],
)
def test_a_ca_or_a_certificate_means_tls_on_any_port(
    given: dict[str, Any], tls: bool, port: int
) -> None:
    settings = MqttSettings(host="mqtt.example.kr", **given)
    assert (settings.tls, settings.tcp_port) == (tls, port)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("port", 0),
        ("version", 4),
        ("keepalive_s", 60),
        ("heartbeat_s", 0.5),
        ("reconnect_max_s", 0.1),
        ("password_credential", "../secret"),
        ("home_assistant", "a/#"),
        ("tls", True),
    ],
)
def test_what_cannot_work_is_refused_by_its_name(key: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        MqttSettings.model_validate({"host": "mqtt.example.kr", key: value})
    assert [error["loc"] for error in caught.value.errors()] == [(key,)]
