"""The commands of ``massage-arm``, one module a subject; each returns an exit code."""
