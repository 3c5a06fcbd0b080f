"""What the end of an attempt to hand a report to 119 means for its episode (design 4.7).

Owns acceptance, silence, refusal, and what the gate holds back. Invariant: 119 counts as having
been told only by the network's word, or after as many silences as the design allows; and people are
told, once for each report, when it may not know. Asking for reports is ``reports``; trying again is
the outbox's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from edge.effects import Effect, Log, Purpose, Withdraw, report_key
from edge.events import Attempted, Outcome
from edge.law.notices import OF_THE_REPORT
from edge.law.policy import Policy
from edge.law.reports import key_of, tell_unreached
from edge.law.state import Incident, ReportState, State

PACED_UNTOLD_S = 60.0
"""A report that the last gate paces within its minute counts as on its way."""

UNCONFIRMED_AFTER = 3
"""From so many silences of one episode on, people are told that 119 has confirmed nothing."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt that has ended, and what there is to know about it."""

    event: Attempted
    state: State
    incident: Incident
    now_s: float
    policy: Policy
    out: list[Effect]

    def log(self, kind: str, report: ReportState, reason: str, **fields: object) -> None:
        self.out.append(Log(kind, self.incident.id, report.episode, reason, fields))

    def tell(
        self, report: ReportState, why: str, purpose: Purpose = Purpose.CALL_YOURSELF
    ) -> ReportState:
        """Tell people that 119 may not know, unless they know."""
        if report.unreached:
            return report
        return tell_unreached(
            report, self.state, self.incident, self.policy, why, self.out, purpose=purpose
        )


def settle(
    state: State, event: Attempted, now_s: float, policy: Policy, out: list[Effect]
) -> State:
    """Take the outcome of an attempt to hand a report to the modem."""
    incident = state.incident
    if incident is None:
        return state
    attempt = _Attempt(event, state, incident, now_s, policy, out)
    report = next(
        (r for r in incident.reports if r.waiting and key_of(incident, r) == event.key), None
    )
    if report is not None:
        return _with(attempt, report, _OUTCOMES[event.outcome](attempt, report))
    for known in incident.reports:
        after = _of_another_repeat(attempt, known)
        if after is not known:
            return _with(attempt, known, after)
    return state


def _with(attempt: _Attempt, report: ReportState, after: ReportState) -> State:
    if after is report:
        return attempt.state
    reports = tuple(after if r is report else r for r in attempt.incident.reports)
    return replace(attempt.state, incident=replace(attempt.incident, reports=reports))


def _accepted(attempt: _Attempt, report: ReportState) -> ReportState:
    event, policy = attempt.event, attempt.policy
    attempt.log(
        "report_accepted" if event.confirmed else "report_unconfirmed",
        report,
        event.detail or f"report {report.repeat} of {policy.report.repeats}: {report.reason}",
        repeat=report.repeat,
        repeats=policy.report.repeats,
        route=event.route,
    )
    if event.confirmed:
        _withdraw_untrue(attempt, report)
    more = report.repeat < policy.report.repeats and not report.acknowledged
    return replace(
        report,
        waiting=False,
        withheld=False,
        accepted=report.accepted + 1,
        next_s=attempt.now_s + policy.report.repeat_interval_s if more else None,
    )


def _withdraw_untrue(attempt: _Attempt, report: ReportState) -> None:
    """What says that 119 does not know is not true any more, unless it is of another report."""
    others = (r for r in attempt.incident.reports if r is not report)
    if report.unreached and not any(r.waiting and r.unreached for r in others):
        untrue = tuple(purpose for purpose in Purpose if purpose in OF_THE_REPORT)
        why = "119 has accepted the report"
        attempt.out.append(Withdraw(attempt.incident.id, untrue, why))


def _silent(attempt: _Attempt, report: ReportState) -> ReportState:
    """Count an attempt without an answer; from the third on people know that 119 may not know."""
    report = replace(report, silences=report.silences + 1)
    if report.accepted or report.silences < UNCONFIRMED_AFTER:
        return report
    why = f"not confirmed after {report.silences} attempts without an answer"
    return attempt.tell(report, why, Purpose.UNCONFIRMED)


def _refused(attempt: _Attempt, report: ReportState) -> ReportState:
    return attempt.tell(report, f"refused: {attempt.event.detail}")


def _withheld(attempt: _Attempt, report: ReportState) -> ReportState:
    event = attempt.event
    if event.wait_s is not None:
        # The gate has let as many pass in the minute as it may: 119 has heard, and will again. If
        # it is to wait for longer, people are told that this one was not accepted.
        attempt.log("report_paced", report, event.detail)
        if event.wait_s > PACED_UNTOLD_S:
            return report
        return replace(report, began_s=max(report.began_s, attempt.now_s + event.wait_s))
    if report.withheld:
        return report  # told once: until it may leave, it is tried every few seconds for hours
    attempt.log("report_withheld", report, event.detail)
    return replace(report, withheld=True)


def _failed(attempt: _Attempt, report: ReportState) -> ReportState:
    del attempt
    return report  # the outbox tries again


_OUTCOMES: dict[Outcome, Callable[[_Attempt, ReportState], ReportState]] = {
    Outcome.ACCEPTED: _accepted,
    Outcome.AMBIGUOUS: _silent,
    Outcome.REFUSED: _refused,
    Outcome.WITHHELD: _withheld,
    Outcome.FAILED: _failed,
    Outcome.UNDELIVERED: _failed,  # of one that is under way it says nothing new
}


def _of_another_repeat(attempt: _Attempt, report: ReportState) -> ReportState:
    """Return the report after the outcome of a repeat that is not the one under way.

    One that was accepted may turn out not to have arrived, and be accepted once more. And a disk
    that was full remembers less than the journal: a repeat that this state has not asked for yet
    may have been accepted, and is not asked for again.
    """
    incident, event = attempt.incident, attempt.event
    told = report.repeat - report.waiting
    earlier = (report_key(incident.id, report.episode, n + 1) for n in range(told))
    if event.key in earlier:
        if event.outcome is Outcome.UNDELIVERED and report.accepted:
            return _undelivered(attempt, report)
        if event.outcome is Outcome.ACCEPTED and report.accepted < told:
            if event.confirmed:
                _withdraw_untrue(attempt, report)
            return replace(report, accepted=report.accepted + 1)
        return report
    ahead = replace(report, repeat=report.repeat + 1)
    expected = report.next_s is not None and key_of(incident, ahead) == event.key
    if expected and event.outcome is Outcome.ACCEPTED:
        return _accepted(attempt, ahead)
    return report


def _undelivered(attempt: _Attempt, report: ReportState) -> ReportState:
    """Take back an acceptance: the outbox sends it again by itself.

    If it was the only one of its episode, 119 does not know of it, and people are told so.
    """
    report = replace(report, accepted=report.accepted - 1)
    if report.accepted:
        return report
    return attempt.tell(report, f"not delivered: {attempt.event.detail}")
