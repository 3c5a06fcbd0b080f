"""What the loop looks at once a second: disk, broker link, threads; then systemd is told.

Invariant: the watchdog is fed from here and from nowhere else (``edge.loop.to_systemd``), so only a
loop that steps feeds it; a thread that hangs is a trouble, or the end of the process if nothing can
replace it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from edge.centre.vitals import certificate_days
from edge.events import TroubleGone, TroubleSeen
from edge.loop.to_systemd import ToSystemd

if TYPE_CHECKING:
    from drivers.host.notify import Notifier
    from edge.loop.app import App
    from edge.loop.crew import Crew
    from edge.loop.supervisor import Beats
    from edge.store.store import Store

_log = logging.getLogger(__name__)

FLAPPING: Final = 5
FLAPPING_S: Final = 600.0
"""So many lost connections within so long are a trouble, though the link is up in between: two
devices with one site.id throw each other out like this, and the centre mixes two homes."""

CERTIFICATE_DAYS: Final = 30.0
"""So long before its end a certificate is a trouble: a technician's round takes weeks."""

THREAD: Final = "thread"
JOURNAL: Final = "journal"

STOOD_STILL_S: Final = 10.0
"""We look once a second: after a longer pause the threads get a moment to beat again."""

TRY_JOURNAL_EVERY_S: Final = 60.0


class Link(Protocol):
    """What is asked of the broker's thread."""

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and answers."""

    @property
    def detail(self) -> str:
        """Why not, in words."""

    @property
    def last_loss(self) -> str | None:
        """Why the last connection ended."""

    def losses(self, within_s: float) -> int:
        """How many connections were lost within so many seconds."""

    @property
    def valid_until_s(self) -> Mapping[str, float]:
        """Until when the certificates are valid."""


class LookRound:
    """Holds what was last said, so that nothing is said twice."""

    def __init__(
        self,
        store: Store,
        link: Link | None,
        beats: Beats,
        notifier: Notifier,
        clock_watch: Callable[[App], None] = lambda _app: None,
        crew: Crew | None = None,
    ) -> None:
        self._store = store
        self._crew = crew
        self._link = link
        self._beats = beats
        self._systemd = ToSystemd(notifier)
        self._clock_watch = clock_watch
        self._beat = beats.beat_of("main")
        self._seen: set[str] = set()
        self._tried_journal_s = float("-inf")
        self._looked_s = float("inf")

    def __call__(self, app: App, now_s: float) -> None:
        """Look at everything once."""
        self._beat()
        self._clock_watch(app)
        health = self._store.health()
        self._judge(app, "store", None if health.ok else health.detail)
        if self._link is not None:
            self._judge(app, "broker", self._words_for_link(self._link))
            self._judge_certificate(app, self._link)
        if now_s <= self._looked_s + STOOD_STILL_S:
            self._look_at_threads(app, now_s)
        else:  # every thread stood still, as we did
            (self._crew or self._beats).forgive(now_s - self._looked_s)
        self._looked_s = now_s
        self._try_journal(app, now_s)
        self._systemd.tell(app, now_s, alive=self._beats.may_feed(now_s, self._spared(app)))

    @staticmethod
    def _words_for_link(link: Link) -> str | None:
        """A link that comes and goes each few seconds is not well while it happens to be up."""
        lost = link.losses(FLAPPING_S)
        if lost >= FLAPPING:
            return (
                f"lost {lost} times in {FLAPPING_S / 60:.0f} min (is there another device with the"
                f" same site.id?); last: {link.last_loss}"
            )
        return None if link.connected and not link.detail else link.detail

    def _judge_certificate(self, app: App, link: Link) -> None:
        """The broker's own is the centre's to see to; ten thousand bells need not text about it."""
        clocks = app.parts.clocks
        days = certificate_days(link, clocks.wall_utc(), ("device",))
        late = days is not None and days < CERTIFICATE_DAYS and clocks.wall_is_synced()
        words = f"the certificate of this device ends in {days:.0f} days" if late else None
        self._judge(app, "certificate", words)

    def _try_journal(self, app: App, now_s: float) -> None:
        """A journal that could not be written is tried: the next report may be years away."""
        known = app.state.troubles.get(JOURNAL)
        if known is None or known.gone_s is not None:
            return
        if now_s >= self._tried_journal_s + TRY_JOURNAL_EVERY_S:
            self._tried_journal_s = now_s
            app.parts.sender.try_journal(now_s)

    def _judge(self, app: App, cause: str, detail: str | None) -> None:
        if detail is not None:
            self._seen.add(cause)
            app.put(TroubleSeen(cause, detail or "not well"))
        elif cause in self._seen or cause in app.state.troubles:
            self._seen.discard(cause)
            app.put(TroubleGone(cause))

    def _look_at_threads(self, app: App, now_s: float) -> None:
        seen = {} if self._crew is None else self._crew.look(now_s)
        for name, hung_s in self._beats.hung(now_s).items():
            seen[name] = seen.get(name) or f"{name} has not answered for {hung_s:.0f} s"
        for name, words in seen.items():
            if words is not None:
                self._judge(app, f"{THREAD}:{name}", words)
        for cause in {*self._seen, *app.state.troubles}:  # one from before a restart as well
            kind, _, name = cause.partition(":")
            if kind == THREAD and seen.get(name) is None:
                self._judge(app, cause, None)
        self._end_if_beyond_mending(app, now_s)

    def _end_if_beyond_mending(self, app: App, now_s: float) -> None:
        report_waits = app.parts.sender.report_waits()
        spared = self._spared(app)
        gone: dict[str, str] = {}
        if self._crew is not None:
            gone.update(self._crew.beyond_mending(now_s, report_waits=report_waits))
        dead = self._beats.beyond_mending(now_s, report_waits=report_waits, spared=spared)
        if dead is not None:
            gone.setdefault(dead, f"{dead} hangs")
        for name, why in gone.items():
            if name not in spared:
                _log.critical("%s and cannot be replaced: ending for systemd to restart us", why)
                app.stopping = why

    def _spared(self, app: App) -> frozenset[str]:
        """A store that hangs is a trouble; ending the process would forget the flood with it."""
        waits = app.state.incident is not None or app.parts.sender.report_waits()
        return frozenset({"store"}) if waits else frozenset()
