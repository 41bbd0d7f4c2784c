"""Faults that a simulation can inject."""
