"""What a modem can do with sound, by its model: loudspeaker, and a recording played to 119.

Owns the commands in which models differ. A model that is not named here has neither: the call is
made all the same, with whatever its board does by itself.

Source: SIM7500/SIM7600 Series AT Command Manual V2.00 (AT+CSDVC, AT+CCMXPLAY: the file lies in
``E:/``, play path 1 is the other side); EC2x&EG9x&EM05 Series AT Commands Manual, 12.6 (QAUDMOD)
and 12.18 (QPSND: neither side muted); 3GPP TS 27.007, 8.23 (AT+CLVL). Not tried on hardware.
"""

from __future__ import annotations

import re
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
EC25: Final = Sound(
    hands_free=("AT+QAUDMOD=2", "AT+CLVL=5"),
    play='AT+QPSND=1,"{name}",0,1,1',
)
_BY_MODEL: Final = (
    (re.compile(r"SIM7[56]\d\d", re.ASCII), SIM7600),
    (re.compile(r"E[CG]\d\d", re.ASCII), EC25),
)


def sound_of(model: str | None) -> Sound | None:
    """Return what a model, as ``AT+CGMM`` names it, can do; None for one that is not known."""
    return next((sound for name, sound in _BY_MODEL if name.search(model or "")), None)
