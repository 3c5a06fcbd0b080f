"""What each trouble is called in the chosen language, and what a technician can do about it.

Owns names and remedies by cause, one row each, looked up from the particular to the general:
``modem:sim_missing`` before ``modem``. A cause that is not listed gets the general remedy, never an
empty cell; a test holds the list against every cause that the daemon can raise. What was *seen* is
told by the daemon in English and said again by ``details``.
"""

from __future__ import annotations

from typing import NamedTuple

from edge.locale import _


class Trouble(NamedTuple):
    """What a trouble is called, and what to do about it."""

    name: str
    remedy: str


def trouble_of(cause: str) -> Trouble:
    """Return the words for a trouble.

    Args:
        cause: As the daemon names it: ``modem``, ``store``, ``sensor:door``, ``blind:entrance`` …
    """
    family, _colon, what = cause.partition(":")
    rows = _rows()
    found = rows.get(cause) or rows.get(family)
    if found is None:
        return Trouble(cause, _("run: floodbell doctor"))
    return Trouble(found.name.format(what=what), found.remedy.format(what=what or "SENSOR"))


def name_of(cause: str) -> str:
    """What a trouble is called."""
    return trouble_of(cause).name


def remedy_for(cause: str) -> str:
    """Say what to do about a trouble."""
    return trouble_of(cause).remedy


def causes() -> tuple[str, ...]:
    """Every cause, or family of causes, that has words of its own."""
    return tuple(_rows())


def _rows() -> dict[str, Trouble]:
    return {**_of_sensors(), **_of_modem(), **_of_ways(), **_of_machine(), **_of_119()}


def _of_sensors() -> dict[str, Trouble]:
    return {
        "sensor": Trouble(
            _("sensor {what} does not measure"),
            _("check its cable, its power and its mounting, then: floodbell sensor read {what}"),
        ),
        "blind": Trouble(
            _("zone {what} is blind"),
            _("no sensor of this place can see deep water: mend one at once"),
        ),
        "unchanged": Trouble(
            _("sensor {what} always says the same"),
            _("it may be stuck: hold a hand or a board under it, and see whether it follows"),
        ),
        "untested": Trouble(
            _("sensor {what} was not wet for a year"),
            _(
                "test it: sudo floodbell service on, wet a contact or fill a flat tray below the"
                " sensor, wait, dry it"
            ),
        ),
        "air": Trouble(
            _("thermometer of sensor {what} is silent"),
            _("check the thermometer and air_temperature; the sensor goes on, less exactly"),
        ),
        "calibration": Trouble(
            _("calibration of {what} does not count"),
            _("measure again: floodbell sensor calibrate {what}"),
        ),
        "held": Trouble(
            _("the level is held"),
            _("a sensor that was wet cannot say that the water is gone: mend it, or reset by hand"),
        ),
        "discrepancy": Trouble(
            _("sensors contradict each other"),
            _("two sensors disagree: look at the floor, then check both"),
        ),
    }


def _of_modem() -> dict[str, Trouble]:
    return {
        "modem": Trouble(
            _("modem does not work"),
            _("check antenna, SIM card, plan and power of the modem"),
        ),
        "modem:sim_missing": Trouble(
            _("no SIM card in the modem"),
            _("put the SIM in, contacts down, until it clicks; then switch the modem off and on"),
        ),
        "modem:sim_locked": Trouble(
            _("SIM card is locked"),
            _("put its PIN into the file of modem.sim_pin_credential, then restart the bell once"),
        ),
        "modem:no_network": Trouble(
            _("modem has no network"),
            _("check antenna, SIM card and plan; a plan may lack texts"),
        ),
        "modem:no_service_centre": Trouble(
            _("SIM card knows no number of its text service"),
            _('set modem.service_centre = "+82…" as the operator names it'),
        ),
        "modem:storage_full": Trouble(
            _("modem's store for texts is full"),
            _("switch the modem off and on; if it stays so, delete its texts in a telephone"),
        ),
        "modem:weak_signal": Trouble(
            _("weak signal"),
            _("move the antenna towards a window, or use a better one"),
        ),
        "self_test": Trouble(
            _("self-test text did not get through"),
            _("see whether texts leave: floodbell modem sms CONTACT; check plan and credit"),
        ),
    }


def _of_ways() -> dict[str, Trouble]:
    return {
        "http": Trouble(
            _("web service for texts does not work"),
            _("check the internet, the clock and [http_sms]; texts still go by the modem"),
        ),
        "cap": Trouble(
            _("CAP documents do not get through"),
            _("check the internet and cap.url; texts still go out"),
        ),
        "fault:cap": Trouble(
            _("a CAP document could not be made"),
            _("report this to the maintainers, with: floodbell support-bundle"),
        ),
        "broker": Trouble(
            _("no link to the centre"),
            _("check the network and the [mqtt] settings; texts still go out"),
        ),
        "certificate": Trouble(
            _("this device's certificate runs out"),
            _("ask the centre for a new certificate, and put it in place of mqtt.cert and its key"),
        ),
    }


def _of_machine() -> dict[str, Trouble]:
    return {
        "store": Trouble(
            _("memory of the bell does not work"),
            _("the disk is full, broken or read-only: free space, or replace the card"),
        ),
        "journal": Trouble(
            _("journal of the reports cannot be written"),
            _("see who owns the run directory, and restart the bell"),
        ),
        "button": Trouble(
            _("bell button is stuck or cannot be read"),
            _("free the button, check its wire and bell.button_pin"),
        ),
        "siren": Trouble(
            _("siren, strobe or lamp cannot be switched"),
            _("check the wiring and the pins in [bell]"),
        ),
        "settings": Trouble(
            _("settings file cannot be used"),
            _("see what is wrong with floodbell check-config, mend it, then: {reload}").format(
                reload="sudo systemctl reload floodbell"
            ),
        ),
        "credential": Trouble(
            _("secret {what} is missing"),
            _("put the file {what} into the credentials folder, then restart the bell"),
        ),
        "control": Trouble(
            _("commands cannot reach the bell"),
            _("restart it: sudo systemctl restart floodbell"),
        ),
        "thread": Trouble(
            _("a part of the bell hangs: {what}"),
            _("restart it: sudo systemctl restart floodbell; report it if it comes again"),
        ),
        "fault": Trouble(
            _("a fault in floodbell itself"),
            _("report this to the maintainers, with: floodbell support-bundle"),
        ),
        "mains": Trouble(
            _("no mains"),
            _("check plug and fuse; the bell lives on its battery"),
        ),
        "battery": Trouble(
            _("battery is low"),
            _("give it mains, or replace the battery"),
        ),
        "power": Trouble(
            _("mains cannot be told"),
            _("check the wire from the UPS board, and pins and levels in [power]"),
        ),
        "supply": Trouble(
            _("under-voltage"),
            _("use the board's own power supply and a short, thick cable; the modem takes 2 A"),
        ),
    }


def _of_119() -> dict[str, Trouble]:
    return {
        "unarmed": Trouble(
            _("119 is not told: disarmed"),
            _("when the work is done: floodbell arm"),
        ),
    }
