"""A world to use it in: servo drivers behind the same plant contract (none yet)."""
