"""All invariants of the simulated world, by name: S1 to S7 and L1 to L5, and L0 for the books.

Each is one class in ``judges`` whose docstring is its statement: what must hold, and what is
excused. ``docs/simulated-world.md`` has them all on one page.
"""

from __future__ import annotations

from tests.world.judge import Judge, Violation
from tests.world.judges.announcing import FaultsAreAnnounced
from tests.world.judges.causes import NothingOnDryFloor, ReportsOnlyForCause
from tests.world.judges.gate import AtMostSoManyReports, NoReportUnarmed
from tests.world.judges.incidents import IncidentsClose, IncidentsGoOn
from tests.world.judges.notices import EveryNoticeArrives, OnlyWhatWasHandedOver
from tests.world.judges.reporting import ReportedInTime
from tests.world.judges.stages import FaultsNeverLower, NoDropWithoutOffDelay, SirenFirst

SAFETY: tuple[type[Judge], ...] = (
    ReportsOnlyForCause,
    NoReportUnarmed,
    FaultsNeverLower,
    AtMostSoManyReports,
    NothingOnDryFloor,
    NoDropWithoutOffDelay,
    SirenFirst,
)
"""Nothing wrong ever happens."""

LIVENESS: tuple[type[Judge], ...] = (
    ReportedInTime,
    EveryNoticeArrives,
    FaultsAreAnnounced,
    IncidentsClose,
    IncidentsGoOn,
    OnlyWhatWasHandedOver,
)
"""The right thing always happens: an obligation each, with a time."""

INVARIANTS = (*SAFETY, *LIVENESS)

__all__ = ["INVARIANTS", "LIVENESS", "SAFETY", "Judge", "Violation"]
