"""``floodbell status``: how the bell is now, for a technician standing in front of it.

Owns the words and the order: what a person must know first stands first.
"""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from edge.cli import moments, screen
from edge.cli.daemon_link import ask
from edge.cli.event_words import delivery_words, purpose_words
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_NOT_GOOD
from edge.cli.store_link import place
from edge.diagnose.details import in_words
from edge.diagnose.remedies import trouble_of
from edge.locale import _

Answer = dict[str, Any]

_BELIEVED: Final = ("good", "suspect")
"""What a sensor said of the water before it fell silent is nothing to go by."""

_QUALITY_STYLE: Final = {"good": "green", "suspect": "yellow", "faulted": "red", "stale": "red"}


@click.command(help=_("Show how the bell is now."))
@reporting
def status(asked: Asked) -> int:
    """Ask the daemon once and show its answer."""
    answer = ask(asked, "status")
    if asked.as_json:
        screen.show_json(answer)
    else:
        show(answer, place(asked.config).zone)
    return 0 if is_good(answer) else EXIT_NOT_GOOD


def is_good(answer: Answer) -> bool:
    """Whether nobody has to do anything: dry as far as it sees, no trouble, all switched on."""
    calm = answer.get("stage") == "normal" and not answer.get("bell") and sees(answer)
    on_duty = not answer.get("service") and not answer.get("disarmed")
    return calm and on_duty and not answer.get("troubles")


def show(answer: Answer, zone: ZoneInfo | None = None) -> None:
    """Print the whole answer, with times in a zone."""
    headline(answer)
    facts(answer, zone)
    show_sensors(answer.get("sensors") or {})
    show_links(answer)
    show_outbox(answer.get("outbox") or [])
    show_troubles(answer.get("troubles") or [])


def stage_words(stage: object) -> tuple[str, str]:
    """The words for a stage, and their style."""
    words = {
        "normal": (_("NORMAL: no water"), "bold green"),
        "alert": (_("ALERT: there is water"), "bold black on yellow"),
        "danger": (_("DANGER: deep water"), "bold white on red"),
    }
    return words.get(str(stage), (str(stage), "bold"))


def sees(answer: Answer) -> bool:
    """Whether every sensor measures: a bell that does not see must not look like a dry floor.

    A sensor is silent for some seconds before that is a trouble, and after a start it has not
    spoken yet.
    """
    sensors: dict[str, Answer] = answer.get("sensors") or {}
    return bool(sensors) and all(sensor.get("quality") in _BELIEVED for sensor in sensors.values())


def level(answer: Answer) -> tuple[str, str]:
    """The words for how it is, with the depth where there is water, and their style."""
    words, style = stage_words(answer.get("stage"))
    if answer.get("stage") == "normal":
        if answer.get("troubles"):
            return _("NO WATER SEEN, but the bell is not well"), "bold black on yellow"
        if not sees(answer):
            return _("NO WATER SEEN, but not every sensor measures"), "bold black on yellow"
    elif (depth := answer.get("depth_mm")) is not None:
        words = f"{words} ({depth / 10:.0f} cm)"
    return words, style


def first_of_all(answer: Answer) -> list[tuple[str, str]]:
    """What a person must know first, a line each with its style: level, bell, what was set."""
    lines = [level(answer)]
    if answer.get("bell"):
        lines.append((_("THE BELL WAS PRESSED: somebody asks for help"), "bold white on red"))
    return lines + [(line, "bold black on yellow") for line in set_by_people(answer)]


def headline(answer: Answer) -> None:
    """The state in big plain words, one line each."""
    troubles = len(answer.get("troubles") or [])
    for line in first_of_all(answer):
        screen.say(*line)
    if troubles:
        screen.say(_("{count} trouble(s), see below").format(count=troubles), "bold yellow")


def set_by_people(answer: Answer) -> list[str]:
    """What somebody has set and must not forget, a line each."""
    lines = [interlock_words(answer)] if answer.get("disarmed") else []
    if service := answer.get("service"):
        words = _("IN SERVICE by {by}: water alarms nobody but the technician, for {left} more")
        lines.append(words.format(by=service.get("by"), left=span(service.get("left_s"))))
    if drill := answer.get("drill"):
        words = _("DRILL ({stage}) by {by}, for {left} more")
        lines.append(
            words.format(
                stage=drill.get("stage"), by=drill.get("by"), left=span(drill.get("left_s"))
            )
        )
    return lines


def interlock_words(answer: Answer) -> str:
    """Whether 119 is called, and if not, who has switched it off and for how long."""
    if answer.get("armed"):
        return _("ARMED")
    disarmed = answer.get("disarmed")
    if not disarmed or not answer.get("report_armed"):
        return _("not armed: 119 is not told")
    if (left := disarmed.get("left_s")) is None:
        return _("DISARMED by {by} until somebody arms it: 119 is not told").format(
            by=disarmed.get("by")
        )
    return _("DISARMED by {by}, for {left} more: 119 is not told").format(
        by=disarmed.get("by"), left=span(left)
    )


def facts(answer: Answer, zone: ZoneInfo | None = None) -> None:
    """The site, the incident and the interlock."""
    rows = [
        (_("site"), _or_dash(answer.get("site"))),
        (_("running for"), span(answer.get("uptime_s"))),
        (_("version"), _or_dash(answer.get("version"))),
        (_("report to 119"), interlock_words(answer)),
        (_("highest level of the incident"), stage_words(answer.get("latched"))[0]),
        (_("incident"), _or_dash(answer.get("incident"))),
        (_("zone"), _or_dash(answer.get("zone"))),
        (_("since"), moments.told(str(answer.get("since") or "-"), zone, moments.TO_THE_SECOND)),
        (_("acknowledged"), _yes(answer.get("acknowledged"))),
        (_("silenced"), _yes(answer.get("silenced"))),
    ]
    if not answer.get("incident"):
        rows = rows[:4]
    if answer.get("reload_waits"):
        rows.append((_("new settings"), _("wait until no incident is open")))
    screen.show_table(("", ""), rows)


def show_sensors(sensors: dict[str, Answer]) -> None:
    """A line a sensor."""
    rows, styles = [], []
    for sensor_id, sensor in sensors.items():
        grade = str(sensor.get("quality"))
        rows.append(
            (
                sensor_id,
                _or_dash(sensor.get("driver")),
                _or_dash(sensor.get("zone")),
                depth_words(sensor) if grade in _BELIEVED else _("unknown"),
                quality_words(sensor),
                span(sensor.get("age_s")),
                in_words(str(sensor.get("reason") or "")),
            )
        )
        styles.append(_QUALITY_STYLE.get(grade, ""))
    screen.say()
    heads = (_("sensor"), _("driver"), _("zone"), _("water"), _("quality"), _("age"), _("reason"))
    screen.show_table(heads, rows, styles)


def quality_words(sensor: Answer) -> str:
    """Whether a sensor is believed."""
    words = {
        "good": _("good"),
        "suspect": _("suspect"),
        "faulted": _("faulted"),
        "stale": _("stale"),
    }
    grade = str(sensor.get("quality"))
    return words.get(grade, grade)


def depth_words(reading: Answer) -> str:
    """What a sensor says of the water: a depth, a bound, or nothing."""
    if (depth := reading.get("depth_mm")) is not None:
        return f"{depth:.0f} mm"
    if (low := reading.get("at_least_mm")) is not None:
        return _("at least {depth:.0f} mm").format(depth=low)
    if (high := reading.get("below_mm")) is not None:
        return _("below {depth:.0f} mm").format(depth=high)
    return _("unknown")


def show_links(answer: Answer) -> None:
    """The ways out and the store, a line each."""
    screen.say()
    screen.show_table(("", ""), links(answer))


def links(answer: Answer) -> list[tuple[str, str]]:
    """What each way out and the store are called, and how they are."""
    modem, broker, store = (answer.get(part) for part in ("modem", "broker", "store"))
    web = {"http": _("web service for texts"), "cap": _("CAP by HTTPS")}
    return [
        (_("modem"), modem_words(modem) if modem else _("none in the settings")),
        *((name, web_words(answer[key])) for key, name in web.items() if answer.get(key)),
        (_("broker"), broker_words(broker) if broker else _("none in the settings")),
        (_("store"), store_words(store) if store else _("unknown")),
        *([(_("power"), power_words(answer["power"]))] if answer.get("power") else ()),
        *((_("clock"), words) for words in clock_words(answer.get("clock") or {})),
    ]


def clock_words(clock: Answer) -> list[str]:
    """A line if no time server has set the clock: how far its time can be believed."""
    words = {
        "rtc": _("no time server; kept by its battery"),
        "nitz": _("no time server; by the mobile network's time"),
        "none": _("NOT KNOWN: texts leave the time out"),
    }
    source = str(clock.get("source"))
    return [] if clock.get("synced") or source not in words else [words[source]]


def web_words(route: Answer) -> str:
    """One line on a web service: it is not asked before there is something to send."""
    states = {
        "ready": _("good"),
        "unused": _("not used since the start"),
        "down": _("DOWN"),
    }
    state = str(route.get("state"))
    return ", ".join(filter(None, (states.get(state, state), _detail(route))))


def modem_words(modem: Answer) -> str:
    """One line on the modem."""
    states = {"ready": "", "starting": _("starting"), "down": _("DOWN")}
    state, signal = str(modem.get("state")), modem.get("signal_dbm")
    networks: dict[object, str] = {True: _("registered"), False: _("NOT REGISTERED")}
    parts = [
        states.get(state, state),
        networks.get(modem.get("registered"), ""),
        str(modem.get("operator") or ""),
        "" if signal is None else f"{signal} dBm",
        _detail(modem),
    ]
    return ", ".join(part for part in parts if part) or _("unknown")


def broker_words(broker: Answer) -> str:
    """One line on the link to the centre."""
    backlog = broker.get("backlog") or {}
    waiting = _("{readings} readings and {events} events wait").format(
        readings=backlog.get("readings", 0), events=backlog.get("events", 0)
    )
    state = _("connected") if broker.get("connected") else _("NOT CONNECTED")
    return ", ".join(part for part in (state, _detail(broker), waiting) if part)


def store_words(store: Answer) -> str:
    """One line on the database."""
    size = _("{mib:.1f} MiB").format(mib=(store.get("bytes") or 0) / 2**20)
    state = _("good") if store.get("ok") else _("NOT WELL: alarms go on from memory")
    return ", ".join(part for part in (state, _detail(store), size) if part)


def power_words(power: Answer) -> str:
    """One line on mains and battery."""
    mains: dict[object, str] = {
        True: _("mains"),
        False: _("ON BATTERY for {time}").format(time=span(power.get("on_battery_s"))),
    }
    percent = power.get("battery_percent")
    parts = [
        mains.get(power.get("mains"), _("mains not known")),
        "" if percent is None else _("battery {percent} %").format(percent=percent),
        _("battery LOW") if power.get("battery_low") else "",
    ]
    return ", ".join(part for part in parts if part)


def _detail(part: Answer) -> str:
    return in_words(str(part.get("detail") or ""))


def show_outbox(messages: list[Answer]) -> None:
    """What waits to be delivered."""
    if not messages:
        return
    screen.say()
    heads = (_("message"), _("to"), _("state"), _("attempts"), _("reason"))
    rows = [
        (
            purpose_words(str(message.get("purpose"))),
            _or_dash(message.get("contact")),
            delivery_words(str(message.get("status"))),
            _or_dash(message.get("attempts")),
            in_words(str(message.get("reason") or "")) or "-",
        )
        for message in messages
    ]
    screen.show_table(heads, rows)


def show_troubles(troubles: list[Answer]) -> None:
    """What is not well with floodbell itself, and what to do."""
    if not troubles:
        return
    screen.say()
    heads = (_("trouble"), _("for"), _("what was seen"), _("what to do"))
    rows = []
    for trouble in troubles:
        words = trouble_of(str(trouble.get("cause")))
        seen = in_words(str(trouble.get("detail") or ""))
        rows.append((words.name, span(trouble.get("for_s")), seen, words.remedy))
    screen.show_table(heads, rows, ["yellow"] * len(rows))


def span(seconds: object) -> str:
    """A length of time in words."""
    if not isinstance(seconds, int | float):
        return "-"
    if seconds < 120:
        return _("{seconds:.0f} s").format(seconds=seconds)
    if seconds < 7200:
        return _("{minutes:.0f} min").format(minutes=seconds / 60)
    return _("{hours:.0f} h").format(hours=seconds / 3600)


def _yes(value: object) -> str:
    return _("yes") if value else _("no")


def _or_dash(value: object) -> str:
    return "-" if value is None or value == "" else str(value)
