"""The support bundle: what a maintainer needs to see of a bell, and nothing of the people in it.

Owns what goes into the file and what is struck out. Invariant: no number, name, address, secret or
SIM number that is known here, or that has the form of one, is in a file that was written: what is
kept is named (``keeping``), free text is struck through (``striking``), and the finished bytes are
searched once more by other means (``leaks``) before the file gets its name (``archive``).
"""

from __future__ import annotations

from edge.diagnose.bundle.archive import BundleRefused, CannotWrite
from edge.diagnose.bundle.making import Made, make

__all__ = ["BundleRefused", "CannotWrite", "Made", "make"]
