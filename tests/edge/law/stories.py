"""Nights in a basement, told to the letter: every effect of the law, and what is stored meanwhile.

The other tests of the law ask for one thing each. A transcript holds everything that the centre,
the people and the store get to see, so that no word, number or field changes unnoticed.
``python -m tests.edge.law.stories`` writes ``transcripts/*.txt`` anew after a change that is meant;
the difference is to be read like code.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass, replace
from enum import Enum
from math import inf, isinf
from pathlib import Path

from edge.effects import Report
from edge.events import Attempted, Hand, Health, Outcome, Reading
from edge.law import due_s, line_seized, memory
from edge.law.policy import Policy, SensorPolicy, ZonePolicy
from tests.edge.law.basement import (
    DOOR_AND_FLOAT,
    DOOR_AND_WINDOW,
    ONE_SENSOR,
    WITH_HIGH_CONTACT,
    Basement,
)

FOLDER = Path(__file__).with_name("transcripts")
BEGAN_S = 1000.0


class Story:
    """A basement, and the transcript of what happens in it."""

    def __init__(self, policy: Policy = ONE_SENSOR) -> None:
        self.home = Basement(policy)
        self.lines: list[str] = []
        self._told = 0
        self._stored: dict[str, object] = {}

    def tell(self, what: str) -> None:
        """Write down all effects since the last time, under what brought them about."""
        home = self.home
        self.lines.append(f"# {what}")
        for at_s, effect in home.effects[self._told :]:
            self.lines.append(f"{at_s - BEGAN_S:10.1f}  {_words(effect)}")
        self._told = len(home.effects)
        due = due_s(home.state, home.policy)
        seized = ", the line is seized" if line_seized(home.state, home.now_s, home.policy) else ""
        next_ = "never" if isinf(due) else f"{due - BEGAN_S:.1f}"
        self.lines.append(f"{home.now_s - BEGAN_S:10.1f}  next call {next_}{seized}")

    def ask(self, hand: Hand, minutes: float | None = None, **more: object) -> None:
        """Let a person do something, and write down the answer."""
        refusal = self.home.ask(hand, minutes, **more)  # type: ignore[arg-type]  # a test's shorthand
        asked = " ".join([hand.value, *(f"{k}={v}" for k, v in more.items())])
        self.tell(f"{asked}{'' if minutes is None else f' {minutes:g} min'}: {refusal or 'done'}")

    def store(self) -> None:
        """Write down what is stored now and was not stored the last time."""
        stored = memory.dump(self.home.state, self.home.now_s)
        assert json.loads(json.dumps(stored, allow_nan=False)) == stored, "plain JSON values"
        for key, value in stored.items():
            if key in self._stored and self._stored[key] == value:
                continue
            self.lines.append(f"            | {key}: {json.dumps(value, ensure_ascii=False)}")
        self._stored = stored

    def restart(self, gap_s: float | None) -> None:
        """Kill the process, take up what was stored, and write down what would be stored now."""
        self.store()
        self.home.restart(gap_s)
        self.tell("a power cut" if gap_s is None else f"a restart of {gap_s:g} s")
        self.store()

    def answer(self, outcome: Outcome, detail: str = "", **more: object) -> None:
        """Let the modem answer the last report."""
        report = self.home.reports[-1][1]
        event = Attempted(report.key, "modem", outcome, detail, **more)  # type: ignore[arg-type]  # a test's shorthand
        self.home.event(event)
        self.tell(f"{report.key}: {outcome.value} {detail}")


def _words(value: object) -> str:
    """Write a value without the fields that are as they always are."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_words, value)) + ")"
    if not is_dataclass(value):
        return repr(value)
    parts = []
    for field in fields(value):
        here = getattr(value, field.name)
        if field.default is MISSING or here != field.default:
            parts.append(f"{field.name}={_words(here)}")
    return f"{type(value).__name__}({', '.join(parts)})"


def a_flood() -> Story:
    """Up to 20 cm, acknowledged, deeper, and away again."""
    story = Story()
    home = story.home
    home.run(2, door=0.0)
    home.run(3, door=lambda t: 10 * t)
    story.tell("the water rises by 1 cm/s")
    story.store()
    home.run(17, door=lambda t: 30 + 10 * t)
    story.tell("to 20 cm")
    home.interval_s = 1.0
    home.run(70, door=200.0)
    story.tell("it stands for over a minute")
    story.ask(Hand.SILENCE)
    story.ask(Hand.ACK, local=False)
    story.ask(Hand.RESET)
    story.restart(5.0)
    home.run(10, door=lambda t: 200 + 12 * t)
    home.run(10, door=320.0)
    story.tell("12 cm deeper within 10 s, and standing")
    story.ask(Hand.ACK)
    home.interval_s = 20.0
    home.run(1400, door=320.0)
    story.tell("a long stand: the sounder cuts off")
    story.restart(None)
    home.run(100, door=100.0)
    home.run(2000, door=0.0)
    story.tell("the floor is dry")
    story.store()
    story.restart(3.0)
    home.interval_s = 600.0
    home.run(13 * 3600, door=0.0)
    story.tell("the night")
    story.store()
    return story


def a_bell_that_119_does_not_hear() -> Story:
    """Pressed twice; failed, silent, withheld, refused, accepted at last."""
    story = Story()
    home = story.home
    home.accepts = False
    home.run(2, door=0.0)
    home.press()
    story.tell("the bell is pressed")
    story.answer(Outcome.FAILED, "no prompt")
    home.run(30, door=0.0)
    story.answer(Outcome.AMBIGUOUS, "silence")
    home.run(40, door=0.0)
    story.tell("a minute without 119")
    story.store()
    story.answer(Outcome.WITHHELD, "three a minute", wait_s=30.0)
    story.answer(Outcome.ACCEPTED, reference=7)
    home.run(70, door=0.0)
    story.tell("the first repeat")
    story.answer(Outcome.REFUSED, "barred")
    home.press()
    story.tell("the bell is pressed again")
    story.restart(2.0)
    story.answer(Outcome.WITHHELD, "disarmed")
    story.answer(Outcome.REFUSED, "no such number")
    story.ask(Hand.ACK)
    story.ask(Hand.SILENCE)
    story.ask(Hand.RESET)
    home.accepts = True
    home.press()
    home.run(5, door=0.0)
    story.tell("the bell is pressed a third time")
    home.interval_s = 60.0
    home.run(7 * 3600, door=0.0)
    story.tell("six hours after the last press")
    return story


def what_is_refused() -> Story:
    """Every hand where it may not, and where it may."""
    story = Story(DOOR_AND_WINDOW)
    home = story.home
    home.run(2, door=0.0)
    everything = (
        Hand.ACK,
        Hand.SILENCE,
        Hand.RESET,
        Hand.SERVICE_OFF,
        Hand.DRILL_END,
        Hand.ARM,
    )
    for hand in everything:
        story.ask(hand)
    for hand in (Hand.SERVICE_ON, Hand.DRILL, Hand.ARM, Hand.DISARM):
        story.ask(hand, local=False)
    story.ask(Hand.DRILL, stage="alert", contacts=())
    story.ask(Hand.DRILL, stage="alert", contacts=("mother", "nobody", "none"))
    story.ask(Hand.DRILL, stage="deluge", contacts=("mother",))
    for minutes in (0.0, 481.0):
        story.ask(Hand.DISARM, minutes)
        story.ask(Hand.SERVICE_ON, minutes)
    home.flood(60.0)
    story.tell("an alert")
    story.ask(Hand.RESET)
    home.interval_s = 5.0
    home.run(30, door=3.0)
    for hand in (Hand.SERVICE_ON, Hand.DRILL):
        story.ask(hand, stage="alert", contacts=("mother",))
    story.ask(Hand.RESET)
    home.read("window", 18.0)
    story.ask(Hand.RESET, local=False)
    home.bound("window", -inf, 120.0)
    story.ask(Hand.RESET, local=False)
    home.read("window", 0.0)
    story.ask(Hand.RESET, local=False)
    story.store()
    return story


def a_service() -> Story:
    """A bucket, the bell, the warning, the end; once more, to be ended by hand."""
    story = Story()
    home = story.home
    home.run(2, door=0.0)
    story.ask(Hand.SERVICE_ON, 10.0)
    story.ask(Hand.SERVICE_ON, 10.0)
    story.ask(Hand.DRILL, stage="alert", contacts=("mother",))
    story.restart(4.0)
    home.flood(200.0)
    story.tell("a bucket")
    home.interval_s = 5.0
    home.run(100, door=0.0)
    home.press()
    story.tell("the bell passes")
    home.run(300, door=0.0)
    story.tell("five minutes before the end")
    story.store()
    home.run(300, door=0.0)
    story.tell("the end")
    story.ask(Hand.SERVICE_ON)
    home.run(60, door=0.0)
    story.ask(Hand.SERVICE_OFF)
    home.run(60, door=0.0)
    story.tell("a minute later")
    return story


def a_bell_in_a_service() -> Story:
    """Bucket, bell and service end by hand: the bell goes on; the bucket was none, then is one."""
    story = Story(DOOR_AND_WINDOW)
    home = story.home
    home.run(2, door=0.0, window=0.0)
    story.ask(Hand.DRILL, stage="alert", contacts=("mother",))
    home.read("door", 200.0)
    home.read("window", 200.0)
    story.ask(Hand.SERVICE_ON, 20.0)
    home.run(2, door=0.0, window=0.0)
    story.ask(Hand.SERVICE_ON, 20.0)
    home.flood(200.0)
    home.lose("window")
    home.press()
    story.tell("a bucket, and the bell")
    story.ask(Hand.ACK)
    home.run(5, door=200.0)
    story.store()
    story.ask(Hand.SERVICE_OFF)
    story.store()
    home.run(15, door=200.0)
    story.tell("it was no bucket")
    story.store()
    home.interval_s = 10.0
    home.run(2000, door=0.0, window=0.0)
    story.tell("the water falls")
    story.ask(Hand.RESET)
    story.ask(Hand.SERVICE_ON, 20.0)
    home.interval_s = 0.2
    home.flood(60.0)
    story.ask(Hand.SERVICE_OFF)
    story.store()
    home.run(2, door=0.0)
    story.tell("it was a bucket")
    return story


def drills() -> Story:
    """Each stage, its end by hand and by itself, and water in the middle of one."""
    story = Story()
    home = story.home
    home.run(2, door=0.0)
    for stage in ("alert", "bell"):
        story.ask(Hand.DRILL, stage=stage, contacts=("mother", "kim"))
        story.ask(Hand.DRILL, stage=stage, contacts=("mother",))
        story.ask(Hand.DRILL_END)
    story.ask(Hand.DRILL, stage="danger", contacts=("home",))
    story.ask(Hand.SILENCE)
    home.interval_s = 10.0
    home.run(620, door=0.0)
    story.tell("ten minutes")
    home.interval_s = 0.2
    for stage in ("alert", "danger"):
        story.ask(Hand.DRILL, stage=stage, contacts=("home",))
        home.flood(60.0)
        story.tell("real water")
        home.interval_s = 5.0
        home.run(700, door=0.0)
        story.ask(Hand.RESET)
        home.interval_s = 0.2
    story.ask(Hand.DRILL, stage="alert", contacts=("home",))
    story.restart(2.0)
    story.ask(Hand.DRILL, stage="alert", contacts=("home",))
    home.press()
    story.tell("the bell")
    return story


def disarming() -> Story:
    """With minutes, without, a report withheld, and the trouble after two hours."""
    story = Story()
    home = story.home
    home.run(2, door=0.0)
    story.ask(Hand.DISARM, 10.0)
    story.ask(Hand.DISARM)
    story.restart(5.0)
    home.flood(200.0)
    story.tell("danger while disarmed")
    story.ask(Hand.ARM)
    story.ask(Hand.ARM)
    home.interval_s = 5.0
    home.run(30, door=0.0)
    story.ask(Hand.RESET)
    story.ask(Hand.DISARM, 30.0)
    home.interval_s = 60.0
    home.run(1900, door=0.0)
    story.tell("half an hour")
    story.ask(Hand.DISARM)
    home.run(2.5 * 3600, door=0.0)
    story.tell("two hours and a half")
    story.store()
    home.run(25 * 3600, door=0.0)
    story.tell("a day")
    home.arm(False)
    home.arm(True)
    story.tell("the settings say unarmed, then armed")
    return story


def troubles() -> Story:
    """A modem, a broker, a sensor: raised, cleared, unstable, named once a day."""
    story = Story(DOOR_AND_WINDOW)
    home = story.home
    home.run(2, door=0.0, window=0.0)
    home.interval_s = 5.0
    for cause in ("modem", "broker", "store", "power", "other"):
        home.trouble(cause, f"{cause} is broken")
    home.run(30, door=0.0, window=0.0)
    story.tell("five parts are broken")
    for cause in ("modem", "other"):
        home.mend(cause)
    home.run(100, door=0.0, window=0.0)
    story.tell("two of them are well")
    home.trouble("modem", "again")
    home.run(100, door=0.0, window=0.0)
    story.tell("the modem again")
    story.restart(5.0)
    home.mend("modem")
    home.lose("door")
    home.run(30, window=0.0)
    story.tell("a sensor is lost")
    home.event(Reading("door", -inf, inf, Health.FAULTED, "sees past the floor"))
    home.run(30, window=0.0)
    story.tell("and faulted")
    story.restart(None)
    home.interval_s = 60.0
    home.run(2 * 3600, door=0.0, window=0.0)
    story.tell("two hours, the sensor is back")
    home.interval_s = 600.0
    home.run(25 * 3600, door=0.0, window=0.0)
    story.tell("a day")
    story.store()
    return story


def a_drowned_sensor() -> Story:
    """Water rises past the sensor; nobody sees any more, and it counts as danger."""
    story = Story()
    home = story.home
    home.run(2, door=0.0)
    home.run(12, door=lambda t: 10 * t)
    story.tell("12 cm")
    home.lose("door", Health.FAULTED)
    home.run(5)
    story.tell("the sensor says nothing")
    story.restart(3.0)
    home.lose("door", Health.FAULTED)
    home.run(90)
    story.tell("a minute")
    story.restart(3.0)
    story.ask(Hand.RESET)
    home.interval_s = 5.0
    home.run(4000, door=0.0)
    story.tell("it reads dry again")
    return story


def restarts_in_a_delay() -> Story:
    """Killed while the danger delay runs, twice; then a power cut."""
    story = Story()
    home = story.home
    home.run(2, door=0.0)
    home.run(16, door=lambda t: 10 * t)
    story.restart(1.0)
    home.run(0.4, door=170.0)
    story.restart(30.0)
    home.run(0.6, door=170.0)
    story.restart(61.0)
    home.run(0.4, door=170.0)
    story.restart(None)
    home.run(15, door=170.0)
    story.tell("danger at last")
    return story


def a_contact_on_a_wire() -> Story:
    """A cut cable at 15 cm: sounds and tells people; 119 waits for somebody who sees water."""
    story = Story(WITH_HIGH_CONTACT)
    home = story.home
    home.run(2, door=0.0)
    home.bound("high", -inf, 150.0)
    home.run(5, door=0.0)
    home.bound("high", 150.0)
    home.run(5, door=0.0)
    home.bound("high", 150.0)
    home.run(15, door=0.0)
    home.bound("high", 150.0)
    home.run(5, door=0.0)
    story.tell("the high contact alone")
    story.restart(2.0)
    home.bound("high", 150.0)
    home.run(5, door=30.0)
    home.bound("high", 150.0)
    home.run(10, door=30.0)
    story.tell("the door sees water too")
    home.bound("high", -inf, 150.0)
    home.interval_s = 20.0
    home.run(4000, door=0.0)
    story.tell("dry, and nothing new of the contact")
    return story


def a_float_that_hangs() -> Story:
    """The float lifts and stays up when the water has gone: it holds the level."""
    story = Story(replace(DOOR_AND_FLOAT, latch_clear_s=3600.0))
    home = story.home
    home.bound("float", -inf, 20.0)
    home.flood(60.0)
    home.bound("float", 20.0)
    home.interval_s = 20.0
    home.run(1000, door=0.0)
    story.tell("the door is dry, the float is not")
    home.bound("float", -inf, 20.0)
    for _ in range(40):
        home.run(20, door=0.0)
        home.bound("float", -inf, 20.0)
    story.tell("the float hangs")
    for _ in range(190):
        home.run(20, door=0.0)
        home.bound("float", -inf, 20.0)
    story.tell("the latch")
    assert not [e for _, e in home.effects if isinstance(e, Report)]
    return story


def a_sensor_too_near_the_water() -> Story:
    """Wet, too near to measure, then dry at once: doubted, and clear only after its time."""
    story = Story()
    home = story.home
    home.run(2, door=0.0)
    home.run(15, door=lambda t: 10 * t)
    home.run(5, door=150.0)
    home.event(Reading("door", 570.0, inf, Health.SUSPECT, "too near"))
    story.tell("too near")
    home.run(4, door=0.0)
    story.tell("and dry at once")
    story.store()
    home.interval_s = 20.0
    home.run(1700, door=0.0)
    story.store()
    home.event(Reading("door", 300.0, 300.0, Health.SUSPECT, "rose 300 mm within 1.0 s"))
    home.interval_s = 0.2
    home.run(2, door=300.0)
    home.run(4, door=0.0)
    story.tell("a wild reading")
    home.interval_s = 20.0
    home.run(1900, door=0.0)
    story.tell("half an hour")
    story.ask(Hand.RESET)
    return story


def two_of_three() -> Story:
    """A zone that asks for two: one wet alone, one lost while wet, and what is left decides."""
    three = replace(
        ONE_SENSOR,
        sensors={name: SensorPolicy("entrance") for name in ("a", "b", "c")},
        zones={"entrance": ZonePolicy(("a", "b", "c"), needed=2)},
    )
    story = Story(three)
    home = story.home
    home.run(2, a=0.0, b=0.0, c=0.0)
    home.run(20, a=lambda t: 5 * t, b=0.0, c=1.0)
    story.tell("one is wet")
    home.run(20, a=100.0, b=lambda t: 3 * t, c=1.0)
    story.tell("two are")
    home.lose("b")
    home.run(5, a=lambda t: 100 + 12 * t, c=2.0)
    home.lose("c", Health.FAULTED)
    home.run(5, a=160.0)
    story.tell("one is lost while wet, one is faulted")
    story.restart(10.0)
    home.interval_s = 5.0
    home.run(60, a=160.0, c=150.0)
    story.tell("the third is back")
    home.run(2000, a=130.0, b=130.0, c=130.0)
    story.tell("at danger's deadband")
    home.run(700, a=15.0, b=15.0, c=15.0)
    story.tell("at alert's deadband")
    return story


STORIES: tuple[Callable[[], Story], ...] = (
    a_flood,
    a_bell_that_119_does_not_hear,
    what_is_refused,
    a_service,
    a_bell_in_a_service,
    drills,
    disarming,
    troubles,
    a_drowned_sensor,
    restarts_in_a_delay,
    a_contact_on_a_wire,
    a_float_that_hangs,
    a_sensor_too_near_the_water,
    two_of_three,
)


def transcript(story: Callable[[], Story]) -> str:
    """Return the whole transcript of a story."""
    return "\n".join([f"# {story.__doc__}", *story().lines, ""])


if __name__ == "__main__":
    for one in STORIES:
        FOLDER.joinpath(f"{one.__name__}.txt").write_text(transcript(one), "utf-8")
