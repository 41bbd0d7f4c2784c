"""The wrist sensor on finite elements: at rest it reads the tissue's whole wrench and the tool's weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from controller.robot import GRAVITY_M_S2
from sim.fem.patched_back import Spot
from sim.options import SimulationOptions
from sim.person.tissue_tier import Tier
from tests.sim_cases import Rig, setting

Array = NDArray[np.float64]
QUIET = SimulationOptions(has_noise=False, has_bias=False, is_breathing=False, has_scatter=False, tier=Tier.FEM)
PRESS_N, SIDEWAYS_M = 20.0, 0.002
PRESS_TICKS, SHIFT_TICKS, REST_TICKS = 300, 300, 150


@dataclass(frozen=True, slots=True, eq=False)
class Pressed:
    """A pad pressed into the tissue and pulled aside, at rest.

    Attributes:
        rig: the arm.
        on_pad: (6,) mean force and moment about the pad's centre, as the tissue's own world gave them.
        read: (6,) mean of the wrist sensor.
        truth_n: mean press force of the truth.
        swing_n: standard deviation of the force along the normal.
    """

    rig: Rig
    on_pad: Array
    read: Array
    truth_n: float
    swing_n: float


@pytest.fixture(scope="module")
def pressed() -> Iterator[Pressed]:
    rig = Rig(QUIET)
    soft, given = rig.plant.soft, []
    assert soft is not None
    whole = soft.wrench

    def tapped(pad: Array, spot: Spot, t_s: float) -> Array:
        given.append(whole(pad, spot, t_s))
        return given[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(soft, "wrench", tapped)
        for _ in range(PRESS_TICKS):
            rig.step(PRESS_N)
        rig.position = rig.position + SIDEWAYS_M * np.cross(rig.normal, [1.0, 0.0, 0.0])
        for _ in range(SHIFT_TICKS):
            rig.step(PRESS_N)
        truths, reads = [], []
        for _ in range(REST_TICKS):
            truths.append(rig.step(PRESS_N).press_n)
            reads.append(rig.plant.read().wrench_s)
    rest = np.array(given[-REST_TICKS - 1 : -1])
    yield Pressed(
        rig,
        rest.mean(axis=0),
        np.array(reads).mean(axis=0),
        float(np.mean(truths)),
        float((rest[:, :3] @ rig.normal).std()),
    )
    rig.close()


def test_the_sensor_reads_the_tissues_wrench_and_the_weight_of_the_tool(pressed: Pressed) -> None:
    rig = pressed.rig
    arm = setting()[0]
    assert np.abs(rig.plant.true_motion()[1]).max() < 2e-3, "at rest"
    (pad, r_wt), (p_ts, r_ts) = rig.plant.true_tool(), rig.model.sensor_in_tool()
    r_ws = r_wt @ r_ts
    force, moment = pressed.on_pad[:3], pressed.on_pad[3:]
    weight = arm.tool.mass_kg * GRAVITY_M_S2 * np.array([0.0, 0.0, -1.0])
    expected_force = force + weight
    expected_moment = moment + np.cross(r_wt @ -p_ts, force) + np.cross(r_ws @ np.array(arm.tool.com_s_m), weight)
    np.testing.assert_allclose(r_ws @ pressed.read[:3], expected_force, atol=1e-3 * PRESS_N)
    lever_m = float(np.linalg.norm(p_ts))
    np.testing.assert_allclose(r_ws @ pressed.read[3:], expected_moment, atol=1e-3 * PRESS_N * lever_m)
    assert pad.shape == (9,)


def test_what_is_read_is_not_trivial(pressed: Pressed) -> None:
    force, moment = pressed.on_pad[:3], pressed.on_pad[3:]
    sideways = force - pressed.rig.normal * (force @ pressed.rig.normal)
    assert np.linalg.norm(sideways) > 0.4
    assert np.linalg.norm(moment) > 0.2 * 0.018 * np.linalg.norm(sideways), "friction turns the pad"
    assert pressed.truth_n == pytest.approx(float(force @ pressed.rig.normal), abs=1e-3 * PRESS_N)
    assert pressed.truth_n == pytest.approx(PRESS_N, rel=0.2)
