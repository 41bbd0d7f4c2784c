"""The small dense algebra against NumPy."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from controller.law import small_algebra as la


@pytest.fixture(name="rng")
def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _positive(rng: np.random.Generator, size: int) -> np.ndarray:
    root = rng.normal(size=(size, size))
    return root @ root.T + 0.1 * np.eye(size)


@pytest.mark.parametrize("size", [3, 6, 7])
def test_cholesky_and_solves_match_numpy(rng: np.random.Generator, size: int) -> None:
    matrix, vector = _positive(rng, size), rng.normal(size=size)
    factor = np.full((size, size), np.nan)
    la.cholesky(matrix, factor)
    np.testing.assert_allclose(factor, np.linalg.cholesky(matrix), atol=1e-12)
    both = vector.copy()
    la.cholesky_solve(factor, both)
    np.testing.assert_allclose(both, np.linalg.solve(matrix, vector), rtol=1e-9)


def test_cholesky_of_a_singular_matrix_stays_finite() -> None:
    factor = np.zeros((2, 2))
    la.cholesky(np.ones((2, 2)), factor)
    assert np.isfinite(factor).all()


@pytest.mark.parametrize("size", [2, 6])
def test_eigen_matches_numpy(rng: np.random.Generator, size: int) -> None:
    matrix = _positive(rng, size)
    vectors = np.eye(size)
    assert_diagonalises(matrix, vectors)


def assert_diagonalises(matrix: np.ndarray, vectors: np.ndarray, tolerance: float = 1e-9) -> None:
    work = matrix.copy()
    la.symmetric_eigen(work, vectors)
    np.testing.assert_allclose(np.sort(np.diag(work)), np.linalg.eigvalsh(matrix), rtol=tolerance)
    np.testing.assert_allclose(vectors @ np.diag(np.diag(work)) @ vectors.T, matrix, atol=tolerance)


def test_eigen_follows_a_matrix_that_changes_and_forgets_a_bad_one(rng: np.random.Generator) -> None:
    first, last, vectors = _positive(rng, 6), _positive(rng, 6), np.eye(6)
    for share in np.linspace(0.0, 1.0, 2000):
        la.symmetric_eigen((1.0 - share) * first + share * last, vectors)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(6), atol=1e-12)
    assert_diagonalises(last, vectors, 1e-6)  # sweeps end at 1e-7 of the diagonal
    assert_diagonalises(first, vectors)  # far from the last one: only slower
    la.symmetric_eigen(np.full((6, 6), np.nan), vectors)
    assert_diagonalises(first, vectors)


def test_quaternion_round_trip_covers_every_pivot() -> None:
    samples = [*Rotation.random(200, rng=3), *Rotation.from_rotvec(3.1 * np.eye(3)), Rotation.identity()]
    for sample in samples:
        quaternion, rotation = np.empty(4), np.empty((3, 3))
        la.rotation_to_quaternion(np.ascontiguousarray(sample.as_matrix()), quaternion)
        la.quaternion_to_rotation(quaternion, rotation)
        np.testing.assert_allclose(rotation, sample.as_matrix(), atol=1e-12)


def test_rotation_log_is_the_world_frame_rotation_vector() -> None:
    for actual, step in zip(Rotation.random(50, rng=1), Rotation.random(50, rng=2), strict=True):
        vector = step.as_rotvec() * 0.9
        error = np.empty(3)
        wanted = Rotation.from_rotvec(vector) * actual
        la.rotation_log(wanted.as_matrix(), actual.as_matrix(), error)
        np.testing.assert_allclose(error, vector, atol=1e-7)


def test_rotation_log_of_equal_rotations_is_zero() -> None:
    error = np.ones(3)
    la.rotation_log(np.eye(3), np.eye(3), error)
    np.testing.assert_array_equal(error, np.zeros(3))
