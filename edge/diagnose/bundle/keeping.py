"""What of settings, events, messages and answers is kept: by name. Pure.

Owns the lists of what may be shown. Invariant: a key that stands in no list here is struck out, so
that a new setting or a new field is private until somebody has decided otherwise; a test asks for
that decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SET: Final = "[set]"
DROPPED: Final = "[struck]"

_SETPOINT = "setpoint_mm deadband_mm on_delay_s off_delay_s"
_SENSOR = (
    "driver zone port pin cable contact sample_interval_s stale_after_s mount_height_mm height_mm"
    " blind_zone_mm part baud unit full_scale_mm mode trigger_pin echo_pin span_mm density"
    " probe_height_mm preset unit_id parity stop_bits function level_register data word_order"
    " unit_register decimals decimals_register scale answer_s response_s adc channel spi_device"
    " reference_v shunt_ohm return_pin end_ohm contact_ohm pull_up_ohm"
)
SETTINGS_KEPT: Final[Mapping[str, str]] = {
    "site": "id district language timezone",
    "alarm": "max_rise_mm_s uncorroborated_delay_s latch_clear_s floor_tolerance_mm",
    "alarm.alert": _SETPOINT,
    "alarm.danger": _SETPOINT,
    "zones.*": "voting danger",
    "sensors.*": _SENSOR,
    "sensors.*.calibration": "offset_mm scale",
    "contacts.*": "role routes",
    "report": "armed repeats repeat_interval_s min_attempts voice",
    "bell": "button_pin hold_s siren_pin strobe_pin lamp_pin siren_cutoff_s",
    "modem": "port baud power_pin",
    "modem.self_test": "contact every_h",
    "http_sms": "provider",
    "mqtt": (
        "host port version insecure heartbeat_s keepalive_s reconnect_max_s first_connect_max_s"
        " repeat_s min_change_mm home_assistant"
    ),
    "power": "mains_pin mains_level battery_low_pin battery_low_level supplies",
    "log": "interval_s min_change_mm alarm_interval_s",
    "trouble": "on_delay_s off_delay_s repeat_h",
    "paths": "state run credentials",
    "store": "max_mb",
}
"""The settings that are shown, by their table; ``*`` is a name that the technician chose."""

SETTINGS_STRUCK: Final[Mapping[str, str]] = {
    "site": "address occupants",
    "sensors.*": "air_temperature file script",
    "contacts.*": "name phone",
    "report": "number",
    "modem": "sim_pin_credential answer_calls_from voice_message service_centre",
    "http_sms": "url sender service key_credential secret_credential",
    "cap": "url sender",
    "mqtt": "ca cert key_credential username password_credential",
}
"""Those of which only is told that they are set."""

NO_WORDS: Final = re.compile(r"_credential$|^(ca|cert|voice_message|air_temperature|file|script)$")
"""Struck, but no words to search for: names of files, and what a simulated sensor plays."""

EVENT_KEPT: Final = _names(
    "type ts seq clock_synced session incident episode reason stage route withheld sensor repeats"
    " repeat minutes log count contact command zone waiting version unstable to_seq from_seq scale"
    " from_ts to_ts by_s source"
    " renewed recovered readings_log purpose peak_mm origin offset_mm mount_height_mm local"
    " lasted_s kept error done detail depth_mm contacts causes cause attempts armed cut from_119"
    " acknowledged bell latched parts part from config_sha256"
)
"""Fields of events. Struck: ``text`` (somebody's words), ``by`` (a person), a command's ``id``."""

EVENT_STRUCK: Final = frozenset({"text", "by", "id"})

MESSAGE_KEPT: Final = _names(
    "key purpose contact incident episode decided_s routes repeat repeats part parts origin reason"
    " rank status attempts registered_attempts ambiguous silences_before undelivered tries_here"
    " route accepted_s accepted_route last_error recalled"
)
"""Fields of a message of the outbox."""

MESSAGE_STRUCK: Final = frozenset(
    {"text", "facts", "concat_reference", "submit_reference", "not_before_s"}
)

ANSWER_KEPT: Final = _names(
    # status
    "version site session uptime_s stage latched bell acknowledged silenced siren incident armed"
    " depth_mm zone for_s since sensors modem broker store troubles outbox report_armed disarmed"
    " service drill left_s driver at_least_mm below_mm quality reason age_s state registered"
    " signal_dbm operator sim detail ok bytes pending connected connections losses backlog readings"
    " events cap unheard cause unstable key purpose contact status attempts contacts"
    # sensor
    " id reading at_s raw heard meaning ranges_mm too_near numbers calibrated at mount_height_mm"
    " offset_mm scale kept_from"
    # of all that is new since
    " config_sha256 reload_waits http wet_test_s clock synced source steps"
    # power
    " power mains on_battery_s battery_percent battery_low shedding"
    # modem
    " manufacturer model firmware imei registration technology voice port power_pin"
)
"""Fields of the daemon's answers ``status`` and ``sensor``, at any depth; ``by`` is not one."""

_NAMED: Final = ("sensors", "zones", "contacts")
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


def only(value: Any, kept: frozenset[str], named: tuple[str, ...] = ()) -> Any:  # noqa: ANN401
    """Return what of a JSON value is kept.

    Args:
        value: What ``json.loads`` returns.
        kept: The keys that may be shown, at any depth.
        named: Keys whose tables have names of their own for keys: these are shown too.

    Returns:
        The same, with ``[struck]`` for each value under another key.
    """
    if isinstance(value, list):
        return [only(item, kept, named) for item in value]
    if not isinstance(value, dict):
        return value
    shown: dict[str, Any] = {}
    for key, inner in value.items():
        if key not in kept:
            shown[key] = DROPPED
        elif key in named and isinstance(inner, dict):
            shown[key] = {name: only(one, kept, named) for name, one in inner.items()}
        else:
            shown[key] = only(inner, kept, named)
    return shown


def settings_shown(tree: Mapping[str, Any], *, trusted: bool) -> dict[str, Any]:
    """Return a settings file as it may be shown.

    Args:
        tree: The settings as a tree of tables.
        trusted: Whether they have passed every check; if not, a text may stand at the wrong key, so
            of texts only is told that they are there.
    """
    return _table_shown(tree, "", trusted=trusted)


def _table_shown(table: Mapping[str, Any], at: str, *, trusted: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for given, value in table.items():
        key = given if _IDENTIFIER.fullmatch(given) else "[a key]"
        inner = _below(at, given)
        if isinstance(value, dict):
            shown[key] = _table_shown(value, inner, trusted=trusted)
        elif given in SETTINGS_KEPT.get(at, "").split():
            shown[key] = value if trusted else _distrusted(value)
        else:
            shown[key] = None if value is None else SET
    return shown


def _below(at: str, key: str) -> str:
    if at in _NAMED:
        return f"{at}.*"
    return f"{at}.{key}" if at else key


def _distrusted(value: object) -> object:
    plain = isinstance(value, bool | int | float) or value is None
    return value if plain else "[a text]" if isinstance(value, str) else f"[{type(value).__name__}]"


def struck_texts(tree: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a settings file that is not shown: its key and the text.

    They are the words to search for in everything else. Names of files are not among them.

    Args:
        tree: The settings as a tree of tables.
        at: The table, for what calls itself.
    """
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from struck_texts(value, _below(at, key))
        elif key in SETTINGS_KEPT.get(at, "").split() or NO_WORDS.search(key):
            continue
        else:
            items = value if isinstance(value, list | tuple) else [value]
            yield from ((key, item) for item in items if isinstance(item, str))
