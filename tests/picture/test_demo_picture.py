"""The pictures of the demo in the READMEs are sound, fetch nothing, and show what it says today."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from edge.demo.board import STAGE_WORDS
from edge.demo.people import PEOPLE
from edge.demo.scenarios import SCENARIOS
from edge.demo.summary import PROMISES
from edge.demo.words import _
from edge.locale import speaking
from tests.picture.__main__ import DOCS, PICTURES

ROOT = DOCS.parent
READMES = {"en": "README.md", "ko": "README.ko.md"}
MOST_BYTES = 200_000
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "title", "desc", "style", "rect", "path", "circle", "g", "text"}
ATTRIBUTES = {
    *("viewBox", "width", "height", "role", "aria-labelledby", "id", "class", "transform"),
    *("x", "y", "cx", "cy", "r", "rx", "d", "textLength", "fill", "stroke", "stroke-width"),
}


def spoken(language: str) -> set[str]:
    """What the demo says today and the pictures must show."""
    scenario = next(iter(SCENARIOS.values()))
    with speaking(language):
        return {
            *(_(one) for one in (scenario.title, scenario.story)),
            *(_(one) for one in ("basement", "broker", "time line", "fire service", "kept")),
            *(_(one) for one in ("Who was told of the water:", "What was promised:")),
            *(_(PROMISES[one]) for one in scenario.promises),
            *(f"{_(one.label)} {one.name}" for one in PEOPLE),
            *(f"mm  {_(STAGE_WORDS[stage])}" for stage in ("alert", "danger")),
        }


def without_gaps(words: str) -> str:
    return re.sub(r"\s", "", words)


def check(picture: Path, language: str) -> None:
    assert picture.stat().st_size < MOST_BYTES
    document = etree.parse(picture)
    parts = list(document.iter())
    assert {part.tag.removeprefix(SVG) for part in parts} == DRAWN
    assert {name for part in parts for name in part.attrib} <= ATTRIBUTES  # no href, no onload
    assert not re.search(
        r"url|@import|\\", "".join(document.xpath("//*[local-name()='style']/text()"))
    )
    assert document.docinfo.doctype == ""
    shots = document.findall(f".//{SVG}g[@class='s']")
    assert len(shots) == 6
    shown = without_gaps("".join("".join(shot.itertext()) for shot in shots))
    missing = [words for words in sorted(spoken(language)) if without_gaps(words) not in shown]
    assert missing == [], "the pictures are of an older demo: make demo-picture"


@pytest.mark.parametrize("language", PICTURES)
def test_the_picture_in_the_readme_shows_what_the_demo_says_today(language: str) -> None:
    """If this fails: make demo-picture."""
    check(DOCS / PICTURES[language], language)


@pytest.mark.parametrize("language", PICTURES)
def test_the_readme_shows_the_picture_in_its_language(language: str) -> None:
    text = (ROOT / READMES[language]).read_text(encoding="utf-8")
    assert len(re.findall(rf"!\[[^\]]{{20,}}\]\(docs/{re.escape(PICTURES[language])}\)", text)) == 1


@pytest.mark.parametrize("language", PICTURES)
def test_every_moment_is_told_in_order(language: str) -> None:
    """119 is alone on the phones in the shot of the report; afterwards everybody is warned."""
    document = etree.parse(DOCS / PICTURES[language])
    calm, alert, first, warned, receded, end = (
        without_gaps("".join(shot.itertext()))
        for shot in document.findall(f".//{SVG}g[@class='s']")
    )
    with speaking(language):
        danger, promised = _("DANGER"), without_gaps(_("What was promised:"))
    words = {"en": ("]ALERT", "]DANGER!"), "ko": ("]경계", "]위험!")}[language]
    report = "[침수]"
    assert [report in shot for shot in (calm, alert, first, warned)] == [False, False, True, True]
    assert [words[0] in shot for shot in (calm, alert, first)] == [False, True, True]
    assert [words[1] in shot for shot in (calm, alert, first, warned)] == [
        False,
        False,
        False,
        True,
    ]
    assert danger in first
    assert promised not in receded
    assert promised in end


@pytest.mark.long
@pytest.mark.timeout(150)
def test_the_command_makes_both_pictures_of_a_real_run(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "tests.picture", "--into", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    for language, name in PICTURES.items():
        check(tmp_path / name, language)
