"""Where the current comes from: the lines of a UPS board, and the kernel's power supplies."""
