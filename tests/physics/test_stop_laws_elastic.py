"""A stopped arm with elastic joints comes to rest in the physics engine, where gains by torque limits made it ring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from controller.own_model import own_terms
from controller.safety.gate import Gate
from controller.safety.limits import StopGains
from controller.safety.reaction import stop_reason
from controller.safety.supervision import Supervisor
from controller.session_limits import session_limits, supervisor_limits
from controller.types import Authority, Cause, Side
from sim.differences.values import PlantDifferences
from sim.options import SimulationOptions
from sim.plant import SimPlant, build_simulation
from tests.gate_cases import command, soft_gains
from tests.plan_cases import arm_over, body_named, short_plan

Array = NDArray[np.float64]
ARM = "servo7"
TICKS, KICK_TICKS, STOP_S = 700, 15, 1e-9
SOFT = ((5.6e3,) * 4 + (3.6e3,) * 3, 0.02)
STATED = ((14e3,) * 4 + (9e3,) * 3, 0.05)


def _plant(side: Side, joints: tuple[tuple[float, ...], float]) -> SimPlant:
    """Return an arm with hardly any friction, pressed 10 mm deep into the back."""
    robot = arm_over(ARM, "median_f")
    stiffness, ratio = joints
    differences = PlantDifferences(
        name="elastic", joint_stiffness_nm_per_rad=stiffness, joint_damping_ratio=(ratio,), encoder_side=(side,),
        friction_scale=(0.05,),
    )  # fmt: skip
    options = SimulationOptions(seed=1, differences=differences)
    return build_simulation(robot.arm, robot.placement, body_named("median_f")[0], options)


def _stopped(side: Side, joints: tuple[tuple[float, ...], float], by: str, gains: StopGains | None) -> Array:
    """Return the torque that a stop adds to what holds the arm, (ticks, n), after a kick at every joint."""
    plan, robot, plant = short_plan(ARM), arm_over(ARM, "median_f"), _plant(side, joints)
    robot.arm = replace(robot.arm, drives=tuple(replace(drive, position_side=side) for drive in robot.arm.drives))
    limits = session_limits(plan, robot)
    limits = limits if gains is None else replace(limits, stop=gains)
    reference = plan.at(plan.segments[0].start_s + 2.0)
    gate, supervisor = Gate(limits, 1e-3), Supervisor(supervisor_limits(limits))
    gate.stop(stop_reason(Cause.JOINT_SPEED, "-", 1.0, 0.0, "-", 0.0))
    supervisor.stop = stop_reason(Cause.HOST_LOST, "-", 1.0, 0.0, "-", 0.0)
    plant.configure()
    plant.activate(reference.posture_rad)
    added, tau, kick = [], (), np.array([6.0, 6.0, 3.0, 3.0, 1.0, 1.0, 0.3])
    for tick in range(TICKS):
        state = replace(plant.read(), authority=Authority.HOST, t_s=tick * 1e-3)
        terms = own_terms(robot, state.q_rad, state.dq_rad_s)
        if by == "gate":
            tau = gate.judge(command(terms, terms.bias_nm), state, reference, state.t_s).command.tau_nm
        elif tick % 2 == 0:
            tau, _ = supervisor.torque(terms, state)
        pushed = (tick < KICK_TICKS) * (1.0 if tick % 5 < 3 else -1.0) * kick
        plant.advance(tuple((np.array(tau) + pushed).tolist()))
        plant.truth()
        added.append(np.subtract(tau, terms.bias_nm))
    plant.deactivate()
    return np.array(added)


def _ringing_nm(added: Array) -> float:
    """Return the largest change of a joint's torque in two ticks, long after the kick."""
    late = added[400:]
    return float(np.abs(late[2:] - late[:-2]).max())


@pytest.mark.parametrize("by", ["gate", "supervisor"])
@pytest.mark.parametrize("joints", [STATED, SOFT], ids=["stated", "soft"])
@pytest.mark.parametrize("side", [Side.LINK, Side.MOTOR])
def test_a_stopped_arm_with_elastic_joints_does_not_ring(side: Side, joints: tuple, by: str) -> None:
    assert _ringing_nm(_stopped(side, joints, by, None)) < 0.3


def test_gains_from_torque_limits_made_it_ring() -> None:
    limits_nm = arm_over(ARM, "median_f").arm.torque_limit_nm
    before = soft_gains(7, float_damping_nms_per_rad=tuple(0.03 * limit for limit in limits_nm))
    assert _ringing_nm(_stopped(Side.MOTOR, STATED, "gate", before)) > 5.0
