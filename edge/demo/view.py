"""The demo live on a terminal: the basement, the phones, the broker, the time line.

Owns the screen while it is open and gives it back on ``close``. Fits 80 × 24 and grows with the
window; a window that is made smaller meanwhile gets the time line alone. What is drawn comes from
the ``Board``.
"""

from __future__ import annotations

from typing import Final

from rich.align import Align
from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text as Words

from edge.demo import letters
from edge.demo.board import NOT_WELL, STAGE_WORDS, Board, Line, Message
from edge.demo.people import NUMBER_119, PEOPLE
from edge.demo.record import Text
from edge.demo.scene import Sight, basement
from edge.demo.words import _

_WORD_STYLES: Final = {
    STAGE_WORDS["normal"]: "black on green",
    STAGE_WORDS["alert"]: "black on yellow",
    STAGE_WORDS["danger"]: "bold white on red",
    NOT_WELL: "bold white on magenta",
}
_LINE_STYLES: Final = {
    "water": "cyan",
    "stage": "bold yellow",
    "text": "",
    "report": "bold red",
    "act": "magenta",
    "trouble": "yellow",
}
MIN_WIDTH: Final = 80
MIN_HEIGHT: Final = 24
_CARDS_WIDTH: Final = 116
_CARDS_HEIGHT: Final = 32
"""From this size on each phone has a card of its own."""
_TOPICS: Final = ("alarm", "sensors", "readings", "events", "health", "status")
_OWNER_WIDTH: Final = 15
_BARS: Final = " ▁▂▃▄▅▆▇█"


class View:
    """The live view."""

    def __init__(self, console: Console) -> None:
        """Draw on ``console``, which must be a terminal."""
        self._console = console
        self._live = Live(console=console, screen=True, auto_refresh=False)

    def open(self) -> None:
        """Take the screen."""
        self._live.start()

    def lines(self, new: list[Line]) -> None:
        """The board keeps them; they are drawn from there."""

    def refresh(self, board: Board, at_s: float) -> None:
        """Draw everything anew."""
        size = self._console.size
        if fits(self._console):
            picture: RenderableType = screen(board, at_s, size.width, size.height)
        else:
            picture = _last_lines(board, size.height)
        self._live.update(picture, refresh=True)

    def close(self) -> None:
        """Give the screen back; safe to call twice."""
        self._live.stop()


def fits(console: Console) -> bool:
    """Whether the window is large enough for the picture."""
    return console.size.width >= MIN_WIDTH and console.size.height >= MIN_HEIGHT


def _last_lines(board: Board, height: int) -> RenderableType:
    """The state and the end of the time line: for a window that has become too small."""
    rows = [Words(board.words, _WORD_STYLES[board.word])]
    room = max(0, height - 2)
    last = list(board.lines)[-room:] if room else []
    rows += [
        Words(f"{max(one.at_s, 0.0):5.1f} {one.words}", _LINE_STYLES[one.kind]) for one in last
    ]
    for row in rows:
        row.no_wrap, row.overflow = True, "ellipsis"
    return Group(*rows)


def screen(board: Board, at_s: float, width: int, height: int) -> Layout:
    """The whole picture for a terminal of this size."""
    left = max(30, min(48, width * 3 // 10))
    bottom = max(6, height // 4)
    body = height - 1 - bottom
    layout = Layout()
    layout.split_column(
        Layout(_header(board, at_s, width), name="header", size=1),
        Layout(name="body", size=body),
        Layout(name="bottom", size=bottom),
    )
    layout["body"].split_row(
        Layout(_house(board, at_s, left, body), name="house", size=left),
        Layout(_phones(board, width - left, body), name="phones"),
    )
    layout["bottom"].split_row(
        Layout(_broker(board, bottom - 2), name="broker", size=left + 6),
        Layout(_time_line(board, at_s, width - left - 6, bottom - 2), name="time line"),
    )
    return layout


def _header(board: Board, at_s: float, width: int) -> RenderableType:
    total_s = board.pace.clock_s(board.scenario.duration_s)
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(width=max(10, width // 5))
    title = Words.assemble((" floodbell ", "bold reverse"), f" {_(board.scenario.title)}")
    if board.pace.speed != 1:
        title.append(f" ×{board.pace.speed:g}", "dim")
    clock = Words(f"{at_s:5.1f} / {total_s:.0f} s", "bold")
    grid.add_row(title, clock, ProgressBar(total_s, min(at_s, total_s), width=max(10, width // 5)))
    return grid


def _house(board: Board, at_s: float, width: int, height: int) -> RenderableType:
    script_s = board.pace.script_s(at_s)
    scenario = board.scenario
    sight = Sight(
        scenario.depth_mm(script_s), scenario.cover_mm(script_s), scenario.thing, board.muted
    )
    banner = letters.ROWS + 1 if height < 22 else letters.ROWS + 3
    picture = basement(sight, width - 2, height - banner - 2)
    depth = _("real water {mm:.0f} mm").format(mm=sight.depth_mm)
    panel = Panel(
        picture, title=_("basement"), subtitle=depth, padding=0, border_style="blue",
        height=height - banner,
    )  # fmt: skip
    return Group(panel, _banner(board, width, banner))


def _banner(board: Board, width: int, height: int) -> RenderableType:
    style = _WORD_STYLES[board.word]
    word = "\n".join(letters.big(_(board.word)))
    caption = Words(_caption(board), justify="center", no_wrap=True, overflow="ellipsis")
    picture = Group(Align.center(Words(word)), caption)
    return Align(picture, "center", style=style, vertical="middle", width=width, height=height)


def _caption(board: Board) -> str:
    if board.broker_away:
        return _("the centre hears nothing")
    if board.modem_away:
        return _("no mobile network")
    if board.blind:
        return _("trouble: {cause}").format(
            cause=_("sensor: {quality}").format(quality=board.quality)
        )
    if board.troubles:
        return _("trouble: {cause}").format(cause=board.troubles[-1])
    if board.depth_mm is None:
        return _("sensor: {quality}").format(quality=board.quality or "…")
    return _("sensor: {mm:.0f} mm").format(mm=round(board.depth_mm))


def _phones(board: Board, width: int, height: int) -> RenderableType:
    if width >= _CARDS_WIDTH * 2 // 3 and height >= _CARDS_HEIGHT * 2 // 3:
        return _cards(board, width, height)
    return _list(board, width, height)


def _owners() -> list[tuple[str, str, str]]:
    """Number, role and name of every phone, 119 first."""
    people = [(one.phone, _(one.label), one.name) for one in PEOPLE]
    return [(NUMBER_119, NUMBER_119, _("fire service")), *people]


def _list(board: Board, width: int, height: int) -> RenderableType:
    room = height - 2
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=_OWNER_WIDTH, no_wrap=True, overflow="ellipsis")
    grid.add_column(width=width - 2 - _OWNER_WIDTH - 2, no_wrap=True)
    owners = _owners()
    for index, (number, role, name) in enumerate(owners):
        # What is left over after an even share goes to those at the top, 119 first.
        rows = room // len(owners) + (index < room % len(owners))
        owner = Words.assemble((f" {role}", _owner_style(number)), (f"\n {name}", "dim"))
        texts = board.phones.get(number, [])
        grid.add_row(owner, _latest(texts, width - 2 - _OWNER_WIDTH - 2, rows))
    return Panel(grid, title=_("phones"), padding=0, border_style="blue", height=height)


def _latest(texts: list[Text], width: int, rows: int) -> Words:
    """The last text to a phone, folded to a width and cut to a number of rows."""
    if not texts:
        return Words("–" + "\n" * (rows - 1), "dim")
    before = f"({len(texts)}) " if len(texts) > 1 else ""
    head = f"{texts[-1].at_s:.1f} s {before}"
    folded = _fold(head + " ".join(texts[-1].body.split()), width)
    if len(folded) > rows:
        folded = [*folded[: rows - 1], set_cell_size(folded[rows - 1], width - 1) + "…"]
    words = Words("\n".join(folded + [""] * (rows - len(folded))))
    words.stylize("cyan", 0, len(head))
    return words


def _fold(words: str, width: int) -> list[str]:
    """Break anywhere, as Korean may be: every row is filled."""
    rows = [""]
    for character in words:
        if cell_len(rows[-1]) + cell_len(character) > width:
            rows.append("")
        rows[-1] += character
    return rows


def _cards(board: Board, width: int, height: int) -> RenderableType:
    layout = Layout()
    owners = _owners()
    layout.split_column(*[Layout(name=f"row{row}") for row in range(2)])
    for row in range(2):
        layout[f"row{row}"].split_row(
            *[
                Layout(_card(board, one, width // 3 - 4, height // 2 - 2))
                for one in owners[row * 3 : row * 3 + 3]
            ]
        )
    return layout


def _card(board: Board, owner: tuple[str, str, str], width: int, height: int) -> RenderableType:
    number, role, name = owner
    rows: list[Words] = []
    for text in reversed(board.phones.get(number, [])):
        wrapped = list(_bubble(text).wrap(Console(width=width), width))
        if rows and len(rows) + len(wrapped) + 1 > height:
            break
        rows = [*wrapped, *([Words("")] if rows else []), *rows]
    style = "red" if number == NUMBER_119 else "blue"
    title = Words.assemble((role, _owner_style(number)), f" {name}" if name != role else "")
    return Panel(Group(*rows[:height]), title=title, padding=(0, 1), border_style=style)


def _owner_style(number: str) -> str:
    return "bold red" if number == NUMBER_119 else "bold"


def _bubble(text: Text) -> Words:
    return Words.assemble((f"{text.at_s:.1f} s ", "cyan"), text.body)


def _broker(board: Board, rows: int) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(justify="right", style="cyan", no_wrap=True, width=5)
    grid.add_column(no_wrap=True, width=12, style="bold", overflow="ellipsis")
    grid.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    for at_s, topic, gist in _latest_messages(board, rows):
        grid.add_row(f"{max(at_s, 0.0):.1f}", topic, gist)
    title = _("broker")
    style = "red" if board.broker_away else "blue"
    return Panel(grid, title=title, padding=0, border_style=style, height=rows + 2)


def _latest_messages(board: Board, rows: int) -> list[Message]:
    """The last message of each topic, the alarm first; below it the events before the last."""
    last = {topic.split("/")[0]: message for topic, message in board.latest.items()}
    shown = [last[topic] for topic in _TOPICS if topic in last][:rows]
    more = rows - len(shown)
    return shown + (list(board.events)[-more:] if more else [])


def _time_line(board: Board, at_s: float, width: int, rows: int) -> RenderableType:
    curve = _curve(board, at_s, width - 2)
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(justify="right", style="cyan", no_wrap=True, width=5)
    grid.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    for line in list(board.lines)[-(rows - 1) :]:
        grid.add_row(f"{max(line.at_s, 0.0):.1f}", Words(line.words, _LINE_STYLES[line.kind]))
    panel = Group(grid, *[Words("")] * max(0, rows - 1 - len(board.lines)), curve)
    return Panel(panel, title=_("time line"), padding=0, border_style="blue", height=rows + 2)


def _curve(board: Board, at_s: float, width: int) -> Words:
    """The depth over the whole script, as far as it has come."""
    total_s = board.scenario.duration_s
    now = min(width, int(width * board.pace.script_s(at_s) / total_s) + 1)
    curve = Words()
    for column in range(width):
        depth_mm = board.scenario.seen_mm(total_s * column / width)
        eighths = min(8, round(depth_mm / 25) + (depth_mm > 1))
        curve.append(_BARS[eighths] if column < now else "·", "blue" if column < now else "dim")
    return curve
