"""Who is told what: the table of design 4.6, and the facts that go into a text.

Invariant: of water that rose in a technician's service nobody hears but the technician (design
4.9); that is decided in ``notice``, so that nobody who asks for one can forget it.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Facts, Notice, Origin, Purpose
from edge.law.policy import Policy, Role
from edge.law.state import Incident, State

HOUSEHOLD = frozenset({Role.RESIDENT, Role.GUARDIAN, Role.PARTNER, Role.OFFICE})
KEEPERS = frozenset({Role.OFFICE, Role.TECHNICIAN})
TECHNICIANS = frozenset({Role.TECHNICIAN})

WHO_IS_TOLD: dict[Purpose, frozenset[Role]] = {
    Purpose.ALERT: HOUSEHOLD,
    Purpose.DANGER: HOUSEHOLD,
    Purpose.BELL: HOUSEHOLD - {Role.RESIDENT},
    Purpose.CALL_YOURSELF: HOUSEHOLD,
    Purpose.UNCONFIRMED: HOUSEHOLD,
    Purpose.DROWNED: HOUSEHOLD,
    Purpose.RECEDED: HOUSEHOLD,
    Purpose.TROUBLE: KEEPERS,
    Purpose.TROUBLE_CLEARED: KEEPERS,
    Purpose.DIGEST: KEEPERS,
    Purpose.SERVICE_ENDS: TECHNICIANS,
}
"""Roles told for each purpose. 119 is not a contact: it gets reports, and nothing else."""

OF_WATER = frozenset({Purpose.ALERT, Purpose.DANGER, Purpose.DROWNED, Purpose.RECEDED})
"""What only water causes: in service it goes to the technician, marked (design 4.9)."""

OF_THE_REPORT = frozenset({Purpose.CALL_YOURSELF, Purpose.UNCONFIRMED})
"""What people are told of a report that 119 may not have."""

ORDER = (Role.RESIDENT, Role.PARTNER, Role.GUARDIAN, Role.OFFICE, Role.TECHNICIAN)
"""Within one purpose, the nearest to the water first: they can act soonest."""


def contacts_for(purpose: Purpose, policy: Policy) -> tuple[str, ...]:
    """Return the contacts told for a purpose, nearest to the water first."""
    return _of_roles(WHO_IS_TOLD[purpose], policy)


def _of_roles(roles: frozenset[Role], policy: Policy) -> tuple[str, ...]:
    chosen = [(ORDER.index(role), name) for name, role in policy.contacts.items() if role in roles]
    return tuple(name for _, name in sorted(chosen))


def facts(
    state: State,
    policy: Policy,
    *,
    setpoint_mm: float = 0.0,
    detail: str = "",
) -> Facts:
    """Return what is true about the water now."""
    zone, incident = state.zone, state.incident
    depth_mm, at_least, _ = state.depth()
    drowned = incident is not None and _is_drowned(zone, incident, state, policy)
    return Facts(
        depth_mm=incident.crest_mm if drowned and incident else depth_mm,
        at_least=at_least or drowned,
        peak_mm=incident.crest_mm if incident else None,
        setpoint_mm=setpoint_mm,
        zone=zone,
        armed=state.armed,
        drowned=drowned,
        detail=detail,
    )


def _is_drowned(zone: str | None, incident: Incident, state: State, policy: Policy) -> bool:
    """Whether nothing measures the zone whose danger is told."""
    if zone is None or zone not in incident.drowned or zone not in policy.zones:
        return False
    depth_mm, at_least, _ = state.depth_of(policy.zones[zone].sensors)
    return depth_mm is None or at_least


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
    """Return the notice for a purpose, or nothing if nobody of those roles is in the settings.

    In service the technician is told of the water, and nobody is asked to call 119 for it.
    """
    contacts = contacts_for(purpose, policy)
    if incident is not None and incident.service:
        if purpose in OF_THE_REPORT and origin == "water":
            return ()
        if purpose in OF_WATER:
            contacts = _of_roles(TECHNICIANS, policy)
            about = replace(about, mark="service")
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
