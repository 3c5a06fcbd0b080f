"""What the law says in each story, to the letter: see ``stories.py``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.edge.law.stories import FOLDER, STORIES, Story, transcript


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_every_word_number_and_field_of_a_story_is_as_it_was_agreed(
    story: Callable[[], Story],
) -> None:
    agreed = FOLDER.joinpath(f"{story.__name__}.txt").read_text("utf-8")
    assert transcript(story).splitlines() == agreed.splitlines()


def test_every_transcript_belongs_to_a_story() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {story.__name__ for story in STORIES}
