"""The drive side: what stands between the session loop and every motor, simulated or real."""
