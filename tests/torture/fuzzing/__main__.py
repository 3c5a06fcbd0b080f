"""One target in a process of its own: ``python -m tests.torture.fuzzing pdu --seconds 30``.

With atheris installed, coverage is the guide (libFuzzer); without it, hypothesis goes through its
strategies with one seed after the other. Either way an input that takes too long is a finding. The
last line on stdout is JSON: what ran, and what was found.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import time
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.torture.fuzzing.target import Target

ROUND: Final = 200
"""Examples of one seed, so that a seed is repeated in a moment."""

_RSS_MB: Final = 700
_MAX_LEN: Final = 4096
_SHOWN: Final = 1500


class Hang(AssertionError):
    """An input took longer than its target allows."""


def limited(target: Target) -> Callable[[Any], None]:
    """The check with an alarm clock: what it does not end by itself is a finding."""

    def ring(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise Hang(f"longer than {target.hang_s:g} s for one input")

    signal.signal(signal.SIGALRM, ring)

    def check(value: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, target.hang_s)
        try:
            target.check(value)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    return check


def one_round(target: Target, number: int, examples: int = ROUND) -> int:
    """Go through the strategies with one seed; returns how many inputs there were."""
    check, runs = limited(target), 0

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
    )
    @given(target.inputs)
    def go(value: Any) -> None:
        nonlocal runs
        runs += 1
        check(value)

    go()
    return runs


def by_hypothesis(target: Target, seconds: float, first: int) -> dict[str, Any]:
    """One seed after the other until the time is over."""
    end_s, runs, number = time.monotonic() + seconds, 0, first
    while time.monotonic() < end_s:
        try:
            runs += one_round(target, number)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return {"runs": runs, "seed": number, "found": in_words(error)}
        number += 1
    return {"runs": runs, "seed": number}


def in_words(error: BaseException) -> str:
    """What broke, where in our own files, and with which input."""
    ours = [
        f"{Path(place.filename).name}:{place.lineno}"
        for place in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in place.filename and "/lib/python" not in place.filename
    ]
    notes = "\n".join(getattr(error, "__notes__", []))
    where = " > ".join(dict.fromkeys(ours[-5:]))
    return f"{type(error).__name__}: {error}\n  at {where}\n{notes}"[:_SHOWN]


def one_input(target: Target, structured: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    """What libFuzzer calls: the first byte says whether the rest is an input, or makes one."""
    check = limited(target)

    def go(data: bytes) -> None:
        if target.raw is not None and data[:1] and data[0] & 1:
            check(target.raw(data[1:]))
        else:
            structured(data[1:])

    return go


def structured_of(target: Target) -> Callable[[bytes], Any]:
    """Let bytes choose among what the strategies can make."""
    check = limited(target)

    @settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(target.made)
    def go(value: Any) -> None:
        check(value)

    fuzz: Callable[[bytes], Any] = go.hypothesis.fuzz_one_input  # type: ignore[attr-defined]
    return fuzz


def by_atheris(name: str, seconds: float, first: int, folder: Path) -> None:
    """Let libFuzzer choose; it ends this process by itself."""
    import atheris  # type: ignore[import-untyped]  # noqa: PLC0415 - optional

    with atheris.instrument_imports(include=["edge", "drivers", "tomllib", "json"]):
        from tests.torture.fuzzing.all_targets import TARGETS  # noqa: PLC0415
    target = TARGETS[name]
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, example in enumerate(target.examples):
        (corpus / f"good-{number}").write_bytes(b"\x01" + example)
    (corpus / "empty").write_bytes(b"\x00")
    arguments = [
        sys.argv[0],
        str(corpus),
        f"-max_total_time={max(1, round(seconds))}",
        f"-seed={first % 2**31 or 1}",
        f"-timeout={round(target.hang_s * 2)}",
        f"-rss_limit_mb={_RSS_MB}",
        f"-max_len={_MAX_LEN}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup(arguments, one_input(target, structured_of(target)))
    atheris.Fuzz()


def main() -> int:
    """Fuzz, or repeat one input; 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.fuzzing")
    parser.add_argument("name")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("auto", "atheris", "hypothesis"), default="auto")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/floodbell-fuzzing"))
    parser.add_argument("--input", type=Path, help="a file that libFuzzer has left: try it alone")
    parser.add_argument("--once", action="store_true", help="one round of this seed")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    guided = asked.engine == "atheris" or (
        asked.engine == "auto" and find_spec("atheris") is not None and asked.name != "database"
    )
    if guided and asked.input is None and not asked.once:
        by_atheris(asked.name, asked.seconds, asked.seed, asked.folder)  # does not come back
    from tests.torture.fuzzing.all_targets import TARGETS  # noqa: PLC0415 - after atheris

    target = TARGETS[asked.name]
    if asked.input is not None:
        one_input(target, structured_of(target))(asked.input.read_bytes())
        found: dict[str, Any] = {"runs": 1, "seed": asked.seed}
    else:
        seconds = 0.001 if asked.once else asked.seconds
        found = by_hypothesis(target, seconds, asked.seed)
    sys.stdout.write(json.dumps({"engine": "hypothesis", **found}) + "\n")
    return 1 if "found" in found else 0


__all__ = ["by_hypothesis", "one_round", "st"]

if __name__ == "__main__":
    sys.exit(main())
