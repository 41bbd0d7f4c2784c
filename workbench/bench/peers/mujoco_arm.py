"""The arm of a URDF file in MuJoCo: inverse kinematics of mink (``ik``), or a bare step (``step``)."""

import sys
from pathlib import Path

import mink
import mujoco
import numpy as np
from answer import answer

STEP_S = 1e-3
POSTURE_COST = 1e-2
DAMPING = 1e-3
MOST_SPEED_RAD_S = 2.0
MOVED_RAD = 0.01


def main() -> None:
    """Serve what the first argument names, on the arm of the file of the second, in the posture of the third."""
    what, path, angles = sys.argv[1:4]
    posture = np.array([float(word) for word in angles.split(",")])
    model = mujoco.MjModel.from_xml_string(Path(path).read_text())
    model.opt.timestep = STEP_S
    if what == "step":
        data = mujoco.MjData(model)
        data.qpos[:] = posture
        answer(lambda: mujoco.mj_step(model, data))
        return
    configuration = mink.Configuration(model)
    configuration.update(posture)
    tool = model.body(model.nbody - 1).name
    frame = mink.FrameTask(tool, "body", position_cost=1.0, orientation_cost=1.0)
    frame.set_target_from_configuration(configuration)
    rest = mink.PostureTask(model, cost=POSTURE_COST)
    rest.set_target(posture)
    names = [model.joint(index).name for index in range(model.njnt)]
    limits = [mink.ConfigurationLimit(model), mink.VelocityLimit(model, dict.fromkeys(names, MOST_SPEED_RAD_S))]
    configuration.update(posture + MOVED_RAD)
    answer(lambda: mink.solve_ik(configuration, [frame, rest], STEP_S, "daqp", damping=DAMPING, limits=limits))


main()
