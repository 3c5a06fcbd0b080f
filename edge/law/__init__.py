"""The law: what floods mean. A pure function of state, event, time and settings (design 4).

``step(state, event, now_s, policy) -> (state, effects)``. Nothing here reads a clock, a file or a
port, so years of floods replay in seconds, and every bug is a seed. One concern a module:

=================  ==========================================================================
``levels``         levels, votes, setpoints: a measurement is a bound
``policy``         what the settings say that the law needs
``state``          what the law remembers
``voting``         from readings to sensors to zones; a rise and a jump
``raising``        on-delay and corroboration
``falling``        deadband, off-delay, the latch
``incidents``      incidents, episodes, siren, receding, closing
``reports``        the 119 report and its repeats
``notices``        who is told what
``troubles``       what is wrong with floodbell itself: raised, texted, cleared
``courses``        the times of each kind of trouble
``digest``         what stands, named once a day
``hands``          acknowledge, silence, reset
``memory``         the state across a restart
``recall``         troubles across a restart
=================  ==========================================================================

Invariants: a report exists only if water was accepted at the danger setpoint or the bell was
pressed; a sensor fault never lowers a level; a lifted level never drops without its off-delay.
"""

from edge.law.step import due_s, line_seized, step

__all__ = ["due_s", "line_seized", "step"]
