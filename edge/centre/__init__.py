"""The way to the centre: retained topics at once, the two logs in the order of their numbers."""
