"""What a simulated plant differs by from the model that the controller has of it."""
