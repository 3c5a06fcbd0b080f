"""Files that people write: settings, series of depths, and the words of texts."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from drivers.modem.alphabet import split
from drivers.sensors.simulated import BadLine, read_series
from edge.effects import Facts, Purpose
from edge.law.policy import Role
from edge.messages.home import home_of
from edge.messages.texts import find, load, load_all, load_cap
from edge.messages.words import Home, TextsError, check, notice_text, report_text
from edge.settings import Settings, SettingsError
from edge.settings.loading import parse
from edge.simulate.series import read as read_lines
from tests.torture.fuzzing.target import Target, mutated

_CONFIG = Path(__file__).resolve().parents[4] / "config"
_EXAMPLE = (_CONFIG / "floodbell.example.toml").read_bytes()
_SMALL = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3 B01호"
[alarm]
alert = { setpoint_mm = 20, on_delay_s = 5.0 }
danger = { setpoint_mm = 150, on_delay_s = 3.0 }
[zones.entrance]
voting = "1oo2"
[sensors.door]
driver = "a02yyuw"
zone = "entrance"
port = "/dev/ttyAMA0"
mount_height_mm = 600
[sensors.float]
driver = "float_switch"
zone = "entrance"
pin = 17
height_mm = 20
[contacts.mother]
role = "guardian"
phone = "+821033333333"
[contacts.office]
role = "office"
phone = "+821044444444"
[report]
armed = true
[modem]
port = "/dev/ttyUSB0"
[bell]
button_pin = 5
siren_pin = 16
[mqtt]
host = "127.0.0.1"
port = 1883
""".encode()


def check_settings(data: bytes) -> None:
    """Bytes are settings that can be used, or errors in words; nothing in between."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            settings, texts = load_all(Path(folder) / "floodbell.toml", data=data)
        except SettingsError as error:
            assert error.problems
            for problem in error.problems:
                _speaks(problem.key, problem.found, problem.allowed)
                assert "pydantic" not in str(problem)
                assert "Traceback" not in str(problem)
            assert len(str(error)) < 400_000
            return
    assert isinstance(settings, Settings)
    again = parse(settings._text.encode(), folder=Path(folder))
    assert again.model_dump() == settings.model_dump()
    assert settings.alarm.danger.setpoint_mm > settings.alarm.alert.setpoint_mm
    if settings.report.armed:
        assert settings.modem is not None
        assert any(one.role == "office" for one in settings.contacts.values())
    assert not check(texts, home_of(settings), split), "texts that do not fit were let through"


def _speaks(key: str, found: str, allowed: str) -> None:
    assert found
    assert allowed
    for place in key.split("."):
        assert place or not key, f"a key with a hole in it: {key!r}"
    for tag in ("function-", "tagged-union", "literal[", "constrained"):
        assert tag not in key, f"the key tells of our own models: {key!r}"


_VALUES = st.sampled_from(
    [
        b"-1",
        b"0",
        b"1e308",
        b"nan",
        b"inf",
        b"99999999999999999999",
        b'""',
        b'"x"',
        b"true",
        b"[]",
        b"{}",
        b"[1, 'a', {}]",
        b"1970-01-01",
        b"07:32:00",
        b'"\\u0000"',
        '"가나다"'.encode(),
        b"{ a = { b = { c = 1 } } }",
        b"0x1F",
        b"'/dev/null'",
        b"'/dev/zero'",
        b"'..'",
        b"0.5",
        b"1_000",
        b"'simulated'",
        b"'current_loop'",
        b"'hcsr04'",
    ]
)


@st.composite
def _revalued(draw: st.DrawFn) -> bytes:
    """A good file of which a few values, or names of keys, are others."""
    lines = draw(st.sampled_from([_SMALL, _EXAMPLE])).split(b"\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        key, equals, value = lines[at].partition(b"=")
        match draw(st.sampled_from(("value", "key", "drop", "twice", "elsewhere"))):
            case "value" if equals:
                lines[at] = key + b"= " + draw(_VALUES)
            case "key" if equals:
                lines[at] = key.strip() + b"x =" + value
            case "drop":
                lines[at] = b""
            case "twice":
                lines.insert(at, lines[at])
            case "elsewhere":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case _:
                pass
    return b"\n".join(lines)


SETTINGS = Target(
    "settings",
    check_settings,
    _revalued() | mutated([_SMALL, _EXAMPLE]),
    raw=lambda data: data,
    examples=[_SMALL],
    hang_s=10.0,
    short=12,
)


def check_series(data: bytes) -> None:
    """A file of depths is points with rising seconds, or a sentence that names the line."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "series.csv"
        file.write_bytes(data)
        try:
            points = read_series(file)
        except ValueError as error:
            assert str(file) in str(error)
            assert not isinstance(error, UnicodeError), "in Python's words, not in ours"
        else:
            assert points
            assert all(a[0] < b[0] for a, b in pairwise(points))
            assert all(abs(n) < float("inf") for point in points for n in point)
        try:
            text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig")
            played = list(read_lines(text, 10.0))
        except BadLine as error:
            assert error.line >= 1
            assert error.found
            assert len(error.found) < 500
        except UnicodeDecodeError:
            pass
        else:
            assert all(point[0] >= 0 for point in played)


_NUMBERS = st.floats().map(repr) | st.integers().map(str) | st.sampled_from(["", " ", "1_0", "٣"])
_CSV = st.lists(st.tuples(_NUMBERS, _NUMBERS), max_size=12).map(
    lambda rows: ("t_s,depth_mm\n" + "".join(f"{t},{d}\n" for t, d in rows)).encode()
)
_GOOD_CSV = b"t_s,depth_mm\n0,0\n1,20.5\n60,150\n"
SERIES = Target(
    "series",
    check_series,
    _CSV
    | mutated([b"t_s,depth_mm\n0,0\n1,20.5\n60,150\n", b"\xef\xbb\xbft_s,depth_mm\r\n0,0\r\n"]),
    raw=lambda data: data,
    examples=[_GOOD_CSV],
    short=15,
)

_TEXTS = [(_CONFIG / f"texts.{language}.toml").read_bytes() for language in ("ko", "en")]
_CAPS = [(_CONFIG / f"cap.{language}.toml").read_bytes() for language in ("ko", "en")]
_HOME = Home("jongno-0042", "서울 종로구 창신길 12-3 B01호", 2)
_FACTS = (
    Facts(),
    Facts(depth_mm=123.4, setpoint_mm=150.0, armed=True),
    Facts(depth_mm=150.0, at_least=True, peak_mm=900.0, setpoint_mm=150.0, cause="sensor:door"),
    Facts(drowned=True, setpoint_mm=150.0, detail="a detail", cause="modem"),
    Facts(depth_mm=-3.0, unstable=True, again=True, cause="no such cause"),
)
_WITH_CAP = _SMALL + b'[cap]\nurl = "https://127.0.0.1/cap"\nsender = "a@b.kr"\n'


def _quietly(say: Callable[[], str]) -> str:
    try:
        return say()
    except TextsError:
        return ""


def check_words(data: bytes) -> None:
    """A texts file is refused in words, or every text can be said with it, whatever is true."""
    with tempfile.TemporaryDirectory() as folder:
        _check_texts(Path(folder), data)
        (Path(folder) / "cap.ko.toml").write_bytes(data)
        settings = parse(_WITH_CAP, folder=Path(folder))
        try:
            load_cap(settings, Path(folder))
        except TextsError as error:
            assert "cap.ko.toml" in str(error)


def _check_texts(folder: Path, data: bytes) -> None:
    file = folder / "texts.ko.toml"
    file.write_bytes(data)
    try:
        texts = load(file)
    except TextsError as error:
        assert "texts.ko.toml" in str(error)
        return
    if check(texts, _HOME, split):
        return  # told at start, and refused
    for about in _FACTS:
        for origin in ("water", "bell"):
            words = _quietly(
                lambda origin=origin, about=about: report_text(  # type: ignore[misc]
                    texts, _HOME, origin, about, repeat=3, repeats=3
                )
            )
            assert words, "a text that was let through at start cannot be said"
            assert len(words) <= 45
            assert len(split(words)) == 1
        for purpose in (Purpose.ALERT, Purpose.DANGER, Purpose.BELL, Purpose.TROUBLE):
            for role in Role:
                said = notice_text(texts, _HOME, purpose, role.value, about, "21:04")
                assert said
                drilled = replace(about, mark="drill", cause=purpose.value)
                if purpose is not Purpose.TROUBLE:
                    notice_text(texts, _HOME, Purpose.DRILL, role.value, drilled, "")


@st.composite
def _reworded(draw: st.DrawFn) -> bytes:
    """A good file of which a few words are others."""
    lines = draw(st.sampled_from([*_TEXTS, *_CAPS])).split(b"\n")
    words: st.SearchStrategy[Any] = st.sampled_from(
        [
            b'""',
            b'"{depth}"',
            b'"{depth.real}"',
            b'"{nobody}"',
            b'"{cm:>99}"',
            b'"{cm:999999999}"',
            b'"{"',
            b'"{0}"',
            b'"{address[0]}"',
            b'"{depth!r:>5}"',
            b'"{cm!s}{cm!s}{cm!s}"',
            b"7",
            b"{}",
            '"\U0001f30a"'.encode(),
            ('"' + "가" * 300 + '"').encode(),
        ]
    )
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        key, equals, _ = lines[at].partition(b"=")
        lines[at] = key + b"= " + draw(words) if equals else draw(st.sampled_from([b"", b"[x]"]))
    return b"\n".join(lines)


WORDS = Target(
    "words",
    check_words,
    _reworded() | mutated([*_TEXTS, *_CAPS]),
    raw=lambda data: data,
    examples=[_TEXTS[0]],
    short=10,
)

assert find("ko").is_file()
