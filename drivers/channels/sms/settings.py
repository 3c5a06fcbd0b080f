"""What a person sets about texts through a web service.

Owns the ``[http_sms]`` table and its ranges. It opens nothing and reads no secret. Which keys a
provider needs before a text leaves is in ``NEEDED``: one that is missing is a trouble and a failure
of ``doctor``, like a secret whose file is missing, and never a reason not to start.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from drivers.declaring import BaseModel, ConfigDict, Field

Provider = Literal["solapi", "sens", "twilio", "webhook"]
CredentialName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$")]
"""A file name, never a path: it is looked up in the folder of credentials."""

WebAddress = Annotated[str, Field(pattern=r"^https?://[^\s/@]+[^\s@]*$", max_length=2048)]
Sender = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
"""Source: ITU-T E.164: plus sign, country code, at most 15 digits."""

DEFAULT_URL: Final[dict[str, str]] = {
    "solapi": "https://api.solapi.com",
    "sens": "https://sens.apigw.ntruss.com",
    "twilio": "https://api.twilio.com",
}
"""Each provider's own; a webhook has none. Sources: in each provider's module."""

NEEDED: Final[dict[str, dict[str, str]]] = {
    "solapi": {
        "key_credential": "the name of the file with the API key",
        "secret_credential": "the name of the file with the API secret",
    },
    "sens": {
        "key_credential": "the name of the file with the access key",
        "secret_credential": "the name of the file with the secret key",
        "service": "the id of the SMS service: ncp:sms:kr:…",
    },
    "twilio": {
        "key_credential": "the name of the file with the account SID, or with an API key",
        "secret_credential": "the name of the file with the auth token, or with the key's secret",
    },
    "webhook": {},
}
"""What each provider cannot do without, by key, with what is to stand there."""

ONLY_KOREA: Final = frozenset({"solapi", "sens"})
"""Providers through which floodbell texts numbers in Korea only."""


class HttpSmsSettings(BaseModel):
    """A web service for texts: a second way to people, never to 119."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    provider: Provider
    url: WebAddress | None = Field(default=None, description="the provider's own if left out")
    sender: Sender = Field(description="registered with the provider; E.164")
    service: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9:._-]{1,128}$",
        description="sens: id of the SMS service; twilio: account SID, if the key is an API key",
    )
    key_credential: CredentialName | None = None
    secret_credential: CredentialName | None = None

    @property
    def address(self) -> str:
        """Where the service is: what is set, else the provider's own."""
        return (self.url or DEFAULT_URL.get(self.provider, "")).rstrip("/")

    @property
    def missing(self) -> dict[str, str]:
        """Keys without which the provider takes no text, with what is to stand there."""
        wanted = NEEDED[self.provider].items()
        return {key: words for key, words in wanted if getattr(self, key) is None}

    def posts_to(self, path: str) -> str:
        """Return where texts are posted: ``path`` of the service, unless ``url`` names one."""
        whole = urlsplit(self.address).path not in ("", "/")
        return self.address if whole else self.address + path

    @property
    def in_the_clear(self) -> bool:
        """Whether texts would leave this machine without encryption."""
        parts = urlsplit(self.address)
        if parts.scheme != "http":
            return False
        try:
            return not ipaddress.ip_address(parts.hostname or "").is_loopback
        except ValueError:
            return parts.hostname != "localhost"
