"""The fence between two masters of one bus: the heir gets the link only from the hand of an owner that is gone.

Two masters on one bus are worse than none. Nothing is opened, and so nothing written, before the kernel has said that
the owner's process has ended; a kill that does not end it is waited for without end, and the servos' watchdog decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from hardware.driver import DriverSettings, ServoDriver
from hardware.errors import LinkError
from hardware.heir.process_handle import Handle

LOOK_S = 0.010
"""Time between two kills of an owner that does not end, and between two tries to open its link (assumed)."""
LINK_S = 1.0
"""Longest time until a link can be opened (assumed: the end of its owner gives it back at once)."""


class OwnerAliveError(Exception):
    """The bus is asked for while its owner could still write."""


def fence(owner: Handle, on_look: Callable[[], None]) -> None:
    """Kill the owner and wait, without end, until it is proven to be gone.

    Args:
        owner: its process.
        on_look: called whenever it is still there.
    """
    while not owner.is_gone():
        owner.kill()
        if owner.wait_until_gone(LOOK_S):
            return
        on_look()


def inherited_bus(owner: Handle, settings: DriverSettings) -> ServoDriver:
    """Return the bus of an owner that is gone, under a lock of its own.

    Args:
        owner: its process.
        settings: what the driver is opened with, whatever the family.

    Raises:
        OwnerAliveError: the owner is not gone.
        LinkError: the link is not there any more, or somebody else has it.
    """
    until_s = time.monotonic() + LINK_S
    while True:
        if not owner.is_gone():
            raise OwnerAliveError("the owner of the bus could still write; fence it first")
        try:
            return settings.open()
        except LinkError:
            if time.monotonic() >= until_s:
                raise
            time.sleep(LOOK_S)
