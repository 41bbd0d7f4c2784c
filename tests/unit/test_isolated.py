"""Trials in processes of their own: what comes back, and what a death costs."""

import faulthandler
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from controller.errors import PlantError
from workbench.isolated import Outcome, run_isolated


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
