"""What is on the broker, as types, and the documents made from them; the daemon never loads it."""
