"""What happens: the values that threads put into the inbox.

Every event is immutable and carries no time: the inbox pairs it with the monotonic second at which
it was put there. Raw sensor events go through conditioning, which makes ``Reading`` of them; the
rest goes to the law or to the outbox as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Health(StrEnum):
    """How far a sensor can be believed (design 4.2). Suspect still votes like good."""

    GOOD = "good"
    SUSPECT = "suspect"
    FAULTED = "faulted"
    STALE = "stale"

    @property
    def votes(self) -> bool:
        """Whether its opinion counts."""
        return self in (Health.GOOD, Health.SUSPECT)


@dataclass(frozen=True, slots=True)
class Echoed:
    """Raw ranges of an ultrasonic sensor within one sample interval, sensor face to target."""

    sensor_id: str
    ranges_mm: tuple[int, ...]
    too_near: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """Bounds on the depth, straight from a driver that knows a depth."""

    sensor_id: str
    at_least_mm: float
    below_mm: float


@dataclass(frozen=True, slots=True)
class AirFelt:
    """The temperature of the air in front of a sensor that does not feel it by itself."""

    sensor_id: str
    celsius: float


@dataclass(frozen=True, slots=True)
class SensorFailed:
    """A driver raised: the sensor is neither dry nor wet.

    ``silent`` is a sensor from which nothing comes (cable, port, power): it goes stale at its
    deadline. Otherwise the sensor itself says that it cannot measure: faulted at once.
    """

    sensor_id: str
    reason: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What conditioning accepted: bounds on the depth and how far to believe them.

    Faulted and stale readings carry the widest bounds (minus and plus infinity): no number is made
    of a fault.
    """

    sensor_id: str
    at_least_mm: float
    below_mm: float
    health: Health
    reason: str = ""

    @property
    def depth_mm(self) -> float | None:
        """The depth where the sensor measures one, else None."""
        return self.at_least_mm if self.at_least_mm == self.below_mm else None


@dataclass(frozen=True, slots=True)
class BellPressed:
    """The button was open, then held for ``hold_s``."""


@dataclass(frozen=True, slots=True)
class TroubleSeen:
    """A part of floodbell itself is not well. ``cause`` names it, e.g. ``modem`` or ``store``."""

    cause: str
    detail: str


@dataclass(frozen=True, slots=True)
class TroubleGone:
    """The part named by ``cause`` is well again."""

    cause: str


class Outcome(StrEnum):
    """How an attempt to hand a message to a route ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good, on this route
    FAILED = "failed"  # certainly not sent: try again
    AMBIGUOUS = "ambiguous"  # may have been sent: silence after it was handed over
    WITHHELD = "withheld"  # the interlock said no
    UNDELIVERED = "undelivered"  # accepted before, and now the network says that it did not arrive


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt to hand a message to a route has ended."""

    key: str
    route: str
    outcome: Outcome
    detail: str = ""
    reference: int | None = None  # the network's message reference, for the status report
    registered: bool = True  # whether the modem had a network: only such tries count for a report
    wait_s: float | None = None  # may leave after so long, and not before
    confirmed: bool = True  # accepted by a route's word, not by so many silences


@dataclass(frozen=True, slots=True)
class Delivered:
    """A status report: the network says what became of an accepted text to a number."""

    route: str
    reference: int
    delivered: bool
    detail: str = ""
    number: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CallCame:
    """Somebody called the bell, and was answered or not (design 5). Who it was stays with us."""

    answered: bool
    withheld: bool


@dataclass(frozen=True, slots=True)
class TextCame:
    """A text came to the bell's SIM; ``text`` is kept only if it is from 119."""

    from_119: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class ModemCard:
    """What a modem and its SIM say of themselves, for a technician; None where they do not.

    ``registration`` is where it stands with the network, ``technology`` how it reaches it,
    ``voice`` how a call would go. The numbers stay on the device: in no log, at no broker.
    """

    manufacturer: str | None = None
    model: str | None = None
    firmware: str | None = None
    imei: str | None = field(default=None, repr=False)
    own_number: str | None = field(default=None, repr=False)
    service_centre: str | None = None
    registration: str | None = None
    technology: str | None = None
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class RouteState:
    """What a route says of itself: whether it can send, and what it knows of its network.

    ``fault`` names what is wrong, if that has a name: it may be so while texts still leave.
    ``card`` is a modem's.
    """

    route: str
    up: bool
    detail: str = ""
    fault: str = ""
    registered: bool | None = None
    signal_dbm: int | None = None
    operator: str | None = None
    sim: str | None = None
    card: ModemCard | None = None


class Hand(StrEnum):
    """What a person can do to the bell (design 4.9)."""

    ACK = "ack"
    SILENCE = "silence"
    RESET = "reset"
    SERVICE_ON = "service_on"
    SERVICE_OFF = "service_off"
    DRILL = "drill"
    DRILL_END = "drill_end"
    ARM = "arm"
    DISARM = "disarm"
    MODEM_TEST = "modem_test"


@dataclass(frozen=True, slots=True)
class Handled:
    """A person did something; ``by`` names who, ``local`` whether at the device.

    ``minutes`` is how long a service or a disarming is to last (None: as long as it may). ``stage``
    (``alert``, ``danger`` or ``bell``) is a drill's, ``contacts`` a drill's or a test text's.
    """

    hand: Hand
    by: str
    local: bool = True
    minutes: float | None = None
    stage: str = ""
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Armed:
    """The interlock was armed or disarmed: reports to 119 may leave, or not."""

    armed: bool
    reason: str
    by: str = "settings"


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline has come; carries nothing."""
