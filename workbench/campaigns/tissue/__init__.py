"""Both tissue models held against each other."""
