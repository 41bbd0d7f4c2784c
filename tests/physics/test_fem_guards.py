"""What a soft back is not to be built of, and what no motion of the pad may do to the process."""

from __future__ import annotations

import math

import pytest

from controller.errors import ConfigError
from sim.fem.back import PATCH, make_back
from sim.fem.calibration import DAMPING_S, material
from sim.fem.elasticity import longest_step_s
from sim.fem.mesh import strip_mesh
from sim.fem.soft_back import PadShape, SoftBack, refuse_unstable
from sim.fem.surface import FlatSurface
from sim.options import SimulationOptions, Tier
from sim.tissue_map import TissueMap
from sim.tissue_parameters import TYPICAL_PERSON
from sim.world import build_simulation
from tests.sim_cases import setting

PAD = PadShape(0.018, 0.2)
THIN = strip_mesh(FlatSurface(0.0, 0.008), [[0.0, 0.0]], PATCH)


@pytest.mark.parametrize("dt_s", [1.01e-3, 2e-3, 0.0, -1e-3, math.nan, math.inf])
def test_a_step_too_long_for_the_damping_is_refused_before_bullet_sees_it(dt_s: float) -> None:
    """By the patch, and by the back before the arm moves, though it lays its patches in mid stroke."""
    with pytest.raises(ConfigError, match=r"step of the soft tissue: got .* ms with a damping of 0\.5 ms; allowed: ") as one:
        SoftBack(THIN, material(20e3), PAD, dt_s)
    assert "\n" not in str(one.value)
    with pytest.raises(ConfigError, match="step of the soft tissue"):
        make_back(TissueMap.from_body(setting()[2], TYPICAL_PERSON, PAD.radius_m), PAD, dt_s)


def test_a_plant_with_such_a_step_is_refused_as_it_is_opened() -> None:
    arm, placement, body, _ = setting()
    plant = build_simulation(arm, placement, body, SimulationOptions(dt_s=2e-3, tier=Tier.FEM))
    with pytest.raises(ConfigError, match="step of the soft tissue: got 2 ms"):
        plant.configure()
    plant.deactivate()


def test_what_is_not_refused_is_stable_on_the_thinnest_and_stiffest_patch() -> None:
    refuse_unstable(DAMPING_S, 2.0 * DAMPING_S)
    assert longest_step_s(THIN, material(2e5)) > 2.0 * DAMPING_S
