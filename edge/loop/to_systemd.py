"""What systemd is told: when the bell is ready, how it is, that it is alive, how a reload went.

Invariant: ready means that each sensor has measured once or is declared faulted, or that one has
been waited for as long as ``READY_AT_LATEST_S``; the watchdog is fed, and the start given more
time, only by a loop that steps while all threads beat. Nothing waits for systemd, and nothing of
the bell waits for being ready: it listens, decides and texts from its first turn on.

Source: sd_notify(3), of systemd 252: READY, RELOADING, EXTEND_TIMEOUT_USEC, WATCHDOG, STATUS.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from drivers.host.memory import give_back, tidy
from edge.law.levels import Level
from edge.law.state import State

if TYPE_CHECKING:
    from drivers.host.notify import Notifier
    from edge.loop.app import App

_log = logging.getLogger(__name__)

MORE_TIME_S: Final = 30.0
"""While sensors are awaited, systemd is asked for so much more time with every feeding. A start
whose loop hangs is ended after this: it is the watchdog of a bell that is not ready yet."""

MORE_TIME_EVERY_S: Final = 5.0

TIDY_EVERY_S: Final = 60.0
"""Of the memory, once the start has been left behind: it takes 0.2 ms."""

READY_AT_LATEST_S: Final = 120.0
"""A sensor may be silent for its ``stale_after_s`` before that is a fault. A good version must not
be taken back for it by the upgrade that tries it, which waits for ready (debian/libexec/trial.sh).
"""

DEPTH_EVERY_S: Final = 10.0
"""A depth that changes alone is shown so often: each status is a signal to all who watch the unit
(systemd, D-Bus), and the water of a flood changes with every reading."""


class ToSystemd:
    """Holds what was said, so that nothing is said twice."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._ready = False
        self._begun_s: float | None = None
        self._still_awaits = True
        self._reloads = 0
        self._said = ""
        self._gist = ""
        self._said_s = float("-inf")
        interval_s = notifier.watchdog_interval_s
        self._feed_every_s = interval_s / 3 if interval_s else None
        self._fed_s = float("-inf")
        self._more_time_s = float("-inf")
        self._tidied_s = float("-inf")

    def tell(self, app: App, now_s: float, *, alive: bool) -> None:
        """Say what is new.

        Args:
            app: The loop.
            now_s: Monotonic seconds.
            alive: Whether the loop has stepped and every thread has beaten (design 3).
        """
        awaited = self._awaited(app)
        self._begun_s = now_s if self._begun_s is None else self._begun_s
        late = now_s >= self._begun_s + READY_AT_LATEST_S
        if not self._ready and (late or not awaited):
            self._ready = True
            self._say_ready(app, now_s, awaited)
            _log.info("ready: %s", self._said)
            give_back()
            self._tidied_s = now_s
        elif self._reloads != app.reloads and self._ready:
            self._say_ready(app, now_s, awaited)  # of a reload that has not begun anew, or not yet
        else:
            self._say_status(app, now_s, awaited)
        self._reloads = app.reloads
        if self._ready and now_s >= self._tidied_s + TIDY_EVERY_S:
            self._tidied_s = now_s
            tidy()
        if alive:
            self._keep_alive(now_s)

    def _awaited(self, app: App) -> list[str]:
        """Return whom the start waits for: nobody once it has waited for all."""
        awaited = _awaited(app) if self._still_awaits else []
        self._still_awaits = self._still_awaits and (not self._ready or bool(awaited))
        return awaited

    def _say_ready(self, app: App, now_s: float, awaited: Sequence[str]) -> None:
        self._gist, self._said, self._said_s = _gist(app, awaited), _words(app, awaited), now_s
        self._notifier.ready(self._said)

    def _say_status(self, app: App, now_s: float, awaited: Sequence[str]) -> None:
        gist, words = _gist(app, awaited), _words(app, awaited)
        if words == self._said:
            return
        if gist != self._gist or now_s >= self._said_s + DEPTH_EVERY_S:
            self._gist, self._said, self._said_s = gist, words, now_s
            self._notifier.status(words)

    def _keep_alive(self, now_s: float) -> None:
        if not self._ready and now_s >= self._more_time_s + MORE_TIME_EVERY_S:
            self._more_time_s = now_s
            self._notifier.extend_timeout(MORE_TIME_S)
        if self._feed_every_s is not None and now_s >= self._fed_s + self._feed_every_s:
            self._fed_s = now_s
            self._notifier.watchdog()


def _awaited(app: App) -> list[str]:
    """Return the sensors that have neither measured nor been declared faulted."""
    troubles = app.state.troubles
    return [
        name
        for name in app.mountings
        if name not in app.readings
        and not ((trouble := troubles.get(f"sensor:{name}")) is not None and trouble.raised)
    ]


def _words(app: App, awaited: Sequence[str]) -> str:
    return "; ".join(filter(None, (*_preface(app, awaited), in_words(app.state))))


def _gist(app: App, awaited: Sequence[str]) -> str:
    """The same without the depth, which changes all the time."""
    return "; ".join((*_preface(app, awaited), *_parts(app.state, depth=False)))


def _preface(app: App, awaited: Sequence[str]) -> tuple[str, ...]:
    if awaited:
        return (f"waiting for the first word of {', '.join(sorted(awaited))}",)
    if app.settings_refused:
        return ("THE NEW SETTINGS ARE WRONG, the old ones are kept: floodbell check-config",)
    if app.reload_waits:
        return ("new settings wait until no incident is open",)
    return ()


def in_words(state: State) -> str:
    """Return one line on how things are, for ``systemctl status``."""
    return "; ".join(_parts(state, depth=True))


def _parts(state: State, *, depth: bool) -> list[str]:
    depth_mm, at_least, sensor = state.depth()
    words = [state.level.word]
    if depth and depth_mm is not None and state.level is not Level.NORMAL:
        words.append(f"{'at least ' if at_least else ''}{depth_mm // 10:.0f} cm at {sensor}")
    if state.incident is not None:
        words.append(f"incident {state.incident.id}")
    standing = [t.cause for t in state.troubles.values() if t.raised]
    if standing:
        words.append("troubles: " + ", ".join(sorted(standing)))
    if state.service is not None:
        words.append(f"in service by {state.service.by}")
    if state.drill is not None:
        words.append(f"drill of {state.drill.stage}")
    words.append("armed" if state.armed else "not armed: 119 is not called")
    return words
