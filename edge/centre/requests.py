"""What a centre may ask of a bell, as models (contract 3, ``cmd/{name}``).

Owns the words of requests and answers. Invariant: nothing that arms, disarms, redirects or holds
back a report can be said in these words at all (design 4.9). Whether a request is heard is decided
in ``edge.centre.admission``, what it does in the law.

pydantic builds validators for all of this: loaded with the first request, not at the start.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field

_Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
_Number = Annotated[int, Field(ge=0, le=2**53)]
RequestId = Annotated[
    _Word | _Number,
    Field(description="new for each request: one that was seen is not done again"),
]
_Name = Annotated[str, Field(min_length=1, max_length=64)]


class Request(BaseModel):
    """What every request says."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    id: RequestId
    ts: AwareDatetime | None = Field(
        default=None,
        description="when it was asked (RFC 3339, with offset); one that is old is not done",
    )
    by: str | None = Field(
        default=None,
        max_length=200,
        description="who asks, for the log; the user property `by` of MQTT 5 goes before it",
    )


class Ack(Request):
    """Somebody at the centre has seen the incident: recorded and shown, it ends no report."""


class Silence(Request):
    """Stop the sound until the water rises further."""


class Reset(Request):
    """Close the incident; refused unless every zone is positively clear."""


class Service(Request):
    """End the service; it can only be begun at the bell."""

    on: bool = Field(default=False, description="true is refused")


class Drill(Request):
    """Play a stage to some contacts, every text marked as a drill, never to 119."""

    stage: Literal["alert", "danger", "bell"]
    contacts: list[_Name] = Field(
        min_length=1,
        max_length=32,
        validation_alias=AliasChoices("contacts", "to"),
        description="ids of contacts in the bell's settings",
    )


class Read(Request):
    """Tell what the sensors see now."""

    sensor: _Name | None = Field(default=None, description="one of them; all, if left out")


REQUESTS: Final[dict[str, type[Request]]] = {
    "ack": Ack,
    "silence": Silence,
    "reset": Reset,
    "service": Service,
    "drill": Drill,
    "read": Read,
}
"""By the last segment of ``cmd/{name}``: there are no others."""
