"""What hangs on a serial port of which nothing is known yet: for whoever sets a bell up.

``by_sound``  listens for the frames of an ultrasonic sensor
``modems``    asks whether a modem answers, and whether its SIM wants a PIN
``by_modbus`` asks for pressure probes on RS-485

Each opens one port, for itself alone, for a few seconds, and lets it go. Invariant: nothing that is
written to a port of unknown nature can text, dial, or change what is on it. The daemon never loads
this: it believes its settings.
"""
