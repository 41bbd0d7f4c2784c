"""The control law: impedance and force, its gains, margins and observers."""
