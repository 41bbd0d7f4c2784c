"""How a session ended, and what its loop cost."""

from __future__ import annotations

from dataclasses import dataclass

from controller.types import StopReason


@dataclass(frozen=True, slots=True)
class LoopTiming:
    """Wall-clock figures of the loop; never part of the step records.

    Attributes:
        ticks: ticks.
        longest_us: wall time of the longest tick, 0 before the first one [us].
        wall_s: wall time of the whole loop [s].
    """

    ticks: int
    longest_us: float
    wall_s: float


@dataclass(frozen=True, slots=True)
class SessionResult:
    """How a session ended.

    Attributes:
        stop: why it was stopped, None where the plan was completed.
        duration_s: session time [s].
        timing: wall-clock figures.
        stops: every stop, the cleared ones too, in order.
    """

    stop: StopReason | None
    duration_s: float
    timing: LoopTiming
    stops: tuple[StopReason, ...]
