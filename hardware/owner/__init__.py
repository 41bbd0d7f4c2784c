"""The process that owns servo bus, wrist sensor and clock: what the simulated stage is in a drill."""
