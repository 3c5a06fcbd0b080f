"""The bare floor of draining: paho's own queue, QoS 1, in memory only.

Arguments: broker port, how many readings, how many a message (1 if left out). Prints one line of
JSON: its memory before it queues, with all queued, and at the end.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
from collections.abc import Iterator

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.bench.process import resident_mib
from tests.bench.reading import READING

TOPIC = "bare/away"
ROW = json.dumps(READING, separators=(",", ":"))
AT_MOST_S = 120.0
QUEUED = 50_000
"""paho numbers what it queues with 16 bits: beyond 65,535 it never ends. So the rest follows."""


def main() -> None:
    """Queue all of it without a connection, connect, and wait for the last acknowledgement."""
    port, count, a_message = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    client = Client(CallbackAPIVersion.VERSION2, "bare-away")
    client.max_inflight_messages_set(500)
    messages = _messages(count, a_message)
    left = -(-count // a_message)
    done = threading.Event()

    first_mid = 0

    def published(_client: Client, _userdata: object, mid: int, *_: object) -> None:
        nonlocal left
        if mid == first_mid:
            return
        left -= 1
        for payload in itertools.islice(messages, 1):
            client.publish(TOPIC, payload, qos=1)
        if left == 0:
            done.set()

    def connected(*_: object) -> None:
        nonlocal first_mid  # QoS 0 leaves at once: the first sign of life, as a bell's status is
        first_mid = client.publish("bare/status", "online").mid

    before_mib = resident_mib()
    for payload in itertools.islice(messages, QUEUED):
        client.publish(TOPIC, payload, qos=1)
    queued_mib = resident_mib()
    client.on_publish = published
    client.on_connect = connected
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert done.wait(AT_MOST_S), f"{left} are left"
    figures = {"before_mib": before_mib, "queued_mib": queued_mib, "after_mib": resident_mib()}
    print(json.dumps(figures), flush=True)
    client.disconnect()


def _messages(count: int, a_message: int) -> Iterator[str]:
    for first in range(1, count + 1, a_message):
        seqs = range(first, min(first + a_message, count + 1))
        rows = ",".join(f'{{"seq":{seq},{ROW[1:]}' for seq in seqs)
        yield f'{{"log":"bare","readings":[{rows}]}}'


if __name__ == "__main__":
    main()
