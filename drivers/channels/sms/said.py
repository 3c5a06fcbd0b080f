"""What providers say, as models. Loaded with the first answer: pydantic builds validators for them.

Owns the shape of answers; what they mean is in ``answers`` and beside each provider. Pure.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError


class Said(BaseModel):
    """The base of what providers say: fields that we do not know are let pass."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


SaidT = TypeVar("SaidT", bound=Said)


def read(model: type[SaidT], body: bytes) -> SaidT | None:
    """Return a body as its model, or None if it is not one."""
    try:
        return model.model_validate_json(body)
    except ValidationError:
        return None


class SolapiCount(Said):
    """How many texts of a group were taken, and how many refused."""

    taken: int = Field(default=0, alias="registeredSuccess")
    refused: int = Field(default=0, alias="registeredFailed")


class SolapiGroup(Said):
    """What was posted together: here one text."""

    id: str | None = Field(default=None, validation_alias=AliasChoices("groupId", "_id"))
    count: SolapiCount = Field(default_factory=SolapiCount)


class SolapiFailed(Said):
    """A text that was not taken."""

    code: str = Field(default="", alias="statusCode")


class SolapiSent(Said):
    """The answer to a post that was understood."""

    group: SolapiGroup = Field(alias="groupInfo")
    failed: tuple[SolapiFailed, ...] = Field(default=(), alias="failedMessageList")


class SolapiError(Said):
    """The answer to one that was not."""

    code: str = Field(default="", alias="errorCode")


class SensAccepted(Said):
    """The answer to a text that was taken."""

    request_id: str = Field(alias="requestId", min_length=1)
    status: str = Field(default="202", alias="statusCode")


class SensFault(Said):
    """What is wrong; ``details`` tells a wrong clock from a wrong key."""

    code: str | int = Field(default="", alias="errorCode")
    details: str = ""


class SensError(Said):
    """The answer to a text that was not taken."""

    error: SensFault


class TwilioTaken(Said):
    """The answer to a text that was taken."""

    sid: str = Field(min_length=1)


class TwilioError(Said):
    """The answer to one that was not."""

    code: int | str = ""


class WebhookTaken(Said):
    """The answer to a text that was taken; it may be empty."""

    id: str | None = None


class WebhookError(Said):
    """The answer to one that was not."""

    code: str = ""
