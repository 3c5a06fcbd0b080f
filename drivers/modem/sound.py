"""What a modem can do with sound, by its model: loudspeaker, and a recording played to 119.

Owns the commands in which models differ. A model that is not named here has neither: the call is
made all the same, with whatever its board does by itself.

Source: SIM7500/SIM7600 Series AT Command Manual V2.00 (AT+CSDVC, AT+CCMXPLAY: the file lies in
``E:/``, play path 1 is the other side); 3GPP TS 27.007, 8.23 (AT+CLVL). Not tried on hardware.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PLAYED_AGAIN: Final = 2
"""So often a recording is played again: an operator needs a moment to listen."""


@dataclass(frozen=True, slots=True)
class Sound:
    """The commands of one family of modems.

    Attributes:
        hands_free: Switch to loudspeaker and room microphone, in this order.
        play: Plays a recording to the other side; ``{name}`` is its file on the modem.
    """

    hands_free: tuple[str, ...]
    play: str | None = None


SIM7600: Final = Sound(
    hands_free=("AT+CSDVC=3", "AT+CLVL=5"),
    play=f'AT+CCMXPLAY="{{name}}",1,{PLAYED_AGAIN}',
)
_BY_MODEL: Final = {"SIM7600": SIM7600, "SIM7500": SIM7600}


def sound_of(model: str | None) -> Sound | None:
    """Return what a model can do; None for one that is not known."""
    known = (sound for name, sound in _BY_MODEL.items() if model and name in model.upper())
    return next(known, None)
