"""One session up to the moment of the fault, split there once per fault; every branch goes on until it has settled."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import NoReturn

from pydantic import TypeAdapter, ValidationError

from controller.errors import MassageArmError
from controller.observers import SessionEvent
from controller.types import Authority, ContactState, Mode, OtherContact, StepRecord, Truth
from sim.person.tissue_tier import Tier
from workbench.campaigns.faults.cases import FaultWorld
from workbench.campaigns.faults.cells import Case, Cell, Group, Measured, dead, judged
from workbench.campaigns.faults.measurement import Watch
from workbench.campaigns.faults.short_plan import ShortPlan, short_plan
from workbench.campaigns.fork import Answer, Child, branch, in_child

CREST_SHARE, CREST_RATE_N_PER_S = 0.97, 1e-3
"""The fault comes once the reference has reached this share of the set-point and rises no faster than this."""
CELL_PATIENCE_S = {Tier.LAW: 120.0, Tier.FEM: 900.0}
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
    """The session of a group, and the process that runs it splitting at the moments of the faults."""

    def __init__(self, task: GroupTask, short: ShortPlan) -> None:
        self._task, self._short = task, short
        self._cells: list[Cell] = []
        self._left = list(task.cases)
        self._watch: Watch | None = None
        self._child: Child | None = None
        self._waits = self._is_after = False
        self._crest_n = CREST_SHARE * task.group.force_n
        self._world = FaultWorld(short, task.group.seed, self._on_period, task.group.tissue, short.differences)
        self._parts = short.parts_with(task.group.gains)
        self._gate = self._parts.gate()

    def run(self) -> tuple[Cell, ...]:
        """Run until every case has had its branch; in a branch this never returns."""
        plant, plan, error = self._world.plant, self._short.plan, ""
        session = self._parts.session(plant, (_FullDisk(self._world),), truth=plant, gate=self._gate)
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
        plant.deactivate()
        stop = self._gate.stop_reason
        why = error or (f"stopped by {stop.cause} before the fault" if stop else "the force was never reached")
        return (*self._cells, *(dead(self._task.group, case, why) for case in self._left))

    def _goes_on(self, step: StepRecord) -> bool:
        """Split where the time has come; False in the parent once every case has had its branch."""
        is_crest = self._is_crest(step)
        if self._watch is not None:
            if is_crest:
                self._watch.wait_calmly()
            return True
        for case in [case for case in self._left if case.at_start or is_crest]:
            self._left.remove(case)
            side = branch(CELL_PATIENCE_S[self._task.group.tissue])
            if isinstance(side, Child):
                self._become(case, side, step)
                return True
            self._cells.append(_cell(self._task.group, case, side))
        return bool(self._left)

    def _is_crest(self, step: StepRecord) -> bool:
        (pad,) = step.reference.pads
        is_high = pad.press_n >= self._crest_n and pad.press_rate_n_per_s <= CREST_RATE_N_PER_S
        return is_high and step.contact is ContactState.WORK

    def _become(self, case: Case, child: Child, step: StepRecord) -> None:
        """Inject the faults of this case; runs only in the forked child."""
        (pad,) = step.reference.pads
        set_point_n = self._task.group.force_n if case.at_start else pad.press_n
        self._child = child
        self._waits = self._task.waits and len(case.faults) == 1
        self._watch = Watch(case, self._parts.bounds[0], set_point_n)
        if not case.at_start:
            self._watch.wait_calmly()
        try:
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


def _shown(answer: Answer) -> str:
    return answer.data[:300].decode(errors="replace")
