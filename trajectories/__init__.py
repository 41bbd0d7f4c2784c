"""What to do on this body: anatomy, techniques, programs, planner."""
