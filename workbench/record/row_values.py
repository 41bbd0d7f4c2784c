"""A tick as packed numbers, in the order of ``RowLayout``."""

from __future__ import annotations

from collections.abc import Iterable

from controller.types import Cause, StepRecord
from workbench.record.columns import AUTHORITIES, CAUSES, CONTACTS, MODES, PHASES

_PHASE_CODE = {phase: code for code, phase in enumerate(PHASES)}
_CONTACT_CODE = {state: code for code, state in enumerate(CONTACTS)}
_MODE_CODE = {mode: code for code, mode in enumerate(MODES)}
_AUTHORITY_CODE = {authority: code for code, authority in enumerate(AUTHORITIES)}
_CAUSE_BIT: dict[Cause, int] = {cause: 1 << code for code, cause in enumerate(CAUSES)}


class RegionTable:
    """Numbers the regions of a session in the order in which pads come to them."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def code(self, region: str) -> int:
        """Return the number of a region."""
        return self._codes.setdefault(region, len(self._codes))

    def names(self) -> tuple[str, ...]:
        """Return the regions so far, by their numbers."""
        return tuple(self._codes)


def row_values(step: StepRecord, regions: RegionTable) -> list[float]:
    """Return the numbers of a tick: real ones, then whole ones."""
    state, reference, applied = step.state, step.reference, step.applied
    values: list[float] = [
        step.t_s, state.t_s, reference.t_s,
        step.plan_error_m, applied.press_n, applied.press_limit_n,
        state.sensor_age_s, state.supervisor_age_s, state.command_age_s,
        *state.wrench_s, *step.p_wt, *step.quaternion_wt, *step.v_wt, *reference.position_m, *reference.quaternion_xyzw,
        *state.q_rad, *state.dq_rad_s, *state.tau_nm, *applied.tau_nm,
        *state.temperatures_c, *state.voltages_v, *state.joint_age_s,
    ]  # fmt: skip
    for wanted in reference.pads:
        values += (wanted.press_n, wanted.press_rate_n_per_s, *wanted.normal_w)
    for pad in step.pads:
        values += (pad.press_n, pad.observer_n, pad.target_n, pad.is_sensor_trusted, *pad.normal_w)
    for true in step.truth:
        values += (
            true.press_n, true.limit_n, true.depth_m, true.tissue_work_j, true.net_energy_j,
            *true.force_w, *true.p_wc, *true.normal_w, *true.p_wt, *true.tool_axis_w,
        )  # fmt: skip
    values += (
        _PHASE_CODE[reference.phase], _CONTACT_CODE[step.contact], _MODE_CODE[applied.mode], reference.segment,
        _bits(one.cause for one in applied.limited) if applied.limited else 0,
        _AUTHORITY_CODE[state.authority], state.wrench_sequence, *state.joint_fault,
    )  # fmt: skip
    values += [regions.code(true.region) for true in step.truth]
    return values


def _bits(causes: Iterable[Cause]) -> int:
    bits = 0
    for cause in causes:
        bits |= _CAUSE_BIT[cause]
    return bits
