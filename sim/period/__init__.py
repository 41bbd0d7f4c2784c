"""One period of the simulation: kinematics, drives, senses."""
