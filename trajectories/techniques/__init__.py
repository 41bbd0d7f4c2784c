"""Massage techniques: one file each, from parameters and a back to a path with forces."""
