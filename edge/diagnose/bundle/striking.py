"""Free text with everything private struck out. Pure.

Owns what becomes of a log line or a sentence. Invariant: escapes are undone first, so that a word
is seen however it was written, and the outcome has no letter beyond ASCII: the program speaks
English to its log, so whatever is not ASCII there is a name, a place or a text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from edge.diagnose.bundle import forms
from edge.diagnose.bundle.private import Private

STRUCK: Final = "[struck]"
_MOST_ROUNDS: Final = 4  # an escape within an escape, as JSON within JSON
_DECIMALS: Final = 6
_LONGEST_NUMBER: Final = 14  # digits: an IMSI has up to 15, an ICCID 19
_TAC_DIGITS: Final = 8  # of an IMEI they name the model, the rest the one device (TS 23.003)
_HEX_KEYS: Final = frozenset(
    {"log", "readings_log", "config_sha256", "events.id", "readings.id", "cap.id"}
)
"""Keys under which a long run of hex is an id of ours."""

_ESCAPED: Final = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|\\+(?P<unicode>u[0-9A-Fa-f]{4}(?:\\+u[0-9A-Fa-f]{4})*)"
    r"|(?P<bytes>(?:\\+x[0-9A-Fa-f]{2})+)"
    r"|&#(?P<entity>x[0-9A-Fa-f]{2,6}|[0-9]{2,7});"
)
_BY_SOMEBODY: Final = re.compile(
    r"(?<=\bby )(?!(?:the|a|an|hand|itself|its|command|root|floodbell|mqtt|modem|http)\b)[^\s,;:]+"
)
_RULES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"(https?://[^\s/\"'<>@]+)/[^\s\"'<>]+"), rf"\1/{STRUCK}"),
    (re.compile(r"(?<=://)[^\s/@\"']+@"), f"{STRUCK}@"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), STRUCK),
    (re.compile(r"(?<=/home/)[^/\s\"']+"), STRUCK),
    # Coordinates: NMEA, pairs of decimal degrees, and what is called latitude or longitude.
    (re.compile(r"\d{3,5}\.\d+,\s*[NS],\s*\d{3,5}\.\d+,\s*[EW]"), STRUCK),
    (re.compile(r"-?\d{1,3}\.\d{4,}[,;/\s]{1,3}-?\d{1,3}\.\d{4,}"), STRUCK),
    (re.compile(r"(?i)\b(lat|lon|lng)(\w*\W{1,4})-?\d+(?:\.\d+)?"), rf"\1\2{STRUCK}"),
    (re.compile(forms.E164), STRUCK),
    (re.compile(rf"(?<![0-9A-Za-z])(?:{forms.KOREAN})(?![0-9A-Za-z])"), STRUCK),
)
_OF_SIM: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(rf"(?i)(\bimei\W{{0,4}}\d{{{_TAC_DIGITS}}})\d{{6,8}}"), r"\1…"),
    (re.compile(rf"\d{{{_LONGEST_NUMBER},}}"), STRUCK),
)
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_LONG_HEX: Final = re.compile(
    rf"(?P<uuid>{_UUID})|(?:[0-9A-Fa-f]{{2}}[ :]){{5,}}[0-9A-Fa-f]{{2}}|[0-9A-Fa-f]{{12,}}"
)
_BEYOND_ASCII: Final = re.compile(r"\w*(?:(?![\x00-\x7f])\w)[\w]*")
_MODEM_SPOKE: Final = re.compile(r"modem [<>] ")
_SPOKEN: Final = re.compile(r'"[^"]*"|[0-9A-Fa-f]*\d[0-9A-Fa-f]{3,}|[0-9A-Fa-f]{3,}\d[0-9A-Fa-f]*')


class Striker:
    """Strikes out what is private in one home, and counts how often."""

    def __init__(self, private: Private) -> None:
        spelled = [
            *map(forms.spelled_secret, _longest_first(private.secrets)),
            *map(forms.spelled_number, sorted(private.numbers)),
            *map(forms.spelled_word, _longest_first(private.words)),
        ]
        self._known = re.compile("|".join(spelled) or r"(?!)", re.IGNORECASE)
        ids = sorted(dict(private.aliases), key=len, reverse=True)
        whole = "|".join(re.escape(unicodedata.normalize("NFC", id_)) for id_ in ids)
        self._ids = re.compile(rf"(?<![0-9A-Za-z_])(?:{whole})(?![0-9A-Za-z_])" if ids else r"(?!)")
        self._aliases = {unicodedata.normalize("NFC", id_): to for id_, to in private.aliases}
        self.count = 0

    def text(self, text: str, *, hex_is_ours: bool = False) -> str:
        """Return one line with everything private struck out.

        Args:
            text: Anything; what it has escaped is shown as it reads.
            hex_is_ours: A long run of hex in it is an id or a checksum, no text of somebody.
        """
        text = _unescaped(text)
        for _ in range(_MOST_ROUNDS):
            before = text
            text = self._struck(unicodedata.normalize("NFC", text), hex_is_ours=hex_is_ours)
            if text == before:
                break
        return text

    def _struck(self, text: str, *, hex_is_ours: bool) -> str:
        """Strike once; what is struck may lay free a word that was part of a longer one."""
        for rule, instead in _OF_SIM:
            text = self._sub(rule, instead, text)
        text = self._ids.sub(self._alias, text)
        text = self._sub(self._known, STRUCK, text)
        for rule, instead in _RULES:
            text = self._sub(rule, instead, text)
        if not hex_is_ours:
            text = _LONG_HEX.sub(self._unless_uuid, text)
        text = self._sub(_BY_SOMEBODY, STRUCK, text)
        return self._sub(_BEYOND_ASCII, STRUCK, text)

    def log_line(self, line: str) -> str:
        """Return a line of the log; of what the modem was heard to say only the commands."""
        said = _MODEM_SPOKE.search(line)
        if said is None:
            return self.text(line)
        spoken = self._sub(_SPOKEN, STRUCK, _unescaped(line[said.end() :]))
        return self.text(line[: said.end()] + spoken)

    def value(self, value: Any, key: str = "") -> Any:  # noqa: ANN401  whatever JSON can hold
        """Return a JSON value with everything private struck out of its texts and keys."""
        if isinstance(value, str):
            return self.text(value, hex_is_ours=key in _HEX_KEYS)
        if isinstance(value, dict):
            return {self.text(str(k)): self.value(v, str(k)) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item, key) for item in value]
        if isinstance(value, float):
            value = round(value, _DECIMALS)
        if isinstance(value, bool) or value is None:
            return value
        return value if self.text(str(value)) == str(value) else STRUCK

    def _sub(self, pattern: re.Pattern[str], instead: str, text: str) -> str:
        text, times = pattern.subn(instead, text)
        self.count += times
        return text

    def _alias(self, found: re.Match[str]) -> str:
        self.count += 1
        return self._aliases[found[0]]

    def _unless_uuid(self, found: re.Match[str]) -> str:
        if found["uuid"]:
            return found[0]
        self.count += 1
        return STRUCK


def _longest_first(words: frozenset[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))


def _unescaped(text: str) -> str:
    """Undo escapes; what is not printable becomes a blank, so that a line stays one."""
    for _ in range(_MOST_ROUNDS):
        plain = _ESCAPED.sub(_plain, text)
        if plain == text:
            break
        text = plain
    return "".join(one if one.isprintable() or one == "\t" else " " for one in text)


def _plain(found: re.Match[str]) -> str:
    kind = found.lastgroup
    body = found[str(kind)]
    if kind == "percent":
        return unquote_to_bytes(body).decode("utf-8", "replace")
    if kind == "bytes":
        return bytes.fromhex(re.sub(r"\\+x", "", body)).decode("utf-8", "replace")
    if kind == "unicode":
        units = bytes.fromhex(re.sub(r"\\+u|u", "", body))
        return units.decode("utf-16-be", "replace")
    number = int(body[1:], 16) if body[0] == "x" else int(body)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "\ufffd"
