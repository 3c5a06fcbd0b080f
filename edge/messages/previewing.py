"""What each contact, and 119, would be sent: for ``check-config``, never for the daemon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from drivers.modem.pdu import split
from edge.effects import Facts, Purpose
from edge.law.notices import WHO_IS_TOLD
from edge.messages.home import home_of
from edge.messages.words import Texts, notice_text, report_text
from edge.settings import Settings


@dataclass(frozen=True, slots=True)
class Preview:
    """One text that a contact would get; ``contact`` is ``119`` for the report."""

    contact: str
    purpose: str
    text: str
    characters: int
    parts: int


def preview(settings: Settings, texts: Texts) -> tuple[Preview, ...]:
    """Return what 119 and every contact would be sent, with characters and parts."""
    home = home_of(settings)
    setpoint_mm = settings.alarm.danger.setpoint_mm
    about = Facts(
        depth_mm=setpoint_mm,
        peak_mm=setpoint_mm,
        setpoint_mm=setpoint_mm,
        armed=settings.report.armed,
        cause="sensor:" + next(iter(settings.sensors)),
    )
    alert_mm = settings.alarm.alert.setpoint_mm
    shallow = Facts(depth_mm=alert_mm, setpoint_mm=alert_mm, armed=settings.report.armed)
    repeats = settings.report.repeats
    previews = [
        _shown("119", f"report {origin}", words)
        for origin, words in (
            ("water", report_text(texts, home, "water", about, repeat=1, repeats=repeats)),
            ("bell", report_text(texts, home, "bell", Facts(), repeat=1, repeats=repeats)),
        )
    ]
    for name, contact in settings.contacts.items():
        for purpose, facts in _told_to(name, contact.role, settings, about, shallow):
            words = notice_text(texts, home, purpose, contact.role, facts, "21:04")
            previews.append(_shown(name, purpose.value, words))
    return tuple(previews)


def _told_to(
    name: str, role: str, settings: Settings, about: Facts, shallow: Facts
) -> Iterator[tuple[Purpose, Facts]]:
    """Return what a contact may be sent, with what would be true then."""
    at_hand = {
        Purpose.ALERT: shallow,
        Purpose.DROWNED: replace(about, drowned=True),
        Purpose.SERVICE_ENDS: replace(about, detail="5"),  # minutes
    }
    for purpose, roles in WHO_IS_TOLD.items():
        if role in roles:
            yield purpose, at_hand.get(purpose, about)
    played = replace(about, mark="drill", cause=Purpose.DANGER.value)
    yield Purpose.DRILL, played
    self_test = settings.modem.self_test if settings.modem else None
    if self_test is not None and self_test.contact == name:
        yield Purpose.TEST, about


def _shown(contact: str, purpose: str, text: str) -> Preview:
    return Preview(contact, purpose, text, len(text), len(split(text)))
