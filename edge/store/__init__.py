"""The memory: SQLite on its own thread, and the journal of reports beside it."""
