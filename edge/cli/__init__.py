"""The command line: what a person types, parsed here and done elsewhere.

Each command is one file of this package; what it does to the bell lives in ``edge.daemon``,
``edge.demo``, ``edge.diagnose`` or behind the daemon's control socket. Invariant: ``floodbell run``
imports none of the libraries that only make the other commands pleasant, for the bell must be up
again within a second of a crash.
"""

from __future__ import annotations

import os
import signal
import sys

from edge.cli.arguments import config_path, read_run


def main() -> int:
    """Run the command line.

    Returns:
        The exit code: 0 good, 1 a check failed or the answer is "not good", 2 usage or settings
        error, 3 no running daemon reached.
    """
    arguments = sys.argv[1:]
    if (run := read_run(arguments)) is not None:
        # No package that happens to lie beside us may hook into the models of the settings; and
        # pydantic need not search all of them for such a hook.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        from edge.checked import begin

        # A reload that comes before there is anybody to heed it waits, and is not the end.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        config = config_path(run.config)
        checking = begin(config)  # beside what is imported now

        from edge.daemon import main as run_daemon

        return run_daemon(config, checking)
    if instruction := os.environ.get("_FLOODBELL_COMPLETE"):
        from edge.cli.completing import complete

        return complete(instruction)
    from edge.cli import app

    return app.main(arguments)
