"""What is fuzzed: a way to make inputs, and a check that is stronger than "no exception".

A check raises when an input breaks a promise; whatever it raises is a finding. Bytes may be handed
to it as they are (``raw``), or made with an eye to the form that the parser expects (``made``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True)
class Target:
    """One parser under fire.

    Attributes:
        name: As in ``--only fuzz:NAME``.
        check: Takes what ``made`` makes; raises if a promise is broken.
        made: Inputs of the form that is expected, or nearly.
        raw: Turns any bytes into an input for ``check``; None if bytes say nothing here.
        examples: Good inputs as bytes, from which raw fuzzing sets out.
        hang_s: Longest time for one input.
        guided: Whether coverage is a guide; not where each input starts threads of its own.
        short: Examples in the short form, within every run of the tests.
    """

    name: str
    check: Callable[[Any], None]
    made: st.SearchStrategy[Any]
    raw: Callable[[bytes], Any] | None = None
    examples: Sequence[bytes] = ()
    hang_s: float = 5.0
    guided: bool = True
    short: int = 15

    @property
    def inputs(self) -> st.SearchStrategy[Any]:
        """Both kinds of input in one."""
        if self.raw is None:
            return self.made
        return self.made | st.binary(max_size=400).map(self.raw)


@st.composite
def mutated(draw: st.DrawFn, examples: Sequence[bytes], most_edits: int = 6) -> bytes:
    """One of the examples, with a few bytes lost, doubled, changed or put in between."""
    data = bytearray(draw(st.sampled_from(list(examples))))
    for _ in range(draw(st.integers(0, most_edits))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(1, 40))
        match draw(st.sampled_from(("flip", "cut", "double", "insert", "swap", "end"))):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at : at + length]
            case "double":
                data[at:at] = data[at : at + length] * draw(st.integers(1, 3))
            case "insert":
                data[at:at] = draw(st.binary(max_size=12) | st.sampled_from(NASTY))
            case "swap":
                other = draw(st.integers(0, len(data)))
                data[at : at + length] = data[other : other + length]
            case "end":
                del data[at:]
            case _:
                pass
    return bytes(data)


NASTY: tuple[bytes, ...] = (
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\n",
    b'"',
    b"{}",
    b"{",
    b"[[",
    b"nan",
    b"1e999",
    b"-1",
    b"99999999999999999999999999",
    b"\xed\xa0\x80",
    "\u0661\u0662".encode(),  # digits, and none of ours
    "\u202e".encode(),
    b"%s%n",
    b"'''",
    b"\\u0000",
    b"null",
    b"true",
)
"""What parsers stumble over."""

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**53, 2**64, -(2**63), 10**400])
    | st.floats()
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
"""Any JSON value, and what Python's reader takes for one (NaN, numbers without end)."""


def in_pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Cut bytes at these places, taken modulo their length."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places)]


CUTS = st.lists(st.integers(0, 4095), max_size=6)
