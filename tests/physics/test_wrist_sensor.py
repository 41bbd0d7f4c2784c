"""The wrist sensor of the simulation against statics and against Pinocchio's equations of motion."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pinocchio as pin
import pytest
from numpy.typing import NDArray

from controller.arm import ArmDescription
from controller.robot import GRAVITY_M_S2, RobotModel
from sim.bullet.arm import BulletArm
from sim.faults.kinds import Fault
from sim.options import SimulationOptions
from sim.period.wrist_sensor import tool_acceleration, wrist_wrench
from tests.motor_rings import ringed_model
from tests.sim_cases import Push, Rig, approved, posture, setting

Array = NDArray[np.float64]
QUIET = SimulationOptions(has_noise=False, has_bias=False, is_breathing=False, has_scatter=False, has_friction=False)
ARMS = ["servo7", "panda"]
DT_S = 1e-3
EXTRA_KG = 0.3


def felt(bullet: BulletArm, push: Push, torque: Array, force: Array, point: Array) -> Array:
    """Let one step pass and return what the wrist sensor felt."""
    load = push.load(torque, force, point)
    count = len(torque)
    before = np.array(bullet.state()[count:])
    bullet.step(load)
    change = (np.array(bullet.state()[count:]) - before) / DT_S
    acceleration, wrench = np.zeros(6), np.zeros(6)
    tool_acceleration(push.lines, change, push.pad, acceleration)
    wrist_wrench(bullet.tool_body(), push.pad, push.room[0], acceleration, force, point, np.zeros(3), wrench)
    return wrench


@pytest.mark.parametrize("name", ARMS)
@pytest.mark.parametrize("weight_n", [5.0, 40.0])
def test_a_known_weight_on_the_pad_reads_right_at_the_wrist(name: str, weight_n: float) -> None:
    arm, placement, _, _ = setting(name)
    q, _, _ = posture(name, 0.1, 0.04, 0.05)
    model, bullet = RobotModel(arm, placement), BulletArm(arm, placement, DT_S)
    push = Push(bullet)
    position, r_wt = model.tool_pose(np.array(q))
    p_ts, r_ts = model.sensor_in_tool()
    hold, r_ws = np.array(bullet.holding_torque(q)), r_wt @ r_ts
    bullet.set_friction((0.0,) * len(q))
    jacobian, wrenches = model.tool_jacobian(np.array(q))[:3], []
    for force in ([0.0, 0.0, 0.0], [0.0, 0.0, -weight_n], [0.6 * weight_n, 0.0, -0.8 * weight_n]):
        bullet.reset(q)
        wrenches.append(felt(bullet, push, hold - jacobian.T @ force, np.array(force), position))
        moment = np.cross(r_wt @ -p_ts, force)
        difference = wrenches[-1] - wrenches[0]
        np.testing.assert_allclose(r_ws @ difference[:3], force, atol=0.01 * weight_n)
        np.testing.assert_allclose(r_ws @ difference[3:], moment, atol=0.01 * weight_n * np.linalg.norm(p_ts))
    weight = arm.tool.mass_kg * GRAVITY_M_S2 * np.array([0.0, 0.0, -1.0])
    np.testing.assert_allclose(r_ws @ wrenches[0][:3], weight, atol=0.01 * np.linalg.norm(weight))
    moment = np.cross(r_ws @ np.array(arm.tool.com_s_m), weight)
    np.testing.assert_allclose(r_ws @ wrenches[0][3:], moment, atol=0.003)
    bullet.close()


def _point_mass(mass_kg: float) -> pin.Inertia:
    return pin.Inertia(mass_kg, np.zeros(3), np.zeros((3, 3)))


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Pinocchio's reading of the same file: motors move with their links, an extra mass at the tool where wanted."""

    robot: RobotModel
    extra_kg: float
    model: pin.Model
    data: pin.Data
    joint_frame: int

    @classmethod
    def of(cls, arm: ArmDescription, robot: RobotModel, extra_kg: float) -> Reference:
        """Return the model of an arm as it is placed."""
        model = ringed_model(arm, robot.placement)
        tool = model.frames[robot.tool_id]
        if extra_kg > 0.0:
            model.appendBodyToJoint(tool.parentJoint, _point_mass(extra_kg), tool.placement)
        frame = model.frames[model.getFrameId(arm.sensor_frame)]
        return cls(robot, extra_kg, model, model.createData(), frame.parentFrame)

    def accelerations(self, q: Array, dq: Array, torque: Array, force: Array, point: Array) -> Array:
        """Return the joint accelerations."""
        return np.array(pin.aba(self.model, self.data, q, dq, torque + self._lever(q, force, point)))

    def wrench(self, q: Array, dq: Array, ddq: Array, pull: tuple[Array, Array]) -> Array:
        """Return what a sensor at S reads while ``pull`` (force and where it acts) is on the tool."""
        force, point = pull
        pin.forwardKinematics(self.model, self.data, q, dq, ddq)
        pin.updateFramePlacements(self.model, self.data)
        sensor = self.robot.sensor_id
        pose = self.data.oMf[sensor]
        body = pin.computeSupportedInertiaByFrame(self.model, self.data, self.joint_frame, True)
        if self.extra_kg > 0.0:
            body = body + (pose.inverse() * self.data.oMf[self.robot.tool_id]).act(_point_mass(self.extra_kg))
        # the frame of the sensor's joint is that of its link
        twist = pin.getFrameVelocity(self.model, self.data, sensor, pin.LOCAL)
        change = pin.getFrameAcceleration(self.model, self.data, sensor, pin.LOCAL)
        change.linear = change.linear - pose.rotation.T @ self.model.gravity.linear
        needed = (body * change + twist.cross(body * twist)).vector
        contact = np.concatenate([pose.rotation.T @ force, pose.rotation.T @ np.cross(point - pose.translation, force)])
        return np.asarray(contact - needed)

    def _lever(self, q: Array, force: Array, point: Array) -> Array:
        position = self.robot.tool_pose(q)[0]
        moment = np.cross(point - position, force)
        return np.asarray(self.robot.tool_jacobian(q).T @ np.concatenate([force, moment]))


@pytest.fixture(params=[(name, place, kg) for name in ARMS for place in ("air", "skin") for kg in (0.0, EXTRA_KG)])
def case(request: pytest.FixtureRequest) -> Iterator[tuple[Rig, Reference, str]]:
    name, place, extra_kg = request.param
    faults = (Fault("tool_mass_wrong", extra_kg, 0.0),) if extra_kg else ()
    gap = 0.0185 if place == "skin" else 0.20
    rig = Rig(replace(QUIET, faults=faults), (0.1, 0.04, gap), name)
    arm = setting(name)[0]
    yield rig, Reference.of(arm, RobotModel(arm, setting(name)[1]), extra_kg), place
    rig.close()


def test_sensor_and_joints_obey_the_equations_of_motion(
    case: tuple[Rig, Reference, str],
) -> None:
    rig, reference, place = case
    middle, fastest, pressed, hardest = rig.position.copy(), 0.0, 0, 0.0
    for k in range(500):
        swing = 0.10 if place == "air" else 0.03
        rig.position = middle + swing * math.sin(2.0 * math.pi * 3.0 * k * DT_S) * np.array([1.0, 0.2, 0.0])
        q, dq = (np.array(values) for values in rig.plant.true_motion())
        torque = rig.plant._opened()[1].torque.copy()
        truth = rig.step(20.0 if place == "skin" else 0.0)
        after = np.array(rig.plant.true_motion()[1])
        force, point = np.array(truth.force_w), np.array(truth.p_wc)
        ddq = reference.accelerations(q, dq, torque, force, point)
        np.testing.assert_allclose((after - dq) / DT_S, ddq, atol=1e-4 * (1.0 + np.abs(ddq).max()))
        wrench = reference.wrench(q, dq, ddq, (force, point))
        read = np.array(rig.plant.read().wrench_s)
        np.testing.assert_allclose(read[:3], wrench[:3], atol=0.005)
        np.testing.assert_allclose(read[3:], wrench[3:], atol=0.0005)
        pressed += truth.press_n > 5.0
        fastest, hardest = max(fastest, np.linalg.norm(rig.plant.true_tool()[0][3:6])), max(hardest, np.abs(ddq).max())
    assert fastest > (0.5 if place == "air" else 0.15)
    assert hardest > 2.0
    assert pressed > 300 or place == "air"


def test_a_heavier_tool_weighs_more_at_the_pad_and_goes_with_the_next_start() -> None:
    rig = Rig(replace(QUIET, has_friction=True), (0.1, 0.04, 0.1))
    start = rig.plant.true_motion()[0]
    model = rig.model
    model.update(np.array(start), np.zeros(7))
    light = np.array(rig.plant.read().wrench_s)
    rig.plant.inject(Fault("tool_mass_wrong", 0.02, 0.0))
    before = rig.plant.true_motion()
    rig.plant.apply(approved(model.gravity))
    rig.plant.apply(approved(model.gravity))
    np.testing.assert_allclose(rig.plant.true_motion()[0], before[0], atol=1e-6)
    p_ts, r_ts = model.sensor_in_tool()
    weight = (rig.rotation @ r_ts).T @ np.array([0.0, 0.0, -0.02 * GRAVITY_M_S2])
    extra = np.array(rig.plant.read().wrench_s) - light
    np.testing.assert_allclose(extra[:3], weight, atol=0.01)
    np.testing.assert_allclose(extra[3:], np.cross(r_ts.T @ -p_ts, weight), atol=0.001)
    rig.plant.activate(start)
    np.testing.assert_allclose(rig.plant.read().wrench_s, light, atol=1e-9)
    rig.close()
