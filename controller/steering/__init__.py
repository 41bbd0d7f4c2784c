"""How a person steers a plan that runs: smooth changes of pace, force and height, and places to spare."""
