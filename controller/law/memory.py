"""Memory layout of the compiled law: named fields, so that the kernels read like their equations.

NumPy structured arrays of length one; numba reads and writes their fields by name and in place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Record = NDArray[Any]
"""A structured array of length one."""

FREE, APPROACH, CONTACT, WORK, LIFT = 0, 1, 2, 3, 4
"""Contact states as the kernels number them, in the order of ``controller.types.ContactState``."""
PHASE_TRANSFER, PHASE_APPROACH, PHASE_WORK, PHASE_LIFT = 0, 1, 2, 3
"""Plan phases as the kernels number them, in the order of ``controller.types.Phase``."""

_F = np.float64

GAINS = np.dtype(
    [
        ("translation_n_per_m", _F),
        ("rotation_nm_per_rad", _F),
        ("damping_ratio", _F),
        ("posture_nm_per_rad", _F),
        ("kp", _F),
        ("ki_per_s", _F),
        ("kd_s", _F),
        ("d0_ns_per_m", _F),
        ("integral_cap_n", _F),
        ("friction_gain", _F),
        ("error_clip_m", _F),
        ("error_clip_rad", _F),
        ("approach_speed_m_s", _F),
        ("approach_damping_ns_per_m", _F),
        ("approach_damping_least_ns_per_m", _F),
        ("approach_damping_per_s", _F),
        ("touch_n", _F),
        ("ramp_n_per_s", _F),
        ("settle_s", _F),
        ("observer_per_s", _F),
        ("force_filter_hz", _F),
        ("motion_per_s", _F),
        ("unexplained_per_s", _F),
        ("press_per_s", _F),
        ("tissue_n_per_m", _F),
        ("scheduled_n_per_m", _F),
        ("rate_damping_ns_per_m", _F),
        ("rate_damping_per_s", _F),
        ("plausible_n", _F),
        ("plausible_base_n", _F),
        ("plausible_frictions", _F),
        ("friction_cap_share", _F),
        ("slope_memory_s", _F),
        ("slope_cap", _F),
        ("friction_prior", _F),
        ("friction_prior_weight", _F),
    ]
)

TOOL = np.dtype([("mass_kg", _F), ("com_s", _F, (3,)), ("p_ts", _F, (3,)), ("r_ts", _F, (3, 3))])

REFERENCE = np.dtype(
    [
        ("position", _F, (3,)),
        ("quaternion", _F, (4,)),
        ("twist", _F, (6,)),
        ("acceleration", _F, (6,)),
        ("normal", _F, (3,)),
        ("press_n", _F),
        ("press_rate", _F),
        ("phase", _F),
    ]
)

STATE = np.dtype(
    [
        ("contact", np.int64),
        ("time_in_state_s", _F),
        ("press_n", _F),
        ("press_sample_n", _F),
        ("force_n", _F),
        ("force_rate", _F),
        ("force_drift", _F),
        ("mass_kg", _F),
        ("tissue_n_per_m", _F),
        ("depth_m", _F),
        ("pressed_n", _F),
        ("fast_depth_m", _F),
        ("fast_pressed_n", _F),
        ("sum_square", _F),
        ("sum_spring", _F),
        ("beyond_m", _F),
        ("closing_m_s", _F),
        ("sample_n", _F),
        ("observer_n", _F),
        ("target_n", _F),
        ("target_rate", _F),
        ("integral_n", _F),
        ("is_trusted", np.int64),
        ("implausible_ticks", np.int64),
        ("press_command_n", _F),
        ("lift_press_n", _F),
        ("normal_share", _F),
        ("offset", _F, (3,)),
        ("turn_offset", _F, (3,)),
        ("is_turned", np.int64),
        ("bias", _F, (6,)),
        ("bias_samples", _F),
        ("bias_rate", _F, (6,)),
        ("bias_age_s", _F),
        ("is_tared", np.int64),
        ("is_limited", np.int64),
        ("gain_share", _F),
        ("normal", _F, (3,)),
        ("slope", _F, (3,)),
        ("friction", _F),
        ("sum_weight", _F),
        ("sum_velocity", _F, (3,)),
        ("sum_slope", _F, (3,)),
        ("sum_product", _F),
        ("descent_m", _F),
        ("plan_error_m", _F),
        ("is_started", np.int64),
        ("wrench", _F, (6,)),
        ("rotation_wanted", _F, (3, 3)),
        ("modes", _F, (6, 6)),
    ]
)
