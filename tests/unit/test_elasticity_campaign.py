"""The sweep of joint stiffness: what it goes through, what counts as passed, a refusal, and what the page says."""

import math
from dataclasses import replace

import pytest

from controller.types import Side
from tests.fault_campaign_cases import Inline
from urdf.arms import arm_names, load_arm
from workbench import cli
from workbench.campaigns import elasticity
from workbench.campaigns.elasticity import (
    STIFFNESSES_NM_PER_RAD,
    SWEEP_PROGRAM,
    TARGET_RMSE_N,
    ElasticResult,
    ElasticTrial,
    elastic_inputs,
    elastic_lines,
    elastic_tasks,
    run_elastic,
    run_sweep,
    with_joints,
)

COMPLETED = ElasticResult("completed", "", 1.0, 0.2, 18.0, 0)


def test_the_sweep_goes_from_soft_to_stiff_on_both_sides_of_the_gears() -> None:
    tasks = elastic_tasks(SWEEP_PROGRAM, ("median_f",), arm_names())
    assert len(set(tasks)) == len(tasks) == len(arm_names()) * 2 * len(STIFFNESSES_NM_PER_RAD)
    assert (min(STIFFNESSES_NM_PER_RAD), max(STIFFNESSES_NM_PER_RAD)) == (3e3, 100e3)
    assert 14e3 in STIFFNESSES_NM_PER_RAD
    assert {task.side for task in tasks} == set(Side)


def test_arm_and_simulated_joints_are_the_same_ones() -> None:
    (task, *_) = elastic_tasks(SWEEP_PROGRAM, ("median_f",), ("servo7",))
    inputs = elastic_inputs(replace(task, stiffness_nm_per_rad=14e3, side=Side.MOTOR))
    stiffness = [drive.stiffness_nm_per_rad for drive in inputs.arm.drives]
    assert stiffness == pytest.approx([14e3] * 4 + [9e3] * 3)
    assert inputs.plant.joint_stiffness_nm_per_rad == tuple(stiffness)
    assert inputs.plant.is_elastic
    assert {drive.position_side for drive in inputs.arm.drives} == {Side.MOTOR}
    plain = load_arm("servo7")
    assert with_joints(plain, 14e3, Side.LINK).torque_limit_nm == plain.torque_limit_nm


def test_joints_that_no_law_holds_are_refused_before_anything_moves() -> None:
    (task, *_) = elastic_tasks(SWEEP_PROGRAM, ("median_f",), ("servo7",))
    found = run_elastic(replace(task, stiffness_nm_per_rad=200.0, side=Side.MOTOR))
    assert found.verdict == "refused"
    assert "joint" in found.words
    assert found.is_passed


@pytest.mark.parametrize(
    ("result", "is_passed"),
    [
        (COMPLETED, True),
        (replace(COMPLETED, force_rmse_n=TARGET_RMSE_N + 0.01), False),
        (replace(COMPLETED, force_rmse_n=math.nan), False),
        (replace(COMPLETED, force_rmse_n=None), False),
        (replace(COMPLETED, over_limit_samples=1), False),
        (replace(COMPLETED, verdict="stopped", words="joint speed"), False),
        (ElasticResult("refused", "joint 2 rings"), True),
    ],
)
def test_what_counts_as_passed(result: ElasticResult, *, is_passed: bool) -> None:
    (task, *_) = elastic_tasks(SWEEP_PROGRAM, ("median_f",), ("servo7",))
    trial = ElasticTrial(task, result, "")
    assert trial.is_passed is is_passed
    assert ("MISSED" in elastic_lines((trial,))[-1]) is not is_passed


def test_a_session_that_dies_is_a_miss_and_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = elastic_tasks(SWEEP_PROGRAM, ("median_f",), ("servo7",))[:2]

    def fake(task: elasticity.ElasticTask) -> ElasticResult:
        if task == tasks[0]:
            raise MemoryError("no room")
        return COMPLETED

    monkeypatch.setattr(elasticity, "run_elastic", fake)
    dead, alive = run_sweep(tasks, Inline(), lambda _a, _b: None)
    assert (dead.is_passed, alive.is_passed) == (False, True)
    assert "MISSED" in elastic_lines((dead,))[-1]


def test_an_arm_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["campaign", "elasticity", "--arms", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().err
    assert cli.main(["campaign", "elasticity", "--plants", "typical"]) == 2
    assert "does not use it" in capsys.readouterr().err
