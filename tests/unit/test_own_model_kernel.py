"""The compiled terms of gate and supervisor against the same in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from controller.own_model import own_terms
from controller.own_model_kernel import SOFTENING, derive, factorise, solve
from controller.robot import RobotModel
from controller.types import ToolTerms, Vector
from tests.sim_cases import posture, setting


def _by_numpy(robot: RobotModel, q_rad: Vector, dq_rad_s: Vector) -> dict[str, np.ndarray]:
    """Return the readable twin of ``derive``."""
    dq = np.array(dq_rad_s)
    robot.update(np.array(q_rad), dq)
    jacobian, mass, coriolis = robot.jacobian, robot.mass, robot.coriolis
    inverse = np.linalg.solve(mass, jacobian.T)
    return {
        "jacobian": jacobian.copy(),
        "jbar_t": np.linalg.solve(jacobian @ inverse + SOFTENING * np.eye(6), inverse.T),
        "v_wt": jacobian @ dq,
        "bias_nm": robot.gravity + coriolis @ dq,
        "momentum_nms": mass @ dq,
        "drift_nm": coriolis.T @ dq - robot.gravity,
        "p_wt": robot.position.copy(),
    }


def _is_twin(found: ToolTerms, twin: dict[str, np.ndarray], tolerance: float = 1e-9) -> None:
    for name, wanted in twin.items():
        scale = 1.0 + float(np.abs(wanted).max())
        assert np.array(getattr(found, name)) == pytest.approx(wanted, rel=0.0, abs=tolerance * scale), name


@pytest.mark.parametrize("arm_name", ["servo7", "panda"])
def test_the_compiled_terms_are_those_of_numpy(arm_name: str) -> None:
    arm, placement, _, _ = setting(arm_name)
    robot, rng = RobotModel(arm, placement), np.random.default_rng(1)
    lower, upper = np.array(arm.lower_rad), np.array(arm.upper_rad)
    for _ in range(200):
        q, dq = tuple(rng.uniform(lower, upper).tolist()), tuple(rng.normal(size=len(lower)).tolist())
        twin = _by_numpy(robot, q, dq)
        # Close to singular both methods lose digits.
        is_regular = np.linalg.svd(twin["jacobian"], compute_uv=False)[-1] > 0.02
        _is_twin(own_terms(robot, q, dq), twin, 1e-9 if is_regular else 1e-4)


def test_a_singular_posture_gives_large_finite_terms() -> None:
    arm, placement, _, _ = setting()
    robot = RobotModel(arm, placement)
    q = tuple(min(max(0.0, low), high) for low, high in zip(arm.lower_rad, arm.upper_rad, strict=True))
    found = own_terms(robot, q, (0.0,) * len(q))
    assert np.linalg.svd(np.array(found.jacobian), compute_uv=False)[-1] < 1e-3
    assert np.all(np.isfinite(found.jbar_t))


def test_terms_belong_to_who_asked_for_them() -> None:
    arm, placement, _, _ = setting()
    robot, (q, _, _) = RobotModel(arm, placement), posture("servo7", 0.1, 0.04, 0.02)
    first = own_terms(robot, q, (0.1,) * len(q))
    kept = repr(first)
    own_terms(robot, tuple(angle + 0.1 for angle in q), (0.3,) * len(q))
    assert repr(first) == kept


@pytest.mark.parametrize("size", [1, 6, 7])
def test_a_positive_matrix_is_solved(size: int) -> None:
    rng = np.random.default_rng(size)
    half = rng.normal(size=(size, size + 2))
    matrix, wanted = half @ half.T, rng.normal(size=(size, 4))
    columns, factor = matrix @ wanted, matrix.copy()
    factorise(factor)
    assert np.tril(factor) == pytest.approx(np.linalg.cholesky(matrix))
    solve(factor, columns)
    assert columns == pytest.approx(wanted)


@pytest.mark.parametrize("broken", [0.0, -1.0, np.nan, np.inf])
def test_a_mass_matrix_that_no_arm_has_gives_no_numbers(broken: float) -> None:
    arm, placement, _, _ = setting()
    robot, (q, _, _) = RobotModel(arm, placement), posture("servo7", 0.1, 0.04, 0.02)
    robot.update(np.array(q), np.zeros(7))
    terms, made = robot.terms.copy(), np.zeros(69)
    terms[42 + 8 * 3] = broken
    derive(terms, np.zeros(7), np.zeros(127), made)
    assert not np.all(np.isfinite(made[6:48]))
