"""``floodbell demo``: the whole product at work on one machine, with no hardware at all.

The same daemon as ``floodbell run``, as a process, between an emulated sensor and an emulated modem
on pseudo-terminals and a real broker on loopback. ``scenarios``, ``pace``, ``people``, ``site``,
``record``, ``reader``, ``verdict``, ``board``, ``scene`` and ``summary`` are pure; ``house`` runs
things; ``view`` and ``plain`` show them; ``play`` puts all in order.
"""

from __future__ import annotations


def main(
    *,
    speed: float = 1.0,
    scenario: str = "flash-flood",
    plain: bool = False,
    lang: str | None = None,
) -> int:
    """Show one scenario, judge it and say what came of it.

    Args:
        speed: Script seconds a second, 0.2 to 20; delays are shortened alike.
        scenario: A key of ``scenarios.SCENARIOS``.
        plain: Lines instead of the live view; so it is without a terminal anyway.
        lang: ``ko`` or ``en``; None for what the environment says.

    Returns:
        0 if every promise was kept, 1 if one was broken or a part did not run, 2 for a scenario or
        speed that does not exist, 130 if it was interrupted.
    """
    # Late: whoever asks for the scenarios' names needs no broker client and no modem.
    from edge.demo import play  # noqa: PLC0415

    return play.run(speed=speed, scenario=scenario, plain=plain, lang=lang)
