"""The physics engine gets an arm with fewer links; it must be the same arm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pinocchio as pin
import pybullet
import pytest

from controller.arm import ArmDescription, Placement
from controller.robot import GRAVITY_M_S2, RobotModel
from sim.bullet.arm import BulletArm
from sim.bullet.rigid_groups import BASE, carriers, hanging_on, merged
from sim.bullet.robot_file import links_of_file, load_file, new_world
from tests.arms_for_tests import PLACEMENT, SIX_JOINT_URDF
from tests.motor_rings import free_motor_mass_matrix, ring_mass_matrix, without_motors
from tests.sim_cases import Push
from urdf.arms import load_arm

SHIPPED_ARMS = ["servo7", "panda", str(SIX_JOINT_URDF)]
CROOKED_LINKS = """
  <link name="stand"><inertial><origin xyz="0.1 0 0"/><mass value="9"/>
    <inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="stand_joint" type="fixed"><parent link="base"/><child link="stand"/>
    <origin xyz="0.03 -0.02 0.1" rpy="0.2 -0.1 0.7"/></joint>
  <link name="box"><inertial><origin xyz="0.02 0.03 -0.05" rpy="0.3 0.1 -0.4"/><mass value="0.8"/>
    <inertia ixx="0.004" iyy="0.003" izz="0.002" ixy="0.0003" ixz="-0.0002" iyz="0.0001"/></inertial></link>
  <joint name="box_joint" type="fixed"><parent link="link3"/><child link="box"/>
    <origin xyz="0.05 0.08 0.1" rpy="1.2 -0.7 2.1"/></joint>
  <link name="lid"><inertial><origin xyz="0 0.01 0.02"/><mass value="0.3"/>
    <inertia ixx="0.001" iyy="0.001" izz="0.0015" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="lid_joint" type="fixed"><parent link="box"/><child link="lid"/>
    <origin xyz="0 0.1 0" rpy="0 1.5707963267948966 0.3"/></joint>
</robot>"""


@pytest.fixture(scope="module")
def crooked(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an arm that stands on a fixed link, carries a crooked box with a lid and has its sensor mounted askew."""
    text = SIX_JOINT_URDF.read_text(encoding="utf-8")
    text = text.replace('<parent link="base"/><child link="link1"/>', '<parent link="stand"/><child link="link1"/>')
    text = text.replace(
        '<parent link="flange"/><child link="wrist_sensor"/>',
        '<parent link="flange"/><child link="wrist_sensor"/><origin xyz="0 0.01 0.01" rpy="0.1 0.2 -0.5"/>',
    )
    path: Path = tmp_path_factory.mktemp("crooked") / "crooked.urdf"
    path.write_text(text.replace("</robot>", CROOKED_LINKS), encoding="utf-8")
    return str(path)


@pytest.fixture(params=[*SHIPPED_ARMS, "crooked"])
def arm(request: pytest.FixtureRequest) -> ArmDescription:
    name = request.param
    return load_arm(request.getfixturevalue("crooked") if name == "crooked" else name)


def test_mass_and_gravity_of_the_engine_are_those_of_the_model(arm: ArmDescription) -> None:
    """Rigid joints turn a motor with its link; the model lets it turn on its own joint only."""
    model, bullet, random = RobotModel(arm, PLACEMENT), BulletArm(arm, PLACEMENT, 1e-3), np.random.default_rng(8)
    for _ in range(10):
        q = random.uniform(arm.lower_rad, arm.upper_rad)
        theirs = np.array(pybullet.calculateMassMatrix(bullet._body, q.tolist(), physicsClientId=bullet._world))
        model.update(q, np.zeros(model.joints))
        ours = ring_mass_matrix(arm, PLACEMENT, q)
        assert np.abs(theirs - ours).max() <= 1e-6 * np.abs(ours).max()
        free = free_motor_mass_matrix(arm, PLACEMENT, q)
        assert np.abs(free - model.mass).max() <= 1e-9 * np.abs(free).max()
        hold = np.array(bullet.holding_torque(tuple(q.tolist())))
        assert np.abs(hold - model.gravity).max() <= 1e-6 * np.abs(model.gravity).max()
        bullet.reset(tuple(q.tolist()))
        position, rotation = bullet.tool_pose()
        np.testing.assert_allclose(position, model.position, atol=1e-9)
        np.testing.assert_allclose(rotation, model.rotation, atol=1e-9)
    bullet.close()


def test_joint_limits_stay(arm: ArmDescription) -> None:
    bodies = [body for body in merged(links_of_file(arm))]
    for body, lower, upper in zip(bodies, arm.lower_rad, arm.upper_rad, strict=True):
        assert body.range_rad == pytest.approx((lower, upper))
    bullet = BulletArm(arm, PLACEMENT, 1e-3)
    bullet.set_friction((0.0,) * len(arm.joint_names))
    bullet.reset(tuple(upper - 1e-3 for upper in arm.upper_rad))
    for _ in range(200):
        bullet.step([0.2 * limit for limit in arm.torque_limit_nm])
    assert np.all(np.array(bullet.state()[: len(arm.upper_rad)]) < np.array(arm.upper_rad) + 0.02)
    bullet.close()


def test_a_whole_and_a_merged_arm_move_and_weigh_alike(arm: ArmDescription) -> None:
    arm = without_motors(arm)  # the engine adds those that the file, as it is, has not in its links
    count = len(arm.joint_names)
    middle = 0.5 * (np.array(arm.lower_rad) + np.array(arm.upper_rad)) + 0.3
    speeds = 0.4 * (-1.0) ** np.arange(count)
    force = [3.0, -5.0, 20.0]
    bullet = BulletArm(arm, PLACEMENT, 1e-3)
    push = Push(bullet)
    bullet.set_friction(arm.friction_nm)
    hold = bullet.holding_torque(tuple(middle.tolist()))
    bullet.reset(tuple(middle.tolist()), tuple(speeds.tolist()))
    with new_world() as world:
        whole, joints, tool = _whole(arm, world, middle, speeds)
        for _ in range(300):
            point = bullet.tool_pose()[0].tolist()
            bullet.step(push.load(hold, force, point))
            pybullet.setJointMotorControlArray(
                whole, joints, pybullet.TORQUE_CONTROL, forces=hold, physicsClientId=world
            )
            # Bullet places a force by link frames a step old unless it is asked to renew them
            pybullet.getLinkState(whole, tool, computeForwardKinematics=True, physicsClientId=world)
            pybullet.applyExternalForce(whole, tool, force, point, pybullet.WORLD_FRAME, physicsClientId=world)
            pybullet.stepSimulation(physicsClientId=world)
        states = pybullet.getJointStates(whole, joints, physicsClientId=world)
    ours = np.array(bullet.state())
    assert np.abs(ours[:count] - middle).max() > 0.05
    np.testing.assert_allclose(ours[:count], [state[0] for state in states], atol=1e-9)
    np.testing.assert_allclose(ours[count:], [state[1] for state in states], atol=1e-9)
    bullet.close()


def _whole(arm: ArmDescription, world: int, angles: np.ndarray, speeds: np.ndarray) -> tuple[int, list[int], int]:
    """Load the file as it is, with the settings of ``BulletArm``; return body, joints and tool link."""
    pybullet.setGravity(0.0, 0.0, -GRAVITY_M_S2, physicsClientId=world)
    pybullet.setTimeStep(1e-3, physicsClientId=world)
    whole = load_file(str(arm.urdf_path), PLACEMENT, world)
    links = [link.name for link in links_of_file(arm)]
    names = [link.joint for link in links_of_file(arm)]
    joints = [names.index(name) for name in arm.joint_names]
    for link in range(-1, len(links)):
        for setting in ({"linearDamping": 0.0}, {"angularDamping": 0.0}, {"jointDamping": 0.0}):
            pybullet.changeDynamics(whole, link, **setting, physicsClientId=world)
    pybullet.setJointMotorControlArray(
        whole, joints, pybullet.VELOCITY_CONTROL, forces=arm.friction_nm, physicsClientId=world
    )
    for joint, angle, speed in zip(joints, angles.tolist(), speeds.tolist(), strict=True):
        pybullet.resetJointState(whole, joint, angle, speed, physicsClientId=world)
    return whole, joints, links.index(arm.tool_frame)


def test_groups_end_at_joints_that_move(crooked: str) -> None:
    arm = load_arm(crooked)
    links = links_of_file(arm)
    names = [link.name for link in links]
    owner = {link.name: own for link, own in zip(links, carriers(links), strict=True)}
    assert owner["stand"] == BASE
    assert names[owner["lid"]] == names[owner["box"]] == "link3"
    assert names[owner["flange"]] == "link6"
    assert names[owner["tool"]] == names[owner["wrist_sensor"]] == "link6"
    bodies = merged(links)
    assert [body.name for body in bodies] == [f"link{k}" for k in range(1, 7)]
    assert [body.parent for body in bodies] == [BASE, 0, 1, 2, 3, 4]
    model = pin.buildModelFromUrdf(crooked)
    inside = sum(body.mass_kg for body in bodies)
    assert inside == pytest.approx(sum(inertia.mass for inertia in list(model.inertias)[1:]))
    behind = hanging_on(links, arm.sensor_frame)
    assert sum(link.mass_kg for link in behind) == pytest.approx(arm.tool.mass_kg)


def test_a_turned_base_turns_the_whole_arm() -> None:
    arm = load_arm("servo7")
    lying = Placement((0.1, 0.2, 0.3), (0.5, 0.5, -0.5, 0.5))
    model, bullet = RobotModel(arm, lying), BulletArm(arm, lying, 1e-3)
    bullet.reset(arm.home_rad)
    np.testing.assert_allclose(bullet.tool_pose()[0], model.tool_pose(np.array(arm.home_rad))[0], atol=1e-9)
    bullet.close()
