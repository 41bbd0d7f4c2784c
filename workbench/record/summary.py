"""The numbers of a run, computed from its record: what really happened, not what the controller believed."""

from __future__ import annotations

from typing import Literal, TypedDict

import numpy as np

from controller.errors import MassageArmError, PlanError
from controller.types import Phase, SegmentInfo, StopReason
from workbench.record.columns import StepColumns
from workbench.record.ending import StopSummary, ending, stop_summary
from workbench.record.messages import EventKind, LoopStats, RunConfig
from workbench.record.reader import RunData
from workbench.record.sensed import judged_steps
from workbench.record.statistics import largest, last_sum, mean, p95, rms, smallest
from workbench.record.summary_part import SummaryPart
from workbench.record.tick_facts import TickFacts, landing_peak_n, over_limit_samples, tick_facts

PLAN_REFUSED = "plan_refused"


class SegmentSummary(SummaryPart):
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


class TickSummary(SummaryPart):
    """Wall-clock duration of a tick [us]."""

    p50: float
    p99: float
    p999: float
    max: float


class Summary(SummaryPart):
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
    config_sha256: str


def summarise(run: RunData) -> Summary:
    """Return the summary of a recorded run, also of one that was cut off."""
    stop, message = ending(run)
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
            stop_summary(event.data)
            for event in run.events
            if event.kind is EventKind.STOP and isinstance(event.data, StopReason)
        ),
        **_identity(config),
        duration_s=float(steps.t_s[-1] - steps.t_s[0]) if steps.count else 0.0,
        segments=segments,
        force_rmse_n=rms(facts.error_n[facts.working]) if facts else None,
        force_p95_abs_error_n=p95(facts.error_n[facts.working]) if facts else None,
        normal_angle_mean_deg=mean(facts.angle_deg[facts.working]) if facts else None,
        path_rmse_mm=None if facts is None else rms(facts.path_error_m[facts.working] * 1e3),
        landing_peak_n=landing_peak_n(steps),
        peak_force_n=largest(steps.press_true_n),
        hard_limit_n=smallest(steps.limit_n[facts.touching]) if facts else None,
        truth=has_truth,
        over_limit_samples=over_limit_samples(steps),
        worst_case_bound_n=config.worst_case_bound_n,
        person_bound_n=config.person_bound_n,
        braked_bound_n=config.braked_bound_n,
        tissue_work_j=last_sum(steps.tissue_work_j),
        net_energy_from_tool_j=last_sum(steps.net_energy_j),
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


def _identity(config: RunConfig) -> _Identity:
    return {
        "program": config.program,
        "body": config.body,
        "tissue": config.tissue,
        "arm": config.arm,
        "gains": config.gains,
        "seed": config.seed,
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
        force_rmse_n=rms(facts.error_n[judged]),
        force_p95_abs_error_n=p95(facts.error_n[judged]),
        peak_force_n=largest(steps.press_true_n[here]),
        path_rmse_mm=rms(facts.path_error_m[judged] * 1e3),
        normal_angle_mean_deg=mean(facts.angle_deg[judged]),
        contact_fraction=mean(facts.touching[planned].astype(np.float64)),
        limited_fraction=mean((steps.limited[planned] != 0).astype(np.float64)),
    )


def _realtime_factor(total: LoopStats | None, dt_s: float) -> float | None:
    return total.ticks * dt_s / total.wall_s if total is not None and total.wall_s > 0.0 else None


def _tick_summary(total: LoopStats | None) -> TickSummary | None:
    if total is None:
        return None
    return TickSummary(p50=total.p50_us, p99=total.p99_us, p999=total.p999_us, max=total.max_us)
