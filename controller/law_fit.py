"""The law's settings for one arm: as fast and stiff as its joints, its lag and its encoders let every loop be sound.

A tempo of one is the law as designed. A slower tempo first slows its estimates down, which costs accuracy but no
stiffness; then it softens the law as well, so that the loops keep their shape at lower frequencies, away from the
joints' own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from controller.errors import PlanError
from controller.law.gains import ForceGains, LawSettings
from controller.loop_check import LoopVerdict, check_loops
from controller.rig import Rig
from controller.robot import RobotModel
from controller.types import PlanLike

TEMPOS = (1.0, 0.8, 0.6, 0.4, 0.3, 0.2, 0.13)
"""Tempos that are tried, fastest first; below the last the path is followed too loosely (design choice)."""
SLOWER_TEMPOS = (0.09, 0.06, 0.04)
"""Tempos that a refusal looks through for one that would pass."""
GENTLE_TEMPO, SOFT_TEMPO = 0.6, 0.35
"""Below the first, damping is lowered and what is unexplained is learned later; below the second, springs soften."""

LEAST_LEARNING = 0.2
"""Share of the rate of learning what is unexplained that stays down to this tempo (design choice): that is friction of
the joints for the most part, over which the tool of an arm with a tempo of 0.2 hunted at 2 Hz and lost the skin."""

LIGHT_TEMPO, LEAST_SPRING = 0.745, 0.65
"""Below this tempo the spring that leads the tool along the skin softens, down to this share (design choice): it swings
a light wrist at 16 to 18 Hz in a light glide, where neither the skin nor the friction of joints that all move one way
damps it. The path takes a third more error, the press force none."""

LEAST_DAMPING = 0.6
"""Share of the press force's damping that stays at every tempo: stiffer tissue needs it (design choice)."""

LEAST_OBSERVER = 0.3
"""Share of the momentum observer's rate that stays at every tempo (design choice): it must not take the swinging of
motors in the play of their gears for a press force, but still contradict a dead wrist sensor within 0.1 s."""


@dataclass(frozen=True, slots=True)
class LawFit:
    """Settings for one arm, and the worst loop under them.

    Attributes:
        settings: of the law.
        tempo: what they were scaled by.
        verdict: worst loop of the plan.
    """

    settings: LawSettings
    tempo: float
    verdict: LoopVerdict


def at_tempo(settings: LawSettings, tempo: float) -> LawSettings:
    """Return the settings at another tempo; the descent keeps what it needs to be felt on the skin."""
    gentle, soft = min(1.0, tempo / GENTLE_TEMPO), min(1.0, tempo / SOFT_TEMPO) ** 2
    damped = max(LEAST_DAMPING, gentle)
    light = max(LEAST_SPRING, min(1.0, tempo / LIGHT_TEMPO) ** 2)
    least = settings.approach_damping_least_ns_per_m
    return replace(
        settings,
        translation_n_per_m=light * soft * settings.translation_n_per_m,
        rotation_nm_per_rad=soft * settings.rotation_nm_per_rad,
        posture_nm_per_rad=soft * settings.posture_nm_per_rad,
        approach_damping_ns_per_m=max(gentle * settings.approach_damping_ns_per_m, least),
        approach_damping_per_s=gentle * settings.approach_damping_per_s,
        rate_damping_ns_per_m=damped * settings.rate_damping_ns_per_m,
        rate_damping_per_s=damped * settings.rate_damping_per_s,
        motion_per_s=tempo * settings.motion_per_s,
        unexplained_per_s=max(tempo * gentle, min(tempo, LEAST_LEARNING)) * settings.unexplained_per_s,
        press_per_s=gentle * settings.press_per_s,
        observer_per_s=max(LEAST_OBSERVER, gentle) * settings.observer_per_s,
    )


def fit_law(plan: PlanLike, robot: RobotModel, gains: ForceGains, settings: LawSettings, rig: Rig) -> LawFit:
    """Return the fastest settings under which every loop is sound; the slowest tried where none is.

    Args:
        plan: the plan.
        robot: the arm; its buffers are used.
        gains: of the force loop.
        settings: at a tempo of one.
        rig: lag of loop and drives.
    """
    for tempo in TEMPOS:
        found = _at(plan, robot, gains, settings, rig, tempo, stop_at_growth=True)
        if found.verdict.is_sound:
            return found
    return _at(plan, robot, gains, settings, rig, TEMPOS[-1])


def refuse_ringing(
    fit: LawFit, plan: PlanLike, robot: RobotModel, gains: ForceGains, settings: LawSettings, rig: Rig
) -> None:
    """Refuse an arm on which no tempo of the law is sound.

    Raises:
        PlanError: names the loop, the joint, the frequency, and the largest stiffness that would pass.
    """
    if fit.verdict.is_sound:
        return
    slower = (_at(plan, robot, gains, settings, rig, tempo, stop_at_growth=True) for tempo in SLOWER_TEMPOS)
    passing = next((other for other in slower if other.verdict.is_sound), None)
    worst = fit.verdict
    got = f"an oscillation at {worst.frequency_hz:.0f} Hz that grows by {worst.growth_per_s:.1f} 1/s"
    todo = "use stiffer joints, encoders at the links or a shorter loop lag"
    if passing is not None:
        todo += f"; the largest stiffness that would pass is {passing.settings.translation_n_per_m:.0f} N/m"
    raise PlanError(
        worst.place,
        f"joint {worst.joint}",
        f"{got} with a stiffness of {fit.settings.translation_n_per_m:.0f} N/m ({worst.doubt})",
        "oscillations that decay",
        todo,
    )


def _at(
    plan: PlanLike,
    robot: RobotModel,
    gains: ForceGains,
    settings: LawSettings,
    rig: Rig,
    tempo: float,
    *,
    stop_at_growth: bool = False,
) -> LawFit:
    slowed = at_tempo(settings, tempo)
    return LawFit(slowed, tempo, check_loops(plan, robot, gains, slowed, rig, stop_at_growth=stop_at_growth))
