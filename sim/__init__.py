"""A world to prove it in: PyBullet arm, tissue, patient, sensors."""
