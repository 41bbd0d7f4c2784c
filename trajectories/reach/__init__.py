"""Where the arm can stand and how it gets there."""
