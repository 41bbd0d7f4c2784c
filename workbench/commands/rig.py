"""Commands about a rig; each action loads only what it needs."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from typing import cast

_ACTIONS = ("schema", "check", "monitor", "init", "identify")


def main(arguments: argparse.Namespace) -> int:
    """Run an action and return its exit code; it is the function ``main`` of the module ``rig_ACTION``."""
    if arguments.action not in _ACTIONS:
        raise ValueError(f"no action of rig: {arguments.action}")
    module = importlib.import_module(f"workbench.commands.rig_{arguments.action}")
    return cast("Callable[[argparse.Namespace], int]", module.main)(arguments)
