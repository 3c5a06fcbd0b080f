"""From the story of a replay to the course that a picture shows. Pure."""

from __future__ import annotations

from typing import Final

from edge.cli.course import Course, Mark, Series, Setpoints, Sign
from edge.cli.story_words import clock
from edge.locale import N_
from edge.simulate.story import Kind, Story

_ROOM: Final = 1.03
"""So much wider than the story, where its last change of the level stands alone at the edge."""

_SIGNS: Final = {Kind.REPORT: Sign.REPORT, Kind.WITHHELD: Sign.WITHHELD}


def course(story: Story) -> Course:
    """Make the course of a replay, behind whose series the water stands or the floor is dry."""
    shown_s = max(story.worth_showing_to_s - story.begins_s, 1.0)
    if story.stages[-1][0] > story.ends_s:
        shown_s *= _ROOM
    ends_s = story.begins_s + shown_s
    after = ((story.ends_s, story.after_mm), (ends_s, story.after_mm))
    return Course(
        begins_s=story.begins_s,
        ends_s=ends_s,
        series=(Series("", ((*story.course, *after),)),),
        stages=story.stages,
        marks=tuple(
            Mark(entry.at_s, _SIGNS[entry.kind], entry.depth_mm)
            for entry in story.entries
            if entry.kind in _SIGNS
        ),
        told=lambda at_s: clock(max(0.0, at_s - story.begins_s)),
        zero_s=story.begins_s,
        title=N_("time since the beginning (h:mm:ss)"),
        setpoints=Setpoints(story.alert.setpoint_mm, story.danger.setpoint_mm),
    )
