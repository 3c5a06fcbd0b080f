"""The bare floor: lines from serial ports to a broker with paho-mqtt, and nothing else.

No store, no law, no settings, no modem: what it costs cannot be undercut by a daemon that uses the
same libraries. Arguments: broker port, serial ports. More than one port has a thread each.
"""

from __future__ import annotations

import sys
import threading

import serial
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    """Publish every frame of four bytes as it comes."""
    broker_port, first, *more = sys.argv[1:]
    client = Client(CallbackAPIVersion.VERSION2, f"bare-{first}")
    client.connect("127.0.0.1", int(broker_port))
    client.loop_start()
    client.publish("bare/status", "online", qos=1)
    for number, port in enumerate(more, 1):
        threading.Thread(target=_follow, args=(client, port, f"bare/range{number}")).start()
    _follow(client, first, "bare/range")


def _follow(client: Client, port: str, topic: str) -> None:
    with serial.Serial(port, 9600, timeout=1.0) as line:
        while True:
            frame = line.read(4)
            if len(frame) == 4:
                client.publish(topic, str(frame[1] << 8 | frame[2]), qos=1)


if __name__ == "__main__":
    main()
