"""The ``[bell]`` table: which pins the siren, the strobe, the lamp and the button are on.

Importing this imports no gpiozero; that two things share a pin is checked with all other settings.
"""

from __future__ import annotations

from drivers.declaring import BaseModel, ConfigDict, Field


class BellSettings(BaseModel):
    """Pins by their BCM number; what has no pin is not there.

    Under a Waveshare SIM7600 HAT, 6 (PWRKEY) and 4 (flight mode) belong to the modem.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    button_pin: int | None = Field(default=None, ge=0, le=27, description="to ground when pressed")
    hold_s: float = Field(default=0.7, ge=0.1, le=5, description="how long a press is held")
    siren_pin: int | None = Field(default=None, ge=0, le=27, description="high while it sounds")
    strobe_pin: int | None = Field(default=None, ge=0, le=27, description="high while it is lit")
    lamp_pin: int | None = Field(
        default=None,
        ge=0,
        le=27,
        description="status lamp: a flash every 3 s well, slow trouble, fast alarm, still: dead",
    )
    siren_cutoff_s: float = Field(
        default=1200.0, ge=10, le=7200, description="the sounder ends by itself after this"
    )

    @property
    def pins(self) -> dict[str, int]:
        """The pins in use, by key."""
        named = {
            "button_pin": self.button_pin,
            "siren_pin": self.siren_pin,
            "strobe_pin": self.strobe_pin,
            "lamp_pin": self.lamp_pin,
        }
        return {key: pin for key, pin in named.items() if pin is not None}
