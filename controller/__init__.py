"""How to touch safely: robot model, contact estimate, impedance and force law, safety core, session loop."""
