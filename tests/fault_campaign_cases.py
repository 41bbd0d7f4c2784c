"""Made-up cells and executors for the tests of the fault campaign."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from controller.types import Action, Cause, Mode
from workbench.campaigns.faults.cells import Case, Cell, Group, Measured, judged

GROUP = Group("paraspinal_circles", "median_f", "servo7", "standard", 1, 20.0)
GOOD = Measured(
    set_point_n=20.0, peak_n=21.0, ceiling_n=40.0, bound_n=33.0, person_bound_n=74.0, braked_bound_n=140.0,
    over_limit_samples=0,
    cause=Cause.SENSOR_FROZEN, action=Action.PARK, taken=None, reaction_ticks=5, end_press_n=0.0, dropped_m=0.001,
    mode=Mode.FLOAT, is_waited=False, error="", cpu_s=0.5,
)  # fmt: skip
CALM = {"cause": None, "reaction_ticks": None, "mode": Mode.RUN}
"""Of a session that nothing has stopped."""
MACHINE, PERSON = Case(("sensor_zero",), is_person=False), Case(("patient_jerk",), is_person=True)
BEYOND = Case(("patient_jerk_fast",), is_person=True)
DOUBLE, DOUBLE_PERSON = Case(("encoder_jump", "sensor_nan"), False), Case(("sensor_zero", "patient_jerk"), True)


def cell(case: Case, gains: str = "standard", force_n: float = 20.0, **changes: Any) -> Cell:
    group = dataclasses.replace(GROUP, gains=gains, force_n=force_n)
    return judged(group, case, dataclasses.replace(GOOD, **changes))


class Inline(Executor):
    """Runs everything at once, in this process, and counts."""

    def __init__(self) -> None:
        self.submitted: list[Any] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted.append(args)
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
