"""``floodbell sensor``: which there are, what one measures now, and the calibration that guides.

Owns the words and the order of the guide. How a sensor is reached, and what follows from what it
tells, is ``edge.diagnose.measuring``'s and ``edge.calibration``'s business.
"""

from __future__ import annotations

import sys
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import click

from edge.cli import screen
from edge.cli.completing import sensor_ids
from edge.cli.daemon_link import load_settings
from edge.cli.groups import Group
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_NOT_GOOD, CommandEnded
from edge.cli.refusals import in_words
from edge.cli.status import depth_words
from edge.locale import _

if TYPE_CHECKING:
    from edge.calibration import Look, Numbers
    from edge.diagnose.measuring import Measuring

READ_FOR_S: Final = 3.0
LOOKS: Final = 10
"""Readings of one still surface: their mean is good to a millimetre at ±3 mm of noise."""

MOST_WAITED_S: Final = 120.0


@click.group(cls=Group, help=_("The sensors: list them, measure with one, calibrate one."))
def sensor() -> None:
    """Hold the commands together."""


@sensor.command("list", help=_("List the sensors of the settings, and the drivers that there are."))
@reporting
def list_(asked: Asked) -> int:
    """Show what is configured, and what could be."""
    settings = load_settings(asked)
    drivers = drivers_in_words()
    rows = {}
    for sensor_id, one in settings.sensors.items():
        rows[sensor_id] = {
            "driver": one.driver,
            "zone": one.zone,
            "kind": one.kind,
            "on": [claim.what for claim in one.claims()],
            "alert": one.can_decide(settings.alarm.alert.setpoint_mm),
            "danger": one.can_decide(settings.alarm.danger.setpoint_mm),
        }
    if asked.as_json:
        screen.show_json({"sensors": rows, "drivers": drivers})
        return 0
    heads = (_("sensor"), _("driver"), _("zone"), _("on"), _("tells alert"), _("tells danger"))
    screen.show_table(
        heads,
        [
            (
                sensor_id,
                row["driver"],
                row["zone"],
                ", ".join(row["on"]) or "-",
                _("yes") if row["alert"] else _("no"),
                _("yes") if row["danger"] else _("no"),
            )
            for sensor_id, row in rows.items()
        ],
    )
    screen.say()
    screen.show_table((_("driver"), _("what it is")), list(drivers.items()))
    return 0


def drivers_in_words() -> dict[str, str]:
    """Every driver, in words; a test holds the list to the union of the settings."""
    return {
        "a02yyuw": _("DFRobot ultrasonic on a serial port: A02YYUW, A01NYUB and relatives"),
        "maxbotix": _("MaxBotix HRXL-WR ultrasonic on a serial port"),
        "jsn_sr04t": _("ultrasonic with a separate probe on a serial port"),
        "hcsr04": _("HC-SR04 ultrasonic on two pins; not for danger"),
        "modbus_level": _("pressure probe on RS-485, several on one line"),
        "current_loop": _("4 to 20 mA pressure probe on a converter's channel"),
        "float_switch": _("float switch on a pin"),
        "contact_probe": _("two bare electrodes on two pins"),
        "supervised_contact": _("contact with an end-of-line resistor on a converter's channel"),
        "simulated": _("a written series of depths: sees no real water"),
    }


@sensor.command(help=_("Measure with one sensor now."))
@click.argument("sensor_id", metavar="ID", shell_complete=sensor_ids)
@click.option("--raw", is_flag=True, help=_("Show what was heard on its wire, too"))
@reporting
def read(asked: Asked, sensor_id: str, raw: bool) -> int:
    """Read for a moment and show the last reading."""
    from edge.diagnose.measuring import measuring, readings

    settings = _settings_with(asked, sensor_id)
    with _reached(asked), measuring(settings, sensor_id) as one:
        if raw or one.shown()["reading"] is None:
            wait_s = READ_FOR_S + 2 * settings.sensors[sensor_id].sample_interval_s
            most = 3 if raw else 1
            readings(one, min(MOST_WAITED_S, wait_s), lambda _reading: None, most=most)
        shown = one.shown()
    if not raw:
        del shown["heard"]
    if asked.as_json:
        screen.show_json(shown)
    else:
        _show(shown, raw=raw)
    good = (shown["reading"] or {}).get("quality") == "good"
    return 0 if good else EXIT_NOT_GOOD


def _show(shown: dict[str, Any], *, raw: bool) -> None:
    reading = shown["reading"]
    if reading is None:
        screen.say(_("{id} has not said anything yet.").format(id=shown["id"]), "bold red")
    else:
        quality = {
            "good": _("good"),
            "suspect": _("suspect"),
            "faulted": _("faulted"),
            "stale": _("stale"),
        }.get(reading["quality"], reading["quality"])
        style = "bold green" if reading["quality"] == "good" else "bold yellow"
        words = _("{id}: {water} ({quality})")
        words = words.format(id=shown["id"], water=depth_words(reading), quality=quality)
        screen.say(f"{words} {reading['reason']}".rstrip(), style)
    screen.say(_numbers_line(shown))
    if raw:
        screen.say()
        heard = [(entry["raw"], entry["meaning"]) for entry in shown["heard"]]
        rows = [_times(entry, len(tuple(same))) for entry, same in groupby(heard)]
        screen.show_table((_("heard on the wire"), _("understood as")), rows)


def _times(entry: tuple[str, str], times: int) -> tuple[str, str]:
    """Return what was heard several times in a row as one line."""
    raw, meaning = entry
    return (raw, meaning) if times == 1 else (raw, f"{meaning} (× {times})")


def _numbers_line(shown: dict[str, Any]) -> str:
    numbers, calibrated = shown["numbers"], shown["calibrated"]
    if numbers is None:
        return _("It switches: there is nothing to calibrate.")
    words = _("offset {offset:+.1f} mm, scale {scale:.4f}").format(
        offset=numbers["offset_mm"], scale=numbers["scale"]
    )
    if numbers["mount_height_mm"] is not None:
        height = _("face {height:.1f} mm above the floor").format(height=numbers["mount_height_mm"])
        words = f"{height}, {words}"
    if calibrated is None:
        return _("{numbers}, from the settings").format(numbers=words)
    return _("{numbers}, calibrated {at} by {by}").format(
        numbers=words, at=calibrated["at"][:16].replace("T", " "), by=calibrated["by"]
    )


@sensor.command(
    help=_(
        "Calibrate one sensor: on a dry floor, with water or a board of a known depth, or both."
        " Asks step by step when neither is given."
    )
)
@click.argument("sensor_id", metavar="ID", shell_complete=sensor_ids)
@click.option("--dry", is_flag=True, help=_("The floor below it is dry now"))
@click.option(
    "--depth",
    type=click.FloatRange(0, 4000, min_open=True),
    metavar="MM",
    help=_("Water, or a board on the floor, stands so high below it now"),
)
@click.option("--clear", is_flag=True, help=_("Forget the calibration: the settings count again"))
@reporting
def calibrate(asked: Asked, sensor_id: str, dry: bool, depth: float | None, clear: bool) -> int:
    """Measure, work out the numbers, show them, and keep them."""
    from edge.calibration import can_be_calibrated
    from edge.diagnose.measuring import measuring

    if sum((dry, depth is not None, clear)) > 1:
        words = _("one of --dry, --depth and --clear; for both steps give none of them")
        raise click.UsageError(words)
    settings = _settings_with(asked, sensor_id)
    if not can_be_calibrated(settings.sensors[sensor_id]):
        words = _("{id} switches: there is nothing to calibrate.").format(id=sensor_id)
        raise CommandEnded(words, as_json=asked.as_json)
    guided = not (dry or depth is not None or clear)
    if guided and (asked.as_json or not sys.stdin.isatty()):
        raise click.UsageError(_("without a terminal, give --dry, --depth or --clear"))
    with _reached(asked), measuring(settings, sensor_id) as one:
        guide = _Guide(asked, settings, sensor_id, one)
        if clear:
            return guide.keep(None)
        if guided:
            return guide.lead()
        return guide.measure(dry=dry, depth_mm=depth)


class _Guide:
    """Leads through the steps, or takes one of them."""

    def __init__(self, asked: Asked, settings: Any, sensor_id: str, one: Measuring) -> None:  # noqa: ANN401
        self._asked = asked
        self._settings = settings
        self._id = sensor_id
        self._one = one
        shown = one.shown()
        self._numbers = shown["numbers"]  # under which everything is told that follows
        if shown["kept_from"]:  # said before the water is carried in, not after
            words = _("Not now: {reason}").format(reason=in_words(shown["kept_from"]))
            raise CommandEnded(words, as_json=asked.as_json)

    def lead(self) -> int:
        """Ask for the dry floor, then for a known depth, each of which may be left out."""
        screen.say(_numbers_line(self._one.shown()))
        screen.say(
            _(
                "Begin service first (floodbell service on), or water will alarm people."
                " Still air, still water, nothing in the sensor's way."
            )
        )
        dry = known = None
        if click.confirm(_("Is the floor below it dry now?"), default=True):
            dry = self._look()
        screen.say(_("Now water, or a board, of a known depth; measure it with a ruler."))
        depth_mm: float | None = click.prompt(
            _("Its depth in mm (empty: none)"),
            default="",
            show_default=False,
            value_proc=_millimetres,
        )
        if depth_mm is not None:
            known = (self._look(), depth_mm)
        numbers = self._worked_out(dry, known)
        screen.say(_("That makes: {numbers}").format(numbers=numbers))
        if not click.confirm(_("Keep it?"), default=True):
            screen.say(_("Nothing was changed."))
            return EXIT_NOT_GOOD
        return self.keep(numbers)

    def measure(self, *, dry: bool, depth_mm: float | None) -> int:
        """Take one step without asking."""
        look = self._look()
        known = None if depth_mm is None else (look, depth_mm)
        return self.keep(self._worked_out(look if dry else None, known), look)

    def keep(self, numbers: Numbers | None, look: Look | None = None) -> int:
        """Keep it, and say so."""
        from drivers.host.users import who_types

        done, reason = self._one.keep(numbers, who_types())
        if self._asked.as_json:
            screen.show_json(
                {
                    "done": done,
                    "reason": reason,
                    "numbers": numbers and numbers.as_fields(),
                    "noise_mm": look and round(look.noise_mm, 2),
                }
            )
        elif not done:
            screen.say(_("Not done: {reason}").format(reason=in_words(reason)), "bold red")
        else:
            words = _("Forgotten: the settings count again.")
            if numbers is not None:
                words = _("{id} is calibrated: {numbers}").format(id=self._id, numbers=numbers)
            screen.say(words, "bold green")
            if reason:
                screen.say(in_words(reason), "bold yellow")
        return 0 if done else EXIT_NOT_GOOD

    def _look(self) -> Look:
        from edge.calibration import CannotCalibrate, look
        from edge.diagnose.measuring import readings

        interval_s = self._settings.sensors[self._id].sample_interval_s
        for_s = min(MOST_WAITED_S, (LOOKS + 2) * max(interval_s, 0.2) + READ_FOR_S)
        if not self._asked.as_json:
            seconds = LOOKS * max(interval_s, 0.2)
            screen.say(_("Measuring for {seconds:.0f} s …").format(seconds=seconds))
        told = readings(self._one, for_s, self._tell, most=LOOKS)
        good = [one["depth_mm"] for one in told if one["depth_mm"] is not None]
        reasons = [one["reason"] for one in told if one["reason"]]
        try:
            found = look(good)
        except CannotCalibrate as error:
            words = f"{error} {reasons[-1] if reasons else ''}".rstrip()
            raise CommandEnded(words, as_json=self._asked.as_json) from error
        if not self._asked.as_json:
            words = _("{depth:.1f} mm, moving by {noise:.1f} mm over {count} readings")
            screen.say(
                words.format(depth=found.depth_mm, noise=found.noise_mm, count=found.samples)
            )
        return found

    def _tell(self, reading: dict[str, Any]) -> None:
        if not self._asked.as_json and sys.stdout.isatty():
            screen.say(f"  {depth_words(reading)}")

    def _worked_out(self, dry: Look | None, known: tuple[Look, float] | None) -> Numbers:
        from edge.calibration import CannotCalibrate, Numbers, worked_out

        of_file = self._settings.sensors[self._id]
        now = Numbers(**self._numbers)
        if self._one.shown()["numbers"] != self._numbers:
            words = _("Somebody else has calibrated it meanwhile: begin again.")
            raise CommandEnded(words, as_json=self._asked.as_json)
        ruler_mm = getattr(of_file, "mount_height_mm", None)
        try:
            return worked_out(of_file, now, dry=dry, known=known, ruler_mm=ruler_mm)
        except CannotCalibrate as error:
            raise CommandEnded(str(error), as_json=self._asked.as_json) from error


def _millimetres(typed: str) -> float | None:
    """Read what was typed; nothing is none."""
    if not typed.strip():
        return None
    try:
        return float(typed.strip().removesuffix("mm"))
    except ValueError:
        words = _("{typed} is no number of millimetres").format(typed=typed)
        raise click.BadParameter(words) from None


def _settings_with(asked: Asked, sensor_id: str) -> Any:  # noqa: ANN401  edge.settings.Settings
    settings = load_settings(asked)
    if sensor_id not in settings.sensors:
        words = _("No sensor {id}; there is {known}.")
        known = ", ".join(settings.sensors)
        raise click.UsageError(words.format(id=sensor_id, known=known))
    return settings


class _reached:  # noqa: N801 - reads as a word of the with statement
    """Turns what keeps a sensor from being reached into the end of the command."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """End the command with the reason."""
        from drivers.errors import DriverError
        from edge.diagnose.measuring import CannotMeasure

        if isinstance(error, CannotMeasure | DriverError):
            raise CommandEnded(str(error), as_json=self._asked.as_json) from error
