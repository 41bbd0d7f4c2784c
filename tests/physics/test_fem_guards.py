"""What a soft back is not to be built of, and what no motion of the pad may do to the process."""

from __future__ import annotations

import math

import numpy as np
import pytest

from controller.errors import ConfigError, PlantError
from sim.fem.back import PATCH, make_back
from sim.fem.calibration import DAMPING_S, material
from sim.fem.elasticity import longest_step_s
from sim.fem.mesh import strip_mesh
from sim.fem.soft_back import PadShape, SoftBack, refuse_unstable
from sim.fem.surface import FlatSurface
from sim.options import SimulationOptions
from sim.person.parameters import TYPICAL_PERSON
from sim.person.tissue_map import TissueMap
from sim.person.tissue_tier import Tier
from sim.plant import build_simulation
from tests.sim_cases import setting
from workbench.campaigns.fork import Answer, in_child

PAD = PadShape(0.018, 0.2)
DT_S = 1e-3
THIN, THICK = (strip_mesh(FlatSurface(0.0, thickness_m), [[0.0, 0.0]], PATCH) for thickness_m in (0.008, 0.030))


@pytest.mark.parametrize("dt_s", [1.01e-3, 2e-3, 0.0, -1e-3, math.nan, math.inf])
def test_a_step_too_long_for_the_damping_is_refused_before_bullet_sees_it(dt_s: float) -> None:
    """By the patch, and by the back before the arm moves, though it lays its patches in mid stroke."""
    with pytest.raises(
        ConfigError, match=r"step of the soft tissue: got .* ms with a damping of 0\.5 ms; allowed: "
    ) as one:
        SoftBack(THIN, material(20e3), PAD, dt_s)
    assert "\n" not in str(one.value)
    with pytest.raises(ConfigError, match="step of the soft tissue"):
        make_back(TissueMap.from_body(setting()[2], TYPICAL_PERSON, PAD.radius_m), PAD, dt_s)


@pytest.mark.parametrize(
    ("radius_m", "friction"),
    [(0.001, 0.2), (-0.018, 0.2), (1.8, 0.2), (math.nan, 0.2), (0.018, -0.1), (0.018, math.nan)],
)
def test_a_pad_that_no_patch_can_be_pressed_with_is_refused(radius_m: float, friction: float) -> None:
    with pytest.raises(ConfigError, match=r"pad on soft tissue: got a .*; allowed: "):
        PadShape(radius_m, friction)


def test_a_plant_with_such_a_step_is_refused_as_it_is_opened() -> None:
    arm, placement, body, _ = setting()
    plant = build_simulation(arm, placement, body, SimulationOptions(dt_s=2e-3, tier=Tier.FEM))
    with pytest.raises(ConfigError, match="step of the soft tissue: got 2 ms"):
        plant.configure()
    plant.deactivate()


def test_what_is_not_refused_is_stable_on_the_thinnest_and_stiffest_patch() -> None:
    refuse_unstable(DAMPING_S, 2.0 * DAMPING_S)
    assert longest_step_s(THIN, material(2e5)) > 2.0 * DAMPING_S


def _pose(depth_m: float) -> list[float]:
    return [0.0, 0.0, PAD.radius_m - depth_m, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "pad",
    [
        [math.nan, *_pose(0.001)[1:]],
        [*_pose(0.001)[:5], -math.inf, 0.0, 0.0, 0.0],
        [*_pose(0.001)[:8], math.inf],
    ],
)
def test_a_motion_that_is_no_number_never_reaches_the_engine(pad: list[float]) -> None:
    """A body that is nowhere may end the interpreter, so this is tried in a process of its own."""

    def work() -> bytes:
        back = SoftBack(THIN, material(20e3), PAD, DT_S)
        with pytest.raises(PlantError, match="no number"):
            back.step(np.array(pad))
        back.step(np.array(_pose(0.001)))
        return b"well"

    assert in_child(work, 60.0) == Answer(b"well", "")


def test_tissue_that_has_blown_up_is_an_error_and_not_a_pad_without_force() -> None:
    """A pad that hits it with 50 m/s, again and again, tears it."""
    back = SoftBack(THIN, material(20e3), PAD, DT_S)
    hit = np.array([*_pose(0.002)[:5], -50.0, 0.0, 0.0, 0.0])

    def hit_on() -> None:
        for _ in range(100):
            back.step(hit)

    with pytest.raises(PlantError, match="out of reach"):
        hit_on()
    back.close()


@pytest.mark.parametrize("speed_m_s", [0.3, 1.0])
def test_a_pad_pressed_through_to_the_bone_leaves_numbers(speed_m_s: float) -> None:
    back = SoftBack(THICK, material(20e3), PAD, DT_S)
    pressed = [
        back.step(np.array([*_pose(depth_m)[:5], -speed_m_s, 0.0, 0.0, 0.0]))[2]
        for depth_m in np.arange(-0.001, 0.030, speed_m_s * DT_S).tolist()
    ]
    back.nodes_m()
    back.close()
    assert max(pressed) > 50.0
