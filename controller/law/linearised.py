"""The law about one posture as a linear system: its own code, differentiated numerically.

So that margins are those of what runs: no equation of the law is written a second time. What is learned over seconds
(slope, skin friction, joint friction, zero of the sensor) is held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from controller.law import kernel
from controller.law.gains import ForceGains, LawSettings
from controller.law.impedance_force import ImpedanceForceLaw
from controller.law.memory import APPROACH, FREE, WORK
from controller.law.small_algebra import rotation_to_quaternion
from controller.robot import GRAVITY_M_S2, RobotModel
from controller.types import ArmState, Authority, ContactState, Phase, Reference, Vector

Array = NDArray[np.float64]

_NUMBER = {ContactState.FREE: FREE, ContactState.APPROACH: APPROACH, ContactState.WORK: WORK}
_PHASE = {ContactState.FREE: Phase.TRANSFER, ContactState.APPROACH: Phase.APPROACH, ContactState.WORK: Phase.WORK}
_FIELDS = ("press_n", "force_n", "force_drift", "integral_n")
_FIELD_STEP = 1e-4
_MOTION = slice(2, 5)
"""Rows of the law's memory that hold the motion estimate."""
_MOTION_STEPS = (1e-7, 1e-6, 1e-4)
_SENSE_STEPS = (1e-7, 1e-6, 1e-3, 1e-4)
"""Steps of the central differences: of position, speed and unexplained acceleration; of q, dq, tau and wrench."""
_SETTLE_TICKS = 200
_NEARLY_AT_REST = (1e-12, 0.0, 0.0, 0.0, 0.0, 0.0)
"""An acceleration that keeps the law from taring, which is no part of the loop."""


@dataclass(frozen=True, slots=True, eq=False)
class LinearLaw:
    """x' = A x + B y, tau = C x + D y, for small differences.

    Attributes:
        a: (m, m).
        b: (m, 3 n + 6), of the senses y: q (n), dq (n), tau (n), wrench_s (6).
        c: (n, m), of the commanded torque.
        d: (n, 3 n + 6).
    """

    a: Array
    b: Array
    c: Array
    d: Array


class _Probe(ImpedanceForceLaw):
    """The law at rest in one posture and contact state, to be nudged."""

    def rest(self, contact: ContactState, press_n: float, senses: Array, reference: Reference) -> None:
        """Bring the law to rest there."""
        state, pressing = self._state, contact is ContactState.WORK
        state["contact"] = _NUMBER[contact]
        for name in ("press_n", "force_n", "target_n", "press_sample_n", "sample_n"):
            state[name] = press_n if pressing else 0.0
        state["normal_share"] = 1.0 if contact is ContactState.FREE else 0.0
        state["time_in_state_s"] = 10.0
        self.step(_state_of(senses, self.robot.joints), reference)
        for _ in range(_SETTLE_TICKS - 1):
            self._tick()
        self._kept, self._kept_memory = state.copy(), self._memory.copy()

    def get(self) -> Array:
        """Return the state."""
        return np.concatenate([[float(self._state[name][0]) for name in _FIELDS], *self._memory[_MOTION]])

    def nudge(self, x: Array, senses: Array) -> Array:
        """Return state and torque one tick after this state and these senses."""
        n = self.robot.joints
        self._state[:], self._memory[:] = self._kept, self._kept_memory
        for index, name in enumerate(_FIELDS):
            self._state[name] = x[index]
        self._memory[_MOTION] = x[len(_FIELDS) :].reshape(3, -1)
        self._sense(senses)
        self._tick()
        return np.concatenate([self.get(), self._out[:n]])

    def _sense(self, senses: Array) -> None:
        """Put senses into the kernel's input, whose reference stays; the arm's terms follow where it has moved."""
        n, packed = self.robot.joints, self._senses
        has_moved = bool(np.any(packed[: 2 * n] != senses[: 2 * n]))
        packed[: 3 * n], packed[4 * n : 4 * n + 6] = senses[: 3 * n], senses[3 * n :]
        packed[-n:] = senses[2 * n : 3 * n]  # nothing was sent, so that the motors give what is reported
        if has_moved:
            self.robot.update(packed[:n], packed[n : 2 * n])

    def _tick(self) -> None:
        """Advance the law as ``step`` does, with the senses that stand in the kernel's input."""
        kernel.tick(
            self._dt_s, self._gains, self._tool, self._reference, self._state, self._friction_cap, self.robot.terms,
            self._senses, self._memory, self._out,
        )  # fmt: skip


def linear_law(
    robot: RobotModel,
    gains: ForceGains,
    settings: LawSettings,
    dt_s: float,
    reference: Reference,
    contact: ContactState,
    press_n: float,
) -> LinearLaw:
    """Return the law at rest in the posture of a reference.

    Args:
        robot: the arm at its place; its terms are overwritten.
        gains: of the force loop.
        settings: of the law.
        dt_s: tick.
        reference: posture, normal and what else the plan wants there; its motion is left out.
        contact: free, approach or work.
        press_n: press force at rest, in work [N].
    """
    senses, here = _at_rest(robot, reference, contact, press_n)
    probe = _Probe(robot, gains, settings, dt_s)
    probe.rest(contact, press_n, senses, here)
    start, n = probe.get(), robot.joints
    steps = np.concatenate(
        [
            np.full(len(_FIELDS), _FIELD_STEP),
            *(np.full(n, step) for step in (*_MOTION_STEPS, *_SENSE_STEPS[:3])),
            np.full(6, _SENSE_STEPS[3]),
        ]
    )
    size = start.size
    slopes = np.zeros((size + n, steps.size))
    for index, step in enumerate(steps):
        nudge = np.zeros(steps.size)
        nudge[index] = step
        ahead = probe.nudge(start + nudge[:size], senses + nudge[size:])
        back = probe.nudge(start - nudge[:size], senses - nudge[size:])
        slopes[:, index] = (ahead - back) / (2.0 * step)
    return LinearLaw(slopes[:size, :size], slopes[:size, size:], slopes[size:, :size], slopes[size:, size:])


def _at_rest(robot: RobotModel, reference: Reference, contact: ContactState, press_n: float) -> tuple[Array, Reference]:
    """Return the senses (3 n + 6,) of an arm that rests in a posture, pressing where it works, and its reference."""
    q, n = np.array(reference.posture_rad), robot.joints
    robot.update(q, np.zeros(n))
    is_pressing = contact is ContactState.WORK
    force_w = press_n * np.array(reference.pads[0].normal_w) if is_pressing else np.zeros(3)
    tool = robot.arm.tool
    position_ts, rotation_ts = robot.sensor_in_tool()
    into_s = (robot.rotation @ rotation_ts).T
    weight_s = into_s @ np.array([0.0, 0.0, -tool.mass_kg * GRAVITY_M_S2])
    force_s = into_s @ force_w
    moment_s = np.cross(np.array(tool.com_s_m), weight_s) + np.cross(-rotation_ts.T @ position_ts, force_s)
    tau = robot.gravity - robot.jacobian[:3].T @ force_w
    pads = (replace(reference.pads[0], press_n=press_n, press_rate_n_per_s=0.0), *reference.pads[1:])
    here = replace(
        reference,
        position_m=_three(robot.position),
        quaternion_xyzw=_quaternion(robot.rotation),
        twist=(0.0,) * 6,
        acceleration=_NEARLY_AT_REST,
        phase=_PHASE[contact],
        pads=pads,
    )
    return np.concatenate([q, np.zeros(n), tau, force_s + weight_s, moment_s]), here


def _state_of(senses: Array, joints: int) -> ArmState:
    values: Vector = tuple(senses.tolist())
    fx, fy, fz, mx, my, mz = values[3 * joints :]
    return ArmState(
        t_s=0.0,
        q_rad=values[:joints],
        dq_rad_s=values[joints : 2 * joints],
        tau_nm=values[2 * joints : 3 * joints],
        wrench_s=(fx, fy, fz, mx, my, mz),
        sensor_age_s=0.0,
        wrench_sequence=0,
        authority=Authority.HOST,
        supervisor_age_s=0.0,
        command_age_s=0.0,
    )


def _three(vector: Array) -> tuple[float, float, float]:
    x, y, z = vector.tolist()
    return x, y, z


def _quaternion(rotation: Array) -> tuple[float, float, float, float]:
    out = np.zeros(4)
    rotation_to_quaternion(np.ascontiguousarray(rotation), out)
    x, y, z, w = out.tolist()
    return x, y, z, w
