"""The part of a simulated arm that differs from its model, one object per run."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.arm import ArmDescription, Placement
from controller.processes.gravity import RobotGravity
from controller.robot import RobotModel
from controller.types import Side, Vector
from sim.bullet.arm import BulletArm
from sim.bullet.link_dynamics import LinkDynamics
from sim.differences.values import PlantDifferences
from sim.differing.joints import friction_nm, joint_table, sides, wrist_numbers
from sim.period.differing_period import (
    FILTERED,
    OUT,
    READ,
    ROTORS,
    SENT,
    TRIM,
    lead_elastic,
    lead_rigid,
    sense_differing,
)
from sim.period.elastic_joints import ANGLE, BRAKE, HALF_PLAY, REST, SCALE, SPEED, SPRING, STIFFNESS
from sim.period.packed_state import Arena

Array = NDArray[np.float64]
BLOCK = 1024
"""Periods whose jitter is drawn at once."""


class DifferingArm:
    """Drives, joints and senses of a plant that differs; the links that differ are the engine's.

    Args:
        arm: the arm and its tool.
        differences: what it differs by.
        generator: stream of its own.
        dt_s: period.
        has_friction: False gives joints without friction.
    """

    def __init__(
        self,
        arm: ArmDescription,
        differences: PlantDifferences,
        generator: np.random.Generator,
        dt_s: float,
        *,
        has_friction: bool,
    ) -> None:
        self._arm, self._differences, self._generator, self._dt_s = arm, differences, generator, dt_s
        self.is_elastic = differences.is_elastic
        """Whether joints are elastic: friction and brakes are then on the motor's side, and not the engine's."""
        joints = len(arm.joint_names)
        self.friction_nm = friction_nm(arm, differences) if has_friction else (0.0,) * joints
        """Coulomb friction, (n,)."""
        self._wrist = wrist_numbers(differences)
        side, torque_side = sides(arm, differences)
        self._is_at_motor = tuple(self.is_elastic and s is Side.MOTOR for s in side)
        self._is_torque_at_link = tuple(self.is_elastic and s is Side.LINK for s in torque_side)
        delay_ms = differences.transport_delay_ms
        self._late = 0.0 if delay_ms is None else max(0.0, delay_ms * 1e-3 / dt_s - 1.0)
        self._jitter = differences.jitter_ms * 1e-3 / dt_s
        remembered = math.ceil(self._late + self._jitter) + 2
        self._table = joint_table(arm, differences, generator, self.friction_nm, remembered)
        corner = differences.speed_filter_hz
        self._share = 0.0 if corner is None else -math.expm1(-2.0 * math.pi * corner * dt_s)
        self._block: Array = np.zeros((BLOCK, 2))
        self._used = 0
        self._dynamics: LinkDynamics | None = None
        self._text = ""
        self._gravity: RobotGravity | None = None

    def reset(self, q_rad: Vector, hold_nm: Vector) -> None:
        """Place the rotors at rest where they hold the links with these torques (n,), as the drives believe them."""
        table, rotor = self._table, self._table[ROTORS:OUT]
        spring = table[SCALE] * np.array(hold_nm)
        rotor[:] = 0.0
        table[BRAKE] = 0.0
        rotor[SPRING] = spring
        rotor[REST] = 0.5 * spring
        rotor[ANGLE] = np.array(q_rad)
        if self.is_elastic:
            rotor[ANGLE] += spring / table[STIFFNESS] + np.sign(spring) * table[HALF_PLAY]
        table[SENT:] = np.array(hold_nm)
        table[FILTERED] = table[TRIM] = 0.0
        table[READ] = math.nan
        self._used = BLOCK
        self._early = 0.0
        self._is_first = True

    def believed_nm(self, true_nm: Vector) -> Vector:
        """Return the torque that the drives have to believe in for these true ones, (n,)."""
        return tuple(tau / scale for tau, scale in zip(true_nm, self._table[SCALE].tolist(), strict=True))

    def lead(self, bullet: BulletArm, arena: Arena, placement: Placement, tick: int) -> list[float]:
        """Let the joints work through a period and return the torque (n,) for the engine's step in it."""
        late, self._early = self._drawn()
        if not self.is_elastic:
            lead_rigid(arena.state, self._table, tick, late)
        else:
            dynamics = self._links(bullet, placement)
            n = self._table.shape[1]
            dynamics.look(arena.arrived[:n], arena.arrived[n:])
            lead_elastic(arena.state, self._table, dynamics.mass, dynamics.bias, tick, late, self._dt_s)
        torque: list[float] = self._table[OUT].tolist()
        return torque

    def sense(self, arena: Arena, encoder_step_rad: float, t_s: float) -> None:
        """Let the senses of this plant take the place of perfect ones, after a period."""
        share = self._share
        if self._is_first:
            self._is_first, share = False, 0.0
        sense_differing(
            arena.state, self._table, self._wrist, encoder_step_rad, self._early * self._dt_s, share, self._dt_s, t_s
        )

    def reported_nm(self, current_nm: list[float]) -> list[float]:
        """Return the joint torques that the arm reports, (n,), given those that follow from the motors' currents."""
        if not any(self._is_torque_at_link):
            return current_nm
        spring = self._table[ROTORS + SPRING].tolist()
        return [s if at_link else c for s, c, at_link in zip(spring, current_nm, self._is_torque_at_link, strict=True)]

    def motion_at_encoders(self, q_rad: Vector, dq_rad_s: Vector) -> tuple[Vector, Vector]:
        """Return true positions and speeds (n,) on the side of the encoders, given those of the links."""
        if not any(self._is_at_motor):
            return q_rad, dq_rad_s
        rows = zip(
            self._is_at_motor, self._table[ROTORS + ANGLE].tolist(), self._table[ROTORS + SPEED].tolist(),
            q_rad, dq_rad_s, strict=True,
        )  # fmt: skip
        pairs = [(p, v) if at_motor else (q, dq) for at_motor, p, v, q, dq in rows]
        return tuple(p for p, _ in pairs), tuple(v for _, v in pairs)

    def own_gravity(self, q_rad: Vector, planned: Placement) -> Vector:
        """Return the gravity torque (n,) by the arm's file, standing as planned, at these positions (n,)."""
        if self._gravity is None:
            self._gravity = RobotGravity(RobotModel(self._arm, planned))
        return self._gravity(q_rad)

    def set_brakes(self, torque_nm: Vector) -> None:
        """Let brakes at the motors hold with at most these torques (n,), 0 where they are open."""
        self._table[BRAKE] = torque_nm

    def _links(self, bullet: BulletArm, placement: Placement) -> LinkDynamics:
        if self._dynamics is None or self._text is not bullet.text:
            self._dynamics, self._text = LinkDynamics(bullet.text, placement), bullet.text
        return self._dynamics

    def _drawn(self) -> tuple[float, float]:
        """Return how late this period's command, beyond one period, and the reading of its joints are, in periods."""
        if not self._jitter > 0.0:
            return self._late, 0.0
        if self._used == BLOCK:
            self._block = self._generator.uniform(-self._jitter, self._jitter, size=(BLOCK, 2))
            self._used = 0
        late, early = self._block[self._used].tolist()
        self._used += 1
        return max(0.0, self._late + late), early
