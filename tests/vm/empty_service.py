"""A service of Type=notify that does nothing: how long python alone takes to start in a machine."""

import os
import socket

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
    notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
socket.socketpair()[0].recv(1)
