"""Operational-space control of robosuite on its own Panda: what a control step of its robot costs."""

import sys

import numpy as np
import robosuite
from answer import answer


def main() -> None:
    """Serve the controller's tick: update of its terms and torques."""
    sys.stdout = sys.stderr  # its banner would stand among the answers
    config = robosuite.load_composite_controller_config(controller="BASIC", robot="Panda")
    environment = robosuite.make(
        "Lift",
        robots="Panda",
        controller_configs=config,
        has_renderer=False,
        has_offscreen_renderer=False,
        use_camera_obs=False,
    )
    environment.reset()
    controller = environment.robots[0].part_controllers["right"]
    controller.set_goal(np.zeros(6))

    def tick() -> None:
        controller.update(force=True)
        controller.run_controller()

    answer(tick)


main()
