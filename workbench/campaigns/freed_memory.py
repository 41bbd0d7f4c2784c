"""Freed memory goes back to the system, so that a worker of a campaign stays as small as its largest trial.

By default glibc raises its threshold for blocks of their own with every large block that is freed, up to 32 MB. Arrays
of a plan then share one heap, which any small object at its end keeps alive: a worker grew by 36 MB a plan.
"""

from __future__ import annotations

import ctypes

OWN_BLOCK_BYTES = 256 * 1024
"""Arrays from this size on are blocks of their own, which go back as they are freed (twice glibc's initial value)."""
KEPT_BYTES = 1024 * 1024
"""Free memory at the end of the heap beyond this goes back."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Names of ``mallopt`` in glibc's ``malloc.h``."""


def return_freed_memory() -> bool:
    """Fix both thresholds of this process and of its children; return False where the C library has none."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, OWN_BLOCK_BYTES)) and bool(mallopt(_TRIM_THRESHOLD, KEPT_BYTES))
