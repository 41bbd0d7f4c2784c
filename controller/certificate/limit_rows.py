"""The limits of a gate as the kernel reads them, with the constants that its watchers make of the period."""

from __future__ import annotations

import math

import numpy as np

from controller.certificate.layout import LIMITS, Array, Record, filled
from controller.safety.corrected_motion import CORNER_RAD_S
from controller.safety.gate import AUDIT_TOLERANCE
from controller.safety.limits import GateLimits
from controller.safety.own_time import JUMP_S
from controller.safety.swing_watch import CORNER_RAD_S as SWING_CORNER_RAD_S
from controller.safety.swing_watch import MEMORY_S
from controller.types import Vector

SAME_NAME = (
    "session_s", "late_s", "jump_rad", "supervisor_age_s", "temperature_c", "joint_age_s", "sensor_age_s",
    "stale_ticks", "frozen_ticks", "sensor_gap_s", "axis_cosine", "observer_margin_n", "observer_base_n", "tool_trip_n",
    "pressure_pa", "implausible_ticks", "contact_lost_n", "contact_lost_s", "tool_speed_m_s", "workspace_low_m",
    "workspace_high_m", "path_m", "descent_m", "dwell_m", "dwell_s", "free_press_n", "press_speed_m_s",
    "free_press_speed_m_s", "tangential_n", "moment_nm", "park_force_n",
)  # fmt: skip
"""Limits that the kernel takes as they are."""


def limit_record(limits: GateLimits, dt_s: float) -> Record:
    """Return every limit that is no value of a joint or a stroke, and the constants of the watchers.

    Args:
        limits: of a gate for one pad.
        dt_s: period of the loop [s].
    """
    (pad,), fitted, low_high = limits.pads, limits.fitted, limits.voltage_v
    keep, grid = limits.keep_out, None if limits.keep_out is None else limits.keep_out.grid
    return filled(
        LIMITS,
        {
            **{name: getattr(limits, name) for name in SAME_NAME},
            "dt_s": dt_s,
            "jump_clock_s": max(JUMP_S, limits.late_s),
            "low_v": low_high[0],
            "high_v": low_high[1],
            "has_temperatures": fitted.has_temperatures,
            "has_voltages": fitted.has_voltages,
            "has_ages": fitted.has_ages,
            "has_faults": fitted.has_faults,
            "area_m2": pad.area_m2,
            "has_keep_out": keep is not None,
            "light_n": math.nan if keep is None else keep.light_n,
            "pad_radius_m": math.nan if keep is None else keep.pad_radius_m,
            "grid_x0_m": math.nan if grid is None else grid.x0_m,
            "grid_y0_m": math.nan if grid is None else grid.y0_m,
            "grid_spacing_m": math.nan if grid is None else grid.spacing_m,
            "rise_n": limits.loading_rate_n_per_s * dt_s,
            "audit_n": AUDIT_TOLERANCE,
            "tank_capacity_j": limits.tank.capacity_j,
            "tank_refill_w": limits.tank.refill_w,
            "gap_share": -math.expm1(-CORNER_RAD_S * dt_s),
            "own_share": -math.expm1(-limits.stop.speed_filter_rad_s * dt_s),
            "swing_share": -math.expm1(-SWING_CORNER_RAD_S * dt_s),
            "swing_mean_share": -math.expm1(-dt_s / MEMORY_S),
        },
    )


def limit_rows(limits: GateLimits) -> Array:
    """Return the limits of the joints, (``LIMIT_ROWS``, n)."""
    rows = (limits.lower_rad, limits.upper_rad, limits.speed_rad_s, limits.torque_nm, limits.observer_joint_nm)
    return np.array(rows, dtype=np.float64)


def stroke_numbers(limits: GateLimits) -> tuple[Vector, ...]:
    """Return the limits of every stroke of one pad, in the order in which a tick is packed."""
    found: list[Vector] = []
    for stroke in limits.strokes:
        (pad,) = stroke.pads
        own = (pad.ceiling_n, pad.target_n, pad.margin_n, pad.trip_n, pad.depth_m)
        found.append((*own, stroke.sum_n, stroke.sum_trip_n, stroke.press_damping_ns_per_m))
    return tuple(found)


def keep_out_grid(limits: GateLimits) -> Array:
    """Return the distances to the keep-outs [m], (n, m); one number where there are none."""
    return np.zeros((1, 1)) if limits.keep_out is None else np.array(limits.keep_out.grid.rows_m, dtype=np.float64)
