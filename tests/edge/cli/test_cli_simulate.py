"""``floodbell simulate`` as a person meets it: words, codes, JSON, pictures, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from rich.cells import cell_len

from edge.cli import app, plot
from edge.cli.course import Course
from edge.cli.story_course import course
from edge.cli.story_words import clock
from edge.messages import texts
from edge.settings import parse
from edge.simulate.home import USUAL_HOME, home_of
from edge.simulate.replay import play

ROOT = Path(__file__).parents[3]

SHORT = """
[alarm]
latch_clear_s = 60.0
alert = { off_delay_s = 30.0 }
danger = { off_delay_s = 30.0 }
"""
HOME = USUAL_HOME.format(language="en") + SHORT

FLOOD = "t_s,depth_mm\n0,0\n60,0\n100,200\n400,200\n500,0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a flood and the settings of a home; the process keeps its own language."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.delenv("FLOODBELL_CONFIG", raising=False)
    (tmp_path / "flood.csv").write_text(FLOOD)
    (tmp_path / "home.toml").write_text(HOME, encoding="utf-8")
    return tmp_path


def simulate(folder: Path, *arguments: str, file: str = "flood.csv", lang: str = "en") -> int:
    """Run the command in this process."""
    config = ("--config", str(folder / "home.toml"))
    return app.main(["simulate", str(folder / file), *config, "--lang", lang, *arguments])


def test_the_table_says_when_to_whom_and_why(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate(folder) == 0
    out = capsys.readouterr().out
    assert f"Settings: {folder / 'home.toml'}" in out
    assert "The modem takes every text at once" in out
    assert "report to 119, 1 of 3" in out
    assert "[침수]서울 종로구 창신길 12-3 B01호" in out
    assert "mm ≥ 150 mm for 3.0 s, seen rising" in out
    assert "partner, guardian" in out
    assert "Danger: 150 mm passed at 0:01:30, 119 told 3.0 s later." in out
    assert "Peak 200 mm at 0:01:40; 5 point(s) over 0:08:20." in out


def test_in_korean_every_line_is_korean(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    korean = HOME.replace('language = "en"', 'language = "ko"')
    (folder / "home.toml").write_text(korean, encoding="utf-8")
    assert simulate(folder, "--plot", lang="ko") == 0
    out = capsys.readouterr().out
    assert "위험: 0:01:30에 150 mm를 넘었고 3.0초 뒤 119에 신고했습니다." in out
    for english in ("Danger", "Peak", "report to", "The modem", "water in"):
        assert english not in out


def test_in_json_the_whole_story_is_one_document(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate(folder, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert document["danger"]["latency_s"] == pytest.approx(3.0, abs=1.0)
    assert document["series"]["peak_mm"] == 200.0
    assert document["armed"] is True
    reports = [entry for entry in document["timeline"] if entry["kind"] == "report"]
    assert [entry["repeat"] for entry in reports] == [1, 2, 3]
    assert {"at_s", "to", "text", "reason", "depth_mm"} <= set(reports[0])
    assert "+8210" not in json.dumps(document)


def test_unarmed_settings_withhold_and_armed_shows_what_they_would_say(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "home.toml").write_text(HOME.replace("armed = true", ""), encoding="utf-8")
    assert simulate(folder) == 0
    out = capsys.readouterr().out
    assert "report to 119 WITHHELD" in out
    assert "the report to 119 was withheld" in out
    assert "--armed shows what they would say" in out
    assert simulate(folder, "--armed") == 0
    assert "WITHHELD" not in capsys.readouterr().out


def test_a_long_story_is_cut_and_full_shows_it_all(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waves = [(n * 200 + at_s, mm) for n in range(12) for at_s, mm in ((0, 0), (50, 200), (150, 0))]
    rows = "\n".join(f"{at_s},{mm}" for at_s, mm in waves)
    (folder / "waves.csv").write_text(f"t_s,depth_mm\n{rows}\n")
    assert simulate(folder, file="waves.csv") == 0
    cut = capsys.readouterr().out
    assert "more rows: --full" in cut
    assert simulate(folder, "--full", file="waves.csv") == 0
    full = capsys.readouterr().out
    assert "more rows" not in full
    assert len(full.splitlines()) > len(cut.splitlines())


def test_dry_or_standing_water_may_follow(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "flood.csv").write_text("t_s,depth_mm\n0,0\n60,0\n100,200\n")
    assert simulate(folder) == 0
    assert "Still open at" in capsys.readouterr().out
    assert simulate(folder, "--then", "dry") == 0
    assert "incident closed" in capsys.readouterr().out


def test_nothing_sent_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "flood.csv").write_text("t_s,depth_mm\n0,0\n60,3\n")
    assert simulate(folder, "--plot") == 0
    out = capsys.readouterr().out
    assert "Nothing would have been sent." in out
    assert "Alert: 20 mm never reached." in out


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("time,depth\n0,0\n", "line 1: found 'time,depth'; expected the header t_s,depth_mm"),
        ("t_s,depth_mm\n0,0\n5,x\n", "line 3: found '5,x'; expected two finite numbers"),
        ("t_s,depth_mm\n0,0\n5,nan\n", "line 3: found '5,nan'; expected two finite numbers"),
        ("t_s,depth_mm\n0,inf\n", "line 2: found '0,inf'; expected two finite numbers"),
        ("t_s,depth_mm\n5,0\n5,1\n", "line 3: found '5,1'; expected seconds after those"),
        ("t_s,depth_mm\n-5,0\n", "line 2: found '-5,0'; expected seconds that are not negative"),
        ("t_s,depth_mm\n0,0\n1e11,0\n", "line 3: found '1e+11,0'; expected a shorter series"),
        ("t_s,depth_mm\n", "no line after the header"),
        ("", "no line after the header"),
        (b"\xff\xfe\x00", "not a text file in UTF-8"),
        (None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_played_is_exit_2_with_its_line(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str | bytes | None, complaint: str
) -> None:
    bad = folder / "bad.csv"
    if text is not None:
        bad.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert simulate(folder, file="bad.csv") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert complaint in err
    assert simulate(folder, "--json", file="bad.csv") == 2
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert complaint in document["error"]


def test_settings_that_cannot_be_used_are_exit_2_with_their_keys(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "home.toml").write_text(HOME.replace("= 600", "= 100"), encoding="utf-8")
    assert simulate(folder) == 2
    assert "sensors.door.mount_height_mm" in capsys.readouterr().err


def test_a_named_settings_file_that_is_missing_is_exit_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "home.toml").unlink()
    assert simulate(folder) == 2
    assert "No settings file" in capsys.readouterr().err


def test_an_unknown_sensor_is_exit_2_and_the_known_ones_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate(folder, "--sensor", "window") == 2
    assert "No sensor window in the settings; there is: door" in capsys.readouterr().err


def test_what_each_sensor_sees_and_what_is_not_sent_any_more_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    switch = '[sensors.float]\ndriver = "float_switch"\npin = 17\nheight_mm = 20\n'
    second = '[sensors.window]\ndriver = "simulated"\nscript = [[0, 0]]\n'
    (folder / "home.toml").write_text(HOME + switch + second, encoding="utf-8")
    (folder / "flood.csv").write_text("t_s,depth_mm\n0,0\n10,0\n17,210\n300,210\n")
    assert simulate(folder) == 0
    out = capsys.readouterr().out
    assert "float: switches in this water at 20 mm" in out
    assert "window: measures the same water" in out
    assert "not sent any more: water: alert" in out
    assert simulate(folder, "--sensor", "float", "--only") == 0
    out = capsys.readouterr().out
    assert "door: sees a dry floor" in out
    assert "119 not told" in out


def test_the_picture_is_a_png(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    png = folder / "flood.png"
    assert simulate(folder, "--png", str(png)) == 0
    assert f"Picture written: {png}" in capsys.readouterr().out
    assert png.read_bytes().startswith(b"\x89PNG\r\n")
    assert simulate(folder, "--png", str(folder / "nowhere" / "flood.png")) == 2
    assert "No such file" in capsys.readouterr().err


def drawn(depths: str = FLOOD) -> Course:
    bell = home_of(parse(HOME.encode()), texts.load(texts.find("en")))
    rows = (line.split(",") for line in depths.splitlines()[1:])
    return course(play(((float(t_s), float(mm)) for t_s, mm in rows), bell, dry_after=True))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_plot_is_as_wide_as_it_may_be_and_labels_the_setpoints(width: int) -> None:
    lines = [line.plain for line in plot.lines(drawn(), width)]
    assert all(cell_len(line) <= width for line in lines)
    labels = [line.split("│")[0].strip() for line in lines if "│" in line]
    assert "150" in labels
    assert "20" in labels
    axis = next(place for place, line in enumerate(lines) if "└" in line)
    assert lines[axis + 2].strip("· ").count("█") > 1
    assert "▲" in lines[axis + 3]


def test_a_plot_of_one_point_or_of_water_below_the_floor_is_drawn() -> None:
    for depths in ("t_s,depth_mm\n7,0\n", "t_s,depth_mm\n0,-5\n9,-2\n", "t_s,depth_mm\n0,3000\n"):
        assert len(plot.lines(drawn(depths), 80)) > 10


@pytest.fixture
def plot_png() -> ModuleType:
    """Loaded by the test that draws: matplotlib takes as long as all other imports."""
    return import_module("edge.cli.plot_png")


def test_a_korean_font_is_used_where_there_is_one(plot_png: ModuleType) -> None:
    assert plot_png.korean_font(["DejaVu Sans", "NanumGothic"]) == "NanumGothic"
    assert plot_png.korean_font(["DejaVu Sans"]) is None


def test_a_picture_of_a_file_with_a_korean_name_is_drawn(
    plot_png: ModuleType, folder: Path
) -> None:
    plot_png.write(drawn("t_s,depth_mm\n7,0\n"), "침수.csv", folder / "침수.png")
    assert (folder / "침수.png").stat().st_size > 1000


def test_clock_counts_hours_without_end() -> None:
    assert [clock(t_s) for t_s in (0.0, 59.9, 3661.0, 360000.0)] == [
        "0:00:00",
        "0:00:59",
        "1:01:01",
        "100:00:00",
    ]


def test_without_settings_a_usual_home_is_played_to_and_said_so(folder: Path) -> None:
    """In a process of its own, as typed, with the series from a pipe."""
    if Path("/etc/floodbell/floodbell.toml").exists():
        pytest.skip("this machine has settings")
    surroundings = {k: v for k, v in os.environ.items() if k != "FLOODBELL_CONFIG"}
    ran = subprocess.run(
        [sys.executable, "-m", "edge.cli", "simulate", "/dev/stdin", "--lang", "en"],
        cwd=ROOT,
        env={**surroundings, "PYTHONUTF8": "1"},
        input=(folder / "flood.csv").read_text(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("No settings at /etc/floodbell/floodbell.toml: played to a usual")
    assert "119 told 3.0 s later" in ran.stdout
    assert "matplotlib" not in ran.stderr
