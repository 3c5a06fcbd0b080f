"""Where a file is wanted, a FIFO that nobody writes into is refused and not waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from drivers.broker.link import Link
from drivers.broker.settings import MqttSettings
from drivers.errors import BrokerGone
from drivers.sensors.simulated import read_series
from edge.settings import CredentialMissing, credential
from tests.edge.by_hand import DOOR_TABLE, home_with


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "secret")
    return tmp_path / "secret"


def test_a_credential_that_is_a_fifo_is_missing(fifo: Path) -> None:
    settings = home_with(DOOR_TABLE, f'[paths]\ncredentials = "{fifo.parent}"\n')
    with pytest.raises(CredentialMissing, match="not a file"):
        credential(settings, "secret")


def test_a_series_that_is_a_fifo_is_no_series(fifo: Path) -> None:
    with pytest.raises(ValueError, match="not a file"):
        read_series(fifo)


def test_a_brokers_password_that_is_a_fifo_is_told_as_such(fifo: Path) -> None:
    settings = MqttSettings(
        host="127.0.0.1", port=1, username="bell", password_credential=fifo.name
    )
    link = Link(settings, "jongno-0042", lambda _name: fifo)
    with pytest.raises(BrokerGone, match="not a file"):
        link.connect(None)
