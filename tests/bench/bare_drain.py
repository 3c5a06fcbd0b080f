"""The bare floor of draining: paho's own queue, one reading a message, QoS 1, in memory only.

Arguments: broker port, how many readings. Prints how many a second.
"""

from __future__ import annotations

import json
import sys
import threading
import time

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

ROW = json.dumps(
    {
        "sensor": "door",
        "depth_mm": 123.4,
        "at_least_mm": 123.4,
        "below_mm": 123.4,
        "quality": "good",
        "ts": "2025-11-28T15:10:11.123Z",
        "clock_synced": True,
    }
)
AT_MOST_S = 120.0
QUEUED = 50_000
"""paho numbers what it queues with 16 bits: beyond 65,535 it never ends. So the rest follows."""


def main() -> None:
    """Queue all of it without a connection, connect, and wait for the last acknowledgement."""
    port, count = int(sys.argv[1]), int(sys.argv[2])
    client = Client(CallbackAPIVersion.VERSION2, "bare-away")
    client.max_inflight_messages_set(500)
    left = count
    done = threading.Event()
    began_s = 0.0

    def published(*_: object) -> None:
        nonlocal left
        left -= 1
        if left >= QUEUED:
            client.publish("bare/away", ROW, qos=1)
        if left == 0:
            done.set()

    def connected(*_: object) -> None:
        nonlocal began_s
        began_s = time.monotonic()

    client.on_publish = published
    client.on_connect = connected
    for _ in range(min(count, QUEUED)):
        client.publish("bare/away", ROW, qos=1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert done.wait(AT_MOST_S), f"{left} are left"
    print(count / (time.monotonic() - began_s), flush=True)
    client.disconnect()


if __name__ == "__main__":
    main()
