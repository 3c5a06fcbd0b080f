"""What floods mean: the law, the messages, the memory, the loop, the command line."""

__version__ = "0.1.0"
