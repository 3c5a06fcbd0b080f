"""What the daemon holds after a minute, all its packages in use: resident and proportional.

All packages: paho (a broker), pyserial (sensor and modem), gpiozero (a float switch, button, siren,
strobe and lamp on its mock pins), pydantic (the settings), tenacity (the modem), and once more with
urllib3 (texts by a web service).
"""

from __future__ import annotations

from tests.bench.figures import Measured, Row
from tests.bench.homes import ALL, WEB
from tests.bench.lives import minutes
from tests.bench.session import Session

ROWS = (
    Row("resident memory after a minute, all packages, MiB", must=45.0, aim=38.0),
    Row("… and texts by a web service, MiB", must=45.0, aim=38.0),
    Row("proportional memory after a minute, all packages, MiB"),
)


def measure(session: Session) -> list[Measured]:
    """From the minutes in which CPU is counted, too."""
    lived = minutes(session)
    every, web = [one[ALL] for one in lived], [one[WEB] for one in lived]
    floors = [one.floor.memory for one in every if one.floor is not None]
    return [
        Measured(ROWS[0], [one.ours.memory.rss_mib for one in every], [f.rss_mib for f in floors]),
        Measured(ROWS[1], [one.ours.memory.rss_mib for one in web], [f.rss_mib for f in floors]),
        Measured(ROWS[2], [one.ours.memory.pss_mib for one in every], [f.pss_mib for f in floors]),
    ]
