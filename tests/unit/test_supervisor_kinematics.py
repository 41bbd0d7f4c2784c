"""The supervisor's own terms agree with those of the law, which come another way."""

import numpy as np

from controller.law.gains import STANDARD, LawSettings
from controller.law.impedance_force import ImpedanceForceLaw
from controller.own_model import own_terms
from controller.robot import RobotModel
from controller.safety.supervision import outward_axis
from tests.gate_cases import reference, state
from tests.sim_cases import posture, setting


def test_own_terms_agree_with_the_laws() -> None:
    arm, placement, _, _ = setting()
    q, position, normal = posture("servo7", 0.1, 0.04, 0.02)
    dq = (0.0,) * len(q)  # at rest: the law's speeds come from its motion estimate
    own = own_terms(RobotModel(arm, placement), q, dq)
    law = ImpedanceForceLaw(RobotModel(arm, placement), STANDARD, LawSettings(), 1e-3)
    other = law.step(state(q_rad=q, dq_rad_s=dq), reference()).terms
    for mine, theirs in zip(own.__slots__, other.__slots__, strict=True):
        a, b = np.array(getattr(own, mine)), np.array(getattr(other, theirs))
        if mine == "quaternion_wt" and a @ b < 0.0:
            b = -b
        assert np.allclose(a, b, rtol=1e-6, atol=1e-8), mine
    moving = tuple(0.1 * np.arange(len(q)))
    assert np.allclose(own_terms(RobotModel(arm, placement), q, moving).v_wt, np.array(own.jacobian) @ moving)
    assert np.allclose(own.p_wt, position, atol=1e-9)
    assert np.allclose(outward_axis(own), normal, atol=1e-9)
