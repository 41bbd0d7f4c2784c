"""The slope of the gate's press-speed cap: as steep as the joints of the arm let the loop that it closes be sound.

The cap takes press force away from a tool that is fast toward the body, so while it acts it is a damper with the law's
estimate of the speed in it. Its slope is designed for stiff joints. Where the encoders are at the motors, rotors swing
against the links at some 100 Hz, and a steep cap drives that: an arm with joints of 20 kNm/rad was stopped by it in its
first landing. A flatter cap lets the tool come in faster, which the worst-case bound of L1 counts in.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import PlanError
from controller.law.gains import ForceGains, LawSettings
from controller.loop_check import LoopVerdict, check_press_cap
from controller.rig import Rig
from controller.robot import RobotModel
from controller.session_limits import PRESS_DAMPING_PER_S
from controller.types import PlanLike

RATES_PER_S = (PRESS_DAMPING_PER_S, 150.0, 100.0, 70.0, 50.0, 35.0)
"""Slopes over the effective mass that are tried, steepest first; below the last the tool would come in at 0.1 m/s
(design choice)."""


@dataclass(frozen=True, slots=True)
class CapFit:
    """The slope of the cap for one arm, and the worst loop with it.

    Attributes:
        rate_per_s: slope over the effective mass of a stroke.
        verdict: worst loop of the plan.
    """

    rate_per_s: float
    verdict: LoopVerdict


def fit_press_cap(plan: PlanLike, robot: RobotModel, gains: ForceGains, settings: LawSettings, rig: Rig) -> CapFit:
    """Return the steepest slope that is sound, or the flattest tried where none is.

    Args:
        plan: the plan.
        robot: the arm; its buffers are used.
        gains: of the force loop.
        settings: of the law on this arm.
        rig: lag of loop and drives.
    """
    fits = (CapFit(rate, check_press_cap(plan, robot, gains, settings, rig, rate)) for rate in RATES_PER_S)
    for fit in fits:
        if fit.verdict.is_sound or fit.rate_per_s == RATES_PER_S[-1]:
            return fit
    raise ValueError("got no slope to try; allowed: at least one")


def refuse_swinging_cap(fit: CapFit) -> None:
    """Refuse an arm on which no slope of the cap is sound.

    Raises:
        PlanError: names the loop, the joint and the frequency.
    """
    worst = fit.verdict
    if worst.is_sound:
        return
    raise PlanError(
        worst.place,
        f"joint {worst.joint}",
        f"an oscillation at {worst.frequency_hz:.0f} Hz that grows by {worst.growth_per_s:.1f} 1/s with a slope of "
        f"{fit.rate_per_s:g} 1/s ({worst.doubt})",
        "oscillations that decay",
        "use stiffer joints, encoders at the links or a shorter loop lag",
    )
