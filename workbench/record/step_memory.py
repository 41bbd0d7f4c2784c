"""The steps of a session as packed rows in memory, and as the same columns that a record is read into."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.types import Cause, StepRecord
from workbench.record.columns import CAUSES, CONTACTS, MODES, PHASES, ColumnBuilder, StepColumns

CHUNK_ROWS = 4096
"""Ticks a chunk: 2.7 MB for seven joints and one pad."""
_WORD_BYTES = 8
_FIXED_REALS = {
    "t_s": 1, "plan_t_s": 1, "plan_error_m": 1, "audit_press_n": 1, "audit_limit_n": 1,
    "wrench_s": 6, "p_wt": 3, "quaternion_wt": 4, "position_ref_m": 3,
}  # fmt: skip
"""Numbers that every arm has alike, in the order of the row, with their widths."""
_JOINT_REALS = ("q_rad", "dq_rad_s", "tau_sensed_nm", "tau_nm")
_WANTED_REALS = {"press_ref_n": 1, "normal_ref_w": 3}
"""Numbers of what is wanted of a pad, in the order of the row, with their widths."""
_ESTIMATE_REALS = {
    "press_est_n": 1, "press_observer_n": 1, "press_target_n": 1, "sensor_trusted": 1, "normal_est_w": 3,
}  # fmt: skip
"""Numbers of what is believed of a pad, in the order of the row, with their widths."""
_TRUTH_REALS = {
    "press_true_n": 1, "limit_n": 1, "depth_m": 1, "tissue_work_j": 1, "net_energy_j": 1,
    "p_wc": 3, "normal_true_w": 3, "p_wt_true": 3, "tool_axis_true_w": 3,
}  # fmt: skip
"""Numbers of a pad's truth, in the order of the row, with their widths."""
_CODES = ("phase", "contact", "mode", "segment", "limited")
_PHASE_CODE = {phase: code for code, phase in enumerate(PHASES)}
_CONTACT_CODE = {state: code for code, state in enumerate(CONTACTS)}
_MODE_CODE = {mode: code for code, mode in enumerate(MODES)}
_CAUSE_BIT: dict[Cause, int] = {cause: 1 << code for code, cause in enumerate(CAUSES)}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a column stands in a row.

    Attributes:
        words: its words, of 8 bytes each.
        shape: of its value in one tick.
    """

    words: tuple[int, ...]
    shape: tuple[int, ...]


class _Layout:
    """How a tick stands in a row: real numbers, then whole ones.

    Args:
        step: any tick; its joints and pads are those of all.
    """

    def __init__(self, step: StepRecord) -> None:
        self.places: dict[str, _Place] = {}
        self._width = 0
        for name, width in _FIXED_REALS.items():
            self._add(name, width, () if width == 1 else (width,))
        joints, wanted, estimates = len(step.state.q_rad), len(step.reference.pads), len(step.pads)
        for name in _JOINT_REALS:
            self._add(name, joints, (joints,))
        self._add_blocks(_WANTED_REALS, wanted)
        self._add_blocks(_ESTIMATE_REALS, estimates)
        self._add_blocks(_TRUTH_REALS, len(step.truth))
        self.reals = self._width
        """Words that hold real numbers; those after them hold whole ones."""
        for name in _CODES:
            self._add(name, 1, ())
        self.row = struct.Struct(f"={self.reals}d{len(_CODES)}q")

    def _add(self, name: str, width: int, shape: tuple[int, ...]) -> None:
        self.places[name] = _Place(tuple(range(self._width, self._width + width)), shape)
        self._width += width

    def _add_blocks(self, widths: dict[str, int], pads: int) -> None:
        """Add columns of pads whose numbers stand together, pad after pad."""
        block, at = sum(widths.values()), self._width
        for name, width in widths.items():
            words = tuple(at + pad * block + number for pad in range(pads) for number in range(width))
            self.places[name] = _Place(words, (pads,) if width == 1 else (pads, width))
            at += width
        self._width += pads * block


class StepMemory:
    """Keeps the columns of a session, one packed row a tick.

    A row takes 656 bytes for seven joints and one pad with its truth: 80 MB for two minutes at 1 kHz, 2.4 GB for the
    longest session that the limits allow (3,600 s). It grows by chunks; ``columns`` moves the rows chunk by chunk, so
    that they never stand in memory twice.
    """

    def __init__(self) -> None:
        self._layout: _Layout | None = None
        self._full: list[bytearray] = []
        self._chunk, self._offset = bytearray(), 0

    def add(self, step: StepRecord) -> None:
        """Keep a tick. Raises struct.error where it has another number of joints or pads than the first one."""
        state, reference, applied = step.state, step.reference, step.applied
        values: list[float] = [
            step.t_s, reference.t_s, step.plan_error_m, applied.press_n, applied.press_limit_n,
            *state.wrench_s, *step.p_wt, *step.quaternion_wt, *reference.position_m,
            *state.q_rad, *state.dq_rad_s, *state.tau_nm, *applied.tau_nm,
        ]  # fmt: skip
        for wanted in reference.pads:
            values += (wanted.press_n, *wanted.normal_w)
        for pad in step.pads:
            values += (pad.press_n, pad.observer_n, pad.target_n, pad.is_sensor_trusted, *pad.normal_w)
        for true in step.truth:
            values += (
                true.press_n, true.limit_n, true.depth_m, true.tissue_work_j, true.net_energy_j,
                *true.p_wc, *true.normal_w, *true.p_wt, *true.tool_axis_w,
            )  # fmt: skip
        row = self._room(step)
        row.pack_into(
            self._chunk, self._offset, *values, _PHASE_CODE[reference.phase], _CONTACT_CODE[step.contact],
            _MODE_CODE[applied.mode], reference.segment,
            _bits(one.cause for one in applied.limited) if applied.limited else 0,
        )  # fmt: skip
        self._offset += row.size

    def columns(self) -> StepColumns:
        """Return all ticks as the reader of records does, infinite numbers as NaN too; the memory is empty then."""
        layout, chunks = self._layout, [*self._full, self._chunk[: self._offset]]
        self._layout, self._full, self._chunk, self._offset = None, [], bytearray(), 0
        if layout is None:
            return ColumnBuilder().finish()
        count = sum(map(len, chunks)) // layout.row.size
        columns = {name: _empty(name, place, count) for name, place in layout.places.items()}
        begin = 0
        for number, chunk in enumerate(chunks):
            chunks[number] = bytearray()
            begin += _move(chunk, layout, columns, begin)
        return StepColumns(**columns)

    def _room(self, step: StepRecord) -> struct.Struct:
        """Make room for one more row."""
        if self._layout is None:
            self._layout = _Layout(step)
        row = self._layout.row
        if self._offset == len(self._chunk):
            if self._chunk:
                self._full.append(self._chunk)
            self._chunk, self._offset = bytearray(CHUNK_ROWS * row.size), 0
        return row


def _bits(causes: Iterable[Cause]) -> int:
    bits = 0
    for cause in causes:
        bits |= _CAUSE_BIT[cause]
    return bits


def _empty(name: str, place: _Place, count: int) -> NDArray[Any]:
    return np.empty((count, *place.shape), dtype=np.int64 if name in _CODES else np.float64)


def _move(chunk: bytearray, layout: _Layout, columns: dict[str, NDArray[Any]], begin: int) -> int:
    """Write a chunk of rows into the columns from a tick on; return how many they were."""
    width = layout.row.size // _WORD_BYTES
    codes = np.frombuffer(chunk, np.int64).reshape(-1, width)
    reals = np.frombuffer(chunk, np.float64).reshape(-1, width)[:, : layout.reals]
    reals[~np.isfinite(reals)] = np.nan  # JSON, and so the record, knows neither infinity nor NaN
    for name, place in layout.places.items():
        words = (codes if name in _CODES else reals)[:, place.words]
        columns[name][begin : begin + len(words)] = words.reshape(len(codes), *place.shape)
    return len(codes)
