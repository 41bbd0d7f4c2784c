"""The one runner of campaigns, on any executor, and trials that run in a process of their own each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from controller.errors import MassageArmError
from workbench.campaigns.fork import in_child

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


def run_all(
    tasks: Sequence[Task],
    work: Callable[[Task], Result],
    lost: Callable[[Task, str], Result],
    executor: Executor,
    on_done: Callable[[int, int], None],
    size: Callable[[Task], int] | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> tuple[Result, ...]:
    """Run all tasks on any ``concurrent.futures`` executor; one result a task, in the order of the tasks.

    Args:
        tasks: what to do.
        work: does one task; a function that the executor can send to its workers.
        lost: gives the result of a task whose worker died or raised, from the task and the reason in one line.
        executor: where to run them.
        on_done: called with (done, all) after every task.
        size: how much a task counts in ``on_done``; one each where None.
        on_result: called with the result of every task as it is done.
    """
    sizes = [1 if size is None else size(task) for task in tasks]
    futures: dict[Future[Result], int] = {executor.submit(work, task): number for number, task in enumerate(tasks)}
    results: dict[int, Result] = {}
    done = 0
    for future in as_completed(futures):
        number, failure = futures[future], future.exception()
        why = f"the worker died: {type(failure).__name__}: {failure}"
        results[number] = future.result() if failure is None else lost(tasks[number], why)
        done += sizes[number]
        if on_result is not None:
            on_result(results[number])
        on_done(done, sum(sizes))
    return tuple(results[number] for number in range(len(tasks)))


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
        tasks: what to do.
        work: does one; a function of a module, since an executor has to name it.
        kind: type of its results, which go from process to process as JSON.
        executor: where to run them.
        on_done: called with (done, all) after every trial.
        patience_s: wall time for one.
    """
    alone = functools.partial(_alone, work, kind, patience_s)
    return run_all(tasks, alone, _lost, executor, on_done)


def _lost(task: Task, why: str) -> Outcome[Task, Result]:
    return Outcome(task, None, why)


def _alone(work: Callable[[Task], Result], kind: Any, patience_s: float, task: Task) -> Outcome[Task, Result]:
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
