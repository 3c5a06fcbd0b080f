"""What the events log can tell: every type of event with its own fields (contract 3, ``events``).

Owns the table ``HAPPENINGS``. Each type is a class of the same name in capitals; its docstring is
the sentence that people read in docs/mqtt.md. Invariant: the code makes no type that is not here
and none stands here that it does not make, and no event has a field that its type does not name:
the tests hold all three. A type is never reused for something else; a new one may come at any time,
so a centre keeps what it does not know.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic cannot read typing's before Python 3.12

from edge.centre.interface.payloads import (
    ClockSynced,
    Count,
    Cut,
    IncidentId,
    LogId,
    Reason,
    Seconds,
    SensorId,
    Seq,
    Session,
    Stage,
    TimeSource,
    Timestamp,
)

By = Annotated[str, Field(description="who, in the words of whoever asked; no name of a contact")]
Contact = Annotated[str, Field(description="id of the contact in the settings, never a name")]
Route = Annotated[str, Field(description="the way it left: modem, http, voice or cap")]
Purpose = Annotated[
    Literal[
        "report",
        "danger",
        "call_yourself",
        "unconfirmed",
        "drowned",
        "bell",
        "call",
        "alert",
        "receded",
        "trouble",
        "trouble_cleared",
        "digest",
        "service_ends",
        "drill",
        "test",
        "cap",
    ],
    Field(description="what the message is for"),
]
Minutes = Annotated[float, Field(gt=0)]


class Happening(TypedDict):
    """What every event has."""

    log: LogId
    seq: Seq
    incident: Annotated[IncidentId, Field(description="it belongs to; null: to none")]
    episode: Annotated[
        int | None,
        Field(
            ge=1,
            description="of the incident: which report to 119 (of a text, which alert, danger or"
            " receding); null: none",
        ),
    ]
    reason: Reason
    ts: Timestamp
    clock_synced: ClockSynced
    session: Annotated[
        Session | None, Field(description="null: written while the daemon did not run")
    ]


class OfMessage(Happening):
    """An event about a message to a person, to 119 or to a web service."""

    contact: Annotated[str, Field(description="id of the contact, 119, or cap; never a name")]
    purpose: Purpose
    attempts: Annotated[Count, Field(description="how often it was handed to a route")]
    route: NotRequired[Route]


# The daemon


class Started(Happening):
    """The daemon has started."""

    type: Literal["started"]
    version: str
    config_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    armed: Annotated[bool, Field(description="in the settings; see status for what holds now")]
    recovered: Annotated[bool, Field(description="the store remembered a state")]
    waiting: Annotated[Count, Field(description="messages that were still waiting")]


class Stopped(Happening):
    """The daemon ends in good order; the reason is the signal, or what could not be mended."""

    type: Literal["stopped"]


# Water and bell


# "from" is a word of Python's: a field of that name can be written in this form only.
_From = TypedDict("_From", {"from": Annotated[Stage, Field(description="the level before")]})


class StageChanged(Happening, _From):
    """The level of the water has changed; a change to danger begins an episode."""

    type: Literal["stage_changed"]
    stage: Stage
    zone: Annotated[str | None, Field(description="whose level it is; null when normal")]
    depth_mm: Annotated[float | None, Field(description="deepest believable, or lower bound")]


class BellPressed(Happening):
    """Somebody held the bell's button: reported to 119 at once, if it is armed."""

    type: Literal["bell_pressed"]


class Receded(Happening):
    """The water has gone below the alert level and stayed there."""

    type: Literal["receded"]


class IncidentClosed(Happening):
    """The incident is over: everything was clear for long enough, or it was reset."""

    type: Literal["incident_closed"]
    peak_mm: Annotated[float | None, Field(description="the deepest; null: nothing measured it")]
    lasted_s: Seconds


# The report to 119


class ReportAccepted(Happening):
    """The mobile network has taken a report to 119."""

    type: Literal["report_accepted"]
    repeat: Annotated[int, Field(ge=1)]
    repeats: Annotated[int, Field(ge=1, description="so many in all for an episode")]
    route: Route


class ReportUnconfirmed(Happening):
    """119 may not know: so many attempts were met with silence. People are told to call."""

    type: Literal["report_unconfirmed"]
    repeat: NotRequired[Annotated[int, Field(ge=1)]]
    repeats: NotRequired[Annotated[int, Field(ge=1)]]
    route: NotRequired[Route]


class ReportUnreached(Happening):
    """119 could not be reached in time, or refused. People are told to call; it is tried on."""

    type: Literal["report_unreached"]


class ReportWithheld(Happening):
    """A report does not leave: not armed, in service, contradicted, or stopped at the last gate."""

    type: Literal["report_withheld"]
    origin: NotRequired[Literal["water", "bell"]]


class ReportPaced(Happening):
    """The last gate lets only so many reports pass in a minute and an hour: this one waits."""

    type: Literal["report_paced"]


class ReportAttemptFailed(OfMessage):
    """An attempt at 119 came to nothing; after the first ones, one in thirty is told."""

    type: Literal["report_attempt_failed"]


class CallAnswered(OfMessage):
    """119 answered the bell's voice call."""

    type: Literal["call_answered"]


class CallAttemptFailed(OfMessage):
    """119 did not answer the voice call; it is tried again."""

    type: Literal["call_attempt_failed"]


class CallFailed(OfMessage):
    """The voice call to 119 is given up."""

    type: Literal["call_failed"]


class CallWithdrawn(OfMessage):
    """The voice call to 119 is not needed any more."""

    type: Literal["call_withdrawn"]


class CallTaken(Happening):
    """Somebody who may be answered rang the bell, and was; by whom stays with the bell."""

    type: Literal["call_taken"]
    withheld: Annotated[bool, Field(description="the number was withheld")]


class CallIgnored(Happening):
    """Somebody rang the bell and was not answered."""

    type: Literal["call_ignored"]
    withheld: Annotated[bool, Field(description="the number was withheld")]


class TextCame(Happening):
    """A text came to the bell."""

    type: Literal["text_came"]
    from_119: bool
    text: Annotated[str, Field(description="of 119 only, numbers struck out; else empty")]


# Texts to people, and documents to a web service


class NoticeAccepted(OfMessage):
    """A route has taken every part of a text."""

    type: Literal["notice_accepted"]


class NoticeUnconfirmed(OfMessage):
    """A text was handed over twice and never confirmed: it counts as sent."""

    type: Literal["notice_unconfirmed"]


class NoticeDelivered(OfMessage):
    """The network says that a text has arrived; each part by itself."""

    type: Literal["notice_delivered"]


class NoticeUndelivered(OfMessage):
    """The network says that a text, or a report, did not arrive; it goes again if it still may."""

    type: Literal["notice_undelivered"]


class NoticeFailed(OfMessage):
    """A text is given up."""

    type: Literal["notice_failed"]


class NoticeWithdrawn(OfMessage):
    """A message that had not left is not true any more, and is dropped."""

    type: Literal["notice_withdrawn"]


# Hands


class Acknowledged(Happening):
    """Somebody has seen the incident; only at the device does it end the repeats to 119."""

    type: Literal["acknowledged"]
    by: By
    local: Annotated[bool, Field(description="at the device, not from the centre")]


class Silenced(Happening):
    """Somebody stopped the sound until the water rises further."""

    type: Literal["silenced"]
    by: By


class Reset(Happening):
    """Somebody closed the incident; every zone was clear."""

    type: Literal["reset"]
    by: By


class ServiceOn(Happening):
    """A technician is at work: what water causes goes no further than the technician."""

    type: Literal["service_on"]
    by: By
    minutes: Minutes
    renewed: Annotated[bool, Field(description="its end was moved; it had begun before")]


class ServiceOff(Happening):
    """Service is over; water that still stands is judged as after a start."""

    type: Literal["service_off"]
    by: By


class Armed(Happening):
    """Reports to 119 may leave again."""

    type: Literal["armed"]
    by: By


class Disarmed(Happening):
    """Reports to 119 do not leave: by hand at the device, or by the settings."""

    type: Literal["disarmed"]
    by: By
    minutes: NotRequired[
        Annotated[Minutes | None, Field(description="null: until somebody arms it again")]
    ]


class DrillStarted(Happening):
    """A drill: texts to these contacts, each marked, never to 119."""

    type: Literal["drill_started"]
    by: By
    stage: Literal["alert", "danger", "bell"]
    contacts: Annotated[list[Contact], Field(min_length=1)]


class DrillEnded(Happening):
    """The drill is over: by hand, by its time, or because something real has begun."""

    type: Literal["drill_ended"]
    stage: Literal["alert", "danger", "bell"]


class ModemTested(Happening):
    """Somebody at the device sends a test text by the modem: never to 119."""

    type: Literal["modem_tested"]
    by: By
    contact: Contact


class Command(Happening):
    """The centre has asked for something, and it was done or refused."""

    type: Literal["command"]
    command: Annotated[str, Field(description="which of the commands")]
    id: Annotated[str | int, Field(description="of the request")]
    by: By
    done: bool


class CommandsRefused(Happening):
    """Requests were turned away unread; one event a minute at most, with their number."""

    type: Literal["commands_refused"]
    command: Annotated[str, Field(description="of the last")]
    error: Annotated[str, Field(description="of the last, as in its answer")]
    by: By
    count: Annotated[int, Field(ge=1, description="since the last such event")]


class Calibrated(Happening):
    """Somebody calibrated a sensor; without numbers, the settings' own count again."""

    type: Literal["calibrated"]
    sensor: SensorId
    by: By
    mount_height_mm: NotRequired[
        Annotated[
            float | None, Field(description="sensor face above the floor; null: looks not down")
        ]
    ]
    offset_mm: NotRequired[float]
    scale: NotRequired[Annotated[float, Field(gt=0)]]


# The bell itself


class OfTrouble(Happening):
    """An event about something that is wrong with the bell itself."""

    cause: Annotated[str, Field(min_length=1, description="as in health")]
    detail: str
    unstable: Annotated[bool, Field(description="it comes and goes")]


class TroubleRaised(OfTrouble):
    """Something is wrong with the bell, for longer than its delay."""

    type: Literal["trouble_raised"]


class TroubleCleared(OfTrouble):
    """It is well again, for longer than its delay."""

    type: Literal["trouble_cleared"]


class Digest(Happening):
    """What stands, told daily to those who keep the bell."""

    type: Literal["digest"]
    causes: Annotated[list[str], Field(min_length=1)]


class SelfTest(Happening):
    """The self-test's text goes to its contact: never 119."""

    type: Literal["self_test"]
    contact: Contact


class ClockSet(Happening):
    """The time that rows bear was set: rows before bear another, and the order is that of seq."""

    type: Literal["clock_set"]
    from_ts: Annotated[Timestamp, Field(description="what it would have been without")]
    to_ts: Annotated[Timestamp, Field(description="what it is now")]
    by_s: Annotated[float, Field(description="forward; negative: back")]
    source: TimeSource


class ReadingsThinned(Happening):
    """The disk is full: of these readings, which nobody had taken, only the extremes are kept."""

    type: Literal["readings_thinned"]
    readings_log: Annotated[LogId, Field(description="log of readings whose numbers are named")]
    from_seq: Annotated[int, Field(ge=1)]
    to_seq: Annotated[int, Field(ge=1)]
    kept: Annotated[Count, Field(description="so many of from_seq to to_seq still come")]


class ReadingsLost(Happening):
    """Without a disk the memory was full: so many readings never got a number."""

    type: Literal["readings_lost"]
    count: Annotated[int, Field(ge=1)]


class InShort(TypedDict):
    """An event that the broker does not take whole: its number is not missing."""

    log: LogId
    seq: Seq
    type: Annotated[str, Field(min_length=1)]
    sensor: NotRequired[SensorId]
    incident: IncidentId
    episode: Annotated[int | None, Field(ge=1)]
    ts: Timestamp
    clock_synced: ClockSynced
    session: Session | None
    cut: Cut


HAPPENINGS: Final = (
    Started,
    Stopped,
    StageChanged,
    BellPressed,
    Receded,
    IncidentClosed,
    ReportAccepted,
    ReportUnconfirmed,
    ReportUnreached,
    ReportWithheld,
    ReportPaced,
    ReportAttemptFailed,
    CallAnswered,
    CallAttemptFailed,
    CallFailed,
    CallWithdrawn,
    CallTaken,
    CallIgnored,
    TextCame,
    NoticeAccepted,
    NoticeUnconfirmed,
    NoticeDelivered,
    NoticeUndelivered,
    NoticeFailed,
    NoticeWithdrawn,
    Acknowledged,
    Silenced,
    Reset,
    ServiceOn,
    ServiceOff,
    Armed,
    Disarmed,
    DrillStarted,
    DrillEnded,
    ModemTested,
    Command,
    CommandsRefused,
    Calibrated,
    TroubleRaised,
    TroubleCleared,
    Digest,
    SelfTest,
    ClockSet,
    ReadingsThinned,
    ReadingsLost,
)
"""Every type of event, in the order in which people read of them."""
