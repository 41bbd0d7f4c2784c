"""The highest set-point that layer L1 accepts, found on the refusals of the plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from controller.errors import MassageArmError
from controller.safety.limits import PAD_CEILING_N
from sim.differences.plants import TYPICAL
from trajectories.techniques.registry import technique_named
from workbench.campaigns.faults.short_plan import short_plan
from workbench.campaigns.runner import run_all

RESOLUTION_N = 0.5
"""How close under the first refusal the highest set-point is found; it is rounded to this."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """What a set-point is accepted for.

    Attributes:
        technique: technique of the short stroke.
        body: body.
        arm: arm.
        plant: what the plant differs by, name or file.
    """

    technique: str
    body: str
    arm: str
    plant: str = TYPICAL


def highest_accepted_n(least_n: float, most_n: float, is_accepted: Callable[[float], bool]) -> float | None:
    """Return the highest accepted multiple of ``RESOLUTION_N``, by bisection; None where the least is refused.

    Args:
        least_n: lowest set-point [N].
        most_n: highest one [N].
        is_accepted: True where a set-point [N] is; one below an accepted one is accepted too.
    """
    low, high = -int(-least_n // RESOLUTION_N), int(most_n // RESOLUTION_N)
    if high < low or not is_accepted(low * RESOLUTION_N):
        return None
    if is_accepted(high * RESOLUTION_N):
        return high * RESOLUTION_N
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_accepted(middle * RESOLUTION_N) else (low, middle)
    return low * RESOLUTION_N


def highest_set_point_n(stroke: Stroke) -> float | None:
    """Return the highest set-point [N] of a short stroke whose plan is not refused; None where every plan is."""

    def is_accepted(force_n: float) -> bool:
        try:
            short_plan(stroke.technique, stroke.body, stroke.arm, force_n, stroke.plant)
        except MassageArmError:
            return False
        return True

    least_n = technique_named(stroke.technique, "--techniques").least_force_n
    return highest_accepted_n(least_n, PAD_CEILING_N, is_accepted)


def highest_set_points(
    strokes: Sequence[Stroke], executor: Executor, on_done: Callable[[int, int], None]
) -> dict[Stroke, float]:
    """Return the highest set-point [N] of every stroke that has one, found once per campaign.

    Args:
        strokes: the strokes.
        executor: where to look.
        on_done: called with (done, all) after every stroke.
    """
    found = run_all(strokes, highest_set_point_n, lambda _stroke, _why: None, executor, on_done)
    return {stroke: force_n for stroke, force_n in zip(strokes, found, strict=True) if force_n is not None}
