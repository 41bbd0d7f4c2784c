"""Where the base of the arm really stands."""

from __future__ import annotations

import math

import numpy as np
import pinocchio as pin

from controller.arm import Placement
from sim.differences.values import NOWHERE, PlantDifferences


def true_placement(planned: Placement, differences: PlantDifferences) -> Placement:
    """Return X_WB of the plant, given that of the plan: moved in W, turned about W's axes through the base, x first."""
    if differences.base_error_m == NOWHERE and differences.base_error_deg == NOWHERE:
        return planned
    x, y, z, w = planned.quaternion_xyzw
    about_x, about_y, about_z = (math.radians(angle) for angle in differences.base_error_deg)
    turn = pin.Quaternion(pin.rpy.rpyToMatrix(about_x, about_y, about_z)) * pin.Quaternion(w, x, y, z)
    px, py, pz = (np.array(planned.position_m) + np.array(differences.base_error_m)).tolist()
    qx, qy, qz, qw = turn.coeffs().tolist()
    return Placement((px, py, pz), (qx, qy, qz, qw))
