"""Populations of runs held against targets."""
