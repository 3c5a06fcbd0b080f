"""``floodbell incidents``: read from a real store, whether or not a daemon runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from edge.centre.interface.happenings import HAPPENINGS
from edge.cli import app
from edge.cli.event_words import event_words
from edge.cli.incident_book import Summary, events, short_ids, summaries
from edge.locale import use
from edge.store.rows import Batch
from edge.store.store import Store
from tests.edge.cli.snapshots import assert_as_kept
from tests.edge.cli.terminal import on_terminals

FLOOD = "0199aaaa-1111-7abc-8def-000000000001"
BELL = "0199aaaa-1112-7abc-8def-000000000002"
OPEN = "0199bbbb-0000-7abc-8def-000000000003"

SETTINGS = """
[site]
id = "x"
district = "jongno"
address = "서울 종로구 창신길 12-3"
language = "en"
[sensors.door]
driver = "simulated"
script = [[0, 0]]
[paths]
state = "{folder}"
run = "{folder}"
"""


def event(kind: str, incident: str | None, second: int, **fields: object) -> dict[str, Any]:
    return {
        "type": kind,
        "incident": incident,
        "episode": None,
        "reason": fields.pop("reason", ""),
        **fields,
        "ts": f"2026-07-22T12:00:{second:02d}.000Z",
        "clock_synced": fields.pop("clock_synced", True),
        "session": "b:1",
    }


EVENTS = (
    event("trouble_raised", None, 0, cause="broker", reason="no link"),
    event("stage_changed", FLOOD, 1, stage="alert", zone="entrance", depth_mm=24, reason="rising"),
    event("notice_accepted", FLOOD, 2, contact="resident", purpose="alert", attempts=3),
    event("trouble_raised", None, 3, cause="modem", reason="no network"),
    event("stage_changed", FLOOD, 4, stage="danger", zone="entrance", depth_mm=153),
    event("report_unreached", FLOOD, 5, reason="not accepted within 60 s"),
    event("report_accepted", FLOOD, 6, repeat=1, repeats=3),
    event("acknowledged", FLOOD, 7, by="kim"),
    event("stage_changed", FLOOD, 8, stage="normal", zone="entrance", depth_mm=0),
    event("incident_closed", FLOOD, 9, peak_mm=223.4, reason="reset by kim"),
    event("bell_pressed", BELL, 10, reason="bell pressed", clock_synced=False),
    event("report_withheld", BELL, 11, reason="bell pressed; not armed"),
    event("incident_closed", BELL, 12, peak_mm=None),
    event("stage_changed", OPEN, 13, stage="alert", zone="entrance", depth_mm=30),
)
STATE = json.dumps({"law": {"incident": {"id": OPEN, "peak_mm": 61.0}}})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and no history yet."""
    monkeypatch.setenv("LANGUAGE", "en")
    settings = SETTINGS.format(folder=tmp_path)
    (tmp_path / "floodbell.toml").write_text(settings, encoding="utf-8")
    return tmp_path


@pytest.fixture
def kept(folder: Path) -> Path:
    """The same with a history."""
    store = Store(folder / "floodbell.db")
    store.open()
    assert store.commit(Batch(state=STATE, events=EVENTS), 5.0)
    assert store.close()
    return folder


def incidents(folder: Path, *arguments: str, lang: str = "en") -> int:
    config = str(folder / "floodbell.toml")
    return app.main(["incidents", *arguments, "--config", config, "--lang", lang])


def test_every_incident_is_a_line_in_the_time_of_the_place(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert incidents(kept) == 0
    flood, bell, standing = capsys.readouterr().out.splitlines()[1:]
    assert flood.startswith("0199aaaa-1111  2026-07-22 21:00    21:00  ")
    assert "danger" in flood
    assert "223 mm" in flood
    assert "accepted 1×, not reached in time" in flood
    assert "normal + bell" in bell
    assert "withheld" in bell
    assert "21:00 ?" in bell, "the clock was not set then"
    assert standing.startswith("0199bbbb ")
    assert "open" in standing
    assert "61 mm" in standing, "the peak of an open incident is in the stored state"


def test_the_story_of_one_says_what_who_and_why(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert incidents(kept, "0199aaaa-1111") == 0
    out = capsys.readouterr().out
    assert f"Incident {FLOOD}" in out
    rows = [line.split("  ", 1)[1] for line in out.splitlines() if line.startswith("07-22")]
    assert rows[1].split() == [
        "text",
        "accepted:",
        "water:",
        "alert",
        "resident",
        "(3",
        "attempts)",
    ]
    assert [row for row in rows if "modem: no network" in row], "a trouble that explains it"
    assert not [row for row in rows if "broker" in row], "a trouble of before is another story"
    assert [row for row in rows if row.startswith("119 REPORT ACCEPTED 1/3")]
    assert rows[-1].endswith("reset by kim")


def test_in_korean_too(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert incidents(kept, FLOOD, lang="ko") == 0
    out = capsys.readouterr().out
    assert "119 신고 접수 1/3" in out
    assert "단계: 위험" in out


def test_in_json_times_are_as_logged(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert incidents(kept, "--json") == 0
    found = json.loads(capsys.readouterr().out)["incidents"]
    assert [one["id"] for one in found] == [FLOOD, BELL, OPEN]
    assert found[0]["reports_accepted"] == 1
    assert found[2]["open"] is True
    assert incidents(kept, "--json", BELL.upper()) == 0
    story = json.loads(capsys.readouterr().out)
    assert story["incident"]["begins"] == "2026-07-22T12:00:10.000Z"
    assert [one["type"] for one in story["events"]] == [
        "bell_pressed",
        "report_withheld",
        "incident_closed",
    ]


def test_an_id_that_means_none_or_several_is_told(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert incidents(kept, "ffff") == 1
    assert "No incident begins with ffff." in capsys.readouterr().err
    assert incidents(kept, "0199a") == 2
    assert "0199aaaa-1111, 0199aaaa-1112" in capsys.readouterr().err


def test_no_history_is_exit_3_and_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert incidents(folder) == 3
    assert "floodbell has not run here yet" in capsys.readouterr().err
    assert incidents(folder, "--json") == 3
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_a_history_without_an_incident_is_good(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(folder / "floodbell.db")
    store.open()
    store.commit(Batch(events=(event("started", None, 0),)), 5.0)
    store.close()
    assert incidents(folder) == 0
    assert capsys.readouterr().out == "No incident so far.\n"


def test_a_damaged_history_is_exit_1_and_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "floodbell.db").write_bytes(b"not a database at all" * 300)
    assert incidents(folder) == 1
    assert "is damaged" in capsys.readouterr().err


def test_a_state_directory_that_is_none_is_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = folder / "floodbell.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(f'state = "{folder}"', f'state = "{settings}"'), "utf-8")
    assert incidents(folder) == 3
    assert "Not a directory" in capsys.readouterr().err


def test_an_empty_file_is_no_history(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "floodbell.db").touch()
    assert incidents(folder) == 3
    assert "No history in" in capsys.readouterr().err


def test_a_slip_in_the_settings_does_not_hide_what_happened(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = kept / "floodbell.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "colour = 1\n", encoding="utf-8")
    assert incidents(kept) == 0
    assert "0199bbbb" in capsys.readouterr().out


def test_missing_settings_without_a_history_are_what_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if Path("/var/lib/floodbell/floodbell.db").exists():
        pytest.skip("this machine has a history")
    (folder / "floodbell.toml").unlink()
    assert incidents(folder) == 2
    assert "No settings file" in capsys.readouterr().err


def test_strange_rows_are_passed_over() -> None:
    rows = [
        (1, "no json"),
        (2, "[]"),
        (3, '{"incident": 7}'),
        (4, '{"incident": "a", "type": "stage_changed", "stage": "purple", "depth_mm": "deep"}'),
    ]
    assert [seq for seq, _ in events(rows)] == [3, 4]
    (one,) = summaries(rows, "broken")
    assert (one.highest, one.peak_mm, one.ends) == ("normal", None, None)


def test_ids_are_as_short_as_they_can_be_told_apart() -> None:
    ids = ["0199aaaa-1111-7", "0199aaaa-1112-7", "01aa0000-0000-7"]
    short = short_ids(Summary(one, "", 1, 1) for one in ids)
    assert list(short.values()) == ["0199aaaa-1111", "0199aaaa-1112", "01aa0000"]
    assert short_ids([]) == {}


def test_every_type_of_event_has_words_in_both_languages() -> None:
    kinds = [kind for one in HAPPENINGS for kind in get_args(get_type_hints(one)["type"])]
    assert len(kinds) > 30
    use("ko")
    assert [kind for kind in kinds if event_words(kind) == kind] == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_book_and_a_story_look_as_kept_in_every_window(kept: Path, language: str) -> None:
    config = str(kept / "floodbell.toml")
    pages = []
    for width in (100, 80, 40):
        ran = on_terminals(
            [
                ["incidents", "--config", config, "--lang", language],
                ["incidents", FLOOD, "--config", config, "--lang", language],
            ],
            width,
        )
        assert [one.code for one in ran] == [0, 0]
        pages += [f"{'-' * width}\n{one.screen}" for one in ran]
    assert_as_kept(f"incidents-{language}", "\n".join(pages))
