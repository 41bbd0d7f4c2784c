"""Keeping time on the wall clock: deadlines, permissions of the system, quiet memory, figures of lateness."""
