"""The stiffness that the worst-case bound assumes, against the tissue that the simulation draws."""

import math

import pytest

from controller.safety.limits import REGION_CEILING_N
from controller.types import Region
from sim.person.contact_law import elastic_force
from sim.person.parameters import (
    REGION_SD,
    REGION_TISSUE,
    STIFFNESS_SD,
    THICKNESS_SD,
    ramp_share,
    slow_force_at_reference,
)
from trajectories.stroke_facts import STIFFNESS_AT_CEILING_N_PER_M, STIFFNESS_AT_WORK_N_PER_M

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
