"""Campaigns whose trials cannot hurt each other: each in a process of its own, whose death is one failed trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from controller.errors import MassageArmError
from workbench.branch import in_child

Task = TypeVar("Task")
Result = TypeVar("Result")

PATIENCE_S = 7200.0
"""Wall time after which a trial counts as hanging."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Task, Result]):
    """What came of a trial.

    Attributes:
        task: what was to be done.
        result: what it gave, None where it died.
        failure: how it died or what it raised, in one line; empty where it did not.
    """

    task: Task
    result: Result | None
    failure: str


def run_isolated(
    tasks: Sequence[Task],
    work: Callable[[Task], Result],
    kind: Any,
    executor: Executor,
    on_done: Callable[[int, int], None],
    patience_s: float = PATIENCE_S,
) -> tuple[Outcome[Task, Result], ...]:
    """Run all trials on any ``concurrent.futures`` executor; outcomes in the order of the tasks.

    A trial that ends its interpreter, as a physics engine may, costs itself only: the executor's worker forks for it.

    Args:
        tasks: what to do; as different from each other as they are many.
        work: does one; a function of a module, since an executor has to name it.
        kind: type of its results, which go from process to process as JSON.
        executor: where to run them.
        on_done: called with (done, all) after every trial.
        patience_s: wall time for one.
    """
    futures: dict[Future[Outcome[Task, Result]], int] = {
        executor.submit(_alone, work, kind, task, patience_s): number for number, task in enumerate(tasks)
    }
    found: dict[int, Outcome[Task, Result]] = {}
    for done, future in enumerate(as_completed(futures), start=1):
        number, error = futures[future], future.exception()
        lost = f"the worker died: {type(error).__name__}: {error}"
        found[number] = Outcome(tasks[number], None, lost) if error is not None else future.result()
        on_done(done, len(tasks))
    return tuple(found[number] for number in range(len(tasks)))


def _alone(work: Callable[[Task], Result], kind: Any, task: Task, patience_s: float) -> Outcome[Task, Result]:
    form: TypeAdapter[tuple[Result | None, str]] = TypeAdapter(tuple[kind | None, str])
    answer = in_child(lambda: form.dump_json(_tried(work, task)), patience_s)
    if answer.death:
        return Outcome(task, None, f"{answer.death}: {answer.data[:300].decode(errors='replace')}".rstrip(": "))
    try:
        return Outcome(task, *form.validate_json(answer.data))
    except ValidationError as error:
        return Outcome(task, None, f"no result that can be read: {error.errors()[0]['msg']}")


def _tried(work: Callable[[Task], Result], task: Task) -> tuple[Result | None, str]:
    try:
        return work(task), ""
    except MassageArmError as error:
        return None, str(error)
