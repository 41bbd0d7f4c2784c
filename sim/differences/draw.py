"""Plants drawn by a seed from a stream of random numbers of their own."""

from __future__ import annotations

import math

import numpy as np

from controller.arm import ArmDescription
from controller.types import Vector, Vector3
from sim.differences.ranges import Range, Ranges
from sim.differences.values import PlantDifferences

STREAM = 5
"""Number of the stream among those of ``SimulationOptions.stream``."""
WRIST_JOINTS = 3
"""The last joints, whose gears are small: as ``urdf.arms`` has it."""
LARGEST_RATED_NM = 100.0
"""Ripple is a share of the rated torque, but of no more than this: files may hold placeholders (assumed)."""
LEAST_TOOL_SHARE = 0.2
"""A drawn tool keeps this share of its mass at least (design choice)."""
LEVER_M = 0.05
"""Cross-talk between a force and a moment axis is taken over this lever: the size of such sensors (assumed)."""


def draw_plant(name: str, ranges: Ranges, arm: ArmDescription, seed: int) -> PlantDifferences:
    """Return a plant drawn from ranges; the same seed gives the same plant.

    Args:
        name: what it is called.
        ranges: what it may differ by.
        arm: the arm that it is of.
        seed: of the run.
    """
    random = _Draw(np.random.default_rng([seed, STREAM]), len(arm.joint_names))
    joints = len(arm.joint_names)
    # in this order, so that the same seed gives the same plant for ever
    mass, coms = random.around_one(ranges.mass_share), tuple(random.three(ranges.com_m) for _ in range(joints))
    tool_kg = max(random.one(-ranges.tool_kg, ranges.tool_kg), (LEAST_TOOL_SHARE - 1.0) * arm.tool.mass_kg)
    constant, inertia = random.around_one(ranges.torque_constant_share), random.around_one(ranges.motor_inertia_share)
    low, high = (math.log(factor) for factor in ranges.friction)
    friction = tuple(math.exp(value) for value in random.joints((low, high)))
    stribeck, speed = random.joints(ranges.stribeck), random.joints(ranges.stribeck_speed_rad_s)
    load = random.joints(ranges.friction_load)
    stiffness, wrist = random.joints(ranges.stiffness_nm_per_rad), random.joints(ranges.wrist_stiffness_nm_per_rad)
    damping, play = random.joints(ranges.damping_ratio), random.joints(ranges.backlash_rad)
    ripple, per_turn = random.joints(ranges.ripple_share), random.joints(ranges.ripple_per_turn)
    eccentricity = random.joints(ranges.eccentricity_rad)
    corner, delay = random.one(*ranges.speed_filter_hz), random.one(*ranges.delay_ms)
    gain, crosstalk = random.gains(ranges.gain_share), random.crosstalk(ranges.crosstalk)
    drift, rate = random.three(ranges.drift_n_per_s), random.choice(ranges.rates_hz)
    place, tilt = random.three(ranges.base_m), random.three(ranges.base_deg)
    return PlantDifferences(
        name=name,
        joint_stiffness_nm_per_rad=stiffness[: joints - WRIST_JOINTS] + wrist[joints - WRIST_JOINTS :],
        joint_damping_ratio=damping,
        motor_inertia_kg_m2=tuple(
            share * drive.motor_inertia_kg_m2 for share, drive in zip(inertia, arm.drives, strict=True)
        ),
        torque_constant_scale=constant,
        friction_scale=friction,
        stribeck_ratio=stribeck,
        stribeck_speed_rad_s=speed,
        friction_load_share=load,
        arm_mass_scale=mass,
        arm_com_error_m=coms,
        tool_mass_error_kg=tool_kg,
        torque_ripple_nm=tuple(
            share * min(limit, LARGEST_RATED_NM) for share, limit in zip(ripple, arm.torque_limit_nm, strict=True)
        ),
        torque_ripple_per_turn=per_turn,
        backlash_rad=play,
        encoder_eccentricity_rad=eccentricity,
        speed_filter_hz=corner,
        transport_delay_ms=delay,
        jitter_ms=ranges.jitter_ms,
        sensor_gain=gain,
        sensor_crosstalk=crosstalk,
        sensor_drift_n_per_s=drift,
        sensor_rate_hz=rate,
        base_error_m=place,
        base_error_deg=tilt,
    )


class _Draw:
    """Even draws.

    Args:
        generator: the stream.
        joints: number of joints.
    """

    def __init__(self, generator: np.random.Generator, joints: int) -> None:
        self._generator, self._joints = generator, joints

    def one(self, low: float, high: float) -> float:
        return float(self._generator.uniform(low, high))

    def joints(self, within: Range) -> Vector:
        return tuple(self._generator.uniform(*within, size=self._joints).tolist())

    def around_one(self, share: float) -> Vector:
        return self.joints((1.0 - share, 1.0 + share))

    def three(self, size: float) -> Vector3:
        x, y, z = self._generator.uniform(-size, size, size=3).tolist()
        return x, y, z

    def gains(self, share: float) -> Vector:
        return tuple(self._generator.uniform(1.0 - share, 1.0 + share, size=6).tolist())

    def crosstalk(self, share: float) -> Vector:
        """Return a matrix by rows: forces in N per N and per Nm, moments in Nm per N and per Nm."""
        matrix = self._generator.uniform(-share, share, size=(6, 6))
        matrix[3:, :3] *= LEVER_M
        matrix[:3, 3:] /= LEVER_M
        np.fill_diagonal(matrix, 0.0)
        return tuple(matrix.ravel().tolist())

    def choice(self, values: tuple[float, ...]) -> float:
        return values[int(self._generator.integers(len(values)))]
