"""The table of events is the truth: the code makes these types, all of them, with these fields."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.events import CallCame, TextCame
from edge.store.pending import MAX_READINGS, Pending
from edge.store.rows import Batch
from tests.edge.by_hand import HandMade
from tests.edge.centre.validating import TYPES, event, faults
from tests.edge.law.stories import FOLDER
from tests.world.judge import Judge
from tests.world.many import year_of
from tests.world.world import live

ROOT = Path(__file__).parents[3]

MAKERS = {"Log", "log", "tell", "tell_if_complete", "add_event", "stamp_event", "_stamp_event"}
"""Calls whose first argument is a type of event; their own bodies hand a parameter on."""

MAKERS_OF_ONE_MODULE = {"edge/law/troubles.py": {"_log"}}

PLACES = ("edge/law", "edge/messages", "edge/loop", "edge/store", "edge/daemon.py")


def sources() -> Iterator[tuple[str, ast.Module]]:
    for place in PLACES:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))


def words_of(node: ast.expr | None, function: ast.FunctionDef) -> set[str]:
    """The words that an expression can be, followed through the names of its function."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return words_of(node.body, function) | words_of(node.orelse, function)
    if isinstance(node, ast.Dict):
        return set().union(*(words_of(value, function) for value in node.values))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):  # words.get(key, word)
        return words_of(node.func.value, function) | words_of(node.args[-1], function)
    if isinstance(node, ast.Name):
        return set().union(
            *(
                words_of(place.value, function)
                for place in ast.walk(function)
                if isinstance(place, ast.Assign)
                and any(isinstance(t, ast.Name) and t.id == node.id for t in place.targets)
            )
        )
    return set()


def made() -> dict[str, str]:
    """Every type of event that the code makes, with a place where it does."""
    found: dict[str, str] = {}
    for file, tree in sources():
        makers = MAKERS | MAKERS_OF_ONE_MODULE.get(file, set())
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            parameters = {argument.arg for argument in function.args.args}
            for call in ast.walk(function):
                if not isinstance(call, ast.Call) or not call.args:
                    continue
                name = ast.unparse(call.func).rpartition(".")[2]
                first = call.args[0]
                handed_on = isinstance(first, ast.Name) and first.id in parameters
                if name not in makers or handed_on:
                    continue
                for word in words_of(first, function):
                    found[word] = f"{file}:{call.lineno}"
    return found


def test_the_code_makes_every_type_of_the_table_and_no_other() -> None:
    found = made()
    logged = {
        word: place for word, place in found.items() if re.fullmatch(r"[a-z][a-z0-9_]+", word)
    }
    assert set(logged) - set(TYPES) == set(), logged
    assert set(TYPES) - set(logged) == set()


def test_a_type_is_named_as_its_class_is() -> None:
    for word, happening in TYPES.items():
        assert "".join(part.capitalize() for part in word.split("_")) == happening.__name__
        assert re.fullmatch(r"[A-Z0-9].*\.", happening.__doc__ or ""), "a sentence says what it is"


def told_in_stories() -> Iterator[dict[str, object]]:
    """Every event of the law's transcripts, as it would go to the centre."""
    for file in sorted(FOLDER.glob("*.txt")):
        for line in file.read_text("utf-8").splitlines():
            words = line[10:].strip()
            if not words.startswith("Log("):
                continue
            call = ast.parse(words, mode="eval").body
            assert isinstance(call, ast.Call)
            given = {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg}
            fields = given.pop("fields", {})
            yield event(given.pop("type"), **given, **fields)


def test_every_event_of_the_laws_stories_is_as_its_type_says() -> None:
    seen = set()
    for told in told_in_stories():
        seen.add(told["type"])
        assert faults("event", json.loads(json.dumps(told))) == []
    assert len(seen) >= 20, seen


def test_every_event_of_some_simulated_years_is_as_its_type_says(tmp_path: Path) -> None:
    seen: dict[str, int] = {}

    class Clerk(Judge):
        def commits(self, batch: Batch) -> None:
            for one in batch.events:
                kind = str(one["type"])
                seen[kind] = seen.get(kind, 0) + 1
                if kind != "started" and seen[kind] <= 20:  # the world has a start of its own
                    assert faults("event", event(**{"kind": kind, **one})) == []

    for number in (1, 5, 7):
        live(year_of(7, number, dry=False), tmp_path, judges=[Clerk])
    assert {"notice_accepted", "report_accepted", "digest", "trouble_raised"} <= set(seen)


def test_calls_and_texts_to_the_bell_are_as_their_types_say(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.app.begin((), {})
        came = (
            CallCame(answered=True, withheld=False),
            CallCame(answered=False, withheld=True),
            TextCame(from_119=True, text="119 상황실입니다. 02-1234-5678로 전화 바랍니다."),
        )
        for one in came:
            home.app.take(one, home.clock.now_s())
        for kind in ("call_taken", "call_ignored", "text_came"):
            [told] = home.events(kind)
            assert faults("event", event(**{"kind": kind, **told})) == []
            assert "1234" not in json.dumps(told)


def test_what_the_store_tells_by_itself_is_as_its_type_says() -> None:
    pending = Pending(lambda kind, fields: {**event(kind), **fields})
    pending.add_readings(tuple({"n": n} for n in range(MAX_READINGS + 1)))
    [told] = pending.peek().events
    assert faults("event", json.loads(told)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "reset"},
        {"kind": "reset", "by": "op7", "phone": "+821012345678"},
        {"kind": "reset", "by": 7},
        {"kind": "reset", "by": "op7", "session": "no counter"},
        {"kind": "reset", "by": "op7", "ts": "2026-08-08 09:04:05"},
        {"kind": "reset", "by": "op7", "seq": 0},
        {"kind": "reset", "by": "op7", "episode": 0},
        {"kind": "incident_closed", "peak_mm": "16 cm", "lasted_s": 1.0},
        {"kind": "incident_closed", "peak_mm": 160.0, "lasted_min": 1.0},
        {"kind": "rest", "by": "op7"},
    ],
)
def test_an_event_with_a_wrong_field_type_or_unit_is_refused(wrong: dict[str, object]) -> None:
    assert faults("event", event(**wrong))  # type: ignore[arg-type]  # what is wrong is the point
    assert faults("event", event("reset", by="op7")) == []
