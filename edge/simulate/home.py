"""The bell that a series is played to: of the settings, or a usual one where there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge.conditioning import Mounting
from edge.law.policy import Policy
from edge.loop.assembly import desk_of, mountings_of, policy_of
from edge.messages.drafting import Desk
from edge.simulate.probes import Probe

if TYPE_CHECKING:
    from edge.messages.words import Texts
    from edge.settings import Settings

USUAL_HOME: Final = """\
[site]
id = "usual-home"
district = "jongno"
address = "서울 종로구 창신길 12-3 B01호"
occupants = 1
language = "{language}"

[sensors.door]
driver = "a02yyuw"
port = "/dev/ttyAMA0"
mount_height_mm = 600

[contacts.resident]
role = "resident"
phone = "+821000000001"

[contacts.guardian]
role = "guardian"
phone = "+821000000002"

[contacts.partner]
role = "partner"
phone = "+821000000003"

[contacts.office]
role = "office"
phone = "+82221480000"

[contacts.technician]
role = "technician"
phone = "+821000000005"

[report]
armed = true

[modem]
port = "/dev/ttyUSB2"
"""
"""A home with one ultrasonic sensor and one contact of each role; every other key has its default.
No port of it is ever opened."""


class NoSuchSensor(ValueError):
    """The settings have no sensor of this name; ``known`` are those that they have."""

    def __init__(self, sensor_id: str, known: tuple[str, ...]) -> None:
        super().__init__(sensor_id)
        self.sensor_id = sensor_id
        self.known = known


@dataclass(frozen=True, slots=True)
class Home:
    """Everything of a bell but its ports. ``sensor`` is the one that measured the series."""

    policy: Policy
    mountings: Mapping[str, Mounting]
    desk: Desk
    probes: tuple[Probe, ...]
    sensor: str
    armed: bool
    min_attempts: int
    report_number: str

    @property
    def readings_a_second(self) -> float:
        """How many readings its sensors take together."""
        return sum(1 / probe.interval_s for probe in self.probes)


def home_of(
    settings: Settings,
    texts: Texts,
    *,
    sensor: str | None = None,
    only: bool = False,
    armed: bool | None = None,
) -> Home:
    """Return the bell of these settings.

    Args:
        settings: The settings.
        texts: Their texts.
        sensor: Which sensor measured the series; the first that measures if left out.
        only: Whether the water reaches that sensor alone, and all others see a dry floor.
        armed: Whether reports may leave; as the settings say if left out.

    Raises:
        NoSuchSensor: There is no sensor of that name.
    """
    if sensor is not None and sensor not in settings.sensors:
        raise NoSuchSensor(sensor, tuple(settings.sensors))
    policy = policy_of(settings)
    measuring = [name for name, one in policy.sensors.items() if not one.switch]
    chosen = sensor or (measuring or list(settings.sensors))[0]
    mountings = mountings_of(settings)
    return Home(
        policy=policy,
        mountings=mountings,
        desk=desk_of(settings, texts, boot_id="replay"),
        probes=tuple(
            Probe(
                name,
                one.sample_interval_s,
                mountings[name],
                policy.sensors[name].height_mm,
                wet=not only or name == chosen,
            )
            for name, one in settings.sensors.items()
        ),
        sensor=chosen,
        armed=settings.report.armed if armed is None else armed,
        min_attempts=settings.report.min_attempts,
        report_number=settings.report.number,
    )
