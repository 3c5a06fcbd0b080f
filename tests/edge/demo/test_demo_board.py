"""What is shown: the lines of the log, and pictures that fit the terminal."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from edge.demo import letters
from edge.demo.board import Board
from edge.demo.pace import Pace
from edge.demo.people import PEOPLE
from edge.demo.record import Done, Published, Seen, Text
from edge.demo.scenarios import SCENARIOS, Act
from edge.demo.scene import Sight, basement
from edge.demo.view import View, screen
from edge.effects import Purpose
from edge.locale import use

GUARDIAN = PEOPLE[1]
REPORT = Text(24.9, "119", "[침수]서울 종로구 창신길 12-3 B01호 16cm 1명", 1, Purpose.REPORT)
LONG = Text(26.0, GUARDIAN.phone, "[종로비상벨]위험! " + "물이 들어옵니다. " * 30, 5, None)


@pytest.fixture(autouse=True)
def _in_english() -> None:
    use("en")


def board(name: str = "flash-flood") -> Board:
    return Board(SCENARIOS[name], Pace(1.0))


def sensor(at_s: float, depth_mm: float | None, quality: str = "good") -> Published:
    return Published(at_s, "sensors/door", {"depth_mm": depth_mm, "quality": quality})


def test_the_log_tells_depths_stages_and_texts_in_the_order_of_time() -> None:
    lines = board().take(
        25.0,
        [sensor(22.0, 163), Published(24.6, "alarm", {"stage": "danger", "depth_mm": 163}), REPORT],
    )
    assert [(round(line.at_s, 1), line.words) for line in lines] == [
        (8.2, "the real water stands at 2 cm"),
        (21.5, "the real water stands at 15 cm"),
        (22.0, "door 163 mm  NORMAL"),
        (24.6, "door 163 mm  DANGER"),
        (24.9, f"119 ← {REPORT.body}"),
    ]


def test_small_changes_of_depth_are_not_worth_a_line() -> None:
    shown = board()
    depths = (0, 4, 9, 11, 15, 22, 12)
    lines = shown.take(1.0, [sensor(i / 10, mm) for i, mm in enumerate(depths)])
    assert [line.words.split()[1] for line in lines] == ["11", "22", "12"]
    assert shown.depth_mm == 12


def test_noise_below_zero_is_not_shown_as_minus_nothing() -> None:
    lines = board().take(1.0, [sensor(0.1, 30.0), sensor(0.2, -0.4)])
    assert [line.words for line in lines] == ["door 30 mm  NORMAL", "door 0 mm  NORMAL"]


def test_a_sensor_that_falls_ill_is_a_line_at_once() -> None:
    shown = board("dead-sensor")
    shown.take(0.5, [sensor(0.1, 0)])
    lines = shown.take(9.0, [sensor(9.0, None, "stale"), sensor(9.2, None, "stale")])
    assert [line.words for line in lines] == ["door stale  NOT WELL"]


def picture(shown: Board, width: int = 80, height: int = 24) -> str:
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=True)
    rows = console.render_lines(screen(shown, 9.0, width, height), pad=False)
    return "\n".join("".join(segment.text for segment in row) for row in rows)


def event(at_s: float, kind: str, cause: str) -> Published:
    return Published(at_s, "events", {"seq": 1, "type": kind, "cause": cause})


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("quality", ["stale", "faulted"])
def test_a_silent_sensor_is_never_shown_as_normal(language: str, quality: str) -> None:
    use(language)
    shown = board("dead-sensor")
    normal, not_well = {"ko": ("정상", "고장"), "en": ("NORMAL", "NOT WELL")}[language]
    real = {"ko": "실제 물 0 mm", "en": "real water 0 mm"}[language]
    shown.take(0.5, [sensor(0.1, 0)])
    assert letters.big(normal)[0] in picture(shown)
    shown.take(9.0, [sensor(9.0, None, quality)])
    assert (shown.words, shown.lines[-1].words) == (not_well, f"door {quality}  {not_well}")
    drawn = picture(shown)
    assert all(row in drawn for row in letters.big(not_well))
    assert letters.big(normal)[0] not in drawn
    assert real in drawn


def test_a_trouble_stands_until_the_last_of_its_causes_is_cleared() -> None:
    shown = board()
    shown.take(1.0, [event(1.0, "trouble_raised", "modem"), event(1.0, "trouble_raised", "store")])
    assert shown.words == "NOT WELL"
    shown.take(2.0, [event(2.0, "trouble_cleared", "modem")])
    assert shown.words == "NOT WELL"
    shown.take(3.0, [event(3.0, "trouble_cleared", "store")])
    assert shown.words == "NORMAL"


def test_a_trouble_that_stood_before_the_first_event_is_known_from_the_health() -> None:
    shown = board()
    shown.take(1.0, [Published(1.0, "health", {"troubles": [{"cause": "modem"}]})])
    assert (shown.words, shown.troubles) == ("NOT WELL", ["modem"])
    assert "trouble: modem" in picture(shown)
    shown.take(2.0, [Published(2.0, "health", {"troubles": []})])
    assert shown.words == "NORMAL"


def test_a_trouble_hides_no_danger_and_no_danger_hides_a_trouble() -> None:
    shown = board()
    news = [Published(1.0, "alarm", {"stage": "danger"}), sensor(1.1, None, "stale")]
    lines = shown.take(2.0, news)
    assert lines[-1].words == "door stale  DANGER · NOT WELL"
    drawn = picture(shown)
    assert all(row in drawn for row in letters.big("DANGER"))
    assert "trouble: sensor: stale" in drawn


def test_a_bell_that_nobody_can_hear_is_not_shown_as_normal() -> None:
    shown = board("broker-away")
    shown.take(1.0, [Done(1.0, Act.STOP_BROKER, datetime(2026, 8, 8, tzinfo=UTC))])
    assert shown.words == "NOT WELL"
    shown = board()
    shown.take(1.0, [Published(1.0, "status", {"online": False})])
    assert shown.words == "NOT WELL"
    shown.take(2.0, [Published(2.0, "status", {"online": True})])
    assert shown.words == "NORMAL"


def test_a_window_made_too_small_keeps_the_state_and_the_last_lines() -> None:
    out = io.StringIO()
    shown = board("dead-sensor")
    shown.take(9.0, [sensor(9.0, None, "stale")])
    view = View(Console(width=40, height=8, file=out, force_terminal=True))
    view.open()
    try:
        view.refresh(shown, 9.0)
    finally:
        view.close()
    assert "NOT WELL" in out.getvalue()
    assert "door stale" in out.getvalue()


def test_what_is_done_to_the_parts_shows_on_the_board() -> None:
    shown = board()
    now = datetime(2026, 8, 8, tzinfo=UTC)
    for act in (Act.MUTE_SENSOR, Act.STOP_BROKER, Act.LOSE_NETWORK):
        shown.take(1.0, [Done(1.0, act, now)])
    assert (shown.muted, shown.broker_away, shown.modem_away) == (True, True, True)
    for act in (Act.UNMUTE_SENSOR, Act.START_BROKER, Act.FIND_NETWORK):
        shown.take(2.0, [Done(2.0, act, now)])
    assert (shown.muted, shown.broker_away, shown.modem_away) == (False, False, False)


@pytest.mark.parametrize(
    "body", [{}, {"stage": None}, {"depth_mm": "x", "quality": 3, "readings": [], "type": None}]
)
def test_no_message_however_odd_upsets_the_board(body: dict[str, object]) -> None:
    shown = board()
    for topic in ("status", "alarm", "sensors/door", "readings", "events", "health", "cap", "x/y"):
        shown.take(1.0, [Published(1.0, topic, body)])


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 40)])
@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_picture_fits_the_terminal_at_every_moment(
    size: tuple[int, int], name: str, language: str
) -> None:
    use(language)
    width, height = size
    shown = board(name)
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=True)
    for at_s in (0.0, 18.0, 60.0):
        news: list[Seen] = [
            sensor(at_s, 160.0),
            REPORT,
            LONG,
            Published(at_s, "alarm", {"stage": "danger"}),
        ]
        shown.take(at_s, news)
        drawn = console.render_lines(screen(shown, at_s, width, height), pad=False)
        assert len(drawn) == height
        for row in drawn:
            assert sum(segment.cell_length for segment in row) <= width
        words = "".join(segment.text for row in drawn for segment in row)
        assert "…" in words  # the long text is cut, not the picture
        assert "119" in words


@pytest.mark.parametrize(
    "word",
    ["NORMAL", "ALERT", "DANGER", "NOT WELL", "정상", "경계", "위험", "고장", "심각", "?"],
)
def test_the_stage_in_big_letters_is_a_rectangle_that_fits_the_smallest_screen(word: str) -> None:
    rows = letters.big(word)
    assert len(rows) == letters.ROWS
    assert len({cell_len(row) for row in rows}) == 1
    assert cell_len(rows[0]) <= letters.WIDTH


@pytest.mark.parametrize("height", [5, 9, 21, 40])
@pytest.mark.parametrize("depth_mm", [0.0, 1.0, 20.0, 163.0, 590.0, 700.0])
def test_the_basement_fills_its_rectangle_with_any_water_and_visitor(
    height: int, depth_mm: float
) -> None:
    for thing, cover_mm in (("", 0.0), ("cat", 250.0), ("mop", 50.0)):
        for muted in (False, True):
            picture = basement(Sight(depth_mm, cover_mm, thing, muted), 28, height)
            rows = picture.plain.split("\n")
            assert len(rows) == height
            assert {cell_len(row) for row in rows} == {28}


def test_the_water_line_rises_with_the_water() -> None:
    rows = [basement(Sight(mm), 28, 21).plain.count("█") for mm in (0, 100, 300, 600)]
    assert rows == sorted(set(rows))
