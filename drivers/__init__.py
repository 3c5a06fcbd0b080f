"""Every port to the world: the only place that imports gpiozero, serial, paho or sockets.

Nothing here imports ``edge``. A driver measures, sends or sounds; what it means is decided there.
"""
