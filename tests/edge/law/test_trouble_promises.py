"""What was last told of a trouble is true, and nobody is told too often: whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.effects import Effect, Log, Notice, Purpose
from edge.events import Health, Reading
from edge.law.courses import course_of
from tests.edge.law.keepers import HOUR_S, Keepers

PARTS = ("modem", "broker", "siren", "mains", "unarmed", "thread:control", "battery")
JUDGED = ("sensor:door", "blind:entrance")

LOOKED_AT_WITHIN_S = 100.0
"""After a restart every part speaks within this time, in this world."""


@dataclass
class World(Keepers):
    """What is really wrong, and books of what was told, made of effects alone."""

    bad_s: dict[str, float] = field(default_factory=dict)
    good_s: dict[str, float] = field(default_factory=dict)
    restarted_s: float = -inf
    unstable: set[str] = field(default_factory=set)
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
            bad_for_s = self.now_s - self.bad_s.get(cause, inf)
            assert bad_for_s <= LOOKED_AT_WITHIN_S, f"{cause} told as over, and it stands"
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
aways = st.sampled_from((0.5, 40.0, 900.0))
silences = st.floats(0.0, LOOKED_AT_WITHIN_S)
causes = st.sampled_from((*PARTS, "sensor:door"))
happenings = st.one_of(
    st.tuples(st.just("hurt"), causes, st.sampled_from(("no network", "61 s", "62 s"))),
    st.tuples(st.just("heal"), causes),
    st.tuples(
        st.just("crash"), st.sampled_from((0.5, 40.0, 900.0)), st.floats(0.0, LOOKED_AT_WITHIN_S)
    ),
    st.tuples(
        st.just("power"), st.sampled_from((0.5, 40.0, 900.0)), st.floats(0.0, LOOKED_AT_WITHIN_S)
    ),
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
    st.lists(
        st.tuples(st.sampled_from(("bad", "good", "bad", "good", "crash")), st.floats(0.1, 400.0)),
        min_size=30,
        max_size=120,
    ),
)
def test_one_cause_that_flaps_in_any_rhythm_keeps_the_same_promises(
    cause: str, rhythm: Sequence[tuple[str, float]]
) -> None:
    world = World()
    world.heal("sensor:door")
    for turn, for_s in rhythm:
        if turn == "bad":
            world.hurt(cause, f"for {for_s:.0f} s")
        elif turn == "good":
            world.heal(cause)
        else:
            world.begin_again(1.0, for_s / 4, power_cut=for_s > 200.0)
        world.wait(for_s)
        world.judge()
