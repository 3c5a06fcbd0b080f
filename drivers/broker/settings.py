"""What a person sets about the way to the district's centre.

Owns the ``[mqtt]`` table and its ranges. It opens nothing and reads no secret. Which of its keys go
together is checked with all other settings; the link besides refuses to send in the clear to
another machine unless ``insecure`` says so.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from drivers.declaring import BaseModel, ConfigDict, Field

CredentialName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$")]
FilePath = Annotated[str, Field(min_length=1, max_length=4096)]


class MqttSettings(BaseModel):
    """The broker, and how to prove to it who we are."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    host: str = Field(min_length=1, max_length=253, pattern=r"^[^\s/]+$")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="8883 with TLS, else 1883, if left out"
    )
    version: Literal[5, 3] = Field(default=5, description="5, or 3 for MQTT 3.1.1")
    ca: FilePath | None = Field(default=None, description="PEM file; with it, TLS on any port")
    insecure: bool = Field(default=False, description="allow plain text to another machine")
    cert: FilePath | None = Field(default=None, description="PEM file of the client certificate")
    key_credential: CredentialName | None = None
    username: str | None = Field(default=None, min_length=1, max_length=256)
    password_credential: CredentialName | None = None
    heartbeat_s: float = Field(
        default=30.0, ge=1, le=3600, description="between two health messages"
    )
    keepalive_s: int = Field(
        default=20,
        ge=5,
        le=20,
        description="a silent link is pinged sooner, and given up 5 s later",
    )
    reconnect_max_s: float = Field(
        default=10.0, ge=0.5, le=60, description="longest pause before connecting again, jittered"
    )
    first_connect_max_s: float = Field(
        default=0.0,
        ge=0,
        le=300,
        description="longest pause before the first connection after a start, jittered; 0 for none",
    )
    repeat_s: float = Field(
        default=1.0,
        ge=1,
        le=60,
        description="a sensor that sees the same is published again no sooner: mobile data",
    )
    min_change_mm: float = Field(
        default=0.0,
        ge=0,
        le=1000,
        description="a smaller change of a sensor is no more urgent than the same again",
    )
    home_assistant: str = Field(
        default="homeassistant",
        pattern=r"^[^\s+#$\x00-\x1f]{0,64}$",
        description="discovery prefix; empty for none",
    )

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted: a CA or a certificate is named."""
        return any(value is not None for value in (self.ca, self.cert, self.key_credential))

    @property
    def tcp_port(self) -> int:
        """The port that is set, else the usual one."""
        return self.port or (8883 if self.tls else 1883)

    @property
    def loopback(self) -> bool:
        """Whether the broker runs on this machine."""
        if self.host in ("localhost", "localhost."):
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False
