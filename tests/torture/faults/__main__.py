"""One fault schedule: ``python -m tests.torture.faults --seed 7``; JSON on its last line."""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, Final

from drivers.errors import DriverError, NoResponse
from tests.torture.faults.promises import DEAD_WITHIN_S, judge, slowest_s
from tests.torture.faults.record import PROCESS, Record
from tests.torture.faults.schedule import _SETTLED_S, Plan, Story, Weaver, leave_standing
from tests.torture.faults.tortured_home import PHONES, Home

_BEAT_S: Final = 0.1
_LATE_S: Final = 0.4
_ANSWER_S: Final = 5.0
_UP_WITHIN_S: Final = 12.0
_TALKS_S: Final = 15


@contextmanager
def watched(home: Home) -> Iterator[None]:
    """Measure how late this process itself runs, look after the daemon, and ask it how it is."""
    over = threading.Event()

    def beat() -> None:
        last_s = time.monotonic()
        while not over.wait(_BEAT_S):
            now_s = time.monotonic()
            if (late_s := now_s - last_s - _BEAT_S) > _LATE_S:
                home.record.lateness.append((now_s, late_s))
            last_s = now_s

    threads = [
        threading.Thread(target=beat, daemon=True),
        threading.Thread(target=_look_after, args=(home, over), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(15.0)


def _look_after(home: Home, over: threading.Event) -> None:
    """Once a second: start it again if need be, and ask it how it is."""
    gone_since_s: float | None = None
    for second in itertools.count(1):
        if over.wait(1.0):
            return
        home.look_after()
        if second % _TALKS_S == 0:
            home.modem.hang_up_remotely()  # or a call of a process that is gone never ends
        gone_since_s = _ask(home, gone_since_s)


def _ask(home: Home, gone_since_s: float | None) -> float | None:
    """Ask for the status; silence of a running daemon is written down."""
    began_s = time.monotonic()
    try:
        home.ask("status", _ANSWER_S)
    except DriverError as error:
        now_s = time.monotonic()
        disturbed = any(
            spell.hits == PROCESS or "knocking" in spell.name
            for spell in home.record.spells
            if spell.reaches(began_s) or spell.reaches(now_s)
        )
        if disturbed or not home.expected or home.record.stood_still_s(began_s, now_s) > 1.0:
            return None
        if isinstance(error, NoResponse):
            home.record.unanswered.append(
                f"status was not answered within {_ANSWER_S} s at"
                f" {began_s - home.record.began_s:.1f} s: {home.last_words()}"
            )
            return None
        since_s = began_s if gone_since_s is None else gone_since_s
        if now_s - max(since_s, home.started_s) > _UP_WITHIN_S:
            home.record.unanswered.append(f"no socket for {now_s - since_s:.0f} s: {error}")
            return None
        return since_s
    return None


def live(folder: Path, seed: int, plan: Plan | None = None) -> tuple[Record, dict[str, Any]]:
    """Live through the schedule of a seed; return what was seen, and figures."""
    plan = plan or Plan.of(seed)
    random = Random(f"home {seed}")
    record = Record(seed, repeats=random.choice((1, 1, 2)), phones=tuple(PHONES.values()))
    clock, quectel = random.random() < 0.35, random.random() < 0.3
    with Home(folder, record, clock=clock, quectel=quectel) as home:
        weaver = Weaver(home, seed, plan)
        record.began_s = time.monotonic()
        home.start()
        if not _until(home.is_well, 40.0):
            record.unsettled.append(f"it never came up: {home.last_words()}")
        record.began_s = time.monotonic()
        with watched(home):
            weaver.start()
            Story(home, seed, plan, weaver._note).tell()
            weaver.stop()
            _settle(home)
            if plan.standing and not record.unsettled:
                leave_standing(home, seed, weaver._note, DEAD_WITHIN_S + 5.0)
                if not _until(home.is_well, _SETTLED_S):
                    record.unsettled.append(f"not well after a repair: {_why(home)}")
            record.end_s = time.monotonic()
            home.expected = False
        _close_the_books(home)
        more: dict[str, Any] = {
            "faults": weaver.count,
            "dangers": len(record.origins),
            "reports": len(record.reports()),
            "slowest_s": round(slowest_s(record), 1),
            "s": round(time.monotonic() - record.began_s),
        }
        more["story"] = weaver.story
        more["log"] = home.lines()
        more["failed"] = weaver.failed
    return record, more


def _settle(home: Home) -> None:
    """With nothing wrong any more: well again, everybody told, everything at the centre."""
    record = home.record
    if not _until(home.is_well, _SETTLED_S):
        record.unsettled.append(f"not well {_SETTLED_S:.0f} s after the last fault: {_why(home)}")
    if not _until(lambda: not _waiting(home), _SETTLED_S):
        record.unsettled.append(f"still waiting: {_waiting(home)[:4]}")


def _waiting(home: Home) -> list[str]:
    with suppress(Exception):
        return home.unsettled()
    return ["the store cannot be read"]


def _why(home: Home) -> str:
    try:
        state = home.ask("status")
    except DriverError as error:
        return str(error)
    told = {key: state.get(key) for key in ("modem", "broker", "store", "sensors", "troubles")}
    return json.dumps(told, ensure_ascii=False, default=str)[:700]


def _until(true: Any, within_s: float) -> bool:
    end_s = time.monotonic() + within_s
    while not true():
        if time.monotonic() > end_s:
            return False
        threading.Event().wait(0.2)
    return True


def _close_the_books(home: Home) -> None:
    record = home.record
    home.end(signal.SIGTERM)
    record.texts = home.texts()
    record.dialled = [number for modem in home._modems for number in modem.dialled]
    record.tracebacks = home.tracebacks()
    try:
        newest = home.numbers()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the file is a finding
        record.log_faults.append(f"the store cannot be read afterwards: {error!r}")
        return

    def all_there() -> bool:
        home.hear()
        return not home.received.faults(_known(home, newest))

    # What was numbered at the very end may not have left: the next start sends it.
    if not _until(all_there, 5.0):
        home.start()
        _until(all_there, 45.0)
        home.end(signal.SIGTERM)
    record.log_faults += home.received.faults(_known(home, newest))


def _known(home: Home, newest: dict[str, int]) -> dict[str, int]:
    """What was numbered up to the end of the schedule, and what came after it, as it came."""
    return {
        log_id: max([seq, *home.received.numbers(log_id)[-1:]]) for log_id, seq in newest.items()
    }


def main() -> int:
    """Run one seed; 0 if every promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.faults")
    parser.add_argument("--seed", type=int, required=True)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="home-") as folder:
        record, more = live(Path(folder) / "bell", asked.seed)
    found, not_judged = judge(record)
    story, log = more.pop("story"), more.pop("log")
    failed = more.pop("failed")
    if found or not_judged:
        sys.stdout.write("\n".join(["the story:", *story, "the log:", *log, ""]))
    verdict = {
        "runs": 1,
        "found": [str(one) for one in found] + [f"could not be done: {one}" for one in failed],
        "not_judged": [str(one) for one in not_judged],
        "more": more,
    }
    sys.stdout.write(json.dumps(verdict, ensure_ascii=False) + "\n")
    return 1 if verdict["found"] else 0


if __name__ == "__main__":
    sys.exit(main())
