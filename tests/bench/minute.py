"""Which homes live together: the quiet ones for a minute, the busy ones for some seconds.

Memory and CPU are read from the same lives, so each is lived once in a session.
"""

from __future__ import annotations

from typing import Final

from tests.bench.lives import Home, Lived, live
from tests.bench.session import Session

QUIET: Final = {
    "1 sensor, no input": Home(wire_hz=0.0),
    "1 sensor, 1 Hz": Home(),
    "all packages": Home(pins=True),
    "all packages and the web": Home(pins=True, web=True, floor=False),
}
BUSY: Final = {
    "1 sensor, 10 Hz": Home(wire_hz=10.0, interval_s=0.1),
    "16 sensors, no input": Home(sensors=16, wire_hz=0.0),
    "16 sensors, 1 Hz": Home(sensors=16),
    "16 sensors, 10 Hz": Home(sensors=16, wire_hz=10.0, interval_s=0.1),
    "1 sensor, 10 Hz, sampled once a second": Home(wire_hz=10.0),
}


def minutes(session: Session) -> list[dict[str, Lived]]:
    """The quiet homes, one minute a run."""
    return _lived(session, "quiet", QUIET, session.plan.live_s)


def busy_spells(session: Session) -> list[dict[str, Lived]]:
    """The busy homes, one spell a run."""
    return _lived(session, "busy", BUSY, session.plan.busy_s)


def _lived(
    session: Session, kind: str, homes: dict[str, Home], for_s: float
) -> list[dict[str, Lived]]:
    if kind not in session.lived:
        session.lived[kind] = [live(session, homes, for_s) for _ in range(session.plan.runs)]
    lived: list[dict[str, Lived]] = session.lived[kind]
    return lived
