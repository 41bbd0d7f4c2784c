"""Mass and centre of mass of the tool, zero and drift of the wrist sensor, from wrenches in free air."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controller.air.blocks import AirBlock
from controller.arm import ToolDescription
from controller.errors import ModelError
from controller.robot import GRAVITY_M_S2, Array
from controller.types import Vector3, Vector6

ENOUGH_TURN_RAD = math.radians(15.0)
"""Gravity must turn by this much in S so that the tool's weight and the sensor's zero can be told apart: a zero that
is off by 0.05 N then counts as 20 g (design choice)."""
FORCE_NOISE_N, MOMENT_NOISE_NM = 0.03, 0.002
"""Uncertainty of a block: sensor noise over its ticks, and what gain error and cross-talk of 1 % of a tool's weight
leave (assumed)."""
MOVING_RAD_S = 0.02
"""While a joint is faster than this, a block says nothing of the tool: an elastic arm swings faster than its measured
speeds tell (seen at 15 Hz: 3 m/s2)."""
INDEPENDENT_BLOCKS = 10.0
"""All blocks together count as so many independent ones (assumed)."""
MASS_PRIOR_KG = 1.0
"""Standard deviation of the tool's mass before it is weighed: a few kilograms may hang there (assumed)."""
FORCE_ZERO_N, MOMENT_ZERO_NM = 5.0, 0.1
"""... of the sensor's zero, for a sensor that was not tared lately (assumed)."""
FORCE_DRIFT_N_PER_S, MOMENT_DRIFT_NM_PER_S = 0.05, 0.005
"""... of its drift (assumed)."""
MOMENT_KGM = 0.005
"""... of mass times centre of mass, about that of the file (assumed: half a kilogram 10 mm off)."""
STATED_KG = 1e-6
"""... of a mass that was not weighed: the file's is taken, and the zero explains what is left."""


@dataclass(frozen=True, slots=True)
class ToolEstimate:
    """What hangs on the wrist sensor, and what the sensor reads without it.

    Attributes:
        t_s: session time that the zero is given for [s].
        mass_kg: mass behind the sensor.
        com_s_m: its centre of mass in S; the component along which the weighings say nothing is that of the file.
        zero_s: zero of the sensor, in S axes [N, Nm].
        drift_s: its rate of change [N/s, Nm/s].
        turn_rad: largest angle between two directions of gravity in S that were seen.
        weight_n: force of the zero along gravity: what the tool may weigh more where it was not weighed.
        mass_error_kg: standard deviation of the mass.
        drift_error_n_per_s: standard deviation of the force drift, the worst axis.
        residual_n: root mean square of what the estimate leaves of the forces.
    """

    t_s: float
    mass_kg: float
    com_s_m: Vector3
    zero_s: Vector6
    drift_s: Vector6
    turn_rad: float
    weight_n: float
    mass_error_kg: float
    drift_error_n_per_s: float
    residual_n: float

    @property
    def is_weighed(self) -> bool:
        """True where gravity has turned enough in S to tell mass and zero apart."""
        return self.turn_rad >= ENOUGH_TURN_RAD


def estimate_tool(blocks: Sequence[AirBlock], tool: ToolDescription) -> ToolEstimate:
    """Return mass, centre of mass, zero and drift that explain the wrenches best (least squares with priors).

    Force f = zero + drift t + m (g - a) and moment n = zero + drift t + (m c) x (g - a), all in S. Both are linear in
    the unknowns. The priors, centred on the file, decide only what the blocks do not tell.

    Args:
        blocks: means in free air, in order of time.
        tool: the tool as its file has it.

    Raises:
        ModelError: no blocks, or numbers in them that are not finite.
    """
    if not blocks:
        raise ModelError("free-air check", "no samples", "at least one block of them")
    resting = [block for block in blocks if max(map(abs, block.dq_rad_s)) <= MOVING_RAD_S]
    blocks = resting if resting else blocks
    times = np.array([block.t_s for block in blocks])
    wrench, fall = np.array([block.wrench_s for block in blocks]), np.array([block.fall_s for block in blocks])
    if not (np.isfinite(times).all() and np.isfinite(wrench).all() and np.isfinite(fall).all()):
        raise ModelError("free-air check", "a sample that is no number", "finite senses", "check the wrist sensor")
    t_s, turn_rad = float(times[-1]), _turn(fall)
    mass_spread = MASS_PRIOR_KG if turn_rad >= ENOUGH_TURN_RAD else STATED_KG
    since = times - t_s
    # Neighbouring blocks err alike.
    noise = np.full(3 * len(blocks), math.sqrt(max(1.0, len(blocks) / INDEPENDENT_BLOCKS)))
    force, force_cov = _solve(
        _force_rows(since, fall), wrench[:, :3].ravel(), FORCE_NOISE_N * noise,
        np.array([*[0.0] * 6, tool.mass_kg]),
        np.array([FORCE_ZERO_N] * 3 + [FORCE_DRIFT_N_PER_S] * 3 + [mass_spread]),
    )  # fmt: skip
    mass = float(force[6])
    com = np.array(tool.com_s_m)
    moment, _ = _solve(
        _moment_rows(since, fall), wrench[:, 3:].ravel(), MOMENT_NOISE_NM * noise,
        np.array([*[0.0] * 6, *(mass * com)]),
        np.array([MOMENT_ZERO_NM] * 3 + [MOMENT_DRIFT_NM_PER_S] * 3 + [MOMENT_KGM] * 3),
    )  # fmt: skip
    left = wrench[:, :3].ravel() - _force_rows(since, fall) @ force
    centre = moment[6:] / mass if mass > 0.0 else com
    return ToolEstimate(
        t_s=t_s,
        mass_kg=mass,
        com_s_m=_three(centre),
        zero_s=(*_three(force[:3]), *_three(moment[:3])),
        drift_s=(*_three(force[3:6]), *_three(moment[3:6])),
        turn_rad=turn_rad,
        weight_n=float(force[:3] @ fall[-1] / max(float(np.linalg.norm(fall[-1])), 1.0)),
        mass_error_kg=float(math.sqrt(force_cov[6, 6])),
        drift_error_n_per_s=float(np.sqrt(np.diag(force_cov)[3:6].max())),
        residual_n=float(np.sqrt(np.mean(left**2))),
    )


def zero_of(block: AirBlock, mass_kg: float, com_s_m: Vector3) -> Vector6:
    """Return what the sensor reads beside the tool's weight and planned motion, in S axes [N, Nm]."""
    w, f = block.wrench_s, block.fall_s
    x, y, z = (mass_kg * v for v in com_s_m)
    return (
        w[0] - mass_kg * f[0], w[1] - mass_kg * f[1], w[2] - mass_kg * f[2],
        w[3] - (y * f[2] - z * f[1]), w[4] - (z * f[0] - x * f[2]), w[5] - (x * f[1] - y * f[0]),
    )  # fmt: skip


def _force_rows(since: Array, fall: Array) -> Array:
    """Return (3 N, 7): force over zero (3), drift (3), mass."""
    rows = np.zeros((len(since), 3, 7))
    for axis in range(3):
        rows[:, axis, axis] = 1.0
        rows[:, axis, 3 + axis] = since
        rows[:, axis, 6] = fall[:, axis]
    return rows.reshape(-1, 7)


def _moment_rows(since: Array, fall: Array) -> Array:
    """Return (3 N, 9): moment over zero (3), drift (3), mass times centre of mass (3)."""
    rows = np.zeros((len(since), 3, 9))
    for axis in range(3):
        j, k = (axis + 1) % 3, (axis + 2) % 3
        rows[:, axis, axis] = 1.0
        rows[:, axis, 3 + axis] = since
        rows[:, axis, 6 + j] = fall[:, k]
        rows[:, axis, 6 + k] = -fall[:, j]
    return rows.reshape(-1, 9)


def _solve(rows: Array, seen: Array, noise: Array, prior: Array, spread: Array) -> tuple[Array, Array]:
    """Return mean and covariance of the unknowns, from normal priors and normal noise (one of each row)."""
    rows, seen = rows / noise[:, None], seen / noise
    weight = np.diag(1.0 / spread**2)
    normal = rows.T @ rows + weight
    covariance: Array = np.asarray(np.linalg.inv(normal), dtype=np.float64)
    return prior + covariance @ (rows.T @ (seen - rows @ prior)), covariance


def _turn(fall: Array) -> float:
    """Return the largest angle [rad] between the first direction of gravity in S and another one."""
    unit = fall / np.maximum(np.linalg.norm(fall, axis=1, keepdims=True), 0.5 * GRAVITY_M_S2)
    return float(np.arccos(np.clip(unit @ unit[0], -1.0, 1.0)).max())


def _three(values: Array) -> Vector3:
    x, y, z = values.tolist()
    return x, y, z
