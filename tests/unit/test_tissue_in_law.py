"""The whole law on a rigid arm: what it learns of tissue and friction through its own senses, and does with it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from controller.law.gains import STANDARD, LawSettings
from controller.law.impedance_force import ImpedanceForceLaw
from controller.law.joint_friction import PRIOR_S, PRODUCT, ROWS, SQUARE, WEIGHT
from controller.law.memory import WORK
from controller.law.motion_estimate import UNEXPLAINED
from controller.law.small_algebra import rotation_to_quaternion
from controller.law.tissue_stiffness import SAFE_SIDE
from controller.robot import GRAVITY_M_S2, RobotModel
from controller.types import ArmState, Reference
from tests.gate_cases import reference, state
from tests.sim_cases import posture, setting, tool_rotation

Array = NDArray[np.float64]

DT_S, PRESS_N = 1e-3, 15.0
SWING_PER_S, DEPTH_M = 2.0 * math.pi * 22.0, 2e-4
SPOT = ("servo7", 0.1, 0.04, 0.0)
SETTINGS = LawSettings()
FIT = 11
"""First row of the friction fit in the law's memory."""


class Swing:
    """Senses of a rigid arm whose tool swings along the normal on a spring."""

    def __init__(self, stiffness_n_per_m: float) -> None:
        arm, placement, _, _ = setting()
        self.robot, self.model = RobotModel(arm, placement), RobotModel(arm, placement)
        self.stiffness, self.tool_kg = stiffness_n_per_m, arm.tool.mass_kg
        q, position, normal = posture(*SPOT)
        self.q, self.inward = np.array(q), -np.array(normal)
        self.model.update(self.q, np.zeros(7))
        self.across = np.linalg.pinv(self.model.jacobian)[:, :3] @ self.inward
        turn = np.empty(4)
        rotation_to_quaternion(tool_rotation(np.array(normal)), turn)
        x, y, z, w = turn.tolist()
        self.plan: Reference = replace(
            reference(press_n=PRESS_N, normal=(normal[0], normal[1], normal[2])),
            position_m=(position[0], position[1], position[2]),
            quaternion_xyzw=(x, y, z, w),
            posture_rad=q,
        )

    def law(self) -> ImpedanceForceLaw:
        """Return a law that works there, at rest, with all of the tool's mass at the pad."""
        law = ImpedanceForceLaw(self.robot, STANDARD, SETTINGS, DT_S)
        law.take_tool(self.tool_kg, (0.0, 0.0, 0.0))
        law._state["contact"], law._state["target_n"] = WORK, PRESS_N
        law._state["press_n"] = law._state["force_n"] = law._state["sample_n"] = PRESS_N
        return law

    def at(self, t_s: float) -> ArmState:
        """Return what the senses say."""
        depth, speed, rise = _motion(t_s)
        across = self.across
        self.model.update(self.q + across * depth, across * speed)
        force_w = -self.inward * (PRESS_N + self.stiffness * depth)
        tau = self.model.mass @ (across * rise) + self.model.gravity - self.model.jacobian[:3].T @ force_w
        position_ts, rotation_ts = self.model.sensor_in_tool()
        into_s = (self.model.rotation @ rotation_ts).T
        own_w = -self.tool_kg * (np.array([0.0, 0.0, GRAVITY_M_S2]) + self.inward * rise)
        moment_s = np.cross(-rotation_ts.T @ position_ts, into_s @ force_w)
        wrench_s = (*(into_s @ (force_w + own_w)).tolist(), *moment_s.tolist())
        return state(
            t_s=t_s, q_rad=tuple((self.q + across * depth).tolist()), dq_rad_s=tuple((across * speed).tolist()),
            tau_nm=tuple(tau.tolist()), wrench_s=wrench_s,
        )  # fmt: skip


def _motion(t_s: float) -> tuple[float, float, float]:
    sine, cosine = math.sin(SWING_PER_S * t_s), math.cos(SWING_PER_S * t_s)
    return DEPTH_M * sine, DEPTH_M * SWING_PER_S * cosine, -DEPTH_M * SWING_PER_S**2 * sine


@pytest.mark.parametrize("stiffness", [12e3, 30e3])
def test_a_swing_of_the_arm_teaches_the_law_its_tissue(stiffness: float) -> None:
    """Without the tool's inertia, or with the depth the wrong way round, the softer one would not be learned."""
    swing = Swing(stiffness)
    law = swing.law()
    for tick in range(600):
        law.step(swing.at(DT_S * tick), swing.plan)
    assert law._state["is_trusted"][0] == 1
    assert law._state["tissue_n_per_m"][0] == pytest.approx(SAFE_SIDE * stiffness, rel=0.15)


def test_a_sensor_that_is_not_believed_moves_no_estimate() -> None:
    """The arm stands still while the sensor jumps from one absurd force to another."""
    swing = Swing(0.0)
    law = swing.law()
    speeds = []
    for tick in range(800):
        wrong_n = 200.0 if tick < 600 else -200.0
        calm = swing.at(0.0)
        resting = replace(calm, dq_rad_s=(0.0,) * 7, wrench_s=(0.0, 0.0, wrong_n, 0.0, 0.0, 0.0))
        command = law.step(resting, swing.plan)
        speeds.append(math.hypot(*command.terms.v_wt[:3]))
        assert tick < 5 or not command.pads[0].is_sensor_trusted
    assert max(speeds[:10]) > 0.1
    assert max(speeds[600:]) < 2.0 * max(speeds[590:600]) + 1e-4


@pytest.mark.parametrize("wrong_n", [200.0, math.nan])
def test_a_sensor_that_is_not_believed_teaches_no_friction(wrong_n: float) -> None:
    """What the sensor cannot tell from a press force would be taken for friction of the planned motion."""
    swing = Swing(0.0)
    law = swing.law()
    plan = replace(swing.plan, twist=(0.1, 0.0, 0.0, 0.0, 0.0, 0.0))
    resting = replace(swing.at(0.0), dq_rad_s=(0.0,) * 7)
    for _ in range(20):
        law.step(replace(resting, wrench_s=(0.0, 0.0, wrong_n, 0.0, 0.0, 0.0)), plan)
    assert law._state["is_trusted"][0] == 0
    before = law._memory[FIT : FIT + ROWS].copy()
    assert before.any()
    for _ in range(50):
        law.step(replace(resting, wrench_s=(0.0, 0.0, wrong_n, 0.0, 0.0, 0.0)), plan)
    np.testing.assert_array_equal(law._memory[FIT : FIT + ROWS], before)


def _compensated(friction_nm: float, unexplained_rad_s2: float) -> tuple[Array, Array, Array]:
    """Return what friction compensation adds to the torque (7,), joint speeds of the plan (7,) and the cap (7,)."""
    swing = Swing(0.0)
    still = swing.at(0.0)
    resting = replace(still, dq_rad_s=(0.0,) * 7)
    twist = (0.1, 0.0, 0.0, 0.0, 0.0, 0.0)
    torques = []
    for gain in (0.0, 1.0):
        law = ImpedanceForceLaw(swing.robot, STANDARD, replace(SETTINGS, friction_gain=gain), DT_S)
        law.step(resting, swing.plan)
        memory = law._memory
        memory[FIT + WEIGHT] = memory[FIT + SQUARE] = 1.0
        memory[FIT + PRODUCT] = (1.0 + PRIOR_S) * friction_nm
        memory[2 + UNEXPLAINED] = unexplained_rad_s2
        torques.append(np.array(law.step(resting, replace(swing.plan, twist=twist)).tau_nm))
    planned = np.linalg.pinv(swing.robot.jacobian) @ np.array(twist)
    return torques[1] - torques[0], planned, law._friction_cap


def test_friction_that_was_learned_is_fed_forward_in_the_planned_direction() -> None:
    added, planned, cap = _compensated(0.1, 0.0)
    assert max(cap) > 0.1
    moving = np.abs(planned) > 0.05
    assert moving.any()
    np.testing.assert_allclose(added[moving], np.sign(planned[moving]) * 0.1, atol=0.04)


def test_torque_that_nothing_explains_is_compensated_up_to_a_cap() -> None:
    """Friction that was learned counts into the same cap."""
    for friction_nm in (0.0, 0.1):
        added, _, cap = _compensated(friction_nm, -1e4)
        assert np.all(np.abs(added) <= cap + 1e-6)
        assert np.any(added >= cap - 1e-6)
