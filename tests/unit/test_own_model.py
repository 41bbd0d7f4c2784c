"""The own terms of gate and supervisor agree with those of the law, which come another way."""

import math

import numpy as np
import pinocchio as pin
import pytest

from controller.air.watch import AirWatch
from controller.errors import ModelError
from controller.law.gains import STANDARD, LawSettings
from controller.law.impedance_force import ImpedanceForceLaw
from controller.own_model import OwnModel, own_terms
from controller.robot import RobotModel
from controller.safety.supervision import outward_axis
from tests.gate_cases import gate_with, reference, state
from tests.sim_cases import posture, setting

POSTURE = posture("servo7", 0.1, 0.04, 0.02)
STILL = (0.0,) * 7
ADDED = ((0.0, 0.0, 0.0, 0.0),) * 6 + ((0.05, 0.0, 0.0, 0.004),)


def test_own_terms_agree_with_the_laws() -> None:
    arm, placement, _, _ = setting()
    q, position, normal = POSTURE
    dq = (0.0,) * len(q)  # at rest: the law's speeds come from its motion estimate
    own = own_terms(RobotModel(arm, placement), q, dq)
    law = ImpedanceForceLaw(RobotModel(arm, placement), STANDARD, LawSettings(), 1e-3)
    other = law.step(state(q_rad=q, dq_rad_s=dq), reference()).terms
    for mine, theirs in zip(own.__slots__, other.__slots__, strict=True):
        if mine in {"momentum_nms", "drift_nm"}:
            continue  # the law has no use for them
        a, b = np.array(getattr(own, mine)), np.array(getattr(other, theirs))
        if mine == "quaternion_wt" and a @ b < 0.0:
            b = -b
        assert np.allclose(a, b, rtol=1e-6, atol=1e-8), mine
    moving = tuple(0.1 * np.arange(len(q)))
    assert np.allclose(own_terms(RobotModel(arm, placement), q, moving).v_wt, np.array(own.jacobian) @ moving)
    assert np.allclose(own.p_wt, position, atol=1e-9)
    assert np.allclose(outward_axis(own), normal, atol=1e-9)


def test_momentum_and_drift_are_those_of_the_moving_arm() -> None:
    """Along a motion the momentum changes by drift and by the torque that the motion takes; no other model is asked."""
    arm, placement, _, _ = setting()
    robot, rng = RobotModel(arm, placement), np.random.default_rng(3)
    q, dq, ddq = np.array(POSTURE[0]), rng.normal(size=7), rng.normal(size=7)
    torque, half_s = pin.rnea(robot.model, robot.model.createData(), q, dq, ddq), 1e-5
    way = dq * half_s
    before, now, after = (
        own_terms(robot, tuple(q + side * way + 0.5 * half_s**2 * ddq * abs(side)), tuple(dq + side * half_s * ddq))
        for side in (-1.0, 0.0, 1.0)
    )
    change = (np.array(after.momentum_nms) - before.momentum_nms) / (2.0 * half_s)
    assert change == pytest.approx(torque + now.drift_nm, rel=1e-5, abs=1e-5)
    still = own_terms(robot, POSTURE[0], STILL)
    assert still.momentum_nms == pytest.approx(STILL)
    assert still.drift_nm == pytest.approx(tuple(-bias for bias in still.bias_nm))


def test_a_correction_counts_from_the_file_however_often_it_comes() -> None:
    arm, placement, _, _ = setting()
    q, _, _ = POSTURE
    model, other = OwnModel(arm, placement), RobotModel(arm, placement)
    stated = model(q, STILL)
    other.correct(np.array(ADDED))
    for _ in range(2):
        model.correct(ADDED)
        assert model(q, STILL).bias_nm == pytest.approx(other.holding_nm(np.array(q)))
    with pytest.raises(ModelError):
        model.correct(((math.nan,) * 4,) * 7)
    assert model(q, STILL) == stated
    model.correct(ADDED)
    model.correct(())
    assert model(q, STILL) == stated


def test_what_free_air_shows_reaches_the_gate_too() -> None:
    arm, placement, _, _ = setting()
    q, _, _ = POSTURE
    law = ImpedanceForceLaw(RobotModel(arm, placement), STANDARD, LawSettings(), 1e-3)
    model = OwnModel(arm, placement)
    gate = gate_with(model, arm.torque_limit_nm)
    watch, stated = AirWatch(law, gate.correct), model(q, STILL).bias_nm
    now = state(q_rad=q)
    gate.judge(law.step(now, reference()), now, reference(), 0.0)
    assert watch._correct(np.array(ADDED))
    corrected = model(q, STILL).bias_nm
    assert corrected == pytest.approx(law.robot.holding_nm(np.array(q)))
    assert max(abs(a - b) for a, b in zip(corrected, stated, strict=True)) > 0.1
    # What the model of the law refuses, and what only the gate does: both go on with the files.
    for refused in (-100.0, 100.0):
        law.robot.restore()
        assert not watch._correct(np.full((7, 4), refused) * (1.0, 0.0, 0.0, 0.0))
        assert law.robot.holding_nm(np.array(q)) == pytest.approx(stated)
        assert model(q, STILL).bias_nm == pytest.approx(stated)
    watch._correct(np.array(ADDED))
    AirWatch(law, gate.correct)
    assert model(q, STILL).bias_nm == pytest.approx(stated)
    assert AirWatch(law)._correct(np.array(ADDED)), "a gate without a model has nothing to correct"
