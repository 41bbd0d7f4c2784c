"""What the pad is said to feel on finite elements, held against known loads: forces, and moments about its centre."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.bullet.quiet import silenced_output
from sim.fem.back import PATCH
from sim.fem.calibration import material
from sim.fem.mesh import strip_mesh
from sim.fem.soft_back import PadShape, SoftBack
from sim.fem.surface import FlatSurface
from tests.fem_cases import elastic_forces

with silenced_output():
    import pybullet

Array = NDArray[np.float64]
DT_S = 1e-3
RADIUS_M, THICKNESS_M = 0.018, 0.030
FRICTION = 0.2
WEIGHT_N, SIDEWAYS_N = 20.0, 2.0
"""The second is half of what friction bears."""
AT_SKIN = np.array([0.004, -0.006, -0.0165])
"""A point on the pad, from its centre."""
MASS_KG = 3.0
DAMPING_N_S_PER_M, END_DAMPING_N_S_PER_M = 60.0, 10.0
"""The second in the last periods: friction creeps by 0.4 mm/s (measured), of which the damper is to bear nothing."""
TOUCH_TICKS, CALM_TICKS, REST_TICKS = 300, 1000, 150


def slab(friction: float) -> SoftBack:
    mesh = strip_mesh(FlatSurface(0.0, THICKNESS_M), np.zeros((1, 2)), PATCH)
    return SoftBack(mesh, material(20e3), PadShape(RADIUS_M, friction), DT_S)


def carried(back: SoftBack, sideways_n: float, ticks: int) -> tuple[Array, Array]:
    """Let a mass on dampers come down under its weight, then pull it sideways through its centre; it cannot turn.

    Returns:
        Motion of the pad at the end (9,), and the wrenches of the last ``REST_TICKS`` (REST_TICKS, 6).
    """
    pad, load, wrenches = np.zeros(9), np.array([0.0, 0.0, -WEIGHT_N]), []
    pad[2], pad[5] = RADIUS_M + 0.001, -0.02
    for tick in range(ticks):
        wrenches.append(back.step(pad))
        load[0] = sideways_n * min(1.0, max(0, tick - TOUCH_TICKS) / 100)
        damping = DAMPING_N_S_PER_M if tick < ticks - REST_TICKS - 50 else END_DAMPING_N_S_PER_M
        pad[3:6] += DT_S / MASS_KG * (load + wrenches[-1][:3] - damping * pad[3:6])
        pad[:3] += DT_S * pad[3:6]
    return pad, np.array(wrenches[-REST_TICKS:])


@pytest.fixture(scope="module")
def rubbed() -> tuple[SoftBack, Array, Array]:
    back = slab(FRICTION)
    return back, *carried(back, SIDEWAYS_N, CALM_TICKS + REST_TICKS + 50)


def test_a_force_put_on_the_pad_anywhere_is_read_whole() -> None:
    """By the engine and in the air: what is read is no more and no less than what changed the pad's momentum."""
    back, force = slab(FRICTION), np.array([1.0, -2.0, 20.0])
    pad = np.array([0.01, 0.02, 0.3, 0.1, -0.2, 0.3, 0.0, 0.0, 0.0])
    flags = pybullet.WORLD_FRAME
    # the engine turns the point into a lever by where it has the pad
    pybullet.resetBasePositionAndOrientation(back._pad, pad[:3].tolist(), (0.0, 0.0, 0.0, 1.0), back._world)
    point = (pad[:3] + AT_SKIN).tolist()
    pybullet.applyExternalForce(back._pad, -1, force.tolist(), point, flags, physicsClientId=back._world)
    wrench = back.step(pad)
    back.close()
    np.testing.assert_allclose(wrench[:3], force, atol=1e-6)
    np.testing.assert_allclose(wrench[3:], np.cross(AT_SKIN, force), atol=1e-6)


def test_a_known_weight_and_a_known_sideways_force_are_what_is_felt(rubbed: tuple[SoftBack, Array, Array]) -> None:
    _, pad, wrenches = rubbed
    assert np.abs(pad[3:6]).max() < 1e-3, "at rest; what sticks creeps by less than this"
    expected = [-SIDEWAYS_N, 0.0, WEIGHT_N]
    np.testing.assert_allclose(wrenches[:, :3].mean(axis=0), expected, atol=1e-3 * WEIGHT_N)
    assert wrenches[:, :3].std(axis=0).max() < 0.05


def test_the_moment_is_that_of_friction_at_the_skin(rubbed: tuple[SoftBack, Array, Array]) -> None:
    """A press acts through the centre of a sphere, so only friction turns it.

    Its lever lies between the deepest point of the pad and the rim of the contact; where, the tissue's own elastic
    forces say, found from where its nodes are.
    """
    back, pad, wrenches = rubbed
    force, moment = wrenches[:, :3].mean(axis=0), wrenches[:, 3:].mean(axis=0)
    lever_m = moment[1] / -force[0]
    assert 0.5 * RADIUS_M < lever_m < RADIUS_M, "the rim of a dent of 9 mm is half a radius below the centre"
    assert np.linalg.norm(moment) < FRICTION * RADIUS_M * WEIGHT_N, "no more than friction can turn"
    nodes, skin = back.nodes_m(), back.mesh.skin_nodes & ~back.mesh.anchored
    forces = elastic_forces(back.mesh, nodes, material(20e3))
    pushed, turned = forces[skin].sum(axis=0), np.cross(nodes[skin] - pad[:3], forces[skin]).sum(axis=0)
    assert turned[1] / -pushed[0] == pytest.approx(lever_m, rel=0.15)
    inner = ~back.mesh.skin_nodes & ~back.mesh.anchored
    assert np.abs(forces[inner]).max() < 1e-2, "inside nothing is out of balance"
    np.testing.assert_allclose(forces[back.mesh.anchored].sum(axis=0), -pushed, atol=0.15)
    back.close()


def test_without_friction_nothing_turns_the_pad() -> None:
    back = slab(0.0)
    _, wrenches = carried(back, 0.3, 600)
    back.close()
    assert wrenches[:, 2].min() > 15.0
    assert np.abs(wrenches[:, :2]).max() > 0.05, "the dent alone bears a little sideways"
    assert np.abs(wrenches[:, 3:]).max() < 1e-9
