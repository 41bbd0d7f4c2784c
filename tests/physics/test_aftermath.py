"""The seconds after a session: an arm that sinks back or is left pressed in is seen, one that rests is not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from controller.errors import PlantError
from controller.robot import RobotModel
from controller.safety.supervision import SupervisorLimits
from controller.types import OtherContact
from sim.aftermath import AFTER_S, RISE, periods_after
from sim.differences.values import PlantDifferences
from sim.faults.kinds import Fault
from sim.options import SimulationOptions
from sim.person.body_motion import Rise
from sim.plant import build_simulation
from sim.supervised_plant import SupervisedPlant
from tests.gate_cases import soft_gains
from tests.sim_cases import approved, posture, setting
from tests.surroundings_cases import QUIET

ALL = frozenset(range(7))


class _Seen:
    """What the truth says of the seconds after a session that held the arm still by its model.

    Args:
        scale: mass of the arm over that of its model.
        gap_m: pad over the skin.
        brakeless: joints without a brake.
        rise: what the person does.
        faults: of the simulation.
    """

    def __init__(
        self,
        scale: float = 1.0,
        gap_m: float = 0.04,
        brakeless: frozenset[int] = frozenset(),
        rise: Rise | None = RISE,
        faults: tuple[Fault, ...] = (),
    ) -> None:
        arm, placement, body, _ = setting()
        q = posture("servo7", 0.1, 0.04, gap_m)[0]
        differences = PlantDifferences(arm_mass_scale=(scale,))
        options = SimulationOptions(brakeless_joints=brakeless, faults=faults, differences=differences, **QUIET)
        world = build_simulation(arm, placement, body, options)
        limits = SupervisorLimits(0.0055, 90.0, (9.0,) * len(q), arm.torque_limit_nm, 3, 25, soft_gains(len(q)))
        plant = SupervisedPlant(world, RobotModel(arm, placement), limits)
        robot = RobotModel(arm, placement)
        robot.update(np.array(q), np.zeros(len(q)))
        self.contacts: list[OtherContact] = []
        plant.on_contact = lambda _, contacts: self.contacts.extend(contacts)
        plant.configure()
        plant.activate(q)
        for _ in range(3):
            plant.apply(approved(robot.gravity))
        ended_s = world.t_s
        found = list(periods_after(plant, rise))
        assert found[0][0] == ended_s
        assert len(found) == round(AFTER_S / plant.rig.dt_s)
        self.press_n = np.array([truth[0].press_n for _, truth in found])
        self.height_m = np.array([truth[0].p_wt[2] for _, truth in found])
        with pytest.raises(PlantError):
            plant.apply(approved(robot.gravity))
        plant.deactivate()


def test_arm_at_rest_over_the_skin_stays_there_and_touches_nothing() -> None:
    seen = _Seen()
    assert seen.press_n.max() == 0.0
    assert seen.contacts == []
    assert np.ptp(seen.height_m) < 0.001


def test_heavier_arm_that_sinks_back_after_the_stop_shows_its_press() -> None:
    # the drives of joints without brakes go on holding what the model says, and the arm is heavier than its model
    sound = _Seen(brakeless=ALL)
    heavy = _Seen(scale=1.2, brakeless=ALL)
    assert sound.press_n.max() < 1.0
    assert heavy.press_n.max() > 5.0


def test_brakes_hold_a_heavier_arm() -> None:
    assert _Seen(scale=1.2).press_n.max() == 0.0


def test_person_who_rises_against_closed_brakes_shows_that_the_arm_is_pinned() -> None:
    still = _Seen(gap_m=0.012, rise=None)
    risen = _Seen(gap_m=0.012)
    assert still.press_n[-1] < risen.press_n[-1] / 3.0
    assert risen.press_n.max() > 10.0


def test_fault_of_the_person_may_come_in_these_seconds_and_links_are_touched() -> None:
    seen = _Seen(faults=(Fault("patient_gets_up", 400.0, 1.0), Fault("disk_full", 0.0, 2.0)))
    assert seen.press_n.max() > 40.0
    assert max(math.hypot(*contact.force_w) for contact in seen.contacts) > 5.0
