"""The last that a keeper was told of a trouble is what is true; nothing is over that never was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edge.effects import Facts, Notice, Purpose, Withdraw
from edge.events import Attempted, Outcome, TroubleGone, TroubleSeen
from edge.messages.words import Home
from tests.edge.by_hand import DESK, HandMade

CAUSE = "gpio"


def answer(home: HandMade, outcome: Outcome) -> str:
    """Let the modem say what became of the text in flight; return whose it was, and what."""
    job = home.worker.jobs.pop()
    message = home.sender.outbox.messages[job.key]
    home.put(Attempted(job.key, "modem", outcome, reference=1))
    return f"{message.purpose} {message.contact}"


def waiting(home: HandMade) -> set[str]:
    return {f"{m.purpose} {m.contact}" for m in home.sender.outbox.waiting()}


def raised(home: HandMade) -> None:
    home.put(TroubleSeen(CAUSE, "gone"))
    home.later(11)


def cleared(home: HandMade) -> None:
    home.put(TroubleGone(CAUSE))
    home.later(61)


def home_of(folder: Path) -> HandMade:
    """A home whose texts fit into one part, without sensors that could be silent."""
    home = HandMade(folder, desk=replace(DESK, home=Home("x", "창신길", 1)))
    home.app.conditioned.clear()
    return home


def test_who_was_not_told_of_it_is_not_told_that_it_is_over(tmp_path: Path) -> None:
    with home_of(tmp_path) as home:
        raised(home)
        assert answer(home, Outcome.ACCEPTED) == "trouble office"
        assert len(home.worker.jobs) == 1, "the technician's is in flight"
        cleared(home)
        assert waiting(home) == {"trouble tech", "trouble_cleared office", "trouble_cleared tech"}
        assert answer(home, Outcome.FAILED) == "trouble tech"
        assert waiting(home) == {"trouble_cleared office"}
        assert answer(home, Outcome.ACCEPTED) == "trouble_cleared office"
        assert waiting(home) == set()


def test_a_text_that_landed_after_all_is_followed_by_its_end(tmp_path: Path) -> None:
    with home_of(tmp_path) as home:
        raised(home)
        cleared(home)
        assert answer(home, Outcome.ACCEPTED) == "trouble office"
        assert waiting(home) == {"trouble_cleared office"}, "the technician was never told"


def test_a_text_that_may_have_been_heard_is_followed_by_its_end(tmp_path: Path) -> None:
    with home_of(tmp_path) as home:
        raised(home)
        answer(home, Outcome.AMBIGUOUS)
        answer(home, Outcome.AMBIGUOUS)
        home.worker.jobs.clear()
        cleared(home)
        assert {"trouble_cleared office", "trouble_cleared tech"} <= waiting(home)


def test_an_end_that_was_overtaken_is_told_later_even_if_the_new_text_never_left(
    tmp_path: Path,
) -> None:
    with home_of(tmp_path) as home:
        raised(home)
        answer(home, Outcome.ACCEPTED)
        answer(home, Outcome.ACCEPTED)
        cleared(home)
        answer(home, Outcome.FAILED)
        answer(home, Outcome.FAILED)
        assert waiting(home) == {"trouble_cleared office", "trouble_cleared tech"}
        home.sender.down("modem", home.clock.at_s)
        raised(home)
        assert waiting(home) == {"trouble office", "trouble tech"}, "the ends are not true any more"
        home.sender.down("modem", home.clock.at_s)
        home.worker.jobs.clear()
        home.put(TroubleGone(CAUSE))
        home.later(3700)
        ends = [m for m in home.sender.outbox.waiting() if m.purpose is Purpose.TROUBLE_CLEARED]
        assert {m.contact for m in ends} == {"office", "tech"}


def about(again: bool) -> tuple[Withdraw, Notice]:
    """A text of a trouble, as the law tells it, with what it makes untrue."""
    notice = Notice(
        Purpose.TROUBLE, ("office", "tech"), None, 1 + again, Facts(cause=CAUSE, again=again), "why"
    )
    both = (Purpose.TROUBLE, Purpose.TROUBLE_CLEARED)
    return Withdraw(None, both, "told anew", CAUSE), notice


def over() -> tuple[Withdraw, Notice]:
    notice = Notice(Purpose.TROUBLE_CLEARED, ("office", "tech"), None, 3, Facts(cause=CAUSE), "why")
    return Withdraw(None, (Purpose.TROUBLE,), "cleared before it was told", CAUSE), notice


def test_a_daily_text_that_never_left_does_not_take_the_end_of_the_first_away(
    tmp_path: Path,
) -> None:
    with home_of(tmp_path) as home:
        home.sender.perform(about(again=True), home.app.state, 1000.0)
        home.sender.perform(over(), home.app.state, 1001.0)
        assert waiting(home) == {"trouble_cleared office", "trouble_cleared tech"}


def test_a_daily_text_after_a_first_that_never_left_is_the_first(tmp_path: Path) -> None:
    with home_of(tmp_path) as home:
        home.sender.perform(about(again=False), home.app.state, 1000.0)
        home.sender.perform(about(again=True), home.app.state, 1001.0)
        assert waiting(home) == {"trouble office", "trouble tech"}
        home.sender.perform(over(), home.app.state, 1002.0)
        assert waiting(home) == set()


def test_nothing_but_troubles_is_touched(tmp_path: Path) -> None:
    with home_of(tmp_path) as home:
        digest = Notice(Purpose.DIGEST, ("office",), None, 9, Facts(cause=CAUSE), "why")
        home.sender.perform((*over()[:1], digest), home.app.state, 1000.0)
        assert waiting(home) == {"digest office"}
