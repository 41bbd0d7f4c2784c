"""Named fields of what the certificate works on: memory of the gate, numbers of the tick, limits, values of joints.

The memory follows from ``controller.safety.memory.FIELDS``, so it stands in one place only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.safety.memory import FIELDS, JOINTS
from controller.types import ContactState, Phase

Record = NDArray[Any]
"""A structured array of length one."""
Array = NDArray[np.float64]
Named = tuple[str, type[np.float64]] | tuple[str, type[np.float64], tuple[int]]


def _fields(*names: str | tuple[str, int]) -> np.dtype[Any]:
    """Return a structure of these fields: a name for one number, a name and a size for several."""
    _f = np.float64
    return np.dtype([(name, _f) if isinstance(name, str) else (name[0], _f, (name[1],)) for name in names])


MEMORY = _fields(
    *[
        field.name if field.size in (None, 1) else (field.name, field.size or 1)
        for field in FIELDS
        if field.size != JOINTS
    ]
)
"""What a gate remembers beside values of its joints."""
_ROWS = tuple(field.name for field in FIELDS if field.size == JOINTS)
MEMORY_ROWS = len(_ROWS)
SEEN_RAD, LAST_Q, LAST_DQ, OWN_FIRST, OWN_SECOND, MOMENTUM, LACK = (
    _ROWS.index(name)
    for name in ("seen_rad", "last_q_rad", "last_dq_rad_s", "own_first", "own_second", "momentum_nms", "lack_nm")
)
"""Rows of the memory that have one value a joint."""

SAMPLES = 48
"""Samples of the speed check that can be held: 20 ms of a loop with 2.5 kHz; more are not certified."""
SAMPLE_T, SAMPLE_TICK, SAMPLE_FASTEST, SAMPLE_JOINTS = 0, 1, 2, 3
"""Columns of a sample; positions and ways of the joints follow."""

NOW = _fields(
    "t_s", "press_n", "observer_n", "target_n", "is_trusted", "contact", "plan_error_m", "sensor_age_s",
    "wrench_sequence", "supervisor_age_s", "command_age_s", "phase", ("v_wt", 6), ("normal_w", 3), ("surface_w", 3),
    ("wrench_s", 6), ("planned_m", 3), ("planned_w", 3),
    "ceiling_n", "stroke_target_n", "margin_n", "trip_n", "depth_m", "sum_n", "sum_trip_n", "damping_ns_per_m",
)  # fmt: skip
"""Numbers of a tick, in the order in which they are packed behind the rows below."""
TAU, Q, DQ, MEASURED, TEMPERATURE, VOLTAGE, AGE, FAULT = range(8)
"""Rows of a tick with one value a joint."""
NOW_ROWS = 8

LIMITS = _fields(
    "dt_s", "jump_clock_s", "session_s", "late_s", "jump_rad", "supervisor_age_s",
    "temperature_c", "low_v", "high_v", "joint_age_s", "has_temperatures", "has_voltages", "has_ages", "has_faults",
    "sensor_age_s", "stale_ticks", "frozen_ticks", "sensor_gap_s", "axis_cosine", "observer_margin_n",
    "observer_base_n", "tool_trip_n", "area_m2", "pressure_pa", "implausible_ticks", "has_keep_out", "light_n",
    "pad_radius_m", "grid_x0_m", "grid_y0_m", "grid_spacing_m", "contact_lost_n", "contact_lost_s", "tool_speed_m_s",
    ("workspace_low_m", 3), ("workspace_high_m", 3), "path_m", "descent_m", "dwell_m", "dwell_s",
    "free_press_n", "press_speed_m_s", "free_press_speed_m_s", "rise_n", "park_force_n",
    "tangential_n", "moment_nm", "audit_n", "tank_capacity_j",
    "tank_refill_w", "gap_share", "own_share", "swing_share", "swing_mean_share",
)  # fmt: skip
"""What ticks are held against: limits of the gate, and the constants that its watchers make of its period."""
LOWER, UPPER, SPEED, TORQUE, OBSERVER = range(5)
"""Rows of limits with one value a joint."""
LIMIT_ROWS = 5

FREE, APPROACH, CONTACT, WORK, LIFT = map(list(ContactState).index, list(ContactState))
TRANSFER, APPROACHING, WORKING, LIFTING, TO_PLAN, TO_REST = map(list(Phase).index, list(Phase))
"""Contact states and phases as they are numbered, in the order of ``controller.types``."""


def size_of(structure: np.dtype[Any]) -> int:
    """Return how many numbers a structure holds."""
    return structure.itemsize // 8


def filled(structure: np.dtype[Any], values: dict[str, float | Iterable[float]]) -> Record:
    """Return a structure with these values.

    Raises:
        ValueError: a field has none.
    """
    if set(values) != set(structure.names or ()):
        raise ValueError(f"fields without a value, or unknown: {sorted(set(values) ^ set(structure.names or ()))}")
    record = np.zeros(1, dtype=structure)
    for name, value in values.items():
        record[name][0] = value
    return record
