"""The name of the distribution as a module, so that ``python -m massage_arm`` is the program ``massage-arm``."""
