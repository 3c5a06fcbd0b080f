"""Who is told what: the table of design 4.6, and the facts that go into a text."""

from __future__ import annotations

from edge.effects import Facts, Notice, Origin, Purpose
from edge.law.policy import Policy, Role
from edge.law.state import Incident, State

HOUSEHOLD = frozenset({Role.RESIDENT, Role.GUARDIAN, Role.PARTNER, Role.OFFICE})
KEEPERS = frozenset({Role.OFFICE, Role.TECHNICIAN})

WHO_IS_TOLD: dict[Purpose, frozenset[Role]] = {
    Purpose.ALERT: HOUSEHOLD,
    Purpose.DANGER: HOUSEHOLD,
    Purpose.BELL: HOUSEHOLD - {Role.RESIDENT},
    Purpose.CALL_YOURSELF: HOUSEHOLD,
    Purpose.DROWNED: HOUSEHOLD,
    Purpose.RECEDED: HOUSEHOLD,
    Purpose.TROUBLE: KEEPERS,
    Purpose.TROUBLE_CLEARED: KEEPERS,
    Purpose.DIGEST: KEEPERS,
}
"""Roles told for each purpose. 119 is not a contact: it gets reports, and nothing else."""

ORDER = (Role.RESIDENT, Role.PARTNER, Role.GUARDIAN, Role.OFFICE, Role.TECHNICIAN)
"""Within one purpose, the nearest to the water first: they can act soonest."""


def contacts_for(purpose: Purpose, policy: Policy) -> tuple[str, ...]:
    """Return the contacts told for a purpose, nearest to the water first."""
    roles = WHO_IS_TOLD[purpose]
    chosen = [(ORDER.index(role), name) for name, role in policy.contacts.items() if role in roles]
    return tuple(name for _, name in sorted(chosen))


def facts(
    state: State,
    policy: Policy,
    *,
    setpoint_mm: float = 0.0,
    cause: str = "",
    detail: str = "",
) -> Facts:
    """Return what is true about the water now."""
    zone = state.zone
    if zone is not None and zone in policy.zones:
        depth_mm, at_least, _ = state.depth_of(policy.zones[zone].sensors)
    else:
        depth_mm, at_least, _ = state.depth()
    return Facts(
        depth_mm=depth_mm,
        at_least=at_least,
        peak_mm=state.incident.peak_mm if state.incident else None,
        setpoint_mm=setpoint_mm,
        zone=zone,
        armed=state.armed,
        cause=cause,
        detail=detail,
    )


def notice(
    purpose: Purpose,
    policy: Policy,
    reason: str,
    *,
    incident: Incident | None,
    episode: int,
    about: Facts,
    origin: Origin | None = None,
) -> tuple[Notice, ...]:
    """Return the notice for a purpose, or nothing if nobody of those roles is in the settings."""
    contacts = contacts_for(purpose, policy)
    if not contacts:
        return ()
    return (
        Notice(
            purpose=purpose,
            contacts=contacts,
            incident=incident.id if incident else None,
            episode=episode,
            facts=about,
            reason=reason,
            origin=origin,
        ),
    )
