"""The demo as lines of text, for logs and pipes.

Owns the format of a line. Each is written at once, so that a pipe sees it when it happens.
"""

from __future__ import annotations

from edge.demo.board import Board, Line


class Plain:
    """Prints each new line of the time line under the second at which it happened."""

    def open(self) -> None:
        """Nothing to set up."""

    def lines(self, new: list[Line]) -> None:
        """Print what is new."""
        for line in new:
            print(f"{max(line.at_s, 0.0):7.1f} s  {line.words}", flush=True)

    def refresh(self, board: Board, at_s: float) -> None:
        """Lines do not change once printed."""

    def close(self) -> None:
        """Nothing to tidy up."""
