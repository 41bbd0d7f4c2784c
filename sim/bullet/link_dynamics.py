"""Inertia and bias torque of the links as the engine has them, for the rotors beside them."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from controller.arm import Placement
from controller.robot import GRAVITY_M_S2

Array = NDArray[np.float64]


class LinkDynamics:
    """Rigid-body terms of the very file that the engine has read.

    Args:
        text: that file, one chain of revolute joints.
        placement: X_WB.
    """

    def __init__(self, text: str, placement: Placement) -> None:
        model = pin.buildModelFromXML(text)
        x, y, z, w = placement.quaternion_xyzw
        base = pin.SE3(pin.Quaternion(w, x, y, z), np.array(placement.position_m))
        model.jointPlacements[1] = base * model.jointPlacements[1]
        model.gravity.linear = np.array([0.0, 0.0, -GRAVITY_M_S2])
        self._model, self._data = model, model.createData()
        self.look(np.zeros(model.nq), np.zeros(model.nq))
        self.mass: Array = self._data.M
        """(n, n) inertia at the last look, upper triangle [kg m2]."""
        self.bias: Array = self._data.nle
        """(n,) Coriolis, centrifugal and gravity torque at the last look [Nm]."""

    def look(self, q_rad: Array, dq_rad_s: Array) -> None:
        """Evaluate at joint positions (n,) and speeds (n,)."""
        pin.crba(self._model, self._data, q_rad)
        pin.nonLinearEffects(self._model, self._data, q_rad, dq_rad_s)
