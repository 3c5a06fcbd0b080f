"""The other end of the wire: a sensor, a modem, a broker and a centre, for the demo and the tests."""
