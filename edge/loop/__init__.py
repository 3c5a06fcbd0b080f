"""The loop: the only thread that changes state, and what is put together round it.

``house`` builds and starts the parts, ``app`` takes one event after the other from the ``inbox``,
``poller`` and ``bell_watch`` are the threads that listen, ``look_round`` and ``supervisor`` see to
it that all of it lives, and ``answers`` is what the control socket says.
"""
