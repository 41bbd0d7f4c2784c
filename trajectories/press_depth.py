"""How deep a pad may go: what the softest person's tissue explains, and how far the skin may be from the scan."""

from __future__ import annotations

from collections.abc import Iterable

from controller.types import Region
from trajectories.tissue_stiffness import STIFFNESS_AT_WORK_N_PER_M, WORKING_FORCE_N
from trajectories.tool_pose import NOMINAL_DEPTH_M

CURVE_EXPONENT = 1.8
"""Press force over depth, ``F = k d^n``: n is 1.7 to 2.1 by region (assumed, like the stiffnesses)."""
SOFTEST_SHARE = 0.47
"""Softest over typical tissue: two standard deviations of 0.30 between people and of 0.08 between the regions of one,
exp(-2 * 0.30 - 2 * 0.08) (variation of posterior-anterior stiffness and of the multifidus shear modulus 0.3)."""
RELAXED_SHARE = 0.48
"""What is left of an instant press force when tissue has relaxed (assumed inside Zheng and Mak 1999)."""
BODY_STIFFNESS_N_PER_M = 3000.0
"""Softest trunk on its couch, in series with the tissue: 6 N/mm less 1.8 standard deviations of 1.7 (lumbar back, trial
table in 10.1186/s12906-017-1821-1)."""
BREATHING_M = 0.010
"""How far the skin falls below its mean in a deep breath: three times a quiet amplitude of 2 to 5 mm (assumed)."""
SURFACE_ERROR_M = 0.010
"""How far the skin may lie below the scan, by an error of the scan and by the person's settling: prone people drift by
5 mm in minutes (10.1120/jacmp.v14i2.4141); the rest is a design choice. The rig's registration comes on top."""


def softest_depth_m(region: Region, press_n: float) -> float:
    """Return how deep a lasting press goes into the softest person's tissue [m].

    From the typical tangent stiffness k at the working force, ``d = n F / k`` there, and ``d ~ F^(1/n)``.
    """
    typical_m = CURVE_EXPONENT * WORKING_FORCE_N / STIFFNESS_AT_WORK_N_PER_M[region]
    share = press_n / WORKING_FORCE_N / (SOFTEST_SHARE * RELAXED_SHARE)
    return float(typical_m * share ** (1.0 / CURVE_EXPONENT))


def depth_limit_m(regions: Iterable[Region], press_n: float) -> float:
    """Return how far a pad may be beyond its planned place along the inward normal [m].

    Args:
        regions: regions under the stroke; the softest counts.
        press_n: largest press force of the stroke.
    """
    tissue_m = max(softest_depth_m(region, press_n) for region in regions)
    return tissue_m + press_n / BODY_STIFFNESS_N_PER_M + BREATHING_M + SURFACE_ERROR_M - NOMINAL_DEPTH_M
