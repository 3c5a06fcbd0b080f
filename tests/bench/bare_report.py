"""The bare floor of a report: a frame that is danger in, ``AT+CMGS`` out, and nothing else.

Arguments: the sensor's serial port, the modem's, the range in millimetres from which on it is
danger.
"""

from __future__ import annotations

import sys

import serial


def main() -> None:
    """Wait for one frame that is danger, and begin the text."""
    sensor, modem, danger_mm = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with (
        serial.Serial(sensor, 9600, timeout=1.0) as line,
        serial.Serial(modem, 115200, timeout=1.0, write_timeout=1.0) as port,
    ):
        print("ready", flush=True)
        while True:
            frame = line.read(4)
            if len(frame) == 4 and frame[1] << 8 | frame[2] <= danger_mm:
                port.write(b"AT+CMGS=30\r")


if __name__ == "__main__":
    main()
