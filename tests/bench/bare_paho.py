"""The bare floor: lines from a serial port to a broker with paho-mqtt, and nothing else.

No store, no law, no settings, no modem: what it costs cannot be undercut by a daemon that uses the
same libraries. Arguments: serial port, broker port.
"""

from __future__ import annotations

import sys

import serial
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    """Publish every frame of four bytes as it comes."""
    port, broker_port = sys.argv[1], int(sys.argv[2])
    client = Client(CallbackAPIVersion.VERSION2, "bare")
    client.connect("127.0.0.1", broker_port)
    client.loop_start()
    client.publish("bare/status", "online", qos=1)
    with serial.Serial(port, 9600, timeout=1.0) as line:
        while True:
            frame = line.read(4)
            if len(frame) == 4:
                client.publish("bare/range", str(frame[1] << 8 | frame[2]), qos=1)


if __name__ == "__main__":
    main()
