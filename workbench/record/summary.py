"""The numbers of a run, computed from its record: what really happened, not what the controller believed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypedDict

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from controller.errors import MassageArmError, PlanError
from controller.types import Cause, ContactState, Phase, SegmentInfo, StopReason
from workbench.record.columns import StepColumns
from workbench.record.messages import EndEvent, EventKind, LoopStats, RunConfig
from workbench.record.reader import RunData
from workbench.record.sensed import judged_steps

Mask = NDArray[np.bool_]
LANDING_WINDOW_S = 0.15
"""The landing peak is the largest press force within this time after the first touch (acceptance text)."""
RECORD_CUT_OFF = "record_cut_off"
PLAN_REFUSED = "plan_refused"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class StopSummary(_Model):
    """Why a run was stopped or refused; ``value`` and ``allowed`` are null where the cause is no number."""

    cause: str
    limit: str
    value: float | None
    allowed: float | None
    unit: str
    t_s: float
    next_step: str


class SegmentSummary(_Model):
    """One stroke; forces and angles are true ones over its working samples, null where there are none.

    Of a run without a truth the forces are the sensed ones, the path is that of the arm's own kinematics, and the angle
    is null.
    """

    name: str
    technique: str
    region: str
    force_target_n: float
    force_rmse_n: float | None
    force_p95_abs_error_n: float | None
    peak_force_n: float | None
    path_rmse_mm: float | None
    normal_angle_mean_deg: float | None
    contact_fraction: float | None
    limited_fraction: float | None


class TickSummary(_Model):
    """Wall-clock duration of a tick [us]."""

    p50: float
    p99: float
    p999: float
    max: float


class Summary(_Model):
    """``summary.json``. A number that cannot be known (nothing moved, no truth on hardware) is null.

    ``truth`` is false where forces and path are figures from the senses.
    """

    verdict: Literal["completed", "stopped", "refused"]
    message: str
    stop: StopSummary | None
    stops: tuple[StopSummary, ...] = ()
    """Every stop of the session, also those that were cleared."""
    program: str
    body: str
    tissue: str
    arm: str
    gains: str
    seed: int
    plant: str = "exact"
    """What the plant is called: exact, typical, poor, or the name of its file."""
    config_sha256: str
    duration_s: float
    segments: tuple[SegmentSummary, ...]
    force_rmse_n: float | None = None
    force_p95_abs_error_n: float | None = None
    normal_angle_mean_deg: float | None = None
    path_rmse_mm: float | None = None
    landing_peak_n: float | None = None
    peak_force_n: float | None = None
    hard_limit_n: float | None = None
    truth: bool = True
    over_limit_samples: int = 0
    worst_case_bound_n: float | None = None
    person_bound_n: float | None = None
    braked_bound_n: float | None = None
    tissue_work_j: float | None = None
    net_energy_from_tool_j: float | None = None
    realtime_factor: float | None = None
    tick_us: TickSummary | None = None
    overruns: int = 0
    recorder_drops: int = 0
    peak_rss_mb: float | None = None
    run_id: str = ""


class _Identity(TypedDict):
    program: str
    body: str
    tissue: str
    arm: str
    gains: str
    seed: int
    plant: str
    config_sha256: str


@dataclass(frozen=True, slots=True)
class TickFacts:
    """Per-tick facts that several numbers are made of.

    Attributes:
        error_n: true minus planned press force (n, p).
        angle_deg: angle between the tool's true axis and the true inward normal (n, p); (n, 0) without a truth.
        path_error_m: true distance from the planned position across the true normal (n, p); without a truth the sensed
            one (n, 1).
        working: ticks on which force is judged (n,).
        touching: ticks with any true contact (n,).
    """

    error_n: NDArray[np.float64]
    angle_deg: NDArray[np.float64]
    path_error_m: NDArray[np.float64]
    working: Mask
    touching: Mask


def tick_facts(steps: StepColumns) -> TickFacts:
    """Return the facts of every tick; ``steps`` hold the truth, or what ``judged_steps`` puts in its place."""
    cosine = -np.einsum("npi,npi->np", steps.normal_true_w, steps.tool_axis_true_w)
    away = steps.position_ref_m[:, None, :] - steps.p_wt_true
    along = np.einsum("npi,npi->np", away, steps.normal_true_w)
    true_path_m = np.linalg.norm(away - along[:, :, None] * steps.normal_true_w, axis=2)
    return TickFacts(
        path_error_m=true_path_m if true_path_m.shape[1] else steps.plan_error_m[:, None],
        error_n=steps.press_true_n - steps.press_ref_n,
        angle_deg=np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))),
        working=steps.is_working(),
        touching=np.asarray(np.any(steps.press_true_n > 0.0, axis=1), dtype=np.bool_),
    )


def summarise(run: RunData) -> Summary:
    """Return the summary of a recorded run, also of one that was cut off."""
    stop, message = _ending(run)
    config, has_truth = run.config, run.steps.has_truth
    steps = judged_steps(run.steps, config.segments)
    segments: tuple[SegmentSummary, ...] = ()
    facts = tick_facts(steps) if steps.has_truth else None
    if facts is not None:
        segments = tuple(_segment(steps, facts, index, info) for index, info in enumerate(config.segments))
    total = run.loop[-1] if run.loop else None
    return Summary(
        verdict="completed" if stop is None else "stopped",
        message=message,
        stop=stop,
        stops=tuple(
            _stop_summary(event.data)
            for event in run.events
            if event.kind is EventKind.STOP and isinstance(event.data, StopReason)
        ),
        **_identity(config),
        duration_s=float(steps.t_s[-1] - steps.t_s[0]) if steps.count else 0.0,
        segments=segments,
        force_rmse_n=_rms(facts.error_n[facts.working]) if facts else None,
        force_p95_abs_error_n=_p95(facts.error_n[facts.working]) if facts else None,
        normal_angle_mean_deg=_mean(facts.angle_deg[facts.working]) if facts else None,
        path_rmse_mm=None if facts is None else _rms(facts.path_error_m[facts.working] * 1e3),
        landing_peak_n=landing_peak_n(steps),
        peak_force_n=_largest(steps.press_true_n),
        hard_limit_n=_smallest(steps.limit_n[facts.touching]) if facts else None,
        truth=has_truth,
        over_limit_samples=over_limit_samples(steps),
        worst_case_bound_n=config.worst_case_bound_n,
        person_bound_n=config.person_bound_n,
        braked_bound_n=config.braked_bound_n,
        tissue_work_j=_last_sum(steps.tissue_work_j),
        net_energy_from_tool_j=_last_sum(steps.net_energy_j),
        realtime_factor=_realtime_factor(total, config.dt_s),
        tick_us=_tick_summary(total),
        overruns=total.overruns if total else 0,
        recorder_drops=total.drops if total else 0,
        peak_rss_mb=total.peak_rss_mb if total else None,
        run_id=run.run_id,
    )


def refused(config: RunConfig, error: MassageArmError, value: float | None = None) -> Summary:
    """Return the summary of a plan that was refused before anything moved.

    Args:
        config: what was asked for.
        error: why it was refused.
        value: the offending number, where there is one.
    """
    limit, todo = str(error), "change the plan"
    if isinstance(error, PlanError):
        limit = f"stroke {error.segment!r} at {error.where}: got {error.got}; allowed: {error.allowed}"
        todo = error.todo
    stop = StopSummary(cause=PLAN_REFUSED, limit=limit, value=value, allowed=None, unit="", t_s=0.0, next_step=todo)
    return Summary(
        verdict="refused",
        message=str(error),
        stop=stop,
        **_identity(config),
        duration_s=0.0,
        segments=(),
        worst_case_bound_n=config.worst_case_bound_n,
        person_bound_n=config.person_bound_n,
        braked_bound_n=config.braked_bound_n,
    )


def over_limit_samples(steps: StepColumns) -> int:
    """Return how many ticks had a pad over the hard limit of its place, every phase; NaN counts as over."""
    return int(np.count_nonzero(np.any(~(steps.press_true_n <= steps.limit_n), axis=1)))


def landing_peak_n(steps: StepColumns) -> float | None:
    """Return the largest true press force within LANDING_WINDOW_S after the first touch of each approach [N]."""
    peaks = [float(np.max(steps.press_true_n[window])) for window in landing_windows(steps)]
    return max(peaks, default=None)


def landing_windows(steps: StepColumns) -> list[Mask]:
    """Return one mask (n,) per landing: from the first touch of an approach, LANDING_WINDOW_S long."""
    if not steps.has_truth:
        return []
    approaching = steps.is_phase(Phase.APPROACH) | steps.is_contact(ContactState.APPROACH)
    touching = np.any(steps.press_true_n > 0.0, axis=1)
    starts = np.flatnonzero(approaching & ~np.concatenate([[False], approaching[:-1]]))
    windows = []
    for start, following in pairwise((*starts, steps.count)):
        touched = np.flatnonzero(touching[start:following])
        if len(touched):
            begin_s = steps.t_s[start + touched[0]]
            windows.append(np.asarray((steps.t_s >= begin_s) & (steps.t_s <= begin_s + LANDING_WINDOW_S)))
    return windows


def _identity(config: RunConfig) -> _Identity:
    return {
        "program": config.program,
        "body": config.body,
        "tissue": config.tissue,
        "arm": config.arm,
        "gains": config.gains,
        "seed": config.seed,
        "plant": config.differences.name,
        "config_sha256": config.config_sha256,
    }


def _segment(steps: StepColumns, facts: TickFacts, index: int, info: SegmentInfo) -> SegmentSummary:
    here = steps.segment == index
    judged = facts.working & here
    planned = steps.is_phase(Phase.WORK) & here
    return SegmentSummary(
        name=info.name,
        technique=info.technique,
        region=info.region,
        force_target_n=info.force_target_n,
        force_rmse_n=_rms(facts.error_n[judged]),
        force_p95_abs_error_n=_p95(facts.error_n[judged]),
        peak_force_n=_largest(steps.press_true_n[here]),
        path_rmse_mm=_rms(facts.path_error_m[judged] * 1e3),
        normal_angle_mean_deg=_mean(facts.angle_deg[judged]),
        contact_fraction=_mean(facts.touching[planned].astype(np.float64)),
        limited_fraction=_mean((steps.limited[planned] != 0).astype(np.float64)),
    )


def _ending(run: RunData) -> tuple[StopSummary | None, str]:
    """Return why the run ended early, if it did, and one line about it; a stop that was cleared ends nothing."""
    end_message = ""
    stop: StopSummary | None = None
    for event in run.events:
        if event.kind is EventKind.STOP and isinstance(event.data, StopReason):
            stop = _stop_summary(event.data)
        elif event.kind is EventKind.CLEARED:
            stop = None
        elif event.kind is EventKind.END and isinstance(event.data, EndEvent):
            end_message = event.data.message
    if stop is not None:
        return stop, f"stopped at {stop.t_s:.3f} s, {stop.cause}: {stop.limit}"
    t_s = float(run.steps.t_s[-1]) if run.steps.count else 0.0
    if end_message:
        return _without_number(Cause.INTERNAL_ERROR, end_message, t_s, "see the message; report it"), end_message
    if run.is_complete:
        return None, f"completed, {t_s:.1f} s"
    text = f"the record ends at {t_s:.3f} s without a closing entry"
    return _without_number(RECORD_CUT_OFF, text, t_s, "the process or the disk failed; run it again"), text


def _realtime_factor(total: LoopStats | None, dt_s: float) -> float | None:
    return total.ticks * dt_s / total.wall_s if total is not None and total.wall_s > 0.0 else None


def _tick_summary(total: LoopStats | None) -> TickSummary | None:
    if total is None:
        return None
    return TickSummary(p50=total.p50_us, p99=total.p99_us, p999=total.p999_us, max=total.max_us)


def _stop_summary(reason: StopReason) -> StopSummary:
    return StopSummary(
        cause=reason.cause.value,
        limit=reason.limit,
        value=_finite(reason.value),
        allowed=_finite(reason.allowed),
        unit=reason.unit,
        t_s=reason.t_s,
        next_step=reason.next_step,
    )


def _without_number(cause: str, limit: str, t_s: float, next_step: str) -> StopSummary:
    return StopSummary(cause=str(cause), limit=limit, value=None, allowed=None, unit="", t_s=t_s, next_step=next_step)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _rms(values: NDArray[np.float64]) -> float | None:
    return _finite(float(np.sqrt(np.mean(np.square(values))))) if values.size else None


def _p95(values: NDArray[np.float64]) -> float | None:
    return _finite(float(np.percentile(np.abs(values), 95.0))) if values.size else None


def _mean(values: NDArray[np.float64]) -> float | None:
    return _finite(float(np.mean(values))) if values.size else None


def _largest(values: NDArray[np.float64]) -> float | None:
    return _finite(float(np.max(values))) if values.size else None


def _smallest(values: NDArray[np.float64]) -> float | None:
    return _finite(float(np.min(values))) if values.size else None


def _last_sum(values: NDArray[np.float64]) -> float | None:
    return _finite(float(np.sum(values[-1]))) if values.size else None
