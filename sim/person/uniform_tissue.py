"""The same tissue everywhere, for tests with known answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UniformTissue:
    """The same tissue everywhere, for tests with known answers.

    Attributes:
        force_at_10_mm_n: instant force at 10 mm depth.
        exponent: n of the power law, >= 1.
        thickness_m: tissue over bone; large for no stop.
        is_relaxing: False for an elastic tissue.
    """

    force_at_10_mm_n: float
    exponent: float = 1.0
    thickness_m: float = 10.0
    is_relaxing: bool = False
