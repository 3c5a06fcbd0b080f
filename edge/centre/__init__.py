"""The way to the centre: retained topics at once, the three logs in the order of their numbers."""
