"""The other end of the wire: sensor, modem, broker and centre, for the demo and the tests."""
