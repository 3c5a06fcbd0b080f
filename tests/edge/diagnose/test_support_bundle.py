"""A support bundle is made of any bell, however broken, and holds nothing of the people in it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import stat
import subprocess
import sys
import tarfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.host.control import ControlServer, Request
from edge.centre.interface import happenings
from edge.cli import app
from edge.diagnose.bundle import BundleRefused, CannotWrite, archive, keeping, make
from edge.diagnose.bundle.leaks import find_leak
from edge.diagnose.bundle.making import MEMBERS
from edge.diagnose.bundle.private import Private, private_of, read_tree, salvaged
from edge.diagnose.bundle.striking import Striker
from edge.messages.message import Message
from edge.settings.keys import DRIVERS
from edge.settings.tree import Settings
from edge.store.rows import Batch, MessageRow
from edge.store.store import Store

ROOT = Path(__file__).parents[3]
ADDRESS = "서울 종로구 창신길 12-3 B01호"
NAME, LATIN = "김보호", "Sujin Oh"
NUMBERS = ("+821012345678", "+82221480000", "+4915112345678")
USER, SECRET, PIN, TECHNICIAN = "bell-account-77", "hunter2-hunter2", "47110815", "taeyang"
IMSI, ICCID, IMEI = "450061234567890", "8982061234567890123", "356938035643809"

SETTINGS = """
[site]
id = "jongno-0042"
district = "jongno"
address = "{address}"
language = "ko"
[sensors.door]
driver = "simulated"
zone = "entrance"
script = [[0.0, 0.0]]
[contacts.mother]
role = "guardian"
name = "{name}"
phone = "+821012345678"
routes = ["http"]
[contacts.kim]
role = "office"
name = "{latin}"
phone = "+82221480000"
[contacts.far]
role = "partner"
name = "{decomposed}"
phone = "+4915112345678"
[http_sms]
provider = "webhook"
url = "http://127.0.0.1:9/token-Zx81qqPlm/send?to=me"
sender = "+8221234567"
[mqtt]
host = "127.0.0.1"
port = 9
insecure = true
username = "{user}"
password_credential = "mqtt-password"
[paths]
state = "{folder}/state"
run = "{folder}/run"
credentials = "{folder}/credentials"
"""


def swapped(digits: str) -> str:
    digits += "F" * (len(digits) % 2)
    return "".join(digits[i + 1] + digits[i] for i in range(0, len(digits), 2))


def ucs2(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def of_number(number: str) -> list[str]:
    """Every way in which a number is written, in logs and on the wire."""
    digits = number[1:]
    core = digits[2:]
    written = [number, digits, f"0{core}", f"+{digits[:2]} {core[:2]} {core[2:6]}-{core[6:]}"]
    if digits.startswith("82"):
        written += [f"0{core[:-8]}-{core[-8:-4]}-{core[-4:]}", f"(0{core[:-8]}) {core[-8:]}"]
    hexed = [swapped(digits), swapped(f"0{core}"), ucs2(number), digits.encode().hex()]
    return [*written, *hexed, quote(number), "".join(f"\\u{ord(c):04x}" for c in number)]


def of_word(word: str) -> list[str]:
    """Every way in which a name or an address is written."""
    return [
        word,
        unicodedata.normalize("NFD", word),
        " ".join(word),
        quote(word),
        json.dumps(word),
        repr(word.encode()),
        ucs2(word),
        word.encode().hex(),
        word.encode("utf-16-le").hex(),
        "".join(f"&#{ord(c)};" for c in word),
    ]


FORMS = [
    *(form for number in NUMBERS for form in of_number(number)),
    *(
        form
        for word in (ADDRESS, NAME, "창신길", "B01호", LATIN, "Sujin")
        for form in of_word(word)
    ),
    *(USER, SECRET, PIN, TECHNICIAN, IMSI, ICCID, IMEI, "token-Zx81qqPlm"),
]


class House:
    """One bell on the disk, full of private words wherever they can be."""

    said = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "floodbell.toml"
        text = SETTINGS.format(
            address=ADDRESS,
            name=NAME,
            latin=LATIN,
            decomposed=unicodedata.normalize("NFD", "이동행"),
            user=USER,
            folder=folder,
        )
        self.config.write_text(text, encoding="utf-8")
        for name in ("state", "run", "credentials", "bin", "out"):
            (folder / name).mkdir()
        (folder / "credentials" / "mqtt-password").write_text(SECRET)
        (folder / "credentials" / "sim-pin").write_text(f"{PIN}\n")
        self.fill_store()
        self.journal([f"2026-08-08T21:04:05+0900 pi floodbell[7]: INFO x: {one}" for one in FORMS])

    def fill_store(self) -> None:
        store = Store(self.folder / "state" / "floodbell.db")
        store.open()
        told = {
            "ts": "2026-08-08T12:04:05.000Z",
            "incident": "0199aaaa-1111-7abc-8def-000000000001",
        }
        events = [{"type": "text_came", "text": form, "reason": form, **told} for form in FORMS]
        events.append(
            {"type": "reset", "by": TECHNICIAN, "reason": f"reset by {TECHNICIAN}", **told}
        )
        events.append({"type": "of_tomorrow", "whatever": NAME, **told})
        rows = [
            MessageRow(
                f"i/1/danger/mother/{n}/1",
                "waiting",
                json.dumps({"text": form, "last_error": form}),
            )
            for n, form in enumerate(FORMS)
        ]
        assert store.commit(Batch(events=tuple(events), messages=tuple(rows)), 5.0)
        assert store.close()

    def journal(self, lines: list[str]) -> None:
        """Let ``journalctl`` be one that has these lines."""
        (self.folder / "journal").write_text("\n".join(lines) + "\n", encoding="utf-8")
        program = self.folder / "bin" / "journalctl"
        program.write_text(f"#!/bin/sh\nexec cat '{self.folder}/journal'\n")
        program.chmod(0o755)

    @property
    def bundle(self) -> Path:
        return self.folder / "out" / "b.tar.gz"

    def make(self, *arguments: str) -> int:
        return app.main(
            ["support-bundle", "--config", str(self.config), "--into", str(self.bundle), *arguments]
        )

    def members(self) -> dict[str, str]:
        found = {}
        with tarfile.open(self.bundle) as tar:
            for member in tar:
                stream = tar.extractfile(member)
                assert stream is not None
                found[member.name.partition("/")[2]] = stream.read().decode()
        return found


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Settings that lack a line, so that the doctor is done at once."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    house = House(tmp_path)
    text = house.config.read_text(encoding="utf-8")
    house.config.write_text(text.replace('district = "jongno"', ""), encoding="utf-8")
    return house


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A whole bundle of a running bell, made once; ``said`` is what the command said of it."""
    folder = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LANGUAGE", "en")
        patched.setenv("PATH", f"{folder}/bin:{os.environ['PATH']}")
        house = House(folder)
        with careless_daemon(house), contextlib.redirect_stdout(io.StringIO()) as said:
            assert house.make("--json") == 0
        house.said = said.getvalue()
        yield house


@contextlib.contextmanager
def careless_daemon(house: House) -> Iterator[None]:
    """A control socket that answers with private words where a careless daemon might."""

    def answer(request: Request) -> None:
        if request.command == "status":
            request.reply(
                {
                    "version": "0.1.0",
                    "sensors": {"door": {"driver": "simulated", "reason": "good"}},
                    "modem": {"state": "ready", "detail": f"called {NUMBERS[0]}", "imsi": IMSI},
                    "service": {"by": TECHNICIAN, "left_s": 3.5},
                    "outbox": [{"key": "k", "contact": "mother", "reason": f"to {NAME}"}],
                }
            )
        elif request.command == "modem":
            card = {"imei": IMEI, "own_number": NUMBERS[0], "service_centre": NUMBERS[1]}
            request.reply({"model": "SIM7600", **card})
        else:
            request.reply({"id": "door", "reading": {"depth_mm": 0.123456789}, "heard": []})

    server = ControlServer(house.folder / "run" / "floodbell.sock", answer)
    server.start()
    try:
        yield
    finally:
        server.close()


def views(text: str) -> list[str]:
    """A file as bytes of text, and with its JSON escapes read."""
    read = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
    return [unicodedata.normalize("NFC", view).casefold() for view in (text, read)]


def test_no_form_of_anybody_is_in_any_member(made: House) -> None:
    members = made.members()
    assert set(members) >= {
        "journal.txt",
        "events.json",
        "outbox.json",
        "daemon.json",
        "README.txt",
    }
    for name, text in members.items():
        for view in views(text):
            for form in FORMS:
                wanted = unicodedata.normalize("NFC", form).casefold()
                assert wanted not in view, f"{form!r} is in {name}"
            for core in ("1012345678", "221480000", "5112345678"):
                assert core not in re.sub(r"[\s().,/_-]", "", view), name
        assert text.isascii(), name


def test_what_helps_is_still_in_it(made: House) -> None:
    members = made.members()
    shown = json.loads(members["settings.json"])["settings"]
    assert shown["site"]["id"] == "jongno-0042"
    assert shown["contacts"]["mother"] == {
        "role": "guardian",
        "name": "[set]",
        "phone": "[set]",
        "routes": ["http"],
    }
    assert shown["mqtt"]["host"] == "127.0.0.1"
    store = json.loads(members["store.json"])
    assert store["quick_check"] == ["ok"]
    assert re.fullmatch("[0-9a-f]{32}", store["ids"]["events.id"])
    assert json.loads(members["store.json"])["rows"]["events"]["rows"] == len(FORMS) + 2
    events = json.loads(members["events.json"])
    assert events[-1]["type"] == "of_tomorrow"
    assert events[-1]["whatever"] == "[struck]"
    assert events[-2]["reason"] == "reset by [struck]"
    assert json.loads(members["incidents.json"])[0]["id"].startswith("0199aaaa")
    status = json.loads(members["daemon.json"])["status"]
    assert status["modem"] == {"state": "ready", "detail": "called [struck]", "imsi": "[struck]"}
    assert json.loads(members["daemon.json"])["modem"] == {
        "model": "SIM7600",
        "imei": "35693803…",
        "own_number": "[struck]",
        "service_centre": "[struck]",
    }
    assert status["sensors"]["door"]["reason"] == "good"
    assert "2026-08-08T21:04:05+0900 pi floodbell[7]: INFO x: " in members["journal.txt"]
    assert {check["id"] for check in json.loads(members["doctor.json"])} >= {"settings", "clock"}


def test_the_file_is_for_its_owner_only_and_json_says_what_is_in_it(made: House) -> None:
    told = json.loads(made.said)
    assert told["path"] == str(made.bundle)
    assert told["bytes"] == made.bundle.stat().st_size
    assert told["members"] == list(made.members())
    assert set(told["members"]) | set(told["missing"]) >= set(MEMBERS)
    assert stat.S_IMODE(made.bundle.stat().st_mode) == 0o600
    assert [path.name for path in made.bundle.parent.iterdir()] == ["b.tar.gz"]


def test_how_to_fetch_it_is_said(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert house.make("--lang", "en") == 0
    said = capsys.readouterr().out
    assert f"{house.bundle}: " in said
    assert re.search(rf"  scp \S+@\S+:{re.escape(str(house.bundle))} \.", said)


def test_a_planted_leak_is_refused_and_its_member_named(tmp_path: Path) -> None:
    private = Private(words=frozenset({"Sujin"}), numbers=frozenset({"821012345678"}))
    target = tmp_path / "b.tar.gz"
    for planted in ("call 010-1234-5678", "SUJIN", "2801214365 87", "\\uae40", "+4915112345678"):
        members = {"good.txt": b"all is well\n", "bad.txt": f"x {planted} x\n".encode()}
        with pytest.raises(BundleRefused) as refused:
            archive.write(target, members, private)
        assert refused.value.member == "bad.txt"
        assert planted not in str(refused.value)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text.replace("[mqtt]", "[mqtt"),  # no TOML
        lambda text: text.replace('role = "guardian"', f'role = "{NAME}"\n"010-1234-5678" = 1'),
        lambda text: text.replace("[contacts.mother]", f'[contacts."{NAME}"]'),
        lambda text: text.replace('zone = "entrance"', 'zone = "Nobody Else"'),
        lambda text: text,
    ],
)
def test_of_broken_settings_nothing_is_shown_but_keys(
    house: House, broken: Callable[[str], str]
) -> None:
    text = house.config.read_text(encoding="utf-8")
    house.config.write_text(broken(text), encoding="utf-8")
    assert house.make() == 0
    members = house.members()
    shown = json.loads(members["settings.json"])
    assert shown["usable"] is False
    assert "phone" in members["settings.json"]
    assert json.loads(members["check-config.json"])["problems"]
    for name, member in members.items():
        for word in (*NUMBERS, "1012345678", "1234-5678", "Sujin", "Nobody", SECRET, USER):
            assert name in ("README.txt",) or word not in member, f"{word} is in {name}"


def test_a_damaged_store_and_no_journal_leave_out_their_own_only(house: House) -> None:
    for file in (house.folder / "state").iterdir():
        file.write_bytes(b"rubbish " * 2000)
    (house.folder / "bin" / "journalctl").write_text("#!/bin/sh\nexit 1\n")
    assert house.make() == 0
    members = house.members()
    assert "fault" in json.loads(members["store.json"])
    assert {"events.json", "outbox.json", "journal.txt"}.isdisjoint(members)
    assert "  events.json        file is not a database" in members["README.txt"]


def test_a_journal_without_end_is_bounded(house: House) -> None:
    program = house.folder / "bin" / "journalctl"
    program.write_text("#!/bin/sh\nyes 'pi floodbell[7]: INFO x: all is well' | head -n 300000\n")
    assert house.make() == 0
    assert 4_000 < len(house.members()["journal.txt"].splitlines()) <= 5_000


HUMBLE = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
"""Root without root's right to read every file; anybody else is without it anyway."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_who_may_not_read_the_settings_gets_no_log_either(house: House) -> None:
    """Which words are private stands in the settings: without them nobody can strike them out."""
    house.config.chmod(0)
    command = [sys.executable, "-m", "edge.cli", "support-bundle", "--lang", "en"]
    arguments = ["--into", str(house.bundle), "--config", str(house.config)]
    ran = run(*HUMBLE, *command, *arguments)
    assert ran.returncode == 0, ran.stderr
    assert "so nobody can tell what is private: use sudo" in ran.stdout
    members = house.members()
    assert "machine.json" in members
    assert {"journal.txt", "settings.json", "doctor.json", "events.json"}.isdisjoint(members)


def test_a_full_disk_leaves_no_half_file_and_what_lay_there(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.bundle.write_text("of yesterday")
    program = f"ulimit -f 1; exec {sys.executable} -m edge.cli support-bundle --lang en --into"
    ran = run("bash", "-c", f"{program} '{house.bundle}' --config '{house.config}'")
    assert ran.returncode == 1
    assert "cannot be written: File too large" in ran.stderr
    assert "--into /dev/shm/" in ran.stderr
    assert house.bundle.read_text() == "of yesterday"
    assert [path.name for path in house.bundle.parent.iterdir()] == ["b.tar.gz"]
    assert app.main(["support-bundle", "--into", "/proc/x/b.tar.gz", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_where_it_cannot_be_written_the_next_place_is_taken(house: House) -> None:
    gone = house.folder / "gone"
    told: list[str] = []
    made = make(house.config, [gone / "b.tar.gz", house.bundle], told.append)
    assert made.path == house.bundle
    assert told == list(MEMBERS)
    with pytest.raises(CannotWrite):
        make(house.config, [gone / "b.tar.gz"], told.append)


# What is kept is decided for every key.


def leaves(schema: dict[str, Any], node: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    """Every key of the settings that is no table, with its table."""
    for option in (node, *node.get("anyOf", ()), *node.get("oneOf", ())):
        if "$ref" in option:
            yield from leaves(schema, schema["$defs"][option["$ref"].rpartition("/")[2]], at)
        for key, value in option.get("properties", {}).items():
            inner = list(leaves(schema, value, f"{at}.{key}" if at else key))
            yield from inner or [(at, key)]
        named = [option.get("additionalProperties"), *option.get("patternProperties", {}).values()]
        for one in named:
            if isinstance(one, dict):
                yield from leaves(schema, one, f"{at}.*")


def test_every_setting_is_either_shown_or_struck() -> None:
    schema = Settings.model_json_schema()
    found = set(leaves(schema, schema, ""))
    assert {at for at, _key in found} >= {"sensors.*", "contacts.*", "modem.self_test"}
    found |= {("sensors.*", key) for one in DRIVERS.values() for key in one.model_fields}
    kept, struck = (
        {(at, key) for at, keys in table.items() for key in keys.split()}
        for table in (keeping.SETTINGS_KEPT, keeping.SETTINGS_STRUCK)
    )
    assert not kept & struck
    assert found - {("sensors.*", "calibration")} == kept | struck


def test_every_field_of_an_event_and_of_a_message_is_either_shown_or_struck() -> None:
    known = {
        key
        for model in vars(happenings).values()
        if isinstance(model, type) and hasattr(model, "__total__")
        for key in model.__annotations__
    }
    assert len(known) > 30
    assert known <= keeping.EVENT_KEPT | keeping.EVENT_STRUCK
    fields = set(Message.__dataclass_fields__)
    assert fields == keeping.MESSAGE_KEPT | keeping.MESSAGE_STRUCK


# Whatever people are called.

HANGUL = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=4)
LATIN_WORD = st.from_regex(r"[A-Z][a-zé]{2,9}", fullmatch=True)
PEOPLE = st.one_of(HANGUL, st.lists(LATIN_WORD, min_size=1, max_size=3).map(" ".join))
PLACES = st.lists(
    st.one_of(HANGUL, LATIN_WORD, st.from_regex(r"[0-9]{1,3}(-[0-9]{1,3})?", fullmatch=True)),
    min_size=1,
    max_size=5,
).map(" ".join)
DIGITS = st.one_of(
    st.from_regex(r"\+8210[0-9]{8}", fullmatch=True),
    st.from_regex(r"\+82[2-6][0-9]{7,8}", fullmatch=True),
    st.from_regex(r"\+[14][0-9]{10,12}", fullmatch=True),
)
AROUND = st.sampled_from(["", " ", '"', "x", "7", "=", "(", "%20", "\\n", "AT+CMGS=", "to "])


@given(PEOPLE, PLACES, DIGITS, st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_is_struck_leaves_nothing_for_the_last_look(
    name: str, place: str, number: str, data: st.DataObject
) -> None:
    private = private_of(
        {"site": {"address": place}, "contacts": {"one": {"name": name, "phone": number}}}
    )
    striker = Striker(private)
    forms = st.sampled_from([*of_word(name), *of_word(place), *of_number(number)])
    pieces = data.draw(st.lists(st.tuples(AROUND, forms, AROUND), min_size=1, max_size=4))
    line = "".join("".join(piece) for piece in pieces)
    struck = striker.log_line(line)
    assert find_leak(struck.encode(), private) is None
    alone = striker.text(f"x {pieces[0][1]} x")
    assert find_leak(alone.encode(), private) is None
    for digits in (number[1:], number[3:]):
        assert digits not in alone
    value = striker.value({line: [line, {"a": int(number[1:])}]})
    assert find_leak(json.dumps(value).encode(), private) is None


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_struck(text: str) -> None:
    private = private_of({"contacts": {"one": {"name": "Sujin Oh", "phone": "+821012345678"}}})
    assert find_leak(Striker(private).text(text).encode("utf-8", "replace"), private) is None


def test_a_plain_line_is_left_as_it_is() -> None:
    striker = Striker(private_of({"site": {"address": ADDRESS}, "contacts": {"m": {"name": NAME}}}))
    for line in (
        "2026-08-08T21:04:05+0900 pi floodbell[1234]: INFO edge.loop.app: danger in zone entrance",
        "WARNING drivers.modem.modem: no network; registered None, -113 dBm, again in 12.5 s",
        "incident 0199aaaa-1111-7abc-8def-000000000001 is open: reset it first",
        "door: raw ff 07 a1 a7, 1953 mm >= 1500 mm, 10.0.0.12:8883",
    ):
        assert striker.log_line(line) == line
    assert striker.count == 0


def test_what_the_modem_was_heard_to_say_is_commands_only() -> None:
    striker = Striker(Private())
    heard = "DEBUG drivers.modem.conversation: modem < "
    line = (
        heard + 'b\'\\r\\n+CMT: ,24\\r\\n0791280102194105240BA12801\\r\\n+CREG: 2,1,"1A2B","01F4"\''
    )
    struck = striker.log_line(line)
    assert "+CMT" in struck
    assert "+CREG: 2,1" in struck
    for piece in ("0791", "2801", "1A2B", "01F4"):
        assert piece not in struck


def test_private_words_are_found_in_a_file_that_is_no_toml() -> None:
    text = 'site = [\naddress = "서울 창신길"\n[contacts.a]\nname="Sujin"\nphone = \'010-1234-5678'
    assert read_tree(text.encode()) is None
    private = private_of(salvaged(text))
    assert {"서울", "창신길", "Sujin"} <= private.words
    assert private.numbers == {"821012345678"}


def test_a_contact_whose_id_could_be_a_name_is_called_by_its_role() -> None:
    tree = {
        "contacts": {
            "kim-minsu": {"role": "guardian"},
            "kim": {"role": "guardian"},
            "office": {"role": "office"},
            "guardian-1": {"role": "guardian"},
            "lee-jia": {"role": "?"},
            "no": {"role": "partner"},
        }
    }
    private = private_of(tree)
    assert dict(private.aliases) == {
        "kim-minsu": "guardian-2",
        "kim": "guardian-3",
        "lee-jia": "contact-1",
    }
    striker = Striker(private)
    told = "alert/kim-minsu/1 to kim, kim_minsu, office and lee-jia"
    struck = striker.text(told)
    assert struck.startswith("alert/guardian-2/1 to guardian-3, ")
    assert struck.endswith(", office and contact-1")
    assert "kim" not in struck
    assert striker.value({"kim-minsu": 1, "kim": 2}) == {"guardian-2": 1, "guardian-3": 2}
    assert find_leak(told.encode(), private) is not None
    assert find_leak(struck.encode(), private) is None
