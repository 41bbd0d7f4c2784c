"""The name of the distribution as a module: ``python -m massage_arm`` is the program, ``Run`` loads a recorded run."""

from workbench.record.run import Run

__all__ = ["Run"]
