"""``floodbell run``: puts the parts together, starts them, and takes them apart again.

Invariant: a bad settings file ends it with exit code 2 and every problem named; nothing else keeps
it from starting: not the network, not the clock, not a missing port, secret, broker or disk.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from drivers.host.clock import Clock
from drivers.host.memory import share_one_arena
from drivers.host.notify import Notifier
from edge.beating import aside
from edge.checked import HERE, Checking, NoAnswer, Refused
from edge.events import TroubleGone, TroubleSeen
from edge.loop.app import RELOAD, App, stop_on_signals
from edge.loop.house import House
from edge.loop.inbox import InboxEvent, Judged, Reload
from edge.store.hold import AlreadyRunning

if TYPE_CHECKING:
    from edge.home import Home

_log = logging.getLogger(__name__)

ENDINGS: Final = (signal.SIGTERM, signal.SIGINT)

HEEDED: Final = (*ENDINGS, signal.SIGHUP)
"""A reload while one begins anew must not be its end, as SIGHUP is to a process that heeds none."""

ENDED_WITHIN_S: Final = 8.0
"""After so long the end is not waited for: a port or a disk may keep its last close for ever. It is
later than the 5 s of contract 2, which every part keeps that can."""

EXIT_GOOD: Final = 0
EXIT_FAILED: Final = 1
EXIT_SETTINGS: Final = 2
"""Not started anew at once (``RestartPreventExitStatus=2``): see docs/appliance.md."""

_STATUS_CHARS: Final = 300


def main(config: Path, checking: Checking | None = None) -> int:
    """Run the daemon until it is told to stop.

    Args:
        config: The settings file.
        checking: Who reads it already; None: nobody, it is read here.

    Returns:
        Exit code: 0 stopped as told, 1 a part could not be mended, 2 the settings cannot be used.
    """
    share_one_arena()
    faulthandler.enable()  # systemd's watchdog ends by SIGABRT what hangs: it then says where
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    home = _read(config, checking)
    if isinstance(home, Refused):
        sys.stderr.write(f"{home.words}\n")
        _tell_systemd_of(home)
        return EXIT_SETTINGS
    settings = home.settings
    if home.trouble:
        _log.error("%s cannot be used: %s", config, home.trouble)
    for remark in home.remarks:
        _log.warning("settings: %s", remark)
    notifier = Notifier()
    with contextlib.ExitStack() as closing:
        closing.callback(notifier.close)
        told_early = _heed_signals_at_start()
        house = House(
            settings,
            home.texts,
            Clock(),
            notifier,
            closing,
            cap_words=home.cap_words,
            standing_in=home.trouble,
        )
        try:
            app = house.build(lambda: aside(partial(_judge, config, house.put), "settings"))
        except AlreadyRunning as error:
            _log.critical("%s", error)
            return EXIT_FAILED
        stop_on_signals(app)
        _heed_reloads(app, notifier)
        for number in told_early:
            signal.raise_signal(number)  # to who heeds it now
        reason = _run(app, notifier)
        _end_by_force_later()
    faulthandler.cancel_dump_traceback_later()
    # What comes from here on stays pending, over the new beginning too.
    signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
    if reason == RELOAD and app.told_to_end is None:
        _begin_anew()
    return EXIT_GOOD if (app.told_to_end or reason).startswith("SIG") else EXIT_FAILED


def _heed_signals_at_start() -> list[int]:
    """Remember the signals that come before there is a loop.

    The threads that are up by then must be ended in good order, or the broker is told of a bell
    that was lost; and a reload must not be the end of it, as an unheeded SIGHUP is.
    """
    told: list[int] = []
    for number in HEEDED:
        signal.signal(number, lambda which, _frame: told.append(which))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HEEDED)  # blocked before a new beginning
    return told


def _heed_reloads(app: App, notifier: Notifier) -> None:
    """Let SIGHUP take up the settings; systemd is told at once, and READY by the loop ends it."""

    def reload(number: int, frame: object) -> None:
        del number, frame
        notifier.reloading()
        app.put(Reload())

    signal.signal(signal.SIGHUP, reload)


def _read(config: Path, checking: Checking | None) -> Home | Refused:
    """Take the answer of who reads the settings; without one, begin anew and read them here."""
    if checking is None:
        from edge.checking import answer  # noqa: PLC0415 - with pydantic, and all that can be wrong

        return answer(config)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)  # nothing is open yet that has to be ended
    try:
        return checking.answer()
    except NoAnswer as error:
        _log.error("no process of its own has read the settings (%s): now here", error)
        os.environ[HERE] = "1"
        _begin_anew()


def _tell_systemd_of(refused: Refused) -> None:
    """Leave a word in ``systemctl status``, where somebody looks for it before the journal."""
    with contextlib.closing(Notifier()) as notifier:
        words = " ".join(refused.words.split())
        notifier.status(f"THE SETTINGS ARE WRONG (floodbell check-config): {words[:_STATUS_CHARS]}")


def _run(app: App, notifier: Notifier) -> str:
    reason = app.run()
    _log.info("stopping: %s", reason)
    if reason == RELOAD:
        notifier.reloading("taking up the new settings")
    else:
        notifier.stopping(f"stopping: {reason}")
    app.tell("stopped", reason)
    return reason


def _end_by_force_later() -> None:
    """End with code 1, and with a word from every thread, should the rest not come to its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError, RuntimeError):
        faulthandler.dump_traceback_later(ENDED_WITHIN_S, exit=True)


def _judge(config: Path, put: Callable[[InboxEvent], None]) -> None:
    """Read the settings again; bad ones are named, the old ones kept, and that is a trouble."""
    try:
        found = Checking.spawned(config).answer()
    except NoAnswer as error:
        found = Refused(str(error), f"they could not be read: {error}")
    if isinstance(found, Refused):
        _log.error("the new settings cannot be used, the old ones are kept:\n%s", found.words)
        put(TroubleSeen("settings", f"going on with the old ones: {found.in_one_line}"))
    else:
        put(TroubleGone("settings"))
    put(Judged(good=not isinstance(found, Refused)))


def _begin_anew() -> NoReturn:
    """Replace this process by a fresh one: the state is in the store, as after any restart."""
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
