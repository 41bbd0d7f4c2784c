"""PyBullet, loaded when it is first used: planning and checking work where it is not installed.

``pybullet`` here stands for the module; modules of the simulation take it from here.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from controller.errors import PlantError
from sim.bullet.quiet import silenced_output

_NAME = "pybullet"


class _Engine:
    """The module ``pybullet``, imported at the first use of one of its names.

    Raises:
        PlantError: at the first use, where PyBullet is not installed or cannot be loaded.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            with silenced_output():
                module = importlib.import_module(_NAME)
        except ImportError as error:
            raise PlantError(
                f"simulation needs PyBullet: {error}",
                "install it with `pip install pybullet` on Python 3.11; `massage-arm check` works without",
            ) from error
        value = getattr(module, name)
        setattr(self, name, value)  # found at once from now on: these names are used in every period
        return value


pybullet: Any = _Engine()


def is_installed() -> bool:
    """Return whether PyBullet can be found, without loading it."""
    try:
        return importlib.util.find_spec(_NAME) is not None
    except ValueError:  # what stands in its place says nothing of itself
        return False
