"""Looking at the serial ports while somebody waits, and saying what is on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge.cli import screen
from edge.cli.asking import aside, confirm
from edge.locale import _

SEN0627_ASK: Final = b"\x00"
"""Makes a SEN0627 measure, whose frames count centimetres (``drivers.sensors.a02yyuw``)."""

if TYPE_CHECKING:
    from edge.cli.setting_up.session import Session
    from edge.diagnose.plugged_in import Found


def look_round(session: Session) -> None:
    """Look at the ports if that is wanted, and show what was found."""
    session.found = []
    aside(
        _(
            "I can look at the serial ports: a few seconds, nothing is sent to anybody; ports"
            " that are in use are left alone."
        )
    )
    if not confirm(_("Look now?")):
        return
    from drivers.ports.present import present
    from edge.diagnose.plugged_in import ask_the_silent, look

    session.found = look(session.ports or present())
    _show(session.found)
    silent = [one for one in session.found if one.silent]
    if silent:
        words = _(
            "Silent ports may carry what speaks only when asked: RS-485 probes, some ultrasonic"
            " parts. Asking only reads. Ask there?"
        )
        if confirm(words, default=False):
            session.found = ask_the_silent(session.found)
            _show(session.found)


def _show(found: list[Found]) -> None:
    if not found:
        aside(_("There is no serial port."), "yellow")
        return
    rows = [(one.port.path, _words(one)) for one in found]
    styles = ["yellow" if one.fault else "" for one in found]
    screen.show_table((_("port"), _("found")), rows, styles)


def _words(found: Found) -> str:
    from drivers.finding.by_sound import Noise

    if found.fault:
        return found.fault
    if found.modem is not None:
        return _("a modem: {model}").format(model=found.modem.model or found.port.words or "?")
    if found.units:
        units = ", ".join(str(unit.unit_id) for unit in found.units)
        return _("answers on RS-485, address {units}").format(units=units)
    if isinstance(found.voice, Noise):
        return _("something talks that is not understood")
    return range_words(found) or _("silent") + (
        f" ({found.port.words})" if found.port.words else ""
    )


def range_words(found: Found) -> str | None:
    """Say what an ultrasonic sensor tells; None where there is none."""
    from drivers.finding.by_sound import Voice

    voice = found.voice
    if not isinstance(voice, Voice):
        return None
    name = _("MaxBotix lines") if voice.wire == "lines" else _("A02YYUW frames")
    if voice.value is None:
        return _("{frames}, no target").format(frames=name)
    unit = "cm" if found.asked_by == SEN0627_ASK else "mm"
    return _("{frames}: {value} {unit} now").format(frames=name, value=voice.value, unit=unit)
