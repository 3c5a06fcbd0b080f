"""A recorded flood played through the real bell on a virtual clock: ``floodbell simulate``.

Conditioning, the law, the outbox and the words are the ones of the daemon; only the ports are left
out: the series stands for the water, and a modem that accepts at once for the network. No clock is
read and nothing is stored, so hours replay in seconds and the same series always tells the same
story. ``water`` is the series, ``probes`` what each sensor would say of it, ``home`` the bell of
the settings, ``replay`` the playing, ``story`` what came of it; showing it is the command line's.
"""
