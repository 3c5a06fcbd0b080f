"""The law: what floods mean. A pure function of state, event, time and settings (design 4).

``step(state, event, now_s, policy) -> (state, effects)``. Nothing here reads a clock, a file or a
port, so years of floods replay in seconds, and every bug is a seed. One concern a module, each to
be read in a few minutes; ``docs/law.md`` names the test that holds each sentence.

====================  =======================================================================
what they share
``levels``            levels, votes, setpoints: a measurement is a bound
``policy``            what the settings say that the law needs
``state``             what the law remembers
``step``              one event through the law, and when it next wants to be called
votes and delays
``accepting``         a reading: rise or jump, since when clear, what outlives a loss
``voting``            opinions to votes; blindness; who confirms, who contradicts
``raising``           on-delay and corroboration
``drowning``          water that drowns its own sensor
``falling``           deadband, off-delay, the latch
incidents
``incidents``         opening, worse, the bell, receding, closing
``episodes``          what is reported and told again within one
``reports``           the 119 report, its repeats, and what if it is not accepted
``siren``             what sounds, and when it stops by itself
who is told
``notices``           who is told what, and who in a technician's service
troubles
``troubles``          what is wrong with floodbell itself: raised, texted, cleared
``courses``           the times of each kind of trouble
``wear``              sensors unchanged for a day, untested for a year
``digest``            what stands, named once a day
a person's hands
``hands``             acknowledge, silence, reset; the others by name
``service``           a technician at work: water goes to the technician only
``drill``             the whole path, marked, never to 119
``arming``            what the settings say, and what a person has disarmed
across a restart
``memory``            the state: what is written down, how it is taken up again
``incident_memory``   the same of an open incident
``recall``            the same of troubles
``set_by_hand``       the same of service and disarming
``elapsed``           times as they are stored
====================  =======================================================================

Invariants: a report exists only if water was accepted at the danger setpoint, a zone drowned, or
the bell was pressed; a sensor fault never lowers a level; a lifted level never drops without its
off-delay, but by a person's reset or the end of a service.
"""

from edge.law.step import due_s, line_seized, step

__all__ = ["due_s", "line_seized", "step"]
