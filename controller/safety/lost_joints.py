"""Joints whose encoder gives no number: held by their own brakes, they stand where they were last seen."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

from controller.safety.reaction import stop_reason
from controller.types import ArmState, Cause, JointFault, StopReason, Vector

ENCODER = int(JointFault.ENCODER)
"""A plain number: the flag's own operators take a microsecond a joint."""


def lost_joints(q_rad: Vector, dq_rad_s: Vector) -> frozenset[int]:
    """Return the joints (from 0) whose position [rad] or speed [rad/s] is no number."""
    if math.isfinite(sum(q_rad) + sum(dq_rad_s)):
        return frozenset()
    pairs = enumerate(zip(q_rad, dq_rad_s, strict=False))
    return frozenset(joint for joint, (q, dq) in pairs if not math.isfinite(q + dq))


def lost_in_words(state: ArmState) -> str:
    """Return which positions and speeds are no numbers, in words."""
    return _in_words(lost_joints(state.q_rad, state.dq_rad_s), len(state.q_rad))


def is_encoder_lost(state: ArmState) -> bool:
    """Return True where the drive side says of any joint that its brake closes for its encoder."""
    return any(state.joint_fault) and any([fault & ENCODER for fault in state.joint_fault])


def _in_words(lost: Collection[int], joints: int) -> str:
    """Return the positions and speeds of these joints (from 0) out of so many, in words."""
    if not 0 < len(lost) < joints:
        return "joint positions and speeds"
    if len(lost) == 1:
        return f"position and speed of joint {min(lost) + 1}"
    return f"positions and speeds of joints {', '.join(str(joint + 1) for joint in sorted(lost))}"


class LostJoints:
    """Puts the last good position and no speed in place of what an encoder does not tell.

    That is true of a joint whose drive side says that its brake closes for its encoder (``JointFault.ENCODER``). Such a
    joint is believed no more, whatever numbers come back, until ``clear``.

    Args:
        joints: number of joints n.
    """

    def __init__(self, joints: int) -> None:
        self._joints = joints
        self._last_rad: Vector = (math.nan,) * joints
        self._lost: frozenset[int] = frozenset()
        self._standing: dict[int, float] = {}
        self.is_new = False
        """A joint has been found to stand with the last state."""

    def clear(self) -> None:
        """Believe all encoders again; where a joint is that was lost is not known any more."""
        self._last_rad = tuple([math.nan if j in self._lost else q for j, q in enumerate(self._last_rad)])
        self._lost, self._standing, self.is_new = frozenset(), {}, False

    @property
    def are_known(self) -> bool:
        """Every joint that was ever lost stands behind its brake, where it was last seen."""
        return all([joint in self._standing for joint in self._lost])

    def believed(self, state: ArmState) -> ArmState:
        """Return the state with what is known of the joints that are lost; NaN stays where nothing is.

        Args:
            state: what the senses say.
        """
        self.is_new = False
        q_rad, dq_rad_s = state.q_rad, state.dq_rad_s
        if not len(q_rad) == len(dq_rad_s) == self._joints:
            return state
        if not self._lost and math.isfinite(sum(q_rad) + sum(dq_rad_s)):
            self._last_rad = q_rad
            return state
        # Numbers whose sum alone is none are of no arm either.
        self._lost |= lost_joints(q_rad, dq_rad_s) or self._lost or frozenset(range(self._joints))
        self._last_rad = tuple(
            [last if j in self._lost else q for j, (q, last) in enumerate(zip(q_rad, self._last_rad, strict=True))]
        )
        self._note_standing(state.joint_fault)
        standing = self._standing
        return replace(
            state,
            q_rad=tuple([standing.get(j, q) for j, q in enumerate(q_rad)]),
            dq_rad_s=tuple([0.0 if j in standing else dq for j, dq in enumerate(dq_rad_s)]),
        )

    def found(self, t_s: float) -> StopReason | None:
        """Return why an arm is stopped one of whose joints stands since the last state, else None."""
        if not self.is_new:
            return None
        what = _in_words(self._standing, self._joints)
        return stop_reason(Cause.JOINTS_NOT_FINITE, f"{what}, held by the brake", math.nan, 0.0, "-", t_s)

    def _note_standing(self, joint_fault: tuple[int, ...]) -> None:
        """Take the lost joints for standing whose brakes close, where it is known where they were."""
        for joint, fault in enumerate(joint_fault):
            is_held = joint in self._lost and joint not in self._standing and bool(fault & ENCODER)
            if is_held and math.isfinite(self._last_rad[joint]):
                self._standing[joint] = self._last_rad[joint]
                self.is_new = True
