"""What is wrong with a settings file, in the language of the command line.

The settings give their problems in English, for the log as well. Here each sentence is known by its
form; what changes in it is kept, or translated in turn if it is a sentence itself. One that is not
known is shown as it came.
"""

from __future__ import annotations

from typing import Final

from edge.locale import N_, _
from edge.locale.sentences import pattern_of

FOUND: Final = (
    N_("nothing"),
    N_("an unknown key"),
    N_("a wrong driver"),
    N_("this name"),
    N_("no file"),
    N_("a pipe"),
    N_("no sensor"),
    N_("no route"),
    N_("endless nesting"),
    N_("a file that is closed to you"),
    N_("more than {number} bytes"),
    N_("a byte that is not UTF-8 at line {number}"),
    N_("at line {number}, column {column}: {what}"),
    N_("at the end of the file: {what}"),
    N_("a table with {names}"),
    N_("no sensor able to decide danger at {number} mm among {names}"),
    N_("neither script nor file"),
    N_("script and file"),
    N_("a number outside Korea and no other route"),
    N_(
        "a report to 119 would be {number} characters, at most {most_number} fit;"
        " shorten the address by {by_number}"
    ),
    N_("a report to 119 has more than one part: {report}"),
    N_("{number} characters in {parts_number} parts, at most {most_number} fit"),
    N_("pin {number}"),
    N_("port {port}"),
    N_("channel {number} of the {converter}"),
    N_("unit {number} on {port}"),
)
"""What stands in a file that should not."""

NOT_TOML: Final = (
    N_("invalid statement"),
    N_("invalid value"),
    N_("cannot overwrite a value"),
    N_("unclosed array"),
    N_("unclosed inline table"),
    N_("unterminated string"),
    N_("illegal character {letter}"),
    N_("found invalid character {letter}"),
    N_("cannot declare {key} twice"),
    N_("expected '=' after a key in a key/value pair"),
    N_("expected ']' at the end of a table declaration"),
    N_("expected newline or end of document after a statement"),
    N_("invalid initial character for a key part"),
    N_("unescaped '\\' in a string"),
)
"""How a file stops being TOML: tomllib's sentences, their first letter small."""

ALLOWED: Final = (
    N_("a number"),
    N_("a whole number"),
    N_("a finite number"),
    N_("a text in quotes"),
    N_("true or false"),
    N_("a table"),
    N_("a list"),
    N_("a path in quotes"),
    N_("a value: required"),
    N_("a [site] table: required"),
    N_("at least one [sensors.NAME] table"),
    N_("nothing here"),
    N_("did you mean {name}?"),
    N_("TOML in UTF-8"),
    N_('lines like [table], key = 3 or key = "text", each quote and bracket closed'),
    N_("a settings file"),
    N_("a settings file of a few KiB"),
    N_("a file that can be read"),
    N_("one that you may read"),
    N_("a person's number in E.164 form, +821012345678; never an emergency number"),
    N_("a person's number, never an emergency number (119, 112, 02-119)"),
    N_("leave out the 0 after +82: +8210…, +822…"),
    N_("letters a-z, digits and -, at most 32"),
    N_("letters a-z, digits, - and _, at most 32"),
    N_("1 to 64 characters without blank, /, +, # and $"),
    N_("a file name without a folder"),
    N_("one line of text"),
    N_("a text like {pattern}"),
    N_("a name of the IANA time zone database, such as Asia/Seoul"),
    N_("each route once"),
    N_("less than its setpoint_mm, {number}"),
    N_("less than danger's setpoint_mm, {number}"),
    N_("more than alert's setpoint_mm, {number}"),
    N_("at least twice sample_interval_s: {number}"),
    N_("at least two frames of this part: {number} s"),
    N_("at least the part's own: {number}"),
    N_("at most {number}, the farthest that this part sees"),
    N_("the nearest range of this part's data sheet"),
    N_("nothing: this part corrects for the air by itself"),
    N_("more than danger's setpoint_mm and the blind zone: {number}"),
    N_(
        "sample interval {number} s + filter {filter_number} s + longest danger delay"
        " {delay_number} s of {sensor} at most {most_number} s together, here {way_number} s: water"
        " has to reach 119 within 20 s, the filter's delay included"
    ),
    N_(
        "a sensor that measures, or a normally closed or supervised switch at that very height;"
        " or danger = false"
    ),
    N_('a sensor with zone = "{zone}"'),
    N_("MooN with N = {number}, the number of its sensors, and M at most N"),
    N_("a route that can be used; there is none: a [modem] or [http_sms] table is missing"),
    N_("a route that can be used; there is {names}"),
    N_("true only with {list}"),
    N_("a [modem] table"),
    N_('a contact with role = "office"'),
    N_("a zone with a sensor that can decide danger"),
    N_("one that {key} does not use, or the same as there: {shared}"),
    N_("one that {key} does not use"),
    N_("a contact: there is none"),
    N_("a contact: {names}"),
    N_("a URL: a webhook has none of its own"),
    N_("https, or a service on this machine"),
    N_("a number in Korea, +82…"),
    N_("a number in Korea: {provider} texts no other; or the modem as a route"),
    N_('"high" or "low": the level of {key} while mains are there'),
    N_('"high" or "low": the level of {key} while the battery is low'),
    N_("nothing without {key}"),
    N_("a URL to post documents to, or an [mqtt] table"),
    N_("cert and key_credential together, or neither"),
    N_("a user name: there is a password_credential"),
    N_("a CA file for TLS; or insecure = true to send in the clear"),
    N_("an address with which the report fits"),
    N_("a text that fits"),
    N_("a texts file as in config/"),
    N_("files as cap.ko.toml and cap.en.toml in config/"),
    N_("either script or file"),
    N_("a register, or preset: {names}"),
    N_("one of {names}; or unit_register"),
    N_(
        "at most {number}: a reading of this map is {asked_number} questions, and takes"
        " {most_number} s at most"
    ),
    N_(
        "at most {number}: with more, {loop_number} mA is above reference_v = {volt_number}, and a"
        " failed loop looks like deep water"
    ),
    N_(
        "resistors with which short, closed, open and cut lie at least {least} of the reference"
        " apart; here closed is {closed} and open {open}; 4700 three times is good"
    ),
    N_("{kind}, {low_number} to {number}"),
    N_("{kind}, more than {low_number}, at most {number}"),
    N_("{kind}, at least {low_number}"),
    N_("{kind}, more than {low_number}"),
    N_("at least {number}"),
    N_("at most {number}"),
    N_("a text of at least {number} characters"),
    N_("a text of at most {number} characters"),
    N_("MooN: 1oo2, 2oo3, …"),
    N_("a URL: https://…"),
    N_("{quoted} or {quoted_last}"),
)
"""What would be right; the first form that fits is taken."""

REMEDIES: Final = (
    N_("use sudo"),
    N_(
        "let floodbell init write {file}, or copy config/floodbell.example.toml there and"
        " fill it in"
    ),
    N_("add a [modem] table, or [http_sms]"),
    N_("make one of the three smaller"),
    N_("hang it higher and measure again, or lower alarm.danger.setpoint_mm"),
    N_('write "{voting}", or leave the line out'),
    N_("write city without its suffix, district, street and number, unit; leave out all else"),
    N_("shorten it in {file} beside the settings"),
)
"""What to do about it, where that does not follow."""

_KINDS: Final = {"number": r"-?[0-9.e+]+", "quoted": r'".*"', "voting": r"\w+"}


def in_words(sentence: str) -> str:
    """Return a sentence about the settings in the language of the command line."""
    for template in (*FOUND, *NOT_TOML, *ALLOWED, *REMEDIES):
        if (found := pattern_of(template, _form).fullmatch(sentence)) is not None:
            return _(template).format(**{k: _part(k, v) for k, v in found.groupdict().items()})
    return sentence


def _part(name: str, value: str) -> str:
    if name in ("what", "kind"):
        return in_words(value)
    if name == "list":
        return ", ".join(map(in_words, value.split(", ")))
    return value


def _form(name: str) -> str:
    kind = next((kind for kind in _KINDS if kind in name.split("_")), "")
    return _KINDS.get(kind, ".+")
