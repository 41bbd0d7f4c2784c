"""Wrong speed signals leave truth and positions alone; wrong torques move the arm and no drive knows of them."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from controller.processes.drives import TorqueWatch
from controller.types import ArmState, JointFault, Vector
from sim.differences.plants import load_plant
from sim.differences.values import PlantDifferences
from sim.drive_side import drive_settings
from sim.faults.kinds import parse_fault
from sim.options import SimulationOptions
from sim.plant import SimPlant
from tests.gate_cases import soft_gains
from tests.sim_cases import posture, setting
from tests.surroundings_cases import QUIET, opened

FAULT_TICK, TICKS = 20, 60
FIRST = FAULT_TICK + 1
"""First tick whose senses can show the fault."""
PLANTS = ("exact", "typical")


@contextlib.contextmanager
def in_the_air(plant: str, *texts: str, **choices: Any) -> Iterator[SimPlant]:
    """Open a plant 10 cm over the back, with faults that begin at ``FAULT_TICK``."""
    arm, *_ = setting()
    differences = load_plant(plant, arm, 1) if plant in PLANTS else rigid_or_elastic(plant)
    faults = tuple(parse_fault(f"{text}@{1e-3 * FAULT_TICK!r}") for text in texts)
    world = opened(
        SimulationOptions(**{**QUIET, **choices}, differences=differences, faults=faults),
        posture("servo7", 0.1, 0.04, 0.1)[0],
    )
    try:
        yield world
    finally:
        world.deactivate()


def rigid_or_elastic(plant: str) -> PlantDifferences:
    """Return a plant that differs in one thing: rigid joints with a delay of no effect, or elastic joints."""
    if plant == "rigid":
        return PlantDifferences("x", friction_scale=(1.0001,))
    return PlantDifferences("x", joint_stiffness_nm_per_rad=(14e3,))


def swing(plant: str, *texts: str) -> tuple[list[ArmState], list[tuple[Vector, Vector]], list[Vector]]:
    """Swing all joints about and return what was sensed, true motions, and what the drives gave."""
    states, motions, given = [], [], []
    with in_the_air(plant, *texts, has_noise=True) as world:
        hold = np.array(world.given_nm())
        for tick in range(TICKS):
            states.append(world.read())
            motions.append(world.true_motion())
            given.append(world.given_nm())
            world.advance(tuple((hold + 4.0 * math.sin(0.2 * tick + 1.0)).tolist()))
    return states, motions, given


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize(
    ("text", "joints", "share"),
    [
        ("speed_zero", range(7), 0.0),
        ("speed_zero=3", [2], 0.0),
        ("speed_flipped=2", [1], -1.0),
        ("speed_flipped", range(7), -1.0),
        ("speed_scaled", range(7), 0.33),
        ("speed_scaled=-2.5:7", [6], -2.5),
    ],
)
def test_a_wrong_speed_signal_changes_the_speeds_of_its_joints_and_nothing_else(
    plant: str, text: str, joints: range | list[int], share: float
) -> None:
    (right, true, given), (wrong, true_too, given_too) = swing(plant), swing(plant, text)
    assert true == true_too
    assert given == given_too
    assert right[:FIRST] == wrong[:FIRST]
    for a, b in zip(right[FIRST:], wrong[FIRST:], strict=True):
        assert (a.q_rad, a.wrench_s, a.tau_nm, a.t_s) == (b.q_rad, b.wrench_s, b.tau_nm, b.t_s)
        expected = [share * dq if joint in joints else dq for joint, dq in enumerate(a.dq_rad_s)]
        assert b.dq_rad_s == pytest.approx(expected, abs=1e-15)
        assert a.dq_rad_s != b.dq_rad_s


@pytest.mark.parametrize("plant", PLANTS)
def test_a_frozen_speed_signal_repeats_its_value(plant: str) -> None:
    (right, true, _), (wrong, true_too, _) = swing(plant), swing(plant, "speed_frozen=4")
    assert true == true_too
    values = {state.dq_rad_s[3] for state in wrong[FIRST:]}
    assert values == {right[FIRST].dq_rad_s[3]}
    assert [s.dq_rad_s[:3] + s.dq_rad_s[4:] for s in wrong] == [s.dq_rad_s[:3] + s.dq_rad_s[4:] for s in right]
    (everywhere, *_) = swing(plant, "speed_frozen")
    assert len({state.dq_rad_s for state in everywhere[FIRST:]}) == 1


def test_two_speed_faults_act_one_after_the_other() -> None:
    (right, *_), (wrong, *_) = swing("exact"), swing("exact", "speed_scaled=0.5:2", "speed_flipped=2")
    assert wrong[-1].dq_rad_s[1] == pytest.approx(-0.5 * right[-1].dq_rad_s[1])


@pytest.mark.parametrize("plant", ["exact", "rigid", "elastic"])
@pytest.mark.parametrize(
    ("text", "joints", "error_nm", "share"),
    [
        ("torque_growing=8:3", [2], 8.0, 1.0),
        ("torque_growing=-8", [1], -8.0, 1.0),
        ("torque_growing=3:0", range(7), 3.0, 1.0),
        ("torque_constant", range(7), 0.0, 0.7),
        ("torque_constant=1.4:2", [1], 0.0, 1.4),
    ],
)
def test_whoever_knows_of_the_wrong_torque_can_make_up_for_it_and_nobody_else_holds_the_arm(
    plant: str, text: str, joints: range | list[int], error_nm: float, share: float
) -> None:
    """The error of the torque is as large as stated, at the joint: the opposite command leaves the arm at rest."""
    moved = []
    for is_known in (True, False):
        with in_the_air(plant, text) as world:
            hold = world.given_nm()
            (start, _) = world.true_motion()
            for tick in range(300):
                grown = error_nm * min(1.0, max(0.0, 1e-3 * (tick - FAULT_TICK) / 2.0))
                known = [(tau - grown) / (share if tick >= FAULT_TICK else 1.0) for tau in hold]
                wish = [known[j] if is_known and j in joints else tau for j, tau in enumerate(hold)]
                world.advance(tuple(wish))
            (end, _) = world.true_motion()
            moved.append(np.abs(np.array(end) - start).max())
    assert moved[0] < 0.1 * moved[1]
    assert moved[1] > 0.005


def test_an_error_torque_grows_for_two_seconds_and_stays() -> None:
    with in_the_air("exact", "torque_growing=6:5") as world:
        hold = world.given_nm()
        assert world._arena is not None
        arena, wrong = world._arena, []
        world.set_brakes(frozenset({0, 1, 2, 3, 5, 6}))
        for _ in range(2500):
            world.advance(hold)
            wrong.append(float(arena.load[4] - arena.torque[4]))
    assert wrong[:FAULT_TICK] == [0.0] * FAULT_TICK
    assert wrong[FAULT_TICK + 999] == pytest.approx(3.0)
    assert np.diff(wrong[FAULT_TICK : FAULT_TICK + 2000]) == pytest.approx(3e-3)
    assert wrong[FAULT_TICK + 2000 :] == [6.0] * (500 - FAULT_TICK)


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("text", ["torque_growing=25:2", "torque_constant=0.5:0"])
def test_drives_report_what_they_were_commanded_and_their_watch_finds_nothing(plant: str, text: str) -> None:
    (_, true, given), (_, true_too, given_too) = swing(plant), swing(plant, text)
    assert given == given_too
    assert true[:FIRST] == true_too[:FIRST]
    assert true[-1] != true_too[-1]
    arm, *_ = setting()
    with in_the_air(plant, text) as world:
        watch, hold = TorqueWatch(drive_settings(arm, world.rig, soft_gains(7))), world.given_nm()
        for tick in range(300):
            watch.look(1e-3 * tick, world.given_nm(), is_enabled=True)
            watch.expect(hold)
            world.advance(hold)
    assert watch.faults == (JointFault.NONE.value,) * 7


def test_a_drive_behind_a_closed_brake_has_no_torque_to_be_wrong() -> None:
    with in_the_air("exact", "torque_growing=30:2", "torque_constant=0.3") as world:
        (before, _) = world.true_motion()
        world.set_brakes(frozenset(range(7)))
        hold = world.holding_nm()
        for _ in range(1000):
            world.advance(hold)
        (after, _) = world.true_motion()
        assert np.abs(np.array(after) - before).max() < 1e-4
        world.set_brakes(frozenset())
        for _ in range(100):
            world.advance(hold)
        assert np.abs(np.array(world.true_motion()[0]) - after).max() > 0.01


def test_a_new_run_begins_without_the_faults_of_the_last() -> None:
    rows = []
    with in_the_air("exact", "torque_growing=30:2", "speed_flipped") as world:
        for _ in range(2):
            world.activate(posture("servo7", 0.1, 0.04, 0.1)[0])
            hold = world.given_nm()
            for _ in range(TICKS):
                world.advance(hold)
            rows.append((world.true_motion(), world.read()))
    assert rows[0] == rows[1]
