"""One authority and one broker for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.config.shipped import Authority, ShippedMosquitto


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority with the broker's certificate."""
    made = Authority(tmp_path_factory.mktemp("certificates") / "authority")
    made.must("ca", "종로구 침수비상벨")
    made.must("broker", "mqtt.example.kr", "localhost", "127.0.0.1")
    return made


@pytest.fixture(scope="module")
def broker(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ShippedMosquitto]:
    """Mosquitto as shipped, running."""
    running = ShippedMosquitto(tmp_path_factory.mktemp("broker"), authority)
    with running:
        yield running
