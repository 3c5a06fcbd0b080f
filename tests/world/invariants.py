"""All invariants of the simulated world, by name: S1 to S7 in ``safety``, L1 to L5 in ``liveness``.

Each is one class whose docstring is its statement.
"""

from __future__ import annotations

from tests.world.judge import Judge, Violation
from tests.world.liveness import LIVENESS
from tests.world.safety import SAFETY

INVARIANTS: tuple[type[Judge], ...] = (*SAFETY, *LIVENESS)

__all__ = ["INVARIANTS", "Judge", "Violation"]
