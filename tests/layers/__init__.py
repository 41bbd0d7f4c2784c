"""Takes each layer of safety out in turn and runs the tests that docs/hazards.md names for it (`make layers`)."""
