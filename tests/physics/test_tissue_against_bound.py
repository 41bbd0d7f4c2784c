"""The stiffness that the worst-case bound assumes, against the tissue that the simulation draws."""

import math

import pytest

from controller.safety.limits import REGION_CEILING_N
from controller.types import Region
from sim.person.contact_law import elastic_force
from sim.person.parameters import (
    REGION_SD,
    REGION_TISSUE,
    SPREAD_LIMIT,
    STIFFNESS_SD,
    THICKNESS_SD,
    equilibrium_share,
    ramp_share,
    slow_force_at_reference,
)
from trajectories.press_depth import softest_depth_m
from trajectories.tissue_stiffness import STIFFNESS_AT_CEILING_N_PER_M, STIFFNESS_AT_WORK_N_PER_M

PAD_RADIUS_M = 0.018
ONE_SIDED_95 = 1.645
"""Standard deviations that 95 % of people stay below."""


def _depth_at(force_n: float, reference_n: float, exponent: float, thickness_m: float) -> float:
    low, high = 0.0, 0.2
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (
            (middle, high) if elastic_force(middle, reference_n, exponent, thickness_m) < force_n else (low, middle)
        )
    return low


@pytest.mark.parametrize("region", list(Region))
def test_the_bound_assumes_no_softer_tissue_than_people_have(region: Region) -> None:
    tissue, ceiling, step = REGION_TISSUE[region], REGION_CEILING_N[region], 1e-6
    typical = slow_force_at_reference(tissue, PAD_RADIUS_M) / float(ramp_share(tissue.exponent))
    found = []
    for turn in range(16):
        stiffer, thinner = ONE_SIDED_95 * math.cos(turn * math.pi / 8), ONE_SIDED_95 * math.sin(turn * math.pi / 8)
        reference = typical * math.exp(stiffer * math.hypot(STIFFNESS_SD, REGION_SD))
        law = (reference, tissue.exponent, tissue.thickness_m * math.exp(thinner * THICKNESS_SD))
        depth = _depth_at(ceiling, *law)
        found.append((elastic_force(depth + step, *law) - elastic_force(depth - step, *law)) / (2.0 * step))
    assert max(found) <= STIFFNESS_AT_CEILING_N_PER_M[region]
    assert max(found) >= 0.6 * STIFFNESS_AT_CEILING_N_PER_M[region]


@pytest.mark.parametrize("region", list(Region))
def test_the_margins_reckon_with_the_tissue_of_a_typical_person(region: Region) -> None:
    tissue, step = REGION_TISSUE[region], 1e-6
    typical = slow_force_at_reference(tissue, PAD_RADIUS_M) / float(ramp_share(tissue.exponent))
    law = (typical, tissue.exponent, tissue.thickness_m)
    depth = _depth_at(20.0, *law)
    found = (elastic_force(depth + step, *law) - elastic_force(depth - step, *law)) / (2.0 * step)
    assert found == pytest.approx(STIFFNESS_AT_WORK_N_PER_M[region], rel=0.03)


@pytest.mark.parametrize("region", list(Region))
@pytest.mark.parametrize("force_n", [5.0, 16.0, math.inf])
def test_no_tissue_that_people_have_lets_a_pad_deeper_than_is_reckoned_with(region: Region, force_n: float) -> None:
    """The softest person, pressed until nothing relaxes any more; bone is left out, which only ends it sooner."""
    tissue, force = REGION_TISSUE[region], min(force_n, REGION_CEILING_N[region])
    typical = slow_force_at_reference(tissue, PAD_RADIUS_M) / float(ramp_share(tissue.exponent))
    softest = typical * math.exp(-SPREAD_LIMIT * (STIFFNESS_SD + REGION_SD)) * equilibrium_share()
    depth = _depth_at(force, softest, tissue.exponent, 10.0)
    assert 0.85 * softest_depth_m(region, force) <= depth <= 1.1 * softest_depth_m(region, force) + 0.001
