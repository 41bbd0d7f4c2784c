"""Drives that nobody commands any more keep the torque that holds the arm, not the one that pressed."""

import numpy as np
import pytest

from controller.robot import RobotModel
from controller.safety import gate
from controller.safety.supervision import SupervisorLimits
from sim.faults.kinds import Fault
from sim.options import SimulationOptions
from sim.plant import build_simulation
from sim.supervised_plant import SupervisedPlant
from tests.gate_cases import soft_gains
from tests.sim_cases import posture, setting

TICKS_LEFT_ALONE = 30


@pytest.mark.parametrize(("faults", "presses"), [((), True), (("supervisor_killed", "host_killed"), False)])
def test_without_loop_and_supervisor_the_press_force_is_dropped(faults: tuple[str, ...], presses: bool) -> None:
    arm, placement, body, _ = setting()
    q, _, normal = posture("servo7", 0.1, 0.04, 0.05)
    robot = RobotModel(arm, placement)
    robot.update(np.array(q), np.zeros(len(q)))
    holding = tuple(robot.gravity.tolist())
    pressing = tuple((robot.gravity - robot.jacobian[:3].T @ (3.0 * np.array(normal))).tolist())
    limits = SupervisorLimits(0.0055, 90.0, (9.0,) * len(q), arm.torque_limit_nm, 3, 25, soft_gains(len(q)))
    plant = SupervisedPlant(
        build_simulation(arm, placement, body, SimulationOptions(seed=1)), RobotModel(arm, placement), limits
    )
    plant.configure()
    try:
        plant.activate(q)
        command = gate.ApprovedCommand(pressing, gate._KEY, holding)
        for _ in range(20):
            plant.apply(command)
        for name in faults:
            plant.inject(Fault(name, 0.0, plant.read().t_s))
        for _ in range(TICKS_LEFT_ALONE):
            plant.apply(command)
        given = np.array(plant.world.given_nm())
        asked, other = (pressing, holding) if presses else (holding, pressing)
        assert np.abs(given - asked).max() < 0.2 * np.abs(given - other).max()
    finally:
        plant.deactivate()
