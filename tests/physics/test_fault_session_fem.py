"""Faults on finite elements: the same cells held against the same criteria, beside those of the contact law."""

from __future__ import annotations

import dataclasses
import faulthandler

import pytest

from controller.types import Cause
from sim.bullet.quiet import silenced_output
from sim.person.tissue_tier import Tier
from tests.fault_campaign_cases import GROUP, MACHINE, PERSON
from workbench.campaigns.faults.cases import FaultWorld
from workbench.campaigns.faults.cells import Case, Cell
from workbench.campaigns.faults.forked_session import GroupTask, run_group

with silenced_output():
    import pybullet

STALL = Case(("loop_stall=100",), is_person=False)
CRASH = Case(("sensor_nan",), is_person=False)
ELEMENTS = dataclasses.replace(GROUP, tissue=Tier.FEM)


def crash_bullet(world: FaultWorld) -> None:
    """Load a mesh that is not there: the engine ends the process."""
    faulthandler.disable()
    soft = world.plant.world.soft
    if soft is None or soft._patch is None:
        raise RuntimeError("no tissue under the pad at the crest of the force")
    back = soft._patch.back
    pybullet.loadSoftBody("missing.vtk", mass=1.0, useNeoHookean=1, physicsClientId=back._world)


@pytest.fixture(scope="module")
def cells() -> dict[Case, Cell]:
    """Three faults that do their work, and one in whose branch the physics engine crashes."""
    inject = FaultWorld.inject

    def crashing(world: FaultWorld, case: Case) -> None:
        inject(world, case)
        if case == CRASH:
            crash_bullet(world)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FaultWorld, "inject", crashing)
        done = run_group(GroupTask(ELEMENTS, (CRASH, MACHINE, STALL, PERSON)))
    return {cell.case: cell for cell in done}


def test_a_crash_of_the_physics_engine_is_a_failed_cell_and_costs_no_other(cells: dict[Case, Cell]) -> None:
    crashed = cells[CRASH]
    assert crashed.measured is None
    assert "the branch killed by signal" in crashed.misses[0]
    assert all(cells[case].measured is not None for case in (MACHINE, STALL, PERSON))


def test_a_blind_sensor_is_found_out_and_the_arm_lets_go(cells: dict[Case, Cell]) -> None:
    cell = cells[MACHINE]
    assert cell.is_passed, cell.misses
    measured = cell.measured
    assert measured is not None
    assert measured.cause is Cause.SENSOR_FROZEN
    assert measured.over_limit_samples == 0
    assert measured.set_point_n == pytest.approx(20.0, abs=0.01)
    assert 19.0 < measured.peak_n < 23.0
    assert measured.end_press_n == 0.0


def test_a_loop_that_stands_still_is_taken_over(cells: dict[Case, Cell]) -> None:
    cell = cells[STALL]
    assert cell.is_passed, cell.misses
    measured = cell.measured
    assert measured is not None
    assert measured.taken is Cause.HOST_LOST
    assert measured.over_limit_samples == 0
    assert measured.peak_n < measured.bound_n
    assert measured.end_press_n == 0.0


def test_a_person_who_jerks_meets_what_the_law_says(cells: dict[Case, Cell]) -> None:
    """30.3 N on finite elements, 30.0 N under the law (measured), where the trip begins; a tenth is allowed."""
    cell = cells[PERSON]
    assert cell.is_passed, cell.misses
    assert cell.measured is not None
    assert cell.measured.over_limit_samples == 0
    assert cell.measured.peak_n < cell.measured.person_bound_n
    assert cell.measured.reaction_ticks is None
    assert cell.measured.end_press_n == pytest.approx(20.0, abs=1.0)
    (law,) = run_group(GroupTask(GROUP, (PERSON,)))
    assert law.measured is not None
    assert cell.measured.peak_n == pytest.approx(law.measured.peak_n, rel=0.1)
