"""The steps of a record as arrays, one row per tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from controller.types import Authority, Cause, ContactState, Mode, Phase

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
PHASES = tuple(Phase)
CONTACTS = tuple(ContactState)
MODES = tuple(Mode)
CAUSES = tuple(Cause)
AUTHORITIES = tuple(Authority)
_CODES = frozenset({"phase", "contact", "mode", "segment", "limited"})
_NO_STEP_SHAPES = {
    "t_s": (0,), "plan_t_s": (0,), "plan_error_m": (0,), "audit_press_n": (0,), "audit_limit_n": (0,),
    "wrench_s": (0, 6), "p_wt": (0, 3), "quaternion_wt": (0, 4), "position_ref_m": (0, 3),
    "normal_ref_w": (0, 0, 3), "normal_est_w": (0, 0, 3), "p_wc": (0, 0, 3), "normal_true_w": (0, 0, 3),
    "p_wt_true": (0, 0, 3), "tool_axis_true_w": (0, 0, 3),
    **dict.fromkeys(_CODES, (0,)),
}  # fmt: skip
"""Shapes where there is no step; all others are (0, 0)."""


@dataclass(frozen=True, slots=True)
class StepColumns:
    """Steps as arrays that are computed with; n ticks, j joints, p pads. NaN stands where there is no finite number.

    Attributes:
        t_s: session time (n,).
        plan_t_s: plan time (n,).
        q_rad: joint positions (n, j).
        dq_rad_s: joint speeds (n, j).
        tau_sensed_nm: joint torques from the drives (n, j).
        wrench_s: wrist wrench in S (n, 6).
        tau_nm: joint torques sent (n, j).
        p_wt: tool position (n, 3).
        quaternion_wt: tool orientation, xyzw (n, 4).
        position_ref_m: planned tool position (n, 3).
        plan_error_m: tangential distance from the plan (n,).
        phase: index into PHASES (n,).
        contact: index into CONTACTS (n,).
        mode: index into MODES (n,).
        segment: index of the stroke (n,).
        press_ref_n: planned press force (n, p).
        normal_ref_w: planned outward normal (n, p, 3).
        press_est_n: press force from the wrist sensor (n, p).
        press_observer_n: press force from the momentum observer (n, p).
        press_target_n: press force the loop was asked for (n, p).
        normal_est_w: outward normal that the law presses along (n, p, 3).
        sensor_trusted: 1 where the wrist sensor is believed, 0 where it is rejected (n, p).
        audit_press_n: static press force of the torques sent (n,).
        audit_limit_n: bound in force for it (n,).
        limited: bit set over CAUSES (n,).
        press_true_n: true press force (n, p); p is 0 on hardware.
        limit_n: hard limit of the place (n, p).
        depth_m: true indentation, negative in the air (n, p).
        p_wc: true contact foot (n, p, 3).
        normal_true_w: true outward normal at the foot (n, p, 3).
        tissue_work_j: work on the tissue since the start (n, p).
        net_energy_j: net energy from the tool into the body since the start (n, p).
        p_wt_true: true tool position (n, p, 3).
        tool_axis_true_w: true direction of the tool's z axis (n, p, 3).
    """

    t_s: Array
    plan_t_s: Array
    q_rad: Array
    dq_rad_s: Array
    tau_sensed_nm: Array
    wrench_s: Array
    tau_nm: Array
    p_wt: Array
    quaternion_wt: Array
    position_ref_m: Array
    plan_error_m: Array
    phase: Codes
    contact: Codes
    mode: Codes
    segment: Codes
    press_ref_n: Array
    normal_ref_w: Array
    press_est_n: Array
    press_observer_n: Array
    press_target_n: Array
    normal_est_w: Array
    sensor_trusted: Array
    audit_press_n: Array
    audit_limit_n: Array
    limited: Codes
    press_true_n: Array
    limit_n: Array
    depth_m: Array
    p_wc: Array
    normal_true_w: Array
    tissue_work_j: Array
    net_energy_j: Array
    p_wt_true: Array
    tool_axis_true_w: Array

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return steps from arrays by name, whatever their precision; raises KeyError where one is missing."""
        return cls(**{name: wide(arrays[name]) for name in cls.__slots__})

    @property
    def count(self) -> int:
        """Number of ticks."""
        return len(self.t_s)

    @property
    def has_truth(self) -> bool:
        """True where the truth was recorded, which only a simulation can do."""
        return bool(self.press_true_n.shape[1])

    def is_contact(self, state: ContactState) -> NDArray[np.bool_]:
        """Return where the contact state is ``state`` (n,)."""
        return _equal(self.contact, CONTACTS.index(state))

    def is_phase(self, phase: Phase) -> NDArray[np.bool_]:
        """Return where the plan is in ``phase`` (n,)."""
        return _equal(self.phase, PHASES.index(phase))

    def is_mode(self, mode: Mode) -> NDArray[np.bool_]:
        """Return where the gate is in ``mode`` (n,)."""
        return _equal(self.mode, MODES.index(mode))

    def is_limited_by(self, cause: Cause) -> NDArray[np.bool_]:
        """Return where ``cause`` changed the command (n,)."""
        return _equal((self.limited >> CAUSES.index(cause)) & 1, 1)

    def is_working(self) -> NDArray[np.bool_]:
        """Return where force is judged (n,): contact state WORK while the gate lets the plan run."""
        return self.is_contact(ContactState.WORK) & self.is_mode(Mode.RUN)


def no_steps() -> StepColumns:
    """Return the columns of a run in which nothing moved."""
    return StepColumns.of(
        {
            name: np.zeros(_NO_STEP_SHAPES.get(name, (0, 0)), np.int64 if name in _CODES else np.float64)
            for name in StepColumns.__slots__
        }
    )


def wide(array: NDArray[Any]) -> NDArray[Any]:
    """Return real numbers with 64 bits, and codes as they are."""
    return array if array.dtype == np.int64 else np.ascontiguousarray(array, np.float64)


def _equal(codes: Codes, code: int) -> NDArray[np.bool_]:
    return np.asarray(codes == code, dtype=np.bool_)
