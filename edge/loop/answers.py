"""What the control socket answers: the device's state, and a person's hands.

Runs on the main thread, one question at a time; every answer is made of what is in memory, so it
never waits. Who asks is the question's ``by``: the kernel vouches for it (``drivers.host.users``),
and no argument changes it. For people: docs/control-socket.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from edge import __version__
from edge.centre.front import bounds, finite
from edge.events import Hand, Handled, Reading
from edge.law.notices import facts
from edge.law.state import State
from edge.law.troubles import standing
from edge.loop import ways_out

if TYPE_CHECKING:
    from edge.loop.app import App
    from edge.loop.inbox import Question


def answer(app: App, question: Question) -> None:
    """Answer one question, or say why not; nobody who asked is left waiting.

    Raises:
        Exception: A bug, of which whoever asked has been told; to the loop it is a trouble.
    """
    command = COMMANDS.get(question.command)
    if command is None:
        question.answer(None, f"unknown command {question.command!r}")
        return
    try:
        question.answer(command(app, question), None)
    except (ValueError, OverflowError) as error:  # JSON has whole numbers beyond every float
        question.answer(None, str(error))
    except Exception as fault:
        question.answer(None, f"the bell failed at this: {type(fault).__name__}; see its log")
        raise


def status(app: App, question: Question | None = None) -> dict[str, Any]:
    """Return everything that a technician wants to see at a glance."""
    del question
    state, now_s = app.state, app.parts.clocks.now_s()
    incident = state.incident
    about = facts(state, app.parts.policy)
    return {
        "version": __version__,
        "site": app.parts.site.id,
        "session": app.parts.session,
        "config_sha256": app.parts.site.config_sha256,
        "reload_waits": app.reload_waits,
        "uptime_s": round(now_s - app.started_s, 1),
        "stage": state.level.word,
        "latched": incident.latched.word if incident else "normal",
        "bell": bool(incident and incident.bell),
        "acknowledged": bool(incident and incident.acknowledged),
        "silenced": state.siren.silenced,
        "siren": state.siren.on,
        "incident": incident.id if incident else None,
        "armed": state.armed,
        **set_by_people(state, now_s),
        "depth_mm": finite(about.depth_mm) if about.depth_mm is not None else None,
        "zone": state.zone,
        "for_s": round(now_s - state.level_since_s, 1),
        "since": app.wall_of(state.level_since_s),
        "sensors": sensors(app, now_s),
        "modem": ways_out.in_short(app),
        "http": web_route(app, "http"),
        "cap": web_route(app, "cap"),
        "broker": app.parts.broker_state(),
        "store": store(app),
        "power": power(app, now_s),
        "clock": clock(app),
        "troubles": standing(app.state, now_s),
        "outbox": [
            {
                "key": m.key,
                "purpose": m.purpose.value,
                "contact": m.contact,
                "status": m.status.value,
                "attempts": m.attempts,
                "reason": m.last_error,
            }
            for m in app.parts.sender.outbox.waiting()
        ],
    }


def sensors(app: App, now_s: float) -> dict[str, Any]:
    """Return the last reading of every sensor, and how old it is."""
    shown = {}
    for name, policy in app.parts.policy.sensors.items():
        known = app.readings.get(name)
        reading = known[0] if known else None
        shown[name] = {
            "driver": app.parts.site.drivers[name],
            "zone": policy.zone,
            **_bounds(reading),
            "age_s": round(now_s - known[1], 1) if known else None,
            "wet_test_s": _wet_test_s(app.state, name, now_s),
        }
    return shown


def _wet_test_s(state: State, name: str, now_s: float) -> float | None:
    """Seconds since water was last at a sensor; None if none ever was, as far as is remembered."""
    sensor = state.sensors.get(name) or state.remembered.get(name)
    if sensor is None or not sensor.proven or sensor.wet_s is None:
        return None
    return round(now_s - sensor.wet_s, 1)


def _bounds(reading: Reading | None) -> dict[str, Any]:
    if reading is None:
        return {
            "depth_mm": None,
            "at_least_mm": None,
            "below_mm": None,
            "quality": "stale",
            "reason": "no reading yet",
        }
    return {**bounds(reading), "reason": reading.reason}


def web_route(app: App, name: str) -> dict[str, Any] | None:
    """Return how a web service is; None if there is none in the settings.

    It is asked only when there is something to send: until then nothing is known of it.
    """
    if name not in app.parts.sender.routes:
        return None
    known = app.routes.get(name)
    if known is None:
        return {"state": "unused", "detail": ""}
    return {"state": "ready" if known.up else "down", "detail": known.detail}


def watch(app: App, question: Question | None = None) -> dict[str, Any]:
    """Return the status, with the setpoints and the newest events, oldest first."""
    del question
    policy = app.parts.policy
    return {
        **status(app),
        "setpoints": {
            "alert_mm": policy.alert.mm,
            "danger_mm": policy.danger.mm,
        },
        "events": list(app.recent),
    }


def clock(app: App) -> dict[str, Any]:
    """Return whether the time is known, who says what it is, and how often it was set."""
    clocks = app.parts.clocks
    return {
        "synced": clocks.wall_is_synced(),
        "source": clocks.source(),
        "steps": clocks.steps(),
    }


def store(app: App) -> dict[str, Any]:
    """Return how the disk is."""
    health = app.parts.store.health()
    return {
        "ok": health.ok,
        "detail": health.detail,
        "bytes": health.size_bytes,
        "pending": health.pending,
    }


def power(app: App, now_s: float) -> dict[str, Any] | None:
    """Return how mains and battery are; None where nothing tells."""
    known = app.powering.in_short(now_s)
    if all(known[key] is None for key in ("mains", "battery_percent", "battery_low")):
        return None
    for_s = known["on_battery_s"]
    return {**known, "since": None if for_s is None else app.wall_of(now_s - for_s)}


def set_by_people(state: State, now_s: float) -> dict[str, Any]:
    """Return what people have set, each with the seconds it has left; None where nothing is set."""
    disarmed, at_work, drill = state.disarmed, state.service, state.drill
    return {
        "report_armed": state.report_armed,
        "disarmed": disarmed
        and {
            "by": disarmed.by,
            "for_s": round(now_s - disarmed.since_s, 1),
            "left_s": None if disarmed.until_s is None else round(disarmed.until_s - now_s, 1),
        },
        "service": at_work and {"by": at_work.by, "left_s": round(at_work.until_s - now_s, 1)},
        "drill": drill
        and {
            "stage": drill.stage,
            "by": drill.by,
            "contacts": list(drill.contacts),
            "left_s": round(drill.until_s - now_s, 1),
        },
    }


def sensor(app: App, question: Question) -> dict[str, Any]:
    """Return all that is known of one sensor now, what it was heard to say included."""
    return app.parts.bench.shown(app, str(question.arguments.get("sensor")))


def calibrate(app: App, question: Question) -> dict[str, Any]:
    """Remember a sensor's calibration; without numbers the settings' own count again."""
    given = question.arguments
    numbers = given.get("numbers")
    if numbers is not None and not isinstance(numbers, dict):
        raise ValueError(f"numbers is an object, not {numbers!r}")
    return app.parts.bench.calibrate(app, str(given.get("sensor")), numbers, question.by)


def _hand(hand: Hand) -> Callable[[App, Question], dict[str, Any]]:
    def command(app: App, question: Question) -> dict[str, Any]:
        given = question.arguments
        handled = Handled(
            hand,
            question.by,
            local=True,
            minutes=_minutes(given.get("minutes")),
            stage=str(given.get("stage") or ""),
            contacts=_names(given.get("contacts") or ()),
        )
        refusal = app.handle(handled, app.parts.clocks.now_s())
        return {"done": not refusal, "reason": refusal}

    return command


def _minutes(given: object) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given):
        raise ValueError(f"minutes is a number, not {given!r}")
    return float(given)


def _names(given: object) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) for name in given):
        raise ValueError(f"contacts is a list of names, not {given!r}")
    return tuple(given)


COMMANDS: Final[Mapping[str, Callable[[App, Question], dict[str, Any]]]] = {
    "status": status,
    "watch": watch,
    "modem": ways_out.modem,
    "outbox": ways_out.outbox,
    "sensor": sensor,
    "calibrate": calibrate,
    "ack": _hand(Hand.ACK),
    "silence": _hand(Hand.SILENCE),
    "reset": _hand(Hand.RESET),
    "service_on": _hand(Hand.SERVICE_ON),
    "service_off": _hand(Hand.SERVICE_OFF),
    "drill": _hand(Hand.DRILL),
    "drill_end": _hand(Hand.DRILL_END),
    "arm": _hand(Hand.ARM),
    "disarm": _hand(Hand.DISARM),
    "modem_test": ways_out.send_test,
}
