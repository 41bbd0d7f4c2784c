"""Drills: real processes on a real body, a real kill, and a look at the truth afterwards."""
