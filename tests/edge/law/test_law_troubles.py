"""Troubles: each kind and its times, what comes and goes, and what a restart makes of it."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.effects import Effect, Log, Notice, Purpose, Withdraw
from edge.events import Health, Reading, Tick
from edge.law import due_s, memory
from edge.law.courses import course_of
from edge.law.state import Disarmed
from edge.law.troubles import standing
from tests.edge.law.basement import DOOR_AND_FLOAT, ONE_SENSOR, Basement

ROOT = Path(__file__).parents[3]

HOUR_S = 3600.0
DAY_S = 86400.0

TABLE = {
    # kind: raised, texted, texted again (seconds since it began)
    "sensor": (10, 10, inf),
    "blind": (0, 0, inf),
    "modem": (0, 0, inf),
    "store": (0, 0, inf),
    "broker": (10, 1800, inf),
    "held": (10, 10, inf),
    "discrepancy": (10, 10, inf),
    "button": (10, 10, inf),
    "thread": (10, 10, inf),
    "journal": (10, 10, inf),
    "control": (10, 10, inf),
    "gpio": (10, 10, inf),
    "siren": (10, 10, inf),
    "credential": (10, 10, inf),
    "fault": (0, 0, inf),
    "unchanged": (0, 0, inf),
    "untested": (0, 0, inf),
    "unarmed": (7200, 7200, DAY_S),
    "mains": (0, 900, inf),
    "air": (10, 10, inf),
    "battery": (0, 0, inf),
}
"""Every kind of trouble, with the times of design 4.8 and 4.10."""

TOLD = (Purpose.TROUBLE, Purpose.TROUBLE_CLEARED)

SELF_JUDGED = ("held", "discrepancy")
"""The law finds these out by itself; somebody else's word for them is overruled."""

NO_TROUBLES = {"incident", "service", "other"}
"""Words for the digest, and for what has none."""


@dataclass
class Keepers(Basement):
    """A basement whose keepers write down what they are told; time passes by the law's deadlines.

    What is stored is what the loop stores: at once what matters, the rest every ten minutes.
    """

    began_s: float = 1000.0
    stored: tuple[float, dict[str, object]] = (0.0, {})

    def __post_init__(self) -> None:
        super().__post_init__()
        self.state = replace(self.state, started_s=self.now_s, report_armed=True)
        self._store()

    def event(self, event: object) -> None:
        before = self.state
        super().event(event)
        if memory.differs(before, self.state) or self.now_s >= self.stored[0] + 600.0:
            self._store()

    def trouble(self, cause: str, detail: str = "broken") -> None:
        if cause == "unarmed":  # what is set by hand is remembered by itself
            disarmed = self.state.disarmed or Disarmed(self.now_s, None, "kim")
            self.state = replace(self.state, disarmed=disarmed)
        super().trouble(cause, detail)

    def mend(self, cause: str) -> None:
        if cause == "unarmed":
            self.state = replace(self.state, disarmed=None)
        super().mend(cause)

    def _store(self) -> None:
        self.stored = (self.now_s, memory.dump(self.state, self.now_s))

    def wait(self, seconds: float) -> None:
        """Let time pass; the law is called whenever it asked to be."""
        end_s = self.now_s + seconds
        while (due := min(due_s(self.state, self.policy), self.stored[0] + 600.0)) <= end_s:
            self.now_s = max(self.now_s, due)
            self.event(Tick())
            assert due_s(self.state, self.policy) > self.now_s, "due for ever"
        self.now_s = end_s

    def crash(self, away_s: float = 1.0, *, power_cut: bool = False) -> None:
        """End the process, and take up what was stored last."""
        written_s, stored = self.stored
        self.now_s += away_s
        gap_s = None if power_cut else self.now_s - written_s
        self.state, effects = memory.load(stored, self.now_s, self.policy, gap_s=gap_s)
        self._took(effects)
        self._store()

    def told_of(self, cause: str) -> list[tuple[float, str]]:
        """When the keepers were texted about a cause, seconds since the beginning, and what."""
        return [
            (t - self.began_s, e.purpose.value + " unstable" * e.facts.unstable)
            for t, e in self.effects
            if isinstance(e, Notice) and e.purpose in TOLD and e.facts.cause == cause
        ]

    def logged(self, cause: str) -> list[tuple[float, str]]:
        """When the centre was told, and what."""
        return [
            (t - self.began_s, e.type + " unstable" * bool(e.fields["unstable"]))
            for t, e in self.effects
            if isinstance(e, Log) and e.fields.get("cause") == cause
        ]


def cause_of(kind: str) -> str:
    names = {"sensor": "door", "blind": "entrance", "unchanged": "door", "untested": "door"}
    named = {**names, "thread": "control", "credential": "sim-pin"}
    return f"{kind}:{named[kind]}" if kind in named else kind


# The table


def test_the_table_has_every_kind_that_the_texts_have_words_for() -> None:
    for language in ("ko", "en"):
        texts = tomllib.loads((ROOT / f"config/texts.{language}.toml").read_text("utf-8"))
        assert set(texts["causes"]) - NO_TROUBLES == set(TABLE), language


@pytest.mark.parametrize("kind", TABLE)
def test_each_kind_has_the_times_of_the_table(kind: str) -> None:
    course = course_of(cause_of(kind))
    policy = ONE_SENSOR.trouble
    times = (course.raised_after_s(policy), course.texted_after_s(policy), course.again_s)
    raised_s, texted_s, again_s = TABLE[kind]
    assert (times[0], max(times[:2]), times[2]) == (raised_s, texted_s, again_s)


@pytest.mark.parametrize("kind", [k for k in TABLE if k not in SELF_JUDGED])
def test_each_kind_is_raised_texted_cleared_and_told_once_more_as_unstable(kind: str) -> None:
    cause, home = cause_of(kind), Keepers()
    raised_s, texted_s, _ = TABLE[kind]
    home.trouble(cause)
    home.wait(texted_s + 100.0)
    home.mend(cause)
    home.wait(100.0)
    over_s = texted_s + 160.0
    assert home.logged(cause) == [(raised_s, "trouble_raised"), (over_s, "trouble_cleared")]
    assert home.told_of(cause) == [(texted_s, "trouble"), (over_s, "trouble_cleared")]

    back_s = texted_s + 200.0
    unstable = back_s + raised_s < over_s + HOUR_S
    how = " unstable" if unstable else ""
    home.trouble(cause)
    home.wait(texted_s + 100.0)
    assert home.logged(cause)[2:] == [(back_s + raised_s, "trouble_raised" + how)]
    assert home.told_of(cause)[2:] == [(back_s + texted_s, "trouble" + how)]

    well_s = back_s + texted_s + 100.0
    home.mend(cause)
    home.wait(HOUR_S + 1)
    last_s = well_s + (HOUR_S if unstable else 60.0)
    assert home.logged(cause)[3:] == [(last_s, "trouble_cleared" + how)]
    assert home.told_of(cause)[3:] == [(last_s, "trouble_cleared")]


@pytest.mark.parametrize("kind", [k for k in TABLE if k not in SELF_JUDGED])
def test_each_kind_that_ends_before_its_time_is_never_told(kind: str) -> None:
    cause, home = cause_of(kind), Keepers()
    raised_s = TABLE[kind][0]
    if not raised_s:
        return
    home.trouble(cause)
    home.wait(raised_s - 1.0)
    home.mend(cause)
    home.wait(DAY_S - raised_s - 10.0)
    assert (home.logged(cause), home.told_of(cause)) == ([], [])
    assert cause not in home.state.troubles


@pytest.mark.parametrize("kind", ["held", "discrepancy"])
def test_what_the_law_itself_finds_out_is_not_raised_by_anybody_else(kind: str) -> None:
    home = Keepers()
    home.trouble(kind)
    home.wait(60.0)
    assert home.logged(kind) == []


# What stands, and how it is told


def test_lost_mains_that_come_back_within_their_time_are_shown_and_never_texted() -> None:
    home = Keepers()
    home.trouble("mains")
    home.wait(600.0)
    assert [t["cause"] for t in standing(home.state, home.now_s)] == ["mains"]
    home.mend("mains")
    home.wait(HOUR_S)
    assert [what for _, what in home.logged("mains")] == ["trouble_raised", "trouble_cleared"]
    assert home.told_of("mains") == []


def test_an_unarmed_device_is_texted_daily_until_it_is_armed() -> None:
    home = Keepers()
    home.trouble("unarmed", "disarmed by kim")
    home.wait(7200.0 + 2.5 * DAY_S)
    days = [7200.0, 7200.0 + DAY_S, 7200.0 + 2 * DAY_S]
    assert home.told_of("unarmed") == [(at_s, "trouble") for at_s in days]
    again = [n.facts.again for n in home.notices(Purpose.TROUBLE)]
    assert again == [False, True, True]
    home.mend("unarmed")
    home.wait(DAY_S)
    assert home.told_of("unarmed")[3:] == [(7200.0 + 2.5 * DAY_S + 60.0, "trouble_cleared")]


def test_a_detail_that_counts_is_not_told_again_and_the_newest_is_shown() -> None:
    home = Keepers()
    before = home.stored
    for second in range(500):
        home.trouble("modem", f"not accepted for {60 + second} s")
        home.wait(1.0)
    assert home.told_of("modem") == [(0.0, "trouble")]
    assert [what for _, what in home.logged("modem")] == ["trouble_raised"]
    (shown,) = standing(home.state, home.now_s)
    assert shown["detail"] == "not accepted for 559 s"
    assert home.stored[0] == before[0], "and a count is not worth a write to the card"


def test_each_telling_has_a_key_of_its_own() -> None:
    home = Keepers()
    for _ in range(3):
        home.trouble("modem")
        home.wait(1.0)
        home.mend("modem")
        home.wait(HOUR_S)
    notices = home.notices(Purpose.TROUBLE) + home.notices(Purpose.TROUBLE_CLEARED)
    keys = {(n.purpose, n.facts.cause, n.episode) for n in notices}
    assert len(keys) == len(notices) > 2


def test_a_text_takes_back_what_still_waits_about_its_cause() -> None:
    home = Keepers()
    home.trouble("modem")
    (withdrawn,) = home.withdrawn()
    assert withdrawn == Withdraw(
        None, (Purpose.TROUBLE, Purpose.TROUBLE_CLEARED), "told anew", "modem"
    )
    place = [e for _, e in home.effects]
    assert place.index(withdrawn) < place.index(home.notices(Purpose.TROUBLE)[0])


def test_an_unstable_trouble_says_that_it_is_well_just_now() -> None:
    home = Keepers()
    for _ in range(2):
        home.trouble("modem", "no network")
        home.wait(10.0)
        home.mend("modem")
        home.wait(70.0)
    (shown,) = standing(home.state, home.now_s)
    assert (shown["unstable"], shown["well_for_s"], shown["detail"]) == (True, 70.0, "no network")
    home.wait(HOUR_S)
    assert standing(home.state, home.now_s) == []


def test_an_unstable_link_is_texted_once_it_was_away_for_its_time_without_a_break() -> None:
    home = Keepers()
    for _ in range(6):
        home.trouble("broker")
        home.wait(1200.0)
        home.mend("broker")
        home.wait(100.0)
    assert home.told_of("broker") == []
    home.trouble("broker")
    home.wait(1801.0)
    assert home.told_of("broker") == [(6 * 1300.0 + 1800.0, "trouble unstable")]


def test_a_modem_that_flaps_each_minute_for_a_day_is_told_twice_and_then_cleared() -> None:
    home = Keepers()
    for _ in range(24 * 20):
        home.trouble("modem")
        home.wait(60.0)
        home.mend("modem")
        home.wait(120.0)
    told = ["trouble", "trouble_cleared", "trouble unstable"]
    assert [what for _, what in home.told_of("modem")] == told
    home.wait(HOUR_S)
    assert [what for _, what in home.told_of("modem")] == [*told, "trouble_cleared"]


def test_a_sensor_that_flaps_is_told_twice_and_so_is_the_blind_zone() -> None:
    home = Keepers()
    for _ in range(200):
        home.lose("door")
        home.wait(90.0)
        home.read("door", 0.0)
        home.wait(90.0)
    for cause in ("sensor:door", "blind:entrance"):
        told = [what for _, what in home.told_of(cause)]
        assert told == ["trouble", "trouble_cleared", "trouble unstable"], cause


# Restarts


@pytest.mark.parametrize("power_cut", [False, True])
@pytest.mark.parametrize("cause", ["modem", "broker", "gpio", "unarmed", "thread:control"])
def test_what_stands_is_neither_told_again_nor_cleared_by_a_restart(
    cause: str, power_cut: bool
) -> None:
    home = Keepers()
    home.trouble(cause)
    home.wait(3 * HOUR_S)
    told = (home.told_of(cause), home.logged(cause))
    for _ in range(5):
        home.crash(power_cut=power_cut)
        home.wait(100.0)
        home.trouble(cause)
        home.wait(HOUR_S)
    assert (home.told_of(cause), home.logged(cause)) == told


def test_a_dead_sensor_is_not_told_as_well_because_it_has_not_spoken_since_a_restart() -> None:
    home = Keepers(policy=DOOR_AND_FLOAT)
    home.bound("float", -inf, 20.0)
    home.lose("door")
    home.wait(100.0)
    home.crash()
    home.bound("float", -inf, 20.0)
    home.wait(HOUR_S)
    for cause in ("sensor:door", "blind:entrance"):
        assert [what for _, what in home.logged(cause)] == ["trouble_raised"], cause
    home.read("door", 0.0)
    home.wait(61.0)
    for cause in ("sensor:door", "blind:entrance"):
        assert [what for _, what in home.logged(cause)][1:] == ["trouble_cleared"], cause


def test_what_nobody_sees_again_after_a_restart_is_over_within_200_s() -> None:
    home = Keepers()
    home.trouble("gpio")
    home.wait(100.0)
    home.crash()
    assert home.told_of("gpio")[1:] == []
    home.wait(200.0)
    assert [what for _, what in home.told_of("gpio")][1:] == ["trouble_cleared"]


def test_a_part_that_says_after_a_restart_that_it_is_well_is_believed_at_once() -> None:
    home = Keepers()
    home.trouble("modem")
    home.wait(100.0)
    home.crash()
    home.mend("modem")
    home.wait(61.0)
    assert home.told_of("modem")[1:] == [(161.0, "trouble_cleared")]


@pytest.mark.parametrize("power_cut", [False, True])
def test_a_restart_does_not_forget_the_hour(power_cut: bool) -> None:
    home = Keepers()
    for _ in range(8):
        home.trouble("modem")
        home.wait(100.0)
        home.mend("modem")
        home.wait(100.0)
        home.crash(power_cut=power_cut)
    told = [what for _, what in home.told_of("modem")]
    assert told == ["trouble", "trouble_cleared", "trouble unstable"]


def test_the_time_that_a_device_has_been_unarmed_goes_on_after_a_restart() -> None:
    home = Keepers()
    home.trouble("unarmed")
    home.wait(7000.0)
    home.crash()
    home.wait(200.0)
    assert home.told_of("unarmed") == [(7200.0, "trouble")]


def test_a_sensor_that_left_the_settings_is_not_a_trouble_for_ever() -> None:
    home = Keepers()
    home.trouble("sensor:cellar")
    home.wait(100.0)
    home.crash()
    home.wait(200.0)
    assert home.state.troubles == {}


def test_the_memory_of_what_was_cleared_does_not_grow_with_time() -> None:
    home = Keepers()
    for number in range(50):
        home.trouble(f"thread:{number}")
        home.wait(20.0)
        home.mend(f"thread:{number}")
        home.wait(1000.0)
    assert len(home.state.cleared_s) <= 4


# Whatever happens


PARTS = ("modem", "broker", "siren", "mains", "unarmed", "thread:control", "battery")
JUDGED = ("sensor:door", "blind:entrance")


@dataclass
class World(Keepers):
    """What is really wrong, and books of what was told, made of effects alone."""

    bad_s: dict[str, float] = field(default_factory=dict)
    good_s: dict[str, float] = field(default_factory=dict)
    restarted_s: float = -inf
    unstable: set[str] = field(default_factory=set)
    raised: Counter[str] = field(default_factory=Counter)
    raisings: dict[str, list[float]] = field(default_factory=dict)
    texts: dict[str, list[float]] = field(default_factory=dict)
    standing: set[str] = field(default_factory=set)
    texted: set[str] = field(default_factory=set)

    def _took(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            cause = effect.fields.get("cause") if isinstance(effect, Log) else None
            if isinstance(effect, Log) and isinstance(cause, str):
                self._book_log(effect, cause)
            elif isinstance(effect, Notice) and effect.purpose is not Purpose.DIGEST:
                self._book_text(effect, effect.facts.cause)
        super()._took(effects)

    def _book_log(self, log: Log, cause: str) -> None:
        if log.type == "trouble_raised":
            assert cause not in self.standing, f"{cause} raised twice"
            self.standing.add(cause)
            self._count(self.raisings, cause)
            (self.unstable.add if log.fields["unstable"] else self.unstable.discard)(cause)
        else:
            assert cause in self.standing, f"{cause} cleared and never raised"
            self.standing.remove(cause)

    def _book_text(self, text: Notice, cause: str) -> None:
        if text.purpose is Purpose.TROUBLE:
            assert (cause in self.texted) == text.facts.again, f"{cause} texted twice"
            assert cause in self.standing, f"{cause} texted and not raised"
            self.texted.add(cause)
            self._count(self.texts, cause)
        else:
            assert cause in self.texted, f"{cause} texted as over, and never as begun"
            self.texted.remove(cause)

    def _count(self, book: dict[str, list[float]], cause: str) -> None:
        times = [at_s for at_s in book.get(cause, []) if at_s > self.now_s - HOUR_S]
        book[cause] = [*times, self.now_s]
        assert len(book[cause]) <= 2, f"{cause} told {len(book[cause])} times within an hour"

    # What happens

    def hurt(self, cause: str, detail: str) -> None:
        self._say(cause, detail)
        for name in JUDGED if cause == "sensor:door" else (cause,):
            self.bad_s.setdefault(name, self.now_s)
            self.good_s.pop(name, None)

    def heal(self, cause: str) -> None:
        self._say(cause, None)
        for name in JUDGED if cause == "sensor:door" else (cause,):
            if name in self.bad_s:
                del self.bad_s[name]
                self.good_s[name] = self.now_s

    def _say(self, cause: str, detail: str | None) -> None:
        if cause == "sensor:door":
            health = Health.GOOD if detail is None else Health.FAULTED
            bounds = (0.0, 0.0) if detail is None else (-inf, inf)
            self.event(Reading("door", *bounds, health, detail or ""))
        elif detail is None:
            self.mend(cause)
        else:
            self.trouble(cause, detail)

    def begin_again(self, away_s: float, silent_s: float, *, power_cut: bool) -> None:
        """Crash; after a while each part says again what is wrong with it."""
        self.crash(away_s, power_cut=power_cut)
        self.restarted_s = self.now_s
        self.wait(silent_s)
        for cause in (*PARTS, "sensor:door"):
            if cause in self.bad_s and cause != "unarmed":
                self._say(cause, "as before")
            elif cause in ("sensor:door", "broker"):
                self._say(cause, None)

    # What is promised

    def judge(self) -> None:
        """What was last told is true, once it has been so for 200 s besides its course."""
        policy = self.policy.trouble
        for cause, since_s in self.bad_s.items():
            for_s = self.now_s - max(since_s, self.restarted_s) - 200.0
            course = course_of(cause)
            if for_s > course.raised_after_s(policy):
                assert cause in self.standing, f"{cause} stands and was not told"
            if for_s > max(course.raised_after_s(policy), course.texted_after_s(policy)):
                assert cause in self.texted, f"{cause} stands and was not texted"
        for cause, since_s in self.good_s.items():
            for_s = self.now_s - max(since_s, self.restarted_s) - 200.0
            if for_s > (HOUR_S if cause in self.unstable else 0.0):
                assert cause not in self.standing | self.texted, f"{cause} is over, and not told"
        assert len(self.state.cleared_s) <= len(PARTS) + len(JUDGED)


waits = st.sampled_from((0.5, 5.0, 11.0, 30.0, 61.0, 130.0, 201.0, 700.0, 1900.0, 3500.0, 3801.0))
causes = st.sampled_from((*PARTS, "sensor:door"))
happenings = st.one_of(
    st.tuples(st.just("hurt"), causes, st.sampled_from(("no network", "61 s", "62 s"))),
    st.tuples(st.just("heal"), causes),
    st.tuples(st.just("crash"), st.sampled_from((0.5, 40.0, 900.0)), st.floats(0.0, 100.0)),
    st.tuples(st.just("power"), st.sampled_from((0.5, 40.0, 900.0)), st.floats(0.0, 100.0)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(waits, happenings), max_size=40))
def test_whatever_comes_and_goes_what_was_last_told_is_true_and_nobody_is_told_too_often(
    schedule: Sequence[tuple[float, tuple[object, ...]]],
) -> None:
    world = World()
    world.heal("sensor:door")
    for wait_s, (what, *about) in schedule:
        if what == "hurt":
            world.hurt(*about)  # type: ignore[arg-type] # as the strategy pairs them
        elif what == "heal":
            world.heal(*about)  # type: ignore[arg-type]
        else:
            world.begin_again(*about, power_cut=what == "power")  # type: ignore[arg-type]
        world.wait(wait_s)
        world.judge()
    for cause in (*PARTS, "sensor:door"):
        world.heal(cause)
    world.wait(2 * HOUR_S)
    world.judge()
    assert world.state.troubles == {}


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from((*PARTS, "sensor:door")),
    st.lists(st.tuples(st.booleans(), st.floats(0.1, 400.0)), min_size=30, max_size=120),
)
def test_one_cause_that_flaps_in_any_rhythm_keeps_the_same_promises(
    cause: str, rhythm: Sequence[tuple[bool, float]]
) -> None:
    world = World()
    world.heal("sensor:door")
    for bad, for_s in rhythm:
        if bad:
            world.hurt(cause, f"for {for_s:.0f} s")
        else:
            world.heal(cause)
        world.wait(for_s)
        world.judge()
