"""One session up to the moment of the fault, split there once per fault; every branch goes on until it has settled."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import NoReturn

from pydantic import TypeAdapter, ValidationError

from controller.errors import MassageArmError
from controller.safety.gate import Gate
from controller.safety.reaction import FLOAT_S, PARK_S, UNLOAD_S
from controller.session import Session
from controller.types import Authority, ContactState, Mode, StepRecord, Truth
from workbench.branch import Answer, Child, branch, in_child
from workbench.fault_cells import Case, Cell, Group, Measured, dead, judged
from workbench.fault_stage import Stage, stage
from workbench.fault_table import inject, make_plant
from workbench.run_session import DT_S

CREST_SHARE, CREST_RATE_N_PER_S = 0.97, 1e-3
"""The fault comes once the reference has reached this share of the set-point and rises no faster than this."""
CALM_S = 1.5
"""Time from a fault that stops nothing to the end."""
AFTER_STOP_S = UNLOAD_S + FLOAT_S + 0.1
"""Time from a stop to the end: the reaction, and a little more."""
CELL_PATIENCE_S = 120.0
"""Wall time after which a cell counts as hanging."""
GROUP_PATIENCE_S = 3600.0
"""Wall time after which a whole group does."""

_MEASURED = TypeAdapter(Measured)
_CELLS = TypeAdapter(tuple[Cell, ...])


@dataclass(frozen=True, slots=True)
class GroupTask:
    """What one worker does at a time.

    Attributes:
        group: the session.
        cases: what is broken, one branch each.
        waits: go on to the end of parking.
    """

    group: Group
    cases: tuple[Case, ...]
    waits: bool = False


def run_group(task: GroupTask) -> tuple[Cell, ...]:
    """Return one cell per case, whatever happens: a process that dies costs its cells only, and those are failed."""
    try:
        made = stage(task.group.technique, task.group.body, task.group.arm, task.group.force_n)
    except MassageArmError as error:
        return tuple(dead(task.group, case, str(error)) for case in task.cases)
    answer = in_child(lambda: _CELLS.dump_json(_Branching(task, made).run()), GROUP_PATIENCE_S)
    cells: tuple[Cell, ...] = ()
    why = f"the session {answer.death}: {_shown(answer)}".rstrip(": ") if answer.death else ""
    try:
        cells = _CELLS.validate_json(answer.data)
    except ValidationError:
        why = why or "the session left no result"
    found = {cell.case: cell for cell in cells}
    return tuple(found.get(case) or dead(task.group, case, why) for case in task.cases)


class _DoneError(BaseException):
    """All branches are through; the session before the fault is of no more use. Not an error of the loop's own."""


class _Watch:
    """Measures one branch from the fault on."""

    def __init__(self, case: Case, stage_: Stage, set_point_n: float, child: Child) -> None:
        self.case, self.child = case, child
        self._bound = stage_.bounds[0]
        self._set_point_n = set_point_n
        self._began = time.perf_counter()
        self.ticks = self._over = 0
        self._reacted_at: int | None = None
        self._peak_n, self._ceiling_n, self._press_n = -math.inf, math.nan, math.nan
        self._left_at_m, self._dropped_m = math.nan, 0.0
        self._mode = Mode.RUN

    def see(self, truth: Truth) -> None:
        """Take the truth of one period."""
        self._press_n = truth.press_n
        if not (truth.press_n <= truth.limit_n):
            self._over += 1
        if not (truth.press_n <= self._peak_n) and not math.isnan(self._peak_n):
            self._peak_n, self._ceiling_n = truth.press_n, truth.limit_n
        height_m = truth.p_wt[2]
        if self._reacted_at is None or self._mode in (Mode.PARK, Mode.RELEASED):
            return
        if math.isnan(self._left_at_m) and not (truth.press_n > 0.0):
            self._left_at_m = height_m
        elif not (self._left_at_m - height_m <= self._dropped_m) and not math.isnan(self._left_at_m):
            self._dropped_m = self._left_at_m - height_m

    def step(self, step: StepRecord) -> None:
        """Take one tick of the session."""
        self.ticks += 1
        self._mode = step.applied.mode
        is_taken = self._mode is not Mode.RUN or step.state.authority is not Authority.HOST
        if is_taken and self._reacted_at is None:
            self._reacted_at = self.ticks

    def is_over(self, gate: Gate, t_s: float, waits: bool, earliest_s: float) -> bool:
        """Return True once nothing more is to be seen."""
        if self._reacted_at is None:
            return t_s >= earliest_s
        since_s = (self.ticks - self._reacted_at) * DT_S
        if waits and self._mode in (Mode.UNLOAD, Mode.FLOAT, Mode.PARK) and not gate.is_settled(t_s):
            return since_s >= AFTER_STOP_S + PARK_S
        return since_s >= AFTER_STOP_S

    def result(self, gate: Gate, waits: bool, error: str) -> Measured:
        """Return what was measured."""
        stop = gate.stop_reason
        return Measured(
            set_point_n=self._set_point_n,
            peak_n=self._peak_n,
            ceiling_n=self._ceiling_n,
            bound_n=self._bound.bound_n,
            person_bound_n=self._bound.person_bound_n,
            over_limit_samples=self._over,
            cause=stop.cause if stop is not None else None,
            action=gate.action,
            reaction_ticks=self._reacted_at,
            end_press_n=self._press_n,
            dropped_m=self._dropped_m,
            mode=self._mode,
            is_waited=waits,
            error=error,
            wall_s=time.perf_counter() - self._began,
        )


class _Branching:
    """The session of a group, and the process that runs it splitting at the moments of the faults."""

    def __init__(self, task: GroupTask, made: Stage) -> None:
        self._task, self._stage = task, made
        self._cells: list[Cell] = []
        self._watch: _Watch | None = None
        self._left = list(task.cases)
        self._crest_n = CREST_SHARE * task.group.force_n
        self._calm_at_s = math.inf
        self._plant = make_plant(made, task.group.seed)
        self._gate = made.gate()

    def run(self) -> tuple[Cell, ...]:
        """Run until every case has had its branch; in a branch this never returns."""
        plant, plan, error = self._plant, self._stage.plan, ""
        session = Session(plant, plan, self._stage.law(self._task.group.gains), self._gate, self._on_step)
        plant.configure()
        try:
            plant.activate(plan.start_q_rad)
            session.run()
        except _DoneError:
            pass
        except Exception as failure:
            # A law or a plant that fails is among the faults: how the arm was led to rest is what counts.
            error = f"{type(failure).__name__}: {failure}"
        finally:
            if self._watch is not None:
                self._finish(self._watch, error)
        plant.deactivate()
        stop = self._gate.stop_reason
        why = error or (f"stopped by {stop.cause} before the fault" if stop else "the force was never reached")
        return (*self._cells, *(dead(self._task.group, case, why) for case in self._left))

    def _on_step(self, step: StepRecord) -> None:
        if self._watch is None:
            self._before(step)
        else:
            self._after(self._watch, step)

    def _before(self, step: StepRecord) -> None:
        """Split where the time has come; the parent goes on with what is left, or ends."""
        pad = step.reference.pads[0]
        is_crest = (
            step.contact is ContactState.WORK and pad.press_n >= self._crest_n and pad.press_rate_n_per_s <= CREST_RATE_N_PER_S
        )
        for case in [case for case in self._left if case.at_start or is_crest]:
            self._left.remove(case)
            set_point_n = self._task.group.force_n if case.at_start else pad.press_n
            side = branch(CELL_PATIENCE_S)
            if isinstance(side, Child):
                self._begin(_Watch(case, self._stage, set_point_n, side), step.t_s)
                return
            self._cells.append(_cell(self._task.group, case, side))
        if not self._left:
            raise _DoneError

    def _begin(self, watch: _Watch, t_s: float) -> None:
        """Become the branch of a case: break what it breaks, now."""
        self._watch = watch
        if not watch.case.at_start:
            self._calm_at_s = t_s + CALM_S
        try:
            inject(self._plant, watch.case, t_s)
        except Exception as failure:
            watch.child.finish(f"{type(failure).__name__}: {failure}".encode(), code=1)

    def _after(self, watch: _Watch, step: StepRecord) -> None:
        if math.isinf(self._calm_at_s) and step.reference.pads[0].press_n >= self._crest_n:
            self._calm_at_s = step.t_s + CALM_S
        watch.see(step.truth[0])
        watch.step(step)
        if watch.is_over(self._gate, step.t_s, self._task.waits, self._calm_at_s):
            self._finish(watch, "")

    def _finish(self, watch: _Watch, error: str) -> NoReturn:
        watch.child.finish(_MEASURED.dump_json(watch.result(self._gate, self._task.waits, error)))


def _cell(group: Group, case: Case, answer: Answer) -> Cell:
    if answer.death:
        return dead(group, case, f"the branch {answer.death}: {_shown(answer)}".rstrip(": "))
    try:
        return judged(group, case, _MEASURED.validate_json(answer.data))
    except ValidationError as error:
        return dead(group, case, f"the branch left no result: {error.errors()[0]['msg']}")


def _shown(answer: Answer) -> str:
    return answer.data[:300].decode(errors="replace")
