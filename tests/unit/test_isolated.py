"""Trials in processes of their own: what comes back, and what a death costs."""

import faulthandler
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import workbench
from controller.errors import PlantError
from workbench.campaigns import runner as isolated
from workbench.campaigns.runner import Outcome, run_all, run_isolated


@dataclass(frozen=True, slots=True)
class Found:
    """A result."""

    values: tuple[float, ...]


def _work(task: str) -> Found:
    if task == "dies":
        faulthandler.disable()  # or its own words would hide those of the tests
        os.kill(os.getpid(), signal.SIGSEGV)
    if task == "refuses":
        raise PlantError("the engine went away", "start it again")
    if task == "breaks":
        raise RuntimeError("a defect")
    return Found((1.5, float(len(task))))


def _run(*tasks: str) -> tuple[tuple[Outcome[str, Found], ...], list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    with ThreadPoolExecutor(2) as executor:
        return run_isolated(tasks, _work, Found, executor, lambda done, whole: told.append((done, whole)), 60.0), told


def test_results_come_back_whole_and_in_order() -> None:
    outcomes, told = _run("one", "three")
    assert [(one.task, one.result, one.failure) for one in outcomes] == [
        ("one", Found((1.5, 3.0)), ""),
        ("three", Found((1.5, 5.0)), ""),
    ]
    assert told == [(1, 2), (2, 2)]


def test_a_death_costs_only_its_own_trial() -> None:
    outcomes, _ = _run("one", "dies", "three")
    assert [one.result is None for one in outcomes] == [False, True, False]
    assert "SIGSEGV" in outcomes[1].failure


def test_an_error_of_the_product_is_one_line_and_a_defect_is_told_as_one() -> None:
    (refused, broken), _ = _run("refuses", "breaks")
    assert refused.failure == str(PlantError("the engine went away", "start it again"))
    assert "RuntimeError: a defect" in broken.failure
    assert broken.result is None


def test_equal_tasks_have_a_result_each_and_count_by_their_size() -> None:
    told: list[tuple[int, int]] = []

    def work(task: str) -> str:
        if task == "breaks":
            raise RuntimeError("a defect")
        return task.upper()

    tasks = ("one", "breaks", "one")
    with ThreadPoolExecutor(1) as executor:
        done = run_all(tasks, work, lambda task, why: f"{task}: {why}", executor, lambda *at: told.append(at), len)
    assert done == ("ONE", "breaks: the worker died: RuntimeError: a defect", "ONE")
    assert sorted(told)[-1] == (12, 12)
    assert sorted(b - a for (a, _), (b, _) in pairwise([(0, 0), *told])) == [3, 3, 6]
    with ThreadPoolExecutor(1) as executor:
        assert run_all((), work, lambda task, _: task, executor, lambda *_: None) == ()


def test_there_is_one_loop_over_the_futures_of_a_campaign() -> None:
    root = Path(workbench.__file__).parent
    users = [path.name for path in sorted(root.rglob("*.py")) if "as_completed" in path.read_text(encoding="utf-8")]
    assert users == [Path(isolated.__file__).name]
