"""Arms by name or by URDF file, as the controller has to know them."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray
from scipy.optimize import minimize

from controller.arm import ArmDescription, JointDrive
from controller.errors import ModelError
from controller.types import Side, Vector
from urdf import panda, servo7
from urdf.canonical import canonical_text
from urdf.chain import tool_chain
from urdf.document import Motion
from urdf.plausibility import checked_efforts, checked_friction, refuse_impossible
from urdf.reader import read_robot
from urdf.tool import SENSOR_FRAME, TOOL_FRAME

_FOLDER = Path(__file__).parent / "arms"
_HOME: Mapping[str, Vector] = MappingProxyType({"servo7": servo7.HOME_RAD, "panda": panda.HOME_RAD})
_WRIST_JOINTS = 3
_UNKNOWN_DRIVE = JointDrive(14e3, 0.05, 0.05, False, Side.MOTOR, Side.MOTOR, is_known=False)
_UNKNOWN_WRIST_DRIVE = JointDrive(9e3, 0.05, 0.02, False, Side.MOTOR, Side.MOTOR, is_known=False)
"""Drives where a file says nothing of them (assumed): the stiffness of geared collaborative arms (14 kNm/rad is given
for a Franka's large joints), reflected rotor inertias of the size that servo7's actuators have."""
_STARTS = 6
_REACH_RANGE_M = (0.2, 5.0)


def arm_names() -> tuple[str, ...]:
    """Return the names of the arms that come with the project."""
    return tuple(_HOME)


def load_arm(name_or_path: str) -> ArmDescription:
    """Return an arm with its tool, by name or from a URDF file of one's own.

    A file of one's own needs revolute or continuous joints with their limits, a link ``wrist_sensor`` on a fixed joint
    at the flange, a link ``tool`` with z out of the tool and a collision sphere for every pad (one pad: at its origin),
    and a mass on every moving link; <dynamics friction> is taken as the Coulomb friction left after compensation. Its
    home is the middle of the ranges. ``notes`` of the arm say what was taken otherwise than it stands in the file.

    Raises:
        ModelError: no such arm or file, or a file the controller could not use; says what is missing.
    """
    if name_or_path in _HOME:
        path = _FOLDER / f"{name_or_path}.urdf"
        return _describe(path, name_or_path, _HOME[name_or_path])
    path = Path(name_or_path)
    is_word = path.suffix == "" and path.name == name_or_path
    if not name_or_path.strip() or (is_word and not os.path.lexists(path)):
        allowed = f"{', '.join(arm_names())}, or the path of a URDF file"
        raise ModelError("arm", repr(name_or_path), allowed, "correct --arm")
    return _describe(path, None, None)


def _describe(path: Path, name: str | None, home: Vector | None) -> ArmDescription:
    robot = read_robot(path)
    chain = tool_chain(robot)
    motions = [joint.joint.motion for joint in chain.actuated if joint.joint.motion is not None]
    middle = tuple(0.5 * (m.lower_rad + m.upper_rad) for m in motions)
    home_rad = middle if home is None else home
    text, where = canonical_text(robot), str(path)
    reach_m = _reach(path, text, motions, home_rad)
    refuse_impossible(where, chain.actuated, chain.groups, reach_m)
    torque_limit_nm, efforts = checked_efforts(where, chain.actuated, chain.groups)
    friction_nm, frictions = checked_friction(where, chain.actuated, torque_limit_nm)
    return ArmDescription(
        name=name or robot.name,
        urdf_path=path.resolve(),
        joint_names=tuple(joint.joint.name for joint in chain.actuated),
        sensor_frame=SENSOR_FRAME,
        tool_frame=TOOL_FRAME,
        lower_rad=tuple(m.lower_rad for m in motions),
        upper_rad=tuple(m.upper_rad for m in motions),
        speed_limit_rad_s=tuple(m.speed_rad_s for m in motions),
        torque_limit_nm=torque_limit_nm,
        friction_nm=friction_nm,
        drives=_drives(motions),
        home_rad=home_rad,
        reach_m=reach_m,
        tool=chain.tool,
        urdf_text=text,
        notes=(*robot.notes, *efforts, *frictions),
    )


def _drives(motions: list[Motion]) -> tuple[JointDrive, ...]:
    first_wrist = len(motions) - _WRIST_JOINTS
    defaults = (_UNKNOWN_DRIVE if i < first_wrist else _UNKNOWN_WRIST_DRIVE for i in range(len(motions)))
    return tuple(
        default if motion.drive is None else motion.drive for motion, default in zip(motions, defaults, strict=True)
    )


def _reach(path: Path, text: str, motions: list[Motion], home: Vector) -> float:
    """Return the largest distance of T from the first joint's axis within the limits, by gradient ascent.

    Seeded starts around home and over the ranges; the distance has few maxima, the best of them is taken.
    """
    try:
        model = pin.buildModelFromXML(text)
    except (ValueError, RuntimeError) as error:
        raise ModelError(str(path), f"unreadable URDF ({error})", "one arm with revolute joints") from error
    data = model.createData()
    tool = model.getFrameId(TOOL_FRAME)
    base = model.jointPlacements[1]
    axis = base.rotation @ np.array(motions[0].axis) / math.hypot(*motions[0].axis)

    def minus_square(q: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        jacobian = pin.computeFrameJacobian(model, data, q, tool, pin.LOCAL_WORLD_ALIGNED)
        pin.updateFramePlacement(model, data, tool)
        offset = data.oMf[tool].translation - base.translation
        radial = offset - axis * float(axis @ offset)
        return -float(radial @ radial), -2.0 * radial @ jacobian[:3]

    lower, upper = (np.array([getattr(m, key) for m in motions]) for key in ("lower_rad", "upper_rad"))
    random = np.random.default_rng(0)
    starts = [np.clip(np.array(home), lower, upper)] + [random.uniform(lower, upper) for _ in range(_STARTS)]
    bounds = list(zip(lower, upper, strict=True))
    found = (minimize(minus_square, q, jac=True, method="L-BFGS-B", bounds=bounds).fun for q in starts)
    reach = math.sqrt(-min(found))
    if not _REACH_RANGE_M[0] <= reach <= _REACH_RANGE_M[1]:
        low, high = _REACH_RANGE_M
        raise ModelError(str(path), f"reach {reach:.3g} m", f"{low:g} to {high:g} m", "check that lengths are in m")
    return reach
