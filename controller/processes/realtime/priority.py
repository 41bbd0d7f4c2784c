"""Real-time priorities of the processes of a rig."""

from __future__ import annotations

import os

SUPERVISOR_PRIORITY, HEIR_PRIORITY, PLANT_PRIORITY, HOST_PRIORITY = 30, 25, 20, 10
"""SCHED_FIFO priorities: the watcher over the watched."""


def become_realtime(priority: int) -> bool:
    """Ask for SCHED_FIFO; return False where the system does not permit it."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError:
        return False
    return True
