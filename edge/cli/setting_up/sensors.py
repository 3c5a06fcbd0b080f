"""The part of ``init`` about the sensors: found on ports or named by hand, and their zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from edge.cli.asking import Again, as_text, aside, ask, choose, confirm, head
from edge.cli.setting_up.keys import Leave, ask_key
from edge.cli.setting_up.lists import go_through
from edge.cli.setting_up.looking import look_round, range_words
from edge.cli.setting_up.problems import in_words
from edge.commission.writing import fields_of
from edge.locale import _

if TYPE_CHECKING:
    from edge.cli.setting_up.session import Session
    from edge.diagnose.plugged_in import Found

ULTRASONIC: Final = ("a02yyuw", "maxbotix", "jsn_sr04t", "hcsr04")

ASKED: Final = {
    "a02yyuw": ("part", "port", "mount_height_mm"),
    "maxbotix": ("full_scale_mm", "port", "mount_height_mm"),
    "jsn_sr04t": ("mode", "port", "mount_height_mm"),
    "hcsr04": ("trigger_pin", "echo_pin", "mount_height_mm"),
    "modbus_level": ("port", "preset", "unit_id", "span_mm", "probe_height_mm"),
    "current_loop": (
        "adc",
        "channel",
        "spi_device",
        "reference_v",
        "shunt_ohm",
        "span_mm",
        "probe_height_mm",
    ),
    "float_switch": ("pin", "contact", "height_mm", "cable"),
    "contact_probe": ("pin", "return_pin", "height_mm", "cable"),
    "supervised_contact": (
        "adc",
        "channel",
        "spi_device",
        "contact",
        "end_ohm",
        "contact_ohm",
        "pull_up_ohm",
        "height_mm",
    ),
    "simulated": ("file", "script"),
}
"""What is asked of each driver; the rest has defaults that hold for most, or is asked for when the
loader misses it (a blind zone, a register)."""

_PLACES: Final = ("door", "window", "room")
_ALERT_MM: Final = 20
_PIN_OFFERS: Final = (17, 27, 22, 23, 24, 25)
_ROUNDS: Final = 12
"""A loader that goes on complaining of what it has been told is not asked for ever."""


def ask_sensors(session: Session) -> None:
    """Look at the ports, offer what is found, and ask for the rest."""
    head(_("The sensors"))
    if session.found is None:
        look_round(session)
    for found in session.found or []:
        _offer(session, found)
    if not session.draft.get("sensors"):
        _add(session)
    while True:
        go_through(
            session,
            "sensors",
            show=lambda name: describe(session, name),
            add=lambda: _add(session),
            change=lambda name: _ask_sensor(session, name),
        )
        if session.draft.get("sensors"):
            break
        aside(_("At least one sensor is needed."), "yellow")
    _advise_second_kind(session)
    ask_zones(session)


def describe(session: Session, name: str) -> str:
    """Say what a sensor is, in a few words."""
    sensor = session.draft.get("sensors", name)
    where = sensor.get("port") or sensor.get("pin") or sensor.get("channel")
    parts = [str(sensor.get("driver", "?")), str(sensor.get("zone", "home"))]
    if where is not None:
        parts.append(str(where))
    return ", ".join(parts)


def _offer(session: Session, found: Found) -> None:
    """Offer what was found on one port, unless the settings have it already."""
    ports = {one.get("port") for one in (session.draft.get("sensors") or {}).values()}
    if found.port.path in ports:
        return
    for unit in found.units:
        words = _("{port}: a probe answers at address {unit}. Use it?")
        if confirm(words.format(port=found.port.path, unit=unit.unit_id)):
            known = {"port": found.port.path, "unit_id": unit.unit_id, "baud": unit.baud}
            if unit.preset is not None:
                del known["baud"]
                known["preset"] = unit.preset
            _new(session, "modbus_level", known, None)
    if (shown := range_words(found)) is None:
        return
    words = _("{port}: {found}. Use it?").format(port=found.port.path, found=shown)
    if not confirm(words):
        return
    driver, known = _which_part(found)
    _new(session, driver, {**known, "port": found.port.path}, found)


def _which_part(found: Found) -> tuple[str, dict[str, Any]]:
    """Return the driver and what is known; of four-byte frames a person has to say the part."""
    from drivers.finding.by_sound import Voice
    from drivers.sensors.jsn_sr04t import ASK

    voice = found.voice
    assert isinstance(voice, Voice)  # noqa: S101  there are words for a range
    if voice.wire == "lines":
        return "maxbotix", {}
    if found.asked_by:
        if found.asked_by == ASK:
            return "jsn_sr04t", {"mode": "asked"}
        return "a02yyuw", {"part": "SEN0627"}
    if voice.baud != 9600:
        return "a02yyuw", {"part": "SEN0754"}
    aside(_("Several parts send the same. Which is printed on it?"))
    part = choose(
        _("which one"),
        {"A02YYUW": "", "A01NYUB": "", "ME007YS": "", "JSN-SR04T": ""},
        default="A02YYUW",
    )
    return ("jsn_sr04t", {}) if part == "JSN-SR04T" else ("a02yyuw", {"part": part})


def _add(session: Session) -> None:
    from edge.cli.sensor import drivers_in_words

    aside(_("What kind of sensor?"))
    driver = choose(_("driver"), drivers_in_words(), default="float_switch")
    _new(session, driver, {}, None)


def _new(session: Session, driver: str, known: dict[str, Any], found: Found | None) -> None:
    zones = [str(one.get("zone", "home")) for one in (session.draft.get("sensors") or {}).values()]
    name = _ask_name(session, driver, zones[-1] if zones else "")
    session.draft.put(("sensors", name), {"driver": driver, **known})
    if zones:
        session.draft.put(("sensors", name, "zone"), zones[-1])
    _ask_sensor(session, name, known=tuple(known), found=found)


def _ask_name(session: Session, driver: str, zone: str) -> str:
    from drivers.sensors.mounting import IDENTIFIER

    taken = session.draft.get("sensors") or {}
    base = list(_PLACES)
    if driver not in ULTRASONIC:
        base = [f"{zone or 'door'}-{_SHORT.get(driver, 'sensor')}"]
    free = [name for name in base if name not in taken]
    numbered = (f"{base[0]}-{number}" for number in range(2, 99))
    offer = free[0] if free else next(name for name in numbered if name not in taken)

    def understand(typed: str) -> str:
        import re

        if not re.fullmatch(IDENTIFIER, typed):
            raise Again(_("letters a-z, digits, - and _, at most 32"))
        if typed in taken:
            raise Again(_("there is one of that name already"))
        return typed

    aside(_("A short name for it, as in: floodbell sensor read door"), "dim")
    return ask(_("name"), understand, default=offer)


_SHORT: Final = {
    "float_switch": "float",
    "contact_probe": "probe",
    "supervised_contact": "contact",
    "modbus_level": "level",
    "current_loop": "level",
}


def _ask_sensor(
    session: Session, name: str, *, known: tuple[str, ...] = (), found: Found | None = None
) -> None:
    """Ask for a sensor's keys, then for whatever the loader still misses or refuses."""
    driver = str(session.draft.get("sensors", name, "driver"))
    ask_key(session, ("sensors", name, "zone"), offer="home")
    for key in ASKED.get(driver, ()):
        if key not in known and not (
            key == "script" and session.draft.get("sensors", name, "file")
        ):
            _ask_one(session, name, key, found)
    settle(session, name)


def settle(session: Session, name: str) -> None:
    """Ask for what the loader misses or refuses of a sensor.

    Where two keys do not go together it blames one of them, and it may be the other that is wrong:
    so that can be asked for as well.
    """
    for _round in range(_ROUNDS):
        problems = session.draft.problems_under("sensors", name)
        if not problems:
            return
        key = problems[0].key.removeprefix(f"sensors.{name}").lstrip(".").split(".")[0]
        aside(f"{key}: {in_words(problems[0])}", "yellow")
        if key not in fields_of("sensors", str(session.draft.get("sensors", name, "driver") or "")):
            return  # no key of its own: what is wrong with the whole is told at the end
        try:
            _ask_one(session, name, key, None, may_leave=True)
        except Leave:
            sensor = session.draft.get("sensors", name)
            others = {one: as_text(value) for one, value in sensor.items() if one != "driver"}
            _ask_one(session, name, choose(_("which one"), others), None)


def _ask_one(
    session: Session, name: str, key: str, found: Found | None, *, may_leave: bool = False
) -> None:
    ports: dict[str, str] = {}
    if key == "port":
        ports = {one.port.path: "" for one in session.found or [] if one.modem is None}
    if key.endswith("pin"):
        aside(_("free pins: {pins}").format(pins=session.draft.pins_free_in_words()), "dim")
    offer = _offer_of(session, name, key, found)
    path = ("sensors", name, key)
    ask_key(session, path, offer=offer, choices=ports or None, may_leave=may_leave)


def _offer_of(session: Session, name: str, key: str, found: Found | None) -> int | None:
    """Return what is usual for a key that has no default."""
    if key == "mount_height_mm":
        return _height(session, name, found)
    if key.endswith("pin"):
        free = session.draft.pins_free()
        return next((pin for pin in _PIN_OFFERS if pin in free), None)
    if key == "height_mm":
        return session.draft.get("alarm", "alert", "setpoint_mm") or _ALERT_MM
    return {"span_mm": 1000, "channel": 0}.get(key)


def _height(session: Session, name: str, found: Found | None) -> int | None:
    """Return what the sensor measures now, if the floor below it is dry: that is how it hangs."""
    from drivers.finding.by_sound import Voice

    if found is None or not isinstance(found.voice, Voice) or found.voice.value is None:
        return None
    unit_mm = 10 if session.draft.get("sensors", name, "part") == "SEN0627" else 1
    if confirm(_("Is the floor below it dry now, and nothing in its way?")):
        return found.voice.value * unit_mm
    aside(_("Then measure it with a ruler, from the sensor's face to the floor."))
    return None


def _advise_second_kind(session: Session) -> None:
    from edge.settings.keys import DRIVERS

    sensors = session.draft.get("sensors") or {}
    models = [DRIVERS.get(str(one.get("driver"))) for one in sensors.values()]
    if len({getattr(model, "kind", None) for model in models}) == 1:
        words = _(
            "Only one kind of sensor: what fools one fools all. A float switch beside it costs"
            " little."
        )
        aside(words, "yellow")


def ask_zones(session: Session) -> None:
    """A zone that cannot tell danger is asked for; one without a sensor goes."""
    for problem in session.draft.problems_under("zones"):
        _table, zone, *key = problem.key.split(".")
        if key == ["danger"]:
            words = _(
                "No sensor in {zone} can tell danger (119). Is that meant, because another zone"
                " can?"
            )
            if confirm(words.format(zone=zone), default=False):
                session.draft.put(("zones", zone, "danger"), False)
        elif key == ["voting"]:
            aside(f"{problem.key}: {in_words(problem)}", "yellow")
            ask_key(session, ("zones", zone, "voting"))
        elif not key:
            session.draft.drop(("zones", zone))
