"""What a person sets about the modem.

Owns the ``[modem]`` table and its ranges. It opens nothing and reads no secret: the PIN is in the
file that ``sim_pin_credential`` names.
"""

from __future__ import annotations

from typing import Annotated

from drivers.declaring import BaseModel, ConfigDict, Field

_GPIO = Field(default=None, ge=0, le=27, description="BCM number of the pin on the modem's PWRKEY")
Caller = Annotated[str, Field(pattern=r"^\+?[0-9]{1,15}\*?$")]


class SelfTestSettings(BaseModel):
    """A text now and then to somebody who is not 119, to see that texts still leave."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    contact: str = Field(min_length=1, description="id of the contact who gets it")
    every_h: float = Field(default=24, ge=1, le=720, description="hours between two self-tests")


class ModemSettings(BaseModel):
    """The LTE modem that texts people and 119."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    port: str = Field(
        min_length=1,
        description="path or URL; best a link in /dev/serial/by-id, ttyUSB numbers move",
    )
    baud: int = Field(default=115200, ge=1200, le=4_000_000, description="ignored by USB modems")
    sim_pin_credential: str | None = Field(
        default=None, min_length=1, description="name of the file that holds the SIM's PIN"
    )
    power_pin: int | None = _GPIO
    answer_calls_from: tuple[Caller, ...] = Field(
        default=(),
        strict=False,  # a TOML array is a list
        description="numbers, or prefixes with *, to answer",
    )
    voice_message: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.:/-]{1,120}$",  # it becomes part of a command
        description="recording on the modem's own disk, played to 119, such as E:/floodbell.wav",
    )
    service_centre: str | None = Field(
        default=None,
        pattern=r"^\+[1-9][0-9]{6,14}$",
        description="number of the operator's text service centre, if the SIM does not know it",
    )
    self_test: SelfTestSettings | None = None
