"""The machine itself: systemd, the control socket, clocks, and how the board is."""
