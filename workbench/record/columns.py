"""The steps of a record as arrays, one row per tick."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.types import Cause, ContactState, Mode, Phase

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Row = dict[str, Any]
"""One ``/step`` message as it stands in the record."""

PHASES = tuple(Phase)
CONTACTS = tuple(ContactState)
MODES = tuple(Mode)
CAUSES = tuple(Cause)
BLOCK_ROWS = 2000
"""Rows kept as Python objects before they become arrays; bounds the memory of reading."""


@dataclass(frozen=True, slots=True)
class StepColumns:
    """Steps as arrays; n ticks, j joints, p pads. NaN stands where the record holds null.

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


def _equal(codes: Codes, code: int) -> NDArray[np.bool_]:
    return np.asarray(codes == code, dtype=np.bool_)


def _pads(key: str) -> Callable[[Row], list[Any]]:
    return lambda row: [pad[key] for pad in row["pads"]]


def _truth(key: str) -> Callable[[Row], list[Any]]:
    return lambda row: [pad[key] for pad in row["truth"]]


_REALS: dict[str, Callable[[Row], Any]] = {
    "t_s": lambda row: row["t_s"],
    "plan_t_s": lambda row: row["reference"]["t_s"],
    "q_rad": lambda row: row["state"]["q_rad"],
    "dq_rad_s": lambda row: row["state"]["dq_rad_s"],
    "tau_sensed_nm": lambda row: row["state"]["tau_nm"],
    "wrench_s": lambda row: row["state"]["wrench_s"],
    "tau_nm": lambda row: row["applied"]["tau_nm"],
    "p_wt": lambda row: row["p_wt"],
    "quaternion_wt": lambda row: row["quaternion_wt"],
    "position_ref_m": lambda row: row["reference"]["position_m"],
    "plan_error_m": lambda row: row["plan_error_m"],
    "press_ref_n": lambda row: [pad["press_n"] for pad in row["reference"]["pads"]],
    "normal_ref_w": lambda row: [pad["normal_w"] for pad in row["reference"]["pads"]],
    "press_est_n": _pads("press_n"),
    "press_observer_n": _pads("observer_n"),
    "press_target_n": _pads("target_n"),
    "normal_est_w": _pads("normal_w"),
    "sensor_trusted": _pads("is_sensor_trusted"),
    "audit_press_n": lambda row: row["applied"]["press_n"],
    "audit_limit_n": lambda row: row["applied"]["press_limit_n"],
    "press_true_n": _truth("press_n"),
    "limit_n": _truth("limit_n"),
    "depth_m": _truth("depth_m"),
    "p_wc": _truth("p_wc"),
    "normal_true_w": _truth("normal_w"),
    "tissue_work_j": _truth("tissue_work_j"),
    "net_energy_j": _truth("net_energy_j"),
    "p_wt_true": _truth("p_wt"),
    "tool_axis_true_w": _truth("tool_axis_w"),
}
_PHASE_CODES = {phase.value: code for code, phase in enumerate(PHASES)}
_CONTACT_CODES = {state.value: code for code, state in enumerate(CONTACTS)}
_MODE_CODES = {mode.value: code for code, mode in enumerate(MODES)}
_CAUSE_BITS = {cause.value: 1 << code for code, cause in enumerate(CAUSES)}
_CODES: dict[str, Callable[[Row], int]] = {
    "phase": lambda row: _PHASE_CODES[row["reference"]["phase"]],
    "contact": lambda row: _CONTACT_CODES[row["contact"]],
    "mode": lambda row: _MODE_CODES[row["applied"]["mode"]],
    "segment": lambda row: int(row["reference"]["segment"]),
    "limited": lambda row: sum({_CAUSE_BITS[limited["cause"]] for limited in row["applied"]["limited"]}),
}
_VECTOR_WIDTHS: Mapping[str, int] = {"wrench_s": 6, "p_wt": 3, "quaternion_wt": 4, "position_ref_m": 3}
_JOINTS = ("q_rad", "dq_rad_s", "tau_sensed_nm", "tau_nm")
_PAD_SCALARS = (
    "press_ref_n",
    "press_est_n",
    "press_observer_n",
    "press_target_n",
    "sensor_trusted",
    "press_true_n",
    "limit_n",
    "depth_m",
    "tissue_work_j",
    "net_energy_j",
)
_PAD_VECTORS = ("normal_ref_w", "normal_est_w", "p_wc", "normal_true_w", "p_wt_true", "tool_axis_true_w")


class ColumnBuilder:
    """Collects rows block by block, so that a long record never stands in memory as Python objects.

    Args:
        names: fields of StepColumns to collect; what is left out costs nothing.
    """

    def __init__(self, names: Collection[str] = (*_REALS, *_CODES)) -> None:
        self._rows: list[Row] = []
        self._blocks: dict[str, list[NDArray[Any]]] = {name: [] for name in names}

    def add(self, row: Row) -> None:
        """Add one row of ``/step``."""
        self._rows.append(row)
        if len(self._rows) >= BLOCK_ROWS:
            self._flush()

    def finish(self) -> StepColumns:
        """Return all rows as arrays; for a builder that collects every field."""
        return StepColumns(**self.arrays())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the collected fields as arrays by name, shaped as in StepColumns."""
        self._flush()
        return {name: _joined(name, blocks) for name, blocks in self._blocks.items()}

    def _flush(self) -> None:
        if not self._rows:
            return
        for name, blocks in self._blocks.items():
            if name in _REALS:
                real = _REALS[name]
                blocks.append(np.array([real(row) for row in self._rows], dtype=np.float64))
            else:
                code = _CODES[name]
                blocks.append(np.array([code(row) for row in self._rows], dtype=np.int64))
        self._rows = []


def _joined(name: str, blocks: Sequence[NDArray[Any]]) -> NDArray[Any]:
    joined = np.concatenate(blocks) if blocks else np.zeros((0, 0), dtype=np.int64 if name in _CODES else np.float64)
    if name in _PAD_VECTORS:
        return joined.reshape(len(joined), -1, 3) if joined.size else np.zeros((len(joined), 0, 3))
    if blocks:
        return joined
    if name in _VECTOR_WIDTHS:
        return np.zeros((0, _VECTOR_WIDTHS[name]))
    return joined if name in (*_JOINTS, *_PAD_SCALARS) else joined.reshape(0)
