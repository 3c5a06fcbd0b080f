"""What a person sets about the broker.

Owns the ``[mqtt]`` table. Invariant: if it loaded, the connection is encrypted and the broker's
certificate checked, or it goes to this machine only, or somebody wrote ``insecure = true``. It opens
nothing and reads no secret: those are in the files that the ``*_credential`` keys name.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

_File = Annotated[str, Field(min_length=1)]
_Credential = Annotated[str, Field(min_length=1, pattern=r"^[^/]+$")]

TLS_PORT = 8883
PLAIN_PORT = 1883
"""Source: IANA service names, secure-mqtt and mqtt."""


class MqttSettings(BaseModel):
    """The connection to the district's MQTT broker."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    host: str = Field(min_length=1, max_length=253, description="name or address of the broker")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="8883 with TLS, else 1883, if left out"
    )
    version: Literal[3, 5] = Field(default=5, description="5, or 3 for MQTT 3.1.1")
    insecure: bool = Field(default=False, description="allow a connection that is not encrypted")
    cert: _File | None = Field(default=None, description="this device's certificate, PEM")
    key_credential: _Credential | None = Field(
        default=None, validate_default=True, description="file of the certificate's private key"
    )
    ca: _File | None = Field(
        default=None,
        validate_default=True,
        description="certificates that may sign the broker's, PEM; with it, TLS",
    )
    password_credential: _Credential | None = Field(
        default=None, description="file that holds the password"
    )
    username: str | None = Field(
        default=None, validate_default=True, min_length=1, description="login, if the broker asks"
    )
    heartbeat_s: float = Field(default=30.0, ge=1, le=3600, description="between two `health`")
    keepalive_s: int = Field(
        default=20, ge=5, le=20, description="a silent link is given up 10 s after this"
    )
    reconnect_max_s: float = Field(
        default=10.0, ge=0.5, le=60, description="longest wait before a new try; full jitter below"
    )
    home_assistant: str = Field(
        default="homeassistant",
        pattern=r"^[^#+]*$",
        description='prefix of Home Assistant discovery; "" for none',
    )

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted: with a CA or a certificate it never is not."""
        return self.ca is not None or self.cert is not None

    @property
    def tcp_port(self) -> int:
        """The port to connect to."""
        return self.port or (TLS_PORT if self.tls else PLAIN_PORT)

    @field_validator("key_credential", mode="after")
    @classmethod
    def _cert_and_key_together(cls, key: str | None, info: ValidationInfo) -> str | None:
        if "cert" in info.data and (key is None) != (info.data["cert"] is None):
            raise ValueError("cert and key_credential are needed together, or neither")
        return key

    @field_validator("ca", mode="after")
    @classmethod
    def _never_in_the_clear_by_accident(cls, ca: str | None, info: ValidationInfo) -> str | None:
        known = info.data
        if ca is not None or known.get("cert") or "host" not in known:
            return ca
        if not known.get("insecure") and not is_loopback(known["host"]):
            raise ValueError(
                f"{known['host']} is not this machine: name a CA file for TLS,"
                " or write insecure = true to send in the clear"
            )
        return ca

    @field_validator("username", mode="after")
    @classmethod
    def _password_has_a_user(cls, username: str | None, info: ValidationInfo) -> str | None:
        if username is None and info.data.get("password_credential"):
            raise ValueError("there is a password_credential, but no user name")
        return username


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host.removesuffix(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
