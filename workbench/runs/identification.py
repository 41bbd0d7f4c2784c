"""The identification of a simulated arm: a slow tour through free air, and what it says."""

from __future__ import annotations

from dataclasses import replace

from controller.air.identify import Identified, identify
from controller.errors import SafetyStop
from controller.robot import RobotModel
from controller.session_limits import session_limits
from controller.types import Phase
from sim.plant import build_simulation
from sim.supervised_plant import SupervisedPlant
from trajectories.anatomy.back import Back
from trajectories.anatomy.skin import Skin
from trajectories.reach.way_to_identify import way_to_identify
from workbench.runs.prepare import Inputs, prepare, simulation_options


def identify_simulated(inputs: Inputs) -> Identified:
    """Return what a simulated arm differs from its file by.

    Args:
        inputs: arm, body, plant and seed; of the program only the start is used.

    Raises:
        PlanError: no clear tour.
        SafetyStop: the tour was stopped: the arm is too far off to be moved.
        ModelError: the motion says too little.
    """
    prepared = prepare(inputs)
    robot = prepared.robot
    back = Back.of(inputs.body, Skin.from_body(inputs.body))
    plan = replace(prepared.plan, start_path_rad=way_to_identify(prepared.plan, back, robot))
    parts = replace(prepared.parts, plan=plan, limits=session_limits(plan, robot, prepared.parts.rig))
    world = build_simulation(inputs.arm, prepared.placement, inputs.body, simulation_options(inputs))
    own_model = RobotModel(inputs.arm, prepared.placement)
    plant = SupervisedPlant(world, own_model, parts.supervisor_limits())
    session, survey = parts.survey(plant, plant)
    plant.configure()
    try:
        plant.activate(plan.rest_q_rad)
        with session:
            while (step := session.tick()) is not None and step.reference.phase is Phase.TO_PLAN:
                pass
        stop = session.result.stop
    finally:
        plant.deactivate()
    if stop is not None:
        raise SafetyStop(stop)
    robot.restore()
    return identify(survey.blocks, robot)
