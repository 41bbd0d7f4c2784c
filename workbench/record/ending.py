"""How a run ended: completed, stopped, or cut off."""

from __future__ import annotations

from controller.types import Cause, StopReason
from workbench.record.messages import EndEvent, EventKind
from workbench.record.reader import RunData
from workbench.record.statistics import finite
from workbench.record.summary_part import SummaryPart

RECORD_CUT_OFF = "record_cut_off"


class StopSummary(SummaryPart):
    """Why a run was stopped or refused; ``value`` and ``allowed`` are null where the cause is no number."""

    cause: str
    limit: str
    value: float | None
    allowed: float | None
    unit: str
    t_s: float
    next_step: str


def ending(run: RunData) -> tuple[StopSummary | None, str]:
    """Return why the run ended early, if it did, and one line about it; a stop that was cleared ends nothing."""
    end_message = ""
    stop: StopSummary | None = None
    for event in run.events:
        if event.kind is EventKind.STOP and isinstance(event.data, StopReason):
            stop = stop_summary(event.data)
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


def stop_summary(reason: StopReason) -> StopSummary:
    """Return the reason of a stop as the summary has it."""
    return StopSummary(
        cause=reason.cause.value,
        limit=reason.limit,
        value=finite(reason.value),
        allowed=finite(reason.allowed),
        unit=reason.unit,
        t_s=reason.t_s,
        next_step=reason.next_step,
    )


def _without_number(cause: str, limit: str, t_s: float, next_step: str) -> StopSummary:
    return StopSummary(cause=str(cause), limit=limit, value=None, allowed=None, unit="", t_s=t_s, next_step=next_step)
