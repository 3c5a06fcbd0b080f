"""``floodbell history``: read from a real store, whether or not a daemon runs."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from edge.cli import app, plot
from edge.cli.beside import look_beside
from edge.cli.course import NOBODY_KNOWS, Course, Setpoints
from edge.cli.history_book import Wanted, look_back, readings
from edge.cli.history_course import Frame, course
from edge.store.rows import Batch
from edge.store.store import Store
from tests.edge.cli.terminal import on_terminals

BEGINS_S = datetime(2026, 7, 22, 12, tzinfo=UTC).timestamp()
FLOOD = "0199aaaa-1111-7abc-8def-000000000001"

SETTINGS = """
[site]
id = "x"
district = "jongno"
address = "서울 종로구 창신길 12-3"
language = "en"
[alarm]
danger = {{ setpoint_mm = 160 }}
[sensors.door]
driver = "simulated"
script = [[0, 0]]
[sensors.float]
driver = "simulated"
script = [[0, 0]]
[paths]
state = "{folder}"
run = "{folder}"
"""

Row = dict[str, Any]


def ts(at_s: float) -> str:
    moment = datetime.fromtimestamp(BEGINS_S + at_s, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def depth(at_s: float, mm: float, sensor: str = "door", *, synced: bool = True) -> Row:
    return {
        "sensor": sensor,
        **{"depth_mm": mm, "at_least_mm": mm, "below_mm": mm, "quality": "good"},
        **{"ts": ts(at_s), "clock_synced": synced},
    }


def bound(at_s: float, *, at_least: float | None = None, below: float | None = None) -> Row:
    known = {"depth_mm": None, "at_least_mm": at_least, "below_mm": below}
    return {**depth(at_s, 0.0, "float"), **known}


def faulted(at_s: float) -> Row:
    return {**bound(at_s), "sensor": "door", "quality": "faulted"}


def event(kind: str, at_s: float, incident: str | None = None, **fields: object) -> Row:
    synced = fields.pop("clock_synced", True)
    told = {"type": kind, "incident": incident, "episode": None, "reason": "", **fields}
    return {**told, "ts": ts(at_s), "clock_synced": synced, "session": "b:1"}


def keep(folder: Path, rows: list[Row], events: list[Row] | None = None) -> Path:
    """Write a store as the daemon does."""
    store = Store(folder / "floodbell.db")
    store.open()
    batch = Batch(
        state='{"law":{"level":"normal"}}', events=tuple(events or ()), readings=tuple(rows)
    )
    assert store.commit(batch, 10.0)
    assert store.close()
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and no history yet."""
    monkeypatch.setenv("LANGUAGE", "en")
    settings = SETTINGS.format(folder=tmp_path)
    (tmp_path / "floodbell.toml").write_text(settings, encoding="utf-8")
    return tmp_path


RISE = [depth(60.0 * n, 50.0 * n) for n in range(5)]
FALL = [depth(7440.0 + 60 * n, 200.0 - 50 * n) for n in range(5)]
SWITCH = [bound(10.0, below=20), bound(70.0, at_least=20), bound(130.0, at_least=20)]
READ = sorted([*RISE, *SWITCH, faulted(250.0), *FALL], key=lambda row: str(row["ts"]))
TOLD = [
    event("started", -1.0),
    event(
        "stage_changed", 61.0, FLOOD, stage="alert", zone="home", depth_mm=50, **{"from": "normal"}
    ),
    event("bell_pressed", 100.0, FLOOD),
    event("stage_changed", 182.0, FLOOD, stage="danger", zone="home", **{"from": "alert"}),
    event("report_accepted", 183.0, FLOOD, contact="119", repeat=1, repeats=3),
    event("notice_accepted", 184.0, FLOOD, contact="mother"),
    event("report_withheld", 243.0, FLOOD, contact="119"),
    event("incident_closed", 7700.0, FLOOD, peak_mm=200),
]


@pytest.fixture
def kept(folder: Path) -> Path:
    """The same with a flood: a rise, two hours of nothing, a fall."""
    return keep(folder, READ, TOLD)


def history(folder: Path, *arguments: str, lang: str = "en") -> int:
    config = str(folder / "floodbell.toml")
    return app.main(["history", *arguments, "--config", config, "--lang", lang])


def test_a_row_has_time_sensor_water_and_quality_and_what_happened_stands_out(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert history(kept) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["time", "sensor", "water", "quality"]
    assert ["2026-07-22", "21:02:00", "door", "100", "mm", "good"] in lines
    assert ["2026-07-22", "21:00:10", "float", "below", "20", "mm", "good"] in lines
    assert ["2026-07-22", "21:01:10", "float", "at", "least", "20", "mm", "good"] in lines
    assert ["2026-07-22", "21:04:10", "door", "unknown", "faulted"] in lines
    told = [" ".join(line[1:]) for line in lines if "*" in line]
    assert told == [
        "21:01:01 * stage: ALERT (home, 50 mm)",
        "21:01:40 * BELL PRESSED",
        "21:03:02 * stage: DANGER (home)",
        "21:03:03 * 119 REPORT ACCEPTED 1/3",
        "21:04:03 * NOT sent to 119",
        "21:04:10 * nothing measured for 120 min",
    ]


def test_what_the_readings_come_to_stands_last(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert history(kept) == 0
    out = capsys.readouterr().out
    assert "door: 11 reading(s), 0 to 200 mm, deepest at 07-22 21:04:00" in out
    assert "float: 3 reading(s), at least 20 mm at 07-22 21:01:10" in out
    assert "float: nothing since 07-22 21:02:10" in out, "silence never looks like safety"


def test_a_sensor_of_the_settings_that_said_nothing_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(folder, [depth(0.0, 0.0)])
    assert history(folder) == 0
    assert "float: no reading in this time" in capsys.readouterr().out


def test_csv_is_one_header_and_a_row_a_reading_as_logged(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert history(kept, "--csv") == 0
    out = capsys.readouterr().out
    assert out.count("\r\n") == len(READ) + 1
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == [
        *("ts", "clock_synced", "seq", "sensor", "depth_mm", "at_least_mm", "below_mm", "quality")
    ]
    assert [int(row["seq"]) for row in rows] == list(range(1, len(READ) + 1))
    for read, row in zip(rows, READ, strict=True):
        assert read["ts"] == row["ts"]
        assert read["depth_mm"] == ("" if row["depth_mm"] is None else str(row["depth_mm"]))


def test_in_json_everything_is_one_document(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert history(kept, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert [{**row, "seq": 0} for row in document["readings"]] == [
        {**row, "seq": 0} for row in READ
    ]
    assert [one["type"] for one in document["events"]][:2] == ["stage_changed", "bell_pressed"]
    assert document["sensors"]["door"]["deepest_mm"] == 200.0
    assert document["sensors"]["float"]["reached_mm"] == 20.0
    assert (document["begins"], document["ends"]) == (ts(0.0), ts(7680.0))


def test_only_the_sensors_asked_for_are_shown(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert history(kept, "--csv", "--sensor", "float") == 0
    assert capsys.readouterr().out.count("float") == len(SWITCH)
    assert history(kept, "--csv", "--sensor", "float", "door") == 0
    assert len(capsys.readouterr().out.splitlines()) == len(READ) + 1
    assert history(kept, "--sensor", "cellar") == 2
    assert "No sensor cellar" in (said := capsys.readouterr().err)
    assert "door, float" in said


def test_since_and_until_cut_a_piece_out(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    piece = ("--since", "2026-07-22T21:01", "--until", "2026-07-22T12:02:00Z")
    assert history(kept, "--csv", *piece) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["ts"] for row in rows] == [ts(60.0), ts(70.0)]
    assert history(kept, "--since", "2026-07-23") == 0
    assert "Nothing was measured in this time. The newest reading is of 2026-07-22 23:08" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "noon"), "--since noon is not understood. Allowed: 90s"),
        (("--until", "2026-13-01"), "--until 2026-13-01 is not understood"),
        (("--until", "all"), "--until all is not understood"),
        (("--since", "1h", "--until", "2h"), "--since 1h is not before --until 2h"),
        (("--csv", "--json"), "One of --csv, --json and --plot"),
        (("--csv", "--plot"), "One of --csv, --json and --plot"),
        (("door",), "Unexpected: door"),
    ],
)
def test_what_cannot_be_is_exit_2_and_says_what_can(
    kept: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert history(kept, *arguments) == 2
    out, err = capsys.readouterr()
    assert said in out + err


def test_by_itself_it_shows_the_last_day_of_what_there_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(folder, [depth(3600.0 * hour, float(hour)) for hour in range(30)])
    assert history(folder, "--csv") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 25
    assert history(folder, "--csv", "--since", "all") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 30


def test_rows_keep_their_order_and_say_so_where_the_clock_was_not_set(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A power cut of an hour: the clock stands still, and is set a minute after the start."""
    restart = [depth(61.0, 1.0, synced=False), depth(121.0, 2.0, synced=False)]
    keep(
        folder,
        [depth(0.0, 0.0), depth(60.0, 0.0), *restart, depth(3800.0, 3.0), depth(3860.0, 4.0)],
        [event("started", 60.5, clock_synced=False)],
    )
    assert history(folder, "--sensor", "door") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [" ".join(line.split()[1:]) for line in lines[1:10]] == [
        "21:00:00 door 0 mm good",
        "21:01:00 door 0 mm good",
        "22:02:20 * nothing measured for 61 min",
        "22:02:20 * the clock jumped 61 min back",
        "21:01:00 ? * floodbell started",
        "21:01:01 ? door 1 mm good",
        "21:02:01 ? door 2 mm good",
        "22:03:20 * the clock jumped 61 min forward",
        "22:03:20 door 3 mm good",
    ] or lines
    assert "? the clock was not set" in lines[-1]


def test_readings_that_were_thinned_away_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(folder, [depth(60.0 * n, 0.0) for n in range(60)])
    with closing(sqlite3.connect(folder / "floodbell.db")) as db, db:
        db.execute("DELETE FROM readings WHERE seq > 10 AND seq <= 30")
    assert history(folder) == 0
    out = capsys.readouterr().out
    assert "20 reading(s) of this time were thinned away" in out
    assert "nothing measured" not in out, "they were measured"
    assert history(folder, "--csv") == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 41
    assert "20 reading(s)" in err


def test_no_reading_is_good_and_no_store_is_exit_3(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert history(folder) == 3
    assert "floodbell has not run here yet" in capsys.readouterr().err
    keep(folder, [])
    assert history(folder) == 0
    assert capsys.readouterr().out == "Nothing has been measured so far.\n"
    assert history(folder, "--csv") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert history(folder, "--json", "--png", str(folder / "a.png")) == 0
    assert json.loads(capsys.readouterr().out)["readings"] == []
    assert not (folder / "a.png").exists(), "there is nothing to draw"


def test_a_damaged_store_is_exit_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "floodbell.db").write_bytes(b"not a database at all" * 300)
    assert history(folder) == 1
    assert "is damaged" in capsys.readouterr().err


def test_rows_that_cannot_be_read_are_passed_over(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(kept / "floodbell.db")) as db, db:
        db.execute("UPDATE readings SET body = 'no json' WHERE seq = 2")
        db.execute("UPDATE readings SET body = '[]' WHERE seq = 3")
        db.execute("""UPDATE readings SET body = '{"sensor": "door", "ts": 7}' WHERE seq = 4""")
    assert history(kept) == 0
    out = capsys.readouterr().out
    assert len([line for line in out.splitlines() if line.startswith("2026")]) > len(READ) - 3
    assert "thinned" not in out


def drawn(folder: Path, setpoints: Setpoints | None = None) -> Course:
    with closing(sqlite3.connect(folder / "floodbell.db")) as db:
        rows = db.execute("SELECT seq, body FROM readings ORDER BY seq").fetchall()
        told = db.execute("SELECT seq, body FROM events ORDER BY seq").fetchall()
    found = look_back(lambda: rows[::-1], Wanted())
    begins_s, ends_s = found.begins_s, found.ends_s
    beside = look_beside(lambda: told[::-1], found, "normal", begins_s=begins_s, ends_s=ends_s)
    frame = Frame(begins_s, ends_s, 60.0, lambda at_s: f"{at_s - BEGINS_S:.0f}", begins_s)
    return course(readings(rows, found), beside, frame, Wanted(), setpoints)


def test_a_silence_is_a_gap_between_runs_and_its_stage_is_known_to_nobody(kept: Path) -> None:
    seen = drawn(kept)
    door, switch = seen.series
    assert [len(run) for run in door.runs] == [5, 5], "not one line through two hours of nothing"
    assert door.runs[0][-1] == (BEGINS_S + 240, 200.0)
    assert [(bound.mm, bound.at_least) for bound in switch.bounds] == [(20, False), (20, True)]
    assert [(at_s - BEGINS_S, stage) for at_s, stage in seen.stages] == [
        (0.0, "normal"),
        (61.0, "alert"),
        (182.0, "danger"),
        (250.0, NOBODY_KNOWS),
        (7440.0, "danger"),
    ]
    assert [(mark.sign, mark.depth_mm) for mark in seen.marks] == [
        ("bell", 50.0),
        ("report", 150.0),
        ("withheld", 200.0),
    ]
    assert seen.incidents == ((BEGINS_S + 61.0, BEGINS_S + 7680.0),)


def test_a_clock_that_was_set_draws_no_line_backwards(folder: Path) -> None:
    hours = [-50_000.0, 0.0, 3000.0]
    rows = [
        depth(begins_s + 60 * n, float(n), synced=begins_s >= 0.0)
        for begins_s in hours
        for n in range(10)
    ]
    keep(folder, rows)
    (door,) = drawn(folder).series
    places = [at_s for run in door.runs for at_s, _ in run]
    assert places == sorted(places)
    assert len(door.runs) == 2
    assert places[0] == BEGINS_S - 540.0, "directly before the clock was set"


@pytest.mark.parametrize("width", [40, 80])
def test_a_plot_shows_gaps_bounds_and_signs_in_any_width(kept: Path, width: int) -> None:
    lines = [line.plain for line in plot.lines(drawn(kept, Setpoints(20.0, 150.0)), width)]
    assert all(cell_len(line) <= width for line in lines)
    water = [line.split("│", 1)[1] for line in lines if "│" in line]
    middle = range(len(water[0]) // 3, len(water[0]) // 2)
    assert all(row[column] in "⠀⠉⠒⣀⠤⠁" for row in water for column in middle), "setpoints only"
    assert "↑" in "".join(water), "the worse of two bounds in a column"
    axis = next(place for place, line in enumerate(lines) if "└" in line)
    strip, incident, bell, reports = lines[axis + 2 : axis + 6]
    assert strip.strip().startswith("▒") or strip.strip().startswith("█")
    assert "      " in strip.strip(), "two hours of nothing"
    assert "├─" in incident
    assert "●" in bell
    assert "▲" in reports


def test_a_plot_of_nothing_but_faults_or_of_one_reading_is_drawn(folder: Path) -> None:
    keep(folder, [faulted(0.0)])
    assert len(plot.lines(drawn(folder), 80)) > 10
    keep(folder, [depth(1.0, 5.0)])
    assert len(plot.lines(drawn(folder), 80)) > 10


def test_the_plot_has_the_setpoints_of_the_settings_if_they_can_be_read(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert history(kept, "--plot") == 0
    out = capsys.readouterr().out
    assert "  160 │" in out
    assert "2026-07-22 21:00 - 2026-07-22 23:08" in out
    settings = kept / "floodbell.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "colour = 1\n", encoding="utf-8")
    assert history(kept, "--plot") == 0
    assert "  160 │" not in capsys.readouterr().out


def test_the_picture_is_whole_or_not_at_all(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    png = kept / "flood.png"
    assert history(kept, "--png", str(png)) == 0
    assert f"Picture written: {png}" in capsys.readouterr().out
    assert png.read_bytes().startswith(b"\x89PNG\r\n")
    settings = kept / "floodbell.toml"
    before = settings.read_bytes()
    assert history(kept, "--png", str(settings)) == 2
    assert "is there and is no PNG" in capsys.readouterr().err
    assert settings.read_bytes() == before
    assert history(kept, "--png", str(kept / "nowhere" / "flood.png")) == 2
    assert "No such file" in capsys.readouterr().err
    assert history(kept, "--json", "--png", str(kept)) == 2
    assert json.loads(capsys.readouterr().out)["ok"] is False
    assert not list(kept.glob(".flood*"))


def test_on_a_terminal_the_newest_rows_are_shown_and_how_many_are_not(kept: Path) -> None:
    config = ["--config", str(kept / "floodbell.toml")]
    keep(kept, [depth(60.0 * n, 3.0) for n in range(130, 700)])
    calls = [["history", *config, "--lang", "ko"], ["history", *config, "--plot"]]
    table, picture = on_terminals(calls, 40)
    assert (table.code, picture.code) == (0, 0)
    lines = table.screen.splitlines()
    assert any("줄이 더 있습니다: --all" in line for line in lines)
    rows = [line for line in lines if "3 mm" in line and "door " in line]
    assert 300 < len(rows) < 570
    assert rows[-1].split()[-4:] == ["door", "3", "mm", "좋음"], "no row is broken in two"
    assert "└────" in picture.screen


def test_in_korean_every_word_is_korean(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert history(kept, lang="ko") == 0
    out = capsys.readouterr().out
    for korean in ("시각", "20 mm 미만", "120분 동안 측정 없음", "* 비상벨 눌림"):
        assert korean in out
    assert history(kept, "--plot", lang="ko") == 0
    assert "빈칸: 측정 없음" in capsys.readouterr().out
