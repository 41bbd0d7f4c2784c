"""Trips of the monitor on samples that do not follow each other as they must, and on the drives of each joint."""

import math

import pytest

from controller.safety.gate import Gate
from controller.types import ArmState, Cause, Clearance, JointSenses
from tests.gate_cases import limits, reference, state
from tests.unit.test_monitor import WISH, cause_of


def _numbered(numbers: list[int], *, is_same: bool = False) -> list[ArmState]:
    """Return one state a tick with these sample numbers; the value follows the number, or is the same always."""
    return [
        state(t_s=0.001 * k, wrench_s=(0.0, 0.0, -20.0 - (0.0 if is_same else number), 0, 0, 0), wrench_sequence=number)
        for k, number in enumerate(numbers)
    ]


@pytest.mark.parametrize(
    ("numbers", "gap_s", "cause"),
    [
        ([5, 5, 6, 6, 7, 7, 8], 0.0015, None),
        ([5, 5, 5, 6], 0.0015, Cause.SENSOR_FROZEN),
        ([5, 5, 5, 6], 0.0025, None),
        ([5, 5, 5, 5, 5, 6, 6, 6, 6, 6], 0.0045, None),
        ([5, 6, 6, 6, 6, 6, 6, 7], 0.0045, Cause.SENSOR_FROZEN),
        ([5, 7, 10, 10, 15], 0.0015, None),
    ],
)
def test_a_sample_that_is_not_followed_by_a_new_one_in_time_is_frozen(
    numbers: list[int], gap_s: float, cause: Cause | None
) -> None:
    assert cause_of(Gate(limits(sensor_gap_s=gap_s), 1e-3), _numbered(numbers)) is cause


def test_a_sample_that_is_just_as_old_as_allowed_is_not_frozen() -> None:
    states = [state(t_s=t_s, wrench_sequence=5) for t_s in (0.0, 0.5)]
    assert cause_of(Gate(limits(sensor_gap_s=0.5, late_s=1.0), 1e-3), states) is None
    assert cause_of(Gate(limits(sensor_gap_s=0.4375, late_s=1.0), 1e-3), states) is Cause.SENSOR_FROZEN


def test_only_new_samples_count_as_repeated() -> None:
    bounds = limits(frozen_ticks=2, sensor_gap_s=0.0045)
    assert cause_of(Gate(bounds, 1e-3), _numbered([1, 1, 1, 1, 2, 2, 2, 2, 3], is_same=True)) is Cause.SENSOR_FROZEN
    assert cause_of(Gate(bounds, 1e-3), _numbered([1, 1, 1, 1, 2, 2, 2, 2], is_same=True)) is None
    assert cause_of(Gate(bounds, 1e-3), _numbered([1, 1, 1, 1, 2, 2, 2, 2, 3])) is None


def test_sample_numbers_that_run_backward_are_a_fault() -> None:
    gate = Gate(limits(), 1e-3)
    assert cause_of(gate, _numbered([5, 4])) is Cause.SENSOR_FROZEN
    gate.clear(Clearance.SERVICE)
    assert cause_of(gate, [state(t_s=0.5, wrench_sequence=0)]) is None, "after a clear any number is the first"
    assert cause_of(Gate(limits(), 1e-3), _numbered([-5, -4, -3])) is None


JOINT_3 = (0, 0, 1, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("fitted", "senses", "cause", "joint"),
    [
        ({}, {"joint_fault": (0,) * 7}, None, 0),
        ({}, {"joint_fault": JOINT_3}, Cause.DRIVE_FAULT, 3),
        ({}, {"joint_fault": (0,) * 6}, Cause.DRIVE_FAULT, 7),
        ({"has_faults": True}, {"joint_fault": (0,) * 7}, None, 0),
        ({"has_faults": True}, {"joint_fault": ()}, Cause.DRIVE_FAULT, 1),
        ({"has_temperatures": True}, {"temperatures_c": (80.0,) * 7}, None, 0),
        ({"has_temperatures": True}, {"temperatures_c": (20.0,) * 6 + (math.nan,)}, Cause.TEMPERATURE, 7),
        ({"has_temperatures": True}, {"temperatures_c": (20.0,) * 6 + (80.1,)}, Cause.TEMPERATURE, 7),
        ({"has_temperatures": True}, {"temperatures_c": (-400.0,) * 7}, None, 0),
        ({"has_temperatures": True}, {}, Cause.TEMPERATURE, 1),
        ({}, {"voltages_v": (20.0, 30.0) + (24.0,) * 5}, None, 0),
        ({}, {"voltages_v": (24.0, 19.9) + (24.0,) * 5}, Cause.DRIVE_FAULT, 2),
        ({}, {"voltages_v": (24.0, 30.1) + (24.0,) * 5}, Cause.DRIVE_FAULT, 2),
        ({}, {"voltages_v": (math.nan,) * 7}, None, 0),
        ({"has_voltages": True}, {"voltages_v": (24.0, math.nan) + (24.0,) * 5}, Cause.DRIVE_FAULT, 2),
        ({"has_voltages": True}, {}, Cause.DRIVE_FAULT, 1),
        ({}, {"joint_age_s": (0.003,) * 7}, None, 0),
        ({}, {"joint_age_s": (0.0,) * 3 + (0.0031,) + (0.0,) * 3}, Cause.LINK, 4),
        ({}, {"joint_age_s": (math.nan,) * 7}, None, 0),
        ({"has_ages": True}, {"joint_age_s": (math.nan,) * 7}, Cause.LINK, 1),
        ({"has_ages": True}, {}, Cause.LINK, 1),
        ({"has_ages": True}, {"joint_age_s": (0.0,) * 8}, Cause.LINK, 7),
    ],
)
def test_a_joint_with_a_fault_or_without_a_sense_that_it_must_have_is_named(
    fitted: dict, senses: dict, cause: Cause | None, joint: int
) -> None:
    names = ("has_temperatures", "has_voltages", "has_ages", "has_faults")
    bounds = limits(fitted=JointSenses(*(fitted.get(name, False) for name in names)))
    stop = Gate(bounds, 1e-3).judge(WISH, state(**senses), reference(), 0.0).stop
    assert (stop and stop.cause) is cause
    assert stop is None or f"joint {joint}" in stop.limit
