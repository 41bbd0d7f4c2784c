"""PyBullet and Pinocchio must see the same arm: two independent readers of one file."""

from collections.abc import Iterator

import numpy as np
import pinocchio as pin
import pybullet
import pytest

from controller.robot import GRAVITY_M_S2
from urdf.arms import arm_names, load_arm
from urdf.build import FOLDER
from urdf.chain import tool_chain
from urdf.reader import read_robot


@pytest.fixture
def client() -> Iterator[int]:
    number = pybullet.connect(pybullet.DIRECT)
    yield number
    pybullet.disconnect(number)


def load(client: int, path: str) -> int:
    flags = pybullet.URDF_USE_INERTIA_FROM_FILE
    return pybullet.loadURDF(path, useFixedBase=True, flags=flags, physicsClientId=client)


def joint_numbers(client: int, body: int) -> dict[str, int]:
    count = pybullet.getNumJoints(body, physicsClientId=client)
    infos = [pybullet.getJointInfo(body, j, physicsClientId=client) for j in range(count)]
    return {info[1].decode(): info[0] for info in infos}


@pytest.mark.parametrize("name", arm_names())
def test_mass_matrix_and_gravity_agree(client: int, name: str) -> None:
    arm = load_arm(name)
    body = load(client, str(arm.urdf_path))
    numbers = joint_numbers(client, body)
    model = pin.buildModelFromUrdf(str(arm.urdf_path))
    model.gravity.linear = np.array([0.0, 0.0, -GRAVITY_M_S2])
    data = model.createData()
    pybullet.setGravity(0.0, 0.0, -GRAVITY_M_S2, physicsClientId=client)
    random = np.random.default_rng(4)
    still = [0.0] * len(arm.joint_names)
    for _ in range(10):
        q = random.uniform(arm.lower_rad, arm.upper_rad)
        for joint, angle in zip(arm.joint_names, q, strict=True):
            pybullet.resetJointState(body, numbers[joint], float(angle), 0.0, physicsClientId=client)
        theirs = np.array(pybullet.calculateMassMatrix(body, q.tolist(), physicsClientId=client))
        ours = np.array(pin.crba(model, data, q))
        ours = np.triu(ours) + np.triu(ours, 1).T
        assert np.abs(theirs - ours).max() <= 1e-6 * np.abs(ours).max()
        torque = np.array(pybullet.calculateInverseDynamics(body, q.tolist(), still, still, physicsClientId=client))
        gravity = pin.computeGeneralizedGravity(model, data, q)
        assert np.abs(torque - gravity).max() <= 1e-6 * max(np.abs(gravity).max(), 1.0)


@pytest.mark.parametrize("name", arm_names())
def test_simulator_keeps_every_mass_and_limit(client: int, name: str) -> None:
    arm = load_arm(name)
    body = load(client, str(arm.urdf_path))
    numbers = joint_numbers(client, body)
    robot = read_robot(arm.urdf_path)
    for file_joint in robot.joints:
        joint = file_joint.joint
        dynamics = pybullet.getDynamicsInfo(body, numbers[joint.name], physicsClientId=client)
        link = robot.link(joint.child)
        assert link is not None
        assert link.inertial is not None
        assert dynamics[0] == pytest.approx(link.inertial.mass_kg, rel=1e-6)
        # a tensor the simulator does not believe in is replaced by zeros
        principal = np.sort(np.linalg.eigvalsh(link.inertial.matrix()))
        assert np.sort(dynamics[2]) == pytest.approx(principal, rel=1e-5, abs=1e-9)
    for joint_name, torque, speed in zip(arm.joint_names, arm.torque_limit_nm, arm.speed_limit_rad_s, strict=True):
        info = pybullet.getJointInfo(body, numbers[joint_name], physicsClientId=client)
        assert (info[10], info[11]) == pytest.approx((torque, speed))
    assert len(tool_chain(robot).actuated) == len(arm.joint_names)


@pytest.mark.parametrize("name", arm_names())
def test_wrist_sensor_joint_weighs_the_tool(client: int, name: str) -> None:
    arm = load_arm(name)
    body = load(client, str(arm.urdf_path))
    sensor = joint_numbers(client, body)["wrist_sensor_joint"]
    pybullet.enableJointForceTorqueSensor(body, sensor, True, physicsClientId=client)
    pybullet.setGravity(0.0, 0.0, -GRAVITY_M_S2, physicsClientId=client)
    for joint, angle in zip(arm.joint_names, arm.home_rad, strict=True):
        number = joint_numbers(client, body)[joint]
        pybullet.resetJointState(body, number, angle, 0.0, physicsClientId=client)
        pybullet.setJointMotorControl2(
            body, number, pybullet.POSITION_CONTROL, angle, force=500.0, physicsClientId=client
        )
    for _ in range(400):
        pybullet.stepSimulation(physicsClientId=client)
    reaction = pybullet.getJointState(body, sensor, physicsClientId=client)[2]
    assert np.linalg.norm(reaction[:3]) == pytest.approx(arm.tool.mass_kg * GRAVITY_M_S2, rel=0.01)


def test_table_loads_and_stands_at_its_height(client: int) -> None:
    table = load(client, str(FOLDER / "table.urdf"))
    low, high = pybullet.getAABB(table, physicsClientId=client)
    assert high[2] == pytest.approx(0.65, abs=0.005)
    assert low[2] == pytest.approx(0.0, abs=0.005)
    assert high[0] - low[0] == pytest.approx(1.95, abs=0.01)
