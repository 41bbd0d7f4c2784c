"""The torque of the motors where an arm reports that of its links: by a model of the drives, from what was sent."""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.arm import JointDrive
from controller.types import Side, Vector


class ModelledDrives:
    """First-order lag behind one period of transport, for the joints that report torque at the link.

    A torque sensor at the link measures the oscillation of the elastic joint, which the motion estimate must not take
    in; the motor's torque drives links and motors together. Joints that report the motor's current are believed.

    Args:
        drives: of every joint, (n,).
        lag_s: time constant of the torque loops.
        dt_s: period.
    """

    def __init__(self, drives: Sequence[JointDrive], lag_s: float, dt_s: float) -> None:
        self._is_at_link = tuple(drive.torque_side is Side.LINK for drive in drives)
        self._share = -math.expm1(-dt_s / lag_s)
        self._is_needed = any(self._is_at_link)
        self.forget()

    def forget(self) -> None:
        """Begin anew with the torque that is reported next."""
        self._given: Vector = ()
        self._acting: Vector = ()

    def send(self, tau_nm: Vector) -> None:
        """Take the torque (n,) that goes out in this period; it acts in the next one, through the lag."""
        if not self._is_needed:
            return
        self._given, before = self._acting, self._acting or tau_nm
        share = self._share
        self._acting = tuple([last + share * (tau - last) for last, tau in zip(before, tau_nm, strict=True)])

    def motor_nm(self, reported_nm: Vector) -> Vector:
        """Return the torque (n,) of the motors in the last period."""
        if not self._given or not math.isfinite(sum(self._given)):
            return reported_nm
        rows = zip(self._given, reported_nm, self._is_at_link, strict=True)
        return tuple([given if is_at_link else reported for given, reported, is_at_link in rows])
