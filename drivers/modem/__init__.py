"""The LTE modem: texts out, calls in; the interlock before the port."""
