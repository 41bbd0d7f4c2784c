"""Joints whose encoder gives no number (layer L0): each is held by its own brake, and the others lead the tool."""

from __future__ import annotations

from controller.types import JointFault

MOST_LOST = 2
"""Most joints that are braked alone (design choice): the five others of an arm of seven still lead the tool off the
skin. More at once are no encoders but the whole way of the senses, and brakes on all joints would clamp the person."""


class EncoderWatch:
    """Latches joints without numbers until ``forget``: one that comes and goes is not believed either.

    A servo drive that loses its encoder cannot commutate: it faults and closes its brake by itself. Where the drive is
    well and its numbers are lost on their way, nobody else knows where the joint is, so its brake is closed for it.

    Args:
        joints: number of joints n.
        braked_joints: joints (from 0) that have a brake; no other can be held.
        brake_s: time a brake takes to close [s].
    """

    def __init__(self, joints: int, braked_joints: frozenset[int], brake_s: float) -> None:
        self._joints, self._brakes, self._brake_s = joints, braked_joints, brake_s
        self.forget()

    def forget(self) -> None:
        """Take every encoder for sound again and open its joint's brake."""
        self._lost_s: dict[int, float] = {}
        self.faults: tuple[int, ...] = (JointFault.NONE.value,) * self._joints
        """``JointFault`` flags, (n,)."""
        self.braked: frozenset[int] = frozenset()
        """Joints (from 0) that have been lost for the time their brakes take to close."""

    def look(self, t_s: float, lost: frozenset[int]) -> None:
        """Take note of one period.

        Args:
            t_s: time [s].
            lost: joints (from 0) whose position or speed is no number.
        """
        new = (lost & self._brakes) - self._lost_s.keys()
        if new and len(lost | self._lost_s.keys()) <= MOST_LOST:
            self._lost_s |= dict.fromkeys(new, t_s)
            flags = (JointFault.NONE.value, JointFault.ENCODER.value)
            self.faults = tuple([flags[joint in self._lost_s] for joint in range(self._joints)])
        if self._lost_s:
            self.braked = frozenset(joint for joint, since_s in self._lost_s.items() if t_s - since_s >= self._brake_s)
