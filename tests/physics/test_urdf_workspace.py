"""servo7 on every body from the default base: reach, torque, singularity, inertia at the tool, its own links."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import pinocchio as pin
import pybullet
import pytest

from controller.arm import Placement
from controller.robot import RobotModel
from controller.types import Region
from trajectories.anatomy.body import body_names, load_body
from trajectories.anatomy.regions import RegionMap
from trajectories.anatomy.skin import Skin
from urdf.arms import load_arm

WORKED = (
    Region.LUMBAR_PARASPINAL,
    Region.THORACIC_PARASPINAL,
    Region.RHOMBOID,
    Region.UPPER_TRAPEZIUS,
    Region.DELTOID,
)
PRESS_N = 40.0
DEPTH_M = 0.007
SPACING_M = 0.045
CLEARANCE_M = 0.002


@dataclass(frozen=True)
class Spot:
    """One place on a body with the posture found for it."""

    region: Region
    place: tuple[float, float]
    error: float
    q: np.ndarray
    normal: np.ndarray
    torque: np.ndarray
    smallest_singular_value: float
    margin_rad: float
    effective_mass_kg: float


def posture(robot: RobotModel, position: np.ndarray, rotation: np.ndarray) -> tuple[np.ndarray, float]:
    """Damped least squares from home, drawn to home in the null space; returns posture and pose error."""
    model, data, home = robot.model, robot.data, np.array(robot.arm.home_rad)
    q, error = home.copy(), math.inf
    for _ in range(120):
        jacobian = pin.computeFrameJacobian(model, data, q, robot.tool_id, pin.LOCAL_WORLD_ALIGNED)
        at = pin.updateFramePlacement(model, data, robot.tool_id)
        step6 = np.concatenate([position - at.translation, pin.log3(rotation @ at.rotation.T)])
        error = float(np.linalg.norm(step6))
        if error < 1e-6:
            break
        inverse = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + 1e-5 * np.eye(6))
        step = inverse @ step6 + 0.15 * (np.eye(robot.joints) - inverse @ jacobian) @ (home - q)
        q = np.clip(q + step * min(1.0, 0.4 / np.abs(step).max()), robot.lower + 0.02, robot.upper - 0.02)
    return q, error


def visit(robot: RobotModel, region: Region, point: np.ndarray, normal: np.ndarray) -> Spot:
    x_axis = np.array([0.0, 1.0, 0.0]) - normal[1] * normal
    x_axis /= np.linalg.norm(x_axis)
    rotation = np.column_stack([x_axis, np.cross(-normal, x_axis), -normal])
    q, error = posture(robot, point + (robot.arm.tool.only_pad("a test").radius_m - DEPTH_M) * normal, rotation)
    jacobian = robot.tool_jacobian(q)
    gravity = pin.computeGeneralizedGravity(robot.model, robot.data, q)
    return Spot(
        region=region,
        place=(round(float(point[0]), 3), round(float(point[1]), 3)),
        error=error,
        q=q,
        normal=normal,
        torque=np.maximum(np.abs(gravity), np.abs(gravity - PRESS_N * jacobian[:3].T @ normal)),
        smallest_singular_value=float(np.linalg.svd(jacobian, compute_uv=False)[-1]),
        margin_rad=float(np.min(np.minimum(q - robot.lower, robot.upper - q))),
        effective_mass_kg=robot.effective_mass(q, normal),
    )


@functools.cache
def spots(name: str) -> tuple[Spot, ...]:
    """Visit a grid over the worked regions of a body with servo7 in its default place."""
    body = load_body(name)
    skin = Skin.from_body(body)
    seventh = body.landmarks["C7"][0]
    stand = 0.55 * seventh
    half = math.sqrt(0.5)
    height = float(skin.height([stand], [0.0])[0])
    robot = RobotModel(load_arm("servo7"), Placement((stand, -0.45, height + 0.05), (0.0, 0.0, half, half)))
    x, y = (
        grid.ravel()
        for grid in np.meshgrid(
            np.arange(0.0, seventh + 0.05, SPACING_M), np.arange(-0.3, 0.3001, SPACING_M), indexing="ij"
        )
    )
    regions = np.array(RegionMap.from_body(body).region_at(x, y))
    chosen = np.isin(regions, WORKED) & skin.on_body(x, y)
    x, y, regions = x[chosen], y[chosen], regions[chosen]
    points, normals = np.column_stack([x, y, skin.height(x, y)]), skin.smoothed(0.016).normal(x, y)
    return tuple(visit(robot, Region(r), p, n) for r, p, n in zip(regions, points, normals, strict=True))


@pytest.mark.parametrize("name", body_names())
def test_reaches_every_worked_region_along_the_normal(name: str) -> None:
    visited = spots(name)
    assert {spot.region for spot in visited} == set(WORKED)
    assert [spot.place for spot in visited if not spot.error < 1e-4] == []


@pytest.mark.parametrize("name", body_names())
def test_presses_forty_newtons_within_rated_torque(name: str) -> None:
    rated = np.array(load_arm("servo7").torque_limit_nm)
    worst = np.max([spot.torque for spot in spots(name)], axis=0)
    assert np.all(worst <= 0.9 * rated), worst


@pytest.mark.parametrize("name", body_names())
def test_stays_away_from_singular_postures_and_joint_stops(name: str) -> None:
    for spot in spots(name):
        is_shoulder = spot.region is Region.DELTOID
        assert spot.smallest_singular_value >= (0.05 if is_shoulder else 0.15), spot.place
        assert math.degrees(spot.margin_rad) >= (5.0 if is_shoulder else 20.0), spot.place


@pytest.mark.parametrize("name", body_names())
def test_is_light_at_the_tool(name: str) -> None:
    masses = [spot.effective_mass_kg for spot in spots(name)]
    assert np.median(masses) <= 4.5
    assert max(masses) <= 6.5


@pytest.mark.parametrize("name", body_names())
def test_links_do_not_run_into_each_other(name: str) -> None:
    """All but the outer edge of the near shoulder, where the wrist comes to stand over the column."""
    arm = load_arm("servo7")
    client = pybullet.connect(pybullet.DIRECT)
    body = pybullet.loadURDF(str(arm.urdf_path), useFixedBase=True, physicsClientId=client)
    pairs = [(a, b) for a in range(-1, 5) for b in range(a + 2, 7)]
    touching = []
    for spot in spots(name):
        if spot.region is Region.DELTOID and spot.place[1] < -0.2:
            continue
        for joint, angle in enumerate(spot.q):
            pybullet.resetJointState(body, joint, float(angle), physicsClientId=client)
        near = [
            pair for pair in pairs if pybullet.getClosestPoints(body, body, CLEARANCE_M, *pair, physicsClientId=client)
        ]
        touching += [(spot.place, near)] if near else []
    pybullet.disconnect(client)
    assert touching == []
