"""A simulated arm that differs from its model: elastic joints, late commands, imperfect senses."""
