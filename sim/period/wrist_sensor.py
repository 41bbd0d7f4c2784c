"""What the wrist sensor feels: the Newton-Euler equations of everything behind it, compiled.

The engine's own joint feedback is right at rest only; in free acceleration it is off by newtons. Here the joint
accelerations are those of the step that the engine has taken, ``(dq+ - dq) / dt`` with friction, brakes and limits in
them, at the pose and speeds at which that semi-implicit step has its equation of motion: the ones before it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from controller.robot import GRAVITY_M_S2
from sim.period.arm_kinematics import LINE, ORIGIN

Array = NDArray[np.float64]

MASS, COM, INERTIA, SENSOR_POSITION, SENSOR_ROTATION, BODY_SIZE = 0, 1, 4, 13, 16, 25
"""Where a body behind the sensor holds its mass [kg], its centre of mass in T (3) [m], its inertia about that in the
axes of T (9, row by row) [kg m2], and the sensor's p_TS (3) [m] and R_TS (9)."""


@compiled
def _rotate(rotation: Array, vector: Array, out: Array) -> None:
    for i in range(3):
        out[i] = rotation[i, 0] * vector[0] + rotation[i, 1] * vector[1] + rotation[i, 2] * vector[2]


@compiled
def _rotate_back(rotation: Array, vector: Array, out: Array) -> None:
    for i in range(3):
        out[i] = rotation[0, i] * vector[0] + rotation[1, i] * vector[1] + rotation[2, i] * vector[2]


@compiled
def _add_cross(a: Array, b: Array, out: Array) -> None:
    out[0] += a[1] * b[2] - a[2] * b[1]
    out[1] += a[2] * b[0] - a[0] * b[2]
    out[2] += a[0] * b[1] - a[1] * b[0]


@compiled
def tool_acceleration(lines: Array, change: Array, pad: Array, out: Array) -> None:
    """Write the linear (3) [m/s2] and angular (3) [rad/s2] acceleration of the tool.

    Args:
        lines: (n + 1, 6) of ``tool_motion``.
        change: (n,) joint accelerations [rad/s2].
        pad: (9,) motion of the tool.
        out: (6,) in W, written.
    """
    joints = change.shape[0]
    out[:] = lines[joints]
    lever = np.zeros(3)
    turn = np.zeros(3)
    for k in range(joints):
        for i in range(3):
            lever[i] = pad[i] - lines[k, ORIGIN + i]
            turn[i] = lines[k, LINE + i] * change[k]
            out[3 + i] += turn[i]
        _add_cross(turn, lever, out[:3])


@compiled
def wrist_wrench(
    body: Array,
    pad: Array,
    rotation: Array,
    acceleration: Array,
    force: Array,
    point: Array,
    push: Array,
    wrench: Array,
) -> None:
    """Write force and moment of the tool side on the sensor, at S in S axes; weight and inertia included.

    Args:
        body: (``BODY_SIZE``,) what is behind the sensor.
        pad: (9,) motion of the tool.
        rotation: (3, 3) R_WT.
        acceleration: (6,) of ``tool_acceleration``.
        force: (3,) on the tool in W [N].
        point: (3,) where it acts, in W [m].
        push: (3,) moment on the tool about that point, in W [Nm].
        wrench: (6,) written [N, Nm].
    """
    room = np.zeros((8, 3))
    com, swing, pull, lever, spin, momentum, moment, around = (
        room[0], room[1], room[2], room[3], room[4], room[5], room[6], room[7],
    )  # fmt: skip
    turn, speed = acceleration[3:], pad[6:]
    _rotate(rotation, body[COM:INERTIA], com)
    _add_cross(speed, com, swing)
    pull[:] = acceleration[:3]
    _add_cross(turn, com, pull)
    _add_cross(speed, swing, pull)
    for i in range(3):
        pull[i] = force[i] - body[MASS] * pull[i]
    pull[2] -= body[MASS] * GRAVITY_M_S2
    # Euler's equation about the centre of mass, in the axes of T where the inertia is constant
    inertia = body[INERTIA:SENSOR_POSITION].reshape((3, 3))
    _rotate_back(rotation, speed, spin)
    _rotate(inertia, spin, momentum)
    _rotate_back(rotation, turn, lever)
    _rotate(inertia, lever, moment)
    _add_cross(spin, momentum, moment)
    _rotate(rotation, moment, around)
    for i in range(3):
        around[i] = push[i] - around[i]
        lever[i] = point[i] - pad[i] - com[i]
    _add_cross(lever, force, around)
    _rotate(rotation, body[SENSOR_POSITION:SENSOR_ROTATION], lever)
    for i in range(3):
        lever[i] = com[i] - lever[i]
    _add_cross(lever, pull, around)
    in_sensor = body[SENSOR_ROTATION:].reshape((3, 3))
    _rotate_back(rotation, pull, moment)
    _rotate_back(in_sensor, moment, wrench[:3])
    _rotate_back(rotation, around, moment)
    _rotate_back(in_sensor, moment, wrench[3:])
