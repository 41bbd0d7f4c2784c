"""One session up to the moment of the fault, split there once per fault; every branch goes on until it has settled."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import NoReturn

from pydantic import TypeAdapter, ValidationError

from controller.errors import MassageArmError
from controller.observers import SessionEvent
from controller.types import Authority, Mode, OtherContact, StepRecord, Truth
from sim.person.tissue_tier import Tier
from workbench.campaigns.faults.cases import FaultWorld
from workbench.campaigns.faults.cells import Case, Cell, Group, Measured, dead, judged
from workbench.campaigns.faults.measurement import Watch
from workbench.campaigns.faults.moments import AFTER_STOP, STOPPED_BY, Desk, FaultPhase, Moments, Now
from workbench.campaigns.faults.short_plan import ShortPlan, short_plan, unhurried
from workbench.campaigns.fork import Answer, Child, branch, in_child

CELL_PATIENCE_S = {Tier.LAW: 120.0, Tier.FEM: 900.0}
"""Wall time after which a cell counts as hanging."""
GROUP_PATIENCE_S = 3600.0
"""Wall time after which a whole group does."""

BEFORE_WORK = (FaultPhase.TRANSFER, FaultPhase.APPROACH, FaultPhase.LANDING)
"""A fault in these that stops nothing is watched until the crest has come and gone."""

_MEASURED = TypeAdapter(Measured)
_CELLS = TypeAdapter(tuple[Cell, ...])


@dataclass(frozen=True, slots=True)
class GroupTask:
    """What one worker does at a time.

    Attributes:
        group: the session.
        cases: what is broken, one branch each.
        waits: go on to the end of parking, where one thing alone is broken.
    """

    group: Group
    cases: tuple[Case, ...]
    waits: bool = False


def run_group(task: GroupTask) -> tuple[Cell, ...]:
    """Return one cell per case, whatever happens: a process that dies costs its cells only, and those are failed."""
    try:
        group = task.group
        short = short_plan(group.technique, group.body, group.arm, group.force_n, group.plant, group.seed)
        if any(case.phase is not FaultPhase.WORK for case in task.cases):
            short = short.from_the_transfer()
    except MassageArmError as error:
        return tuple(dead(task.group, case, str(error)) for case in task.cases)
    answer = in_child(lambda: _CELLS.dump_json(_Branching(task, short).run()), GROUP_PATIENCE_S)
    cells: tuple[Cell, ...] = ()
    why = f"the session {answer.death}: {_shown(answer)}".rstrip(": ") if answer.death else ""
    try:
        cells = _CELLS.validate_json(answer.data)
    except ValidationError:
        why = why or "the session left no result"
    found = {cell.case: cell for cell in cells}
    return tuple(found.get(case) or dead(task.group, case, why) for case in task.cases)


class _FullDisk:
    """Fails as a recorder does once the disk of a cell is full.

    Args:
        world: knows whether it is.
    """

    is_critical = True

    def __init__(self, world: FaultWorld) -> None:
        self._world = world

    def on_step(self, step: StepRecord) -> None:
        """Raise OSError once the disk is full."""
        if self._world.is_disk_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Take no event."""


class _Branching:
    """The session of a group, and the process that runs it splitting at the moments of the faults.

    For the phases after a stop it splits at the crest too: that branch is stopped, and splits again at its moment.
    """

    def __init__(self, task: GroupTask, short: ShortPlan) -> None:
        self._task, self._short = task, short
        self._cells: list[Cell] = []
        self._left = list(task.cases)
        self._watch: Watch | None = None
        self._child: Child | None = None
        self._waits = self._is_after = False
        self._world = FaultWorld(short, task.group.seed, self._on_period, task.group.tissue, short.differences)
        self._parts = short.parts_with(task.group.gains)
        self._moments, self._desk = Moments(task.group.seed), Desk()
        is_back = any(case.phase is FaultPhase.RETURN for case in task.cases)
        self._gate = (unhurried(self._parts) if is_back else self._parts).gate()
        operator = self._desk if is_back else None
        plant = self._world.plant
        self._session = self._parts.session(plant, (_FullDisk(self._world),), operator, truth=plant, gate=self._gate)

    def run(self) -> tuple[Cell, ...]:
        """Run until every case has had its branch; in a branch this never returns."""
        plant, plan, session, error = self._world.plant, self._short.plan, self._session, ""
        plant.on_terminal_closed = session.request_stop
        plant.configure()
        try:
            plant.activate(plan.rest_q_rad)
            with session:
                while (step := session.tick()) is not None and self._goes_on(step):
                    pass
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
        except BaseException as failure:
            if self._child is not None:
                self._child.finish(f"{type(failure).__name__}: {failure}".encode(), code=1)
            raise
        if self._watch is not None:
            self._finish(self._watch, error, is_settled=True)
        if self._child is not None:
            self._child.finish(_CELLS.dump_json(self._with_rest(error)))
        plant.deactivate()
        return self._with_rest(error)

    def _with_rest(self, error: str) -> tuple[Cell, ...]:
        """Return the cells, and failed ones for the cases whose moment never came."""
        stop = self._gate.stop_reason
        why = error or (f"stopped by {stop.cause} before the fault" if stop else "the moment of the fault never came")
        return (*self._cells, *(dead(self._task.group, case, why) for case in self._left))

    def _goes_on(self, step: StepRecord) -> bool:
        """Split where the time has come; False in the parent once every case has had its branch."""
        now = Now.of(step, self._gate.mode, self._task.group.force_n)
        if self._watch is not None:
            if now.is_crest:
                self._watch.wait_calmly()
            return True
        due = self._moments.due(now)
        if FaultPhase.WORK in due and self._child is None and self._leads_on():
            return True
        for case in [case for case in self._left if case.at_start or case.phase in due]:
            self._left.remove(case)
            side = branch(CELL_PATIENCE_S[self._task.group.tissue])
            if isinstance(side, Child):
                self._become(case, side, step, now)
                return True
            self._cells.append(_cell(self._task.group, case, side))
        return bool(self._left)

    def _leads_on(self) -> bool:
        """Split for the phases after a stop; True in a branch, which is stopped now."""
        for phase in AFTER_STOP:
            cases = [case for case in self._left if case.phase is phase]
            if not cases:
                continue
            self._left = [case for case in self._left if case.phase is not phase]
            side = branch(GROUP_PATIENCE_S)
            if isinstance(side, Child):
                self._child, self._left, self._cells = side, cases, []
                if phase in STOPPED_BY:
                    self._session.request_stop(STOPPED_BY[phase])
                else:
                    self._desk.stop_and_clear()
                return True
            self._cells += _cells(self._task.group, cases, side)
        return False

    def _become(self, case: Case, child: Child, step: StepRecord, now: Now) -> None:
        """Inject the faults of this case; runs only in the forked child."""
        (pad,) = step.reference.pads
        is_at_crest = not case.at_start and case.phase is FaultPhase.WORK
        set_point_n = pad.press_n if is_at_crest else self._task.group.force_n
        self._child = child
        self._waits = self._task.waits and len(case.faults) == 1
        try:
            self._watch = Watch(case, self._parts.bounds[0], set_point_n, is_stopped=now.mode is not Mode.RUN)
            if not case.at_start and case.phase not in BEFORE_WORK:
                self._watch.wait_calmly()
            self._world.inject(case)
        except MassageArmError as failure:
            child.finish(str(failure).encode(), code=1)
        except Exception as failure:
            child.finish(f"{type(failure).__name__}: {failure}".encode(), code=1)

    def _on_period(self, truth: Truth, authority: Authority, contacts: tuple[OtherContact, ...]) -> None:
        if self._watch is None:
            return
        self._watch.period(truth, self._gate.mode, authority, contacts)
        if self._is_after:
            return
        is_parking = authority is Authority.HOST and self._waits
        # One that floats is over when somebody has confirmed it, which the session knows.
        is_settled = authority is Authority.NOBODY or self._gate.mode is Mode.RELEASED
        if self._watch.is_over(is_settled, is_parking=is_parking):
            self._finish(self._watch, "", is_settled=is_settled)

    def _finish(self, watch: Watch, error: str, *, is_settled: bool) -> NoReturn:
        """Hand back what was measured; of an arm at rest after a stop the seconds behind closed brakes too."""
        if self._child is None:
            raise RuntimeError("only a branch has anything to hand back")
        self._is_after = True
        if is_settled and watch.is_stopped:
            self._world.outlive()
        measured = watch.result(self._gate, self._world.taken, self._waits, error)
        self._child.finish(_MEASURED.dump_json(measured))


def _cell(group: Group, case: Case, answer: Answer) -> Cell:
    if answer.death:
        return dead(group, case, f"the branch {answer.death}: {_shown(answer)}".rstrip(": "))
    try:
        return judged(group, case, _MEASURED.validate_json(answer.data))
    except ValidationError as error:
        return dead(group, case, f"the branch left no result: {error.errors()[0]['msg']}")


def _cells(group: Group, cases: list[Case], answer: Answer) -> tuple[Cell, ...]:
    """Return the cells of a branch that has split further."""
    why = f"the branch after the stop {answer.death}: {_shown(answer)}" if answer.death else "it left no result"
    try:
        found = {cell.case: cell for cell in _CELLS.validate_json(answer.data)}
    except ValidationError:
        found = {}
    return tuple(found.get(case) or dead(group, case, why) for case in cases)


def _shown(answer: Answer) -> str:
    return answer.data[:300].decode(errors="replace")
