"""What the unit's sandbox lets through where all of it is enforced, names of devices, and the lamp.

In the whole machine: it has a GPIO chip, USB adapters, and control groups that judge devices.
"""

from __future__ import annotations

import re
import tempfile
import threading
from pathlib import Path

import pytest

from tests.vm.home import STARTED_S, Home
from tests.vm.settings import HAS_LAMP, LAMP, SIREN, adapter

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(900)]

PROBE = """
import errno, os, socket, ssl, sys
socket.getaddrinfo("localhost", 8883, type=socket.SOCK_STREAM)
ssl.create_default_context()
print("network")
for path in sys.argv[1:]:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
        print(path, "open")
    except OSError as error:
        print(path, errno.errorcode[error.errno])
for family in (socket.AF_PACKET, socket.AF_NETLINK):
    try:
        socket.socket(family, socket.SOCK_RAW)
        print(family, "open")
    except OSError as error:
        print(int(family), errno.errorcode[error.errno])
"""

NOT_OF_A_PROBE = (
    "Exec|Restart|Type|OnFailure|Watchdog|TimeoutAbort|RuntimeDir|StateDir|Condition|NotifyAccess"
)

SAMPLE = """
import glob, time
lines = {}
for pin in (%d, %d):
    (path,) = glob.glob(f"/sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio{pin}/value")
    lines[pin] = (open(path), [])
end_s = time.monotonic() + %d
while time.monotonic() < end_s:
    for file, seen in lines.values():
        file.seek(0)
        level = file.read().strip()
        if seen[-1:] != [level]:
            seen.append(level)
    time.sleep(0.01)
for pin, (_file, seen) in lines.items():
    print(pin, "".join(seen))
"""


def put(home: Home, text: str, target: str) -> None:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        home.machine.put(Path(file.name), target)
    home.machine.exec("chmod", "644", target)


def sh(home: Home, command: str, timeout_s: float = 60.0) -> str:
    return home.machine.exec("sh", "-c", command, check=False, timeout_s=timeout_s)


def test_a_program_in_the_bells_sandbox_reaches_what_a_bell_needs_and_no_more(home: Home) -> None:
    put(home, PROBE, "/srv/probe.py")
    ports = f"{adapter('sensor')} /dev/gpiochip0 /dev/vda /dev/mem /dev/kmsg"
    start = f"Type=oneshot\\nExecStart=/opt/floodbell/bin/python /srv/probe.py {ports}"
    source = home.unit("FragmentPath")
    sh(
        home,
        f"sed -E -e '/^({NOT_OF_A_PROBE})/d' -e 's#^\\[Service\\]#[Service]\\n{start}#' {source}"
        " >/run/systemd/system/probe.service && systemctl daemon-reload && systemctl start probe",
    )
    said = sh(home, "journalctl -u probe -o cat --no-pager")
    assert "network" in said
    for port in (adapter("sensor"), "/dev/gpiochip0"):
        assert f"{port} open" in said
    for path in ("/dev/vda", "/dev/mem", "/dev/kmsg"):
        assert re.search(rf"{path} E(PERM|ACCES)", said), said
    assert said.count("EAFNOSUPPORT") == 2


def test_modemmanager_is_kept_off_and_a_known_modem_has_a_name_of_its_own(home: Home) -> None:
    properties = sh(home, f"udevadm info {adapter('sensor')}")
    assert "ID_MM_PORT_IGNORE=1" in properties
    assert "floodbell/modem" not in properties
    # The adapter of the machine in the place of a modem: its numbers for those of the SIM7600.
    rule = "60-floodbell.rules"
    swap = 's/1e0e(.*)9001(.*)==.02./0403\\16001\\2=="00"/'
    sh(
        home,
        f"f=$(ls /etc/udev/rules.d/{rule} /usr/lib/udev/rules.d/{rule} 2>/dev/null | head -n 1);"
        f" mkdir -p /run/udev/rules.d; sed -E -e '{swap}' $f >/tmp/{rule};"
        f" cp /tmp/{rule} /etc/udev/rules.d/{rule}; udevadm control --reload;"
        f" udevadm trigger --settle --action=add $(readlink -f {adapter('modem')})",
    )
    link = sh(home, "readlink -f /dev/floodbell/modem").strip()
    assert link == sh(home, f"readlink -f {adapter('modem')}").strip()


@pytest.mark.skipif(not HAS_LAMP, reason="these settings know no lamp")
def test_the_lamp_flashes_while_the_bell_is_down_and_lets_go_of_its_pin(home: Home) -> None:
    package = "cd /opt/floodbell/lib/python3*/site-packages"
    sh(home, f"{package} && mv edge /srv/edge && systemctl kill --signal=KILL floodbell")
    put(home, SAMPLE % (LAMP, SIREN, 240), "/srv/sample.py")
    seen = dict(line.split() for line in sh(home, "python3 /srv/sample.py", 300.0).splitlines())
    assert "0101010" in seen[str(LAMP)]
    assert seen[str(SIREN)] == "01010", "two clicks after two minutes"

    sh(home, f"{package} && mv /srv/edge edge; systemctl restart --no-block floodbell")
    home.wait_for("the bell", lambda: home.unit("ActiveState") == "active", STARTED_S)
    threading.Event().wait(5.0)
    held = sh(home, "gpioinfo gpiochip0")
    assert "floodbell-failure" not in held
    assert "siren" not in home.unit("StatusText"), "every pin was free when it was wanted"
