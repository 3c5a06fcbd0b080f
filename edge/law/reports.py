"""The 119 report: begun with an episode, repeated, and told when it is overdue (design 4.7).

What the end of an attempt means is in ``outcomes``.

Invariant: a report exists only if water was accepted at the danger setpoint, a zone drowned, or the
bell was pressed; per episode at most ``repeats`` are asked for; none while unarmed.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Call, Effect, Log, Origin, Purpose, Report, Withdraw, report_key
from edge.law.levels import Level, Vote
from edge.law.notices import facts, notice
from edge.law.policy import Policy
from edge.law.state import INF, Incident, ReportState, State
from edge.law.voting import zone_vote

KEPT_REPORTS = 8
"""So many reports that have come to their end are remembered within one incident."""


def begin(
    incident: Incident,
    origin: Origin,
    now_s: float,
    setpoint_mm: float,
    reason: str,
    *,
    not_before_s: float = -INF,
) -> Incident:
    """Return the incident with a report for its episode: due at once, unless water is paced."""
    if origin == "bell" and any(_says_the_same(r) for r in incident.reports):
        return incident  # a bell pressed again and again does not queue up before the water
    report = ReportState(
        episode=incident.episode,
        origin=origin,
        began_s=now_s,
        setpoint_mm=setpoint_mm,
        next_s=max(now_s, not_before_s) if origin == "water" else now_s,
        reason=reason,
    )
    return replace(incident, reports=(*_unfinished(incident.reports, origin), report))


def _says_the_same(report: ReportState) -> bool:
    """Whether a report of the bell is still on its way to be the first that 119 hears."""
    first = report.waiting and not report.accepted and not report.acknowledged
    return report.origin == "bell" and first


def _unfinished(reports: tuple[ReportState, ...], origin: Origin) -> tuple[ReportState, ...]:
    """Forget what has come to its end, but for the newest: the state must not grow in one incident.

    A late outcome of a report that is forgotten changes nothing any more.
    """
    over = [r for r in reports if r.next_s is None and not r.waiting and not r.withheld]
    # Withheld ones come back when it is armed again: one says all that several would.
    withheld = [r for r in reports if r.withheld and not r.waiting and r.origin == origin]
    forgotten = [*over[:-KEPT_REPORTS], *withheld]
    return tuple(r for r in reports if r not in forgotten)


def advance(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Ask for what is due, and tell people when 119 has not accepted in time."""
    incident = state.incident
    if incident is None or not incident.reports:
        return state
    reports = tuple(_advance_one(r, state, incident, now_s, policy, out) for r in incident.reports)
    if reports == incident.reports:
        return state
    return replace(state, incident=replace(incident, reports=reports))


def _advance_one(
    report: ReportState,
    state: State,
    incident: Incident,
    now_s: float,
    policy: Policy,
    out: list[Effect],
) -> ReportState:
    if report.next_s is not None and now_s >= report.next_s and not report.waiting:
        report = _ask(report, state, incident, policy, out)
    overdue = now_s >= report.began_s + policy.report.unreached_after_s
    if report.waiting and not report.accepted and not report.unreached and overdue:
        waited_s = now_s - report.began_s
        report = tell_unreached(
            report, state, incident, policy, f"not accepted within {waited_s:.0f} s", out
        )
    return report


def _ask(
    report: ReportState, state: State, incident: Incident, policy: Policy, out: list[Effect]
) -> ReportState:
    in_service = incident.service and report.origin == "water"
    if in_service or not state.armed:
        if not report.withheld:
            why = "in service" if in_service else "not armed"
            out.append(
                Log(
                    "report_withheld",
                    incident.id,
                    report.episode,
                    f"{report.reason}; {why}",
                    {"origin": report.origin},
                )
            )
        return replace(report, withheld=True, next_s=None)
    repeat = report.repeat + 1
    out.append(
        Report(
            incident=incident.id,
            episode=report.episode,
            repeat=repeat,
            repeats=policy.report.repeats,
            origin=report.origin,
            reason=report.reason,
        )
    )
    if repeat == 1 and report.origin in policy.report.voice:
        out.append(Call(incident.id, report.episode, report.origin, report.reason))
    return replace(report, repeat=repeat, waiting=True, next_s=None, withheld=False)


def tell_unreached(
    report: ReportState,
    state: State,
    incident: Incident,
    policy: Policy,
    why: str,
    out: list[Effect],
    *,
    purpose: Purpose = Purpose.CALL_YOURSELF,
) -> ReportState:
    """Tell people once for each report; which words they get depends on what is known."""
    kind = "report_unreached" if purpose is Purpose.CALL_YOURSELF else "report_unconfirmed"
    out.append(Log(kind, incident.id, report.episode, why))
    out.extend(
        notice(
            purpose,
            policy,
            f"119 report {why}",
            incident=incident,
            episode=report.episode,
            about=facts(state, policy, setpoint_mm=report.setpoint_mm, detail=report.origin),
            origin=report.origin,
        )
    )
    return replace(report, unreached=True)


def key_of(incident: Incident, report: ReportState) -> str:
    """Return the outbox key of the repeat that is under way or was last accepted."""
    return report_key(incident.id, report.episode, report.repeat)


def acknowledge(incident: Incident) -> Incident:
    """Return the incident with repeats 2 and 3 of the episode ended, never the first report."""
    reports = tuple(
        replace(
            r,
            acknowledged=True,
            next_s=None if r.accepted else r.next_s,
            waiting=r.waiting and not r.accepted,
            withheld=r.withheld and not r.accepted,
        )
        for r in incident.reports
    )
    return replace(incident, reports=reports)


def withdrawn_repeats(incident: Incident) -> Withdraw | None:
    """Return the withdrawal of repeats that an acknowledgement ends, if one is waiting to leave."""
    keys = tuple(key_of(incident, r) for r in incident.reports if r.waiting and r.accepted)
    if not keys:
        return None
    return Withdraw(incident.id, (Purpose.REPORT,), "acknowledged on the device", keys=keys)


def disarmed(state: State, policy: Policy, out: list[Effect]) -> State:
    """Tell people at once of what 119 will not hear while it is disarmed (design 4.8)."""
    incident = state.incident
    if incident is None:
        return state
    why = "not sent: disarmed"
    reports = tuple(
        tell_unreached(r, state, incident, policy, why, out)
        if r.waiting and not r.accepted and not r.unreached
        else r
        for r in incident.reports
    )
    return replace(state, incident=replace(incident, reports=reports))


def armed_again(state: State, now_s: float, policy: Policy) -> State:
    """Return the state with a withheld report due now if its water still stands.

    What was a test before arming stays one: a press of the bell, or water that is gone. A report
    that was asked for before the disarming waits in the outbox and goes on from there.
    """
    incident = state.incident
    if incident is None:
        return state
    stands = state.level is Level.DANGER and any(
        zone_vote(state, zone, Level.DANGER, policy)[0] is not Vote.DRY
        for zone in incident.danger_zones
        if zone in policy.zones
    )
    reports = tuple(
        replace(r, next_s=now_s, began_s=now_s)
        if r.withheld and not r.waiting and r.origin == "water" and stands
        else replace(r, withheld=False)
        for r in incident.reports
    )
    return replace(state, incident=replace(incident, reports=reports))


def due_s(state: State, policy: Policy) -> float:
    """Return when a report is next due, or people must be told that 119 was not reached."""
    incident = state.incident
    if incident is None:
        return INF
    due = INF
    for report in incident.reports:
        if report.next_s is not None and not report.waiting:
            due = min(due, report.next_s)
        if report.waiting and not report.accepted and not report.unreached:
            due = min(due, report.began_s + policy.report.unreached_after_s)
    return due
