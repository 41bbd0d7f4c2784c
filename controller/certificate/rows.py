"""One row of numbers that holds all that a certificate remembers, and its parts by name."""

from __future__ import annotations

import numpy as np

from controller.certificate.layout import MEMORY, MEMORY_ROWS, SAMPLE_JOINTS, SAMPLES, size_of
from controller.safety.certificate import Memory

TOLD = 13
"""Behind the terms: twist of the law (6), normal of the plan (3), count of samples, what is told of the tick (3); what
goes out comes last, (n,)."""


class Row:
    """A row and views of its parts, for n joints.

    Args:
        joints: number of joints n.
    """

    def __init__(self, joints: int) -> None:
        n, numbers = joints, size_of(MEMORY)
        sizes = (numbers, MEMORY_ROWS * n, SAMPLES * (SAMPLE_JOINTS + 2 * n), 6 + 10 * n + TOLD, 7 * n + 2 * n * n + 12)
        ends = np.cumsum(sizes).tolist()
        self.all = np.zeros(ends[-1])
        """The whole row."""
        self.numbers = self.all[: ends[1]]
        """Everything of ``Memory.numbers``."""
        self.memory = self.all[:numbers].view(MEMORY)
        self.joints = self.all[numbers : ends[1]].reshape(MEMORY_ROWS, n)
        self.ring = self.all[ends[1] : ends[2]].reshape(SAMPLES, SAMPLE_JOINTS + 2 * n)
        self.made = self.all[ends[2] : ends[3]]
        """What is derived from the terms of the model, and ``TOLD`` numbers behind it."""
        self.terms = self.all[ends[3] :]
        """The terms of the model in the last tick that passed."""
        self.told = self.made[6 + 9 * n :]

    def take(self, memory: Memory) -> bool:
        """Go on from the memory of a gate; return False where it has more samples than fit."""
        count = len(memory.samples)
        if len(memory.numbers) != len(self.numbers) or not 0 < count < SAMPLES:
            return False
        self.numbers[:] = memory.numbers
        self.ring[:count] = memory.samples
        self.told[9] = count
        return True

    def remembered(self) -> Memory:
        """Return the memory of a gate."""
        samples = self.ring[: int(self.told[9])].tolist()
        return Memory(tuple(self.numbers.tolist()), tuple(map(tuple, samples)))
