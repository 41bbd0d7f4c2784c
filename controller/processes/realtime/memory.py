"""Memory that does not hold up a loop: no collector, no page that the kernel has to find first."""

from __future__ import annotations

import gc

RESERVE_BYTES = 8_000_000
"""Heap that is kept at hand (assumed: a tick's objects are some 10 kB and die with the tick)."""
_BLOCK_BYTES, _BLOCKS_PER_ARENA = 470, 1000
"""Blocks of Python's small-object heap, and fewer of them than its arenas of 1 MB hold (CPython, obmalloc.c)."""


def quiet_memory() -> None:
    """Stop the garbage collector for good: a loop that makes no cycles needs none."""
    gc.collect()
    gc.freeze()
    gc.disable()


class HeapReserve:
    """Heap that Python has already got from the kernel, and does not give back while this lives."""

    def __init__(self, size_bytes: int = RESERVE_BYTES) -> None:
        blocks = [bytes(_BLOCK_BYTES) for _ in range(size_bytes // _BLOCK_BYTES)]
        # One block of every arena stays, so that none is given back; all the rest is free for the loop.
        self._kept = blocks[::_BLOCKS_PER_ARENA]
