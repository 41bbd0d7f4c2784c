"""All of a period but the physics step: kinematics, contact, energy, drives and senses in one compiled call."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from sim.period.arm_kinematics import LINE_SIZE, add_joint_torques, tool_motion
from sim.period.drive_lag import drive
from sim.period.packed_state import (
    ENCODER_STEP,
    ENERGY,
    GRID,
    LAG_SHARE,
    LAW,
    MEMORY,
    MOTION,
    NET_ENERGY,
    PAD,
    PATIENT,
    PERIOD,
    RADIUS,
    RESULT,
    ROOM,
    TISSUE_WORK,
    TOOL_BODY,
    TORQUE_LIMIT,
    places,
)
from sim.period.sensor_noise import sense
from sim.period.wrist_sensor import tool_acceleration, wrist_wrench
from sim.person.body_motion import move
from sim.person.contact_law import (
    DEPTH,
    DEPTH_RATE,
    FOOT,
    FORCE,
    LAYERS,
    MOMENT,
    NORMAL,
    POWER,
    PRESS,
    RESULT_SIZE,
    SKIN_AMPLITUDE,
    locate,
    touch,
)

Array = NDArray[np.float64]


@compiled
def count_energy(law: Array, pad: Array, patient: Array, result: Array, energy: Array) -> None:
    """Add the energy of the period that has just ended.

    The force was constant over the period, so its work is force times mean speed: with Bullet's semi-implicit steps
    this is exactly the change of kinetic energy that the force made.

    Args:
        law: pad radius, friction, period.
        pad: motion of the tool after the period.
        patient: motion of the patient after the period.
        result: the contact that acted in the period.
        energy: (2,) sums, changed.
    """
    if result[PRESS] <= 0.0:
        return
    n0, n1, n2 = result[NORMAL], result[NORMAL + 1], result[NORMAL + 2]
    lever = result[DEPTH] - law[RADIUS]
    skin_speed = patient[1] * result[SKIN_AMPLITUDE] + patient[3]
    rate = -(pad[3] * n0 + pad[4] * n1 + (pad[5] - skin_speed) * n2)
    v0 = pad[3] + lever * (pad[7] * n2 - pad[8] * n1)
    v1 = pad[4] + lever * (pad[8] * n0 - pad[6] * n2)
    v2 = pad[5] + lever * (pad[6] * n1 - pad[7] * n0)
    power = -(result[FORCE] * v0 + result[FORCE + 1] * v1 + result[FORCE + 2] * v2)
    power -= result[MOMENT] * pad[6] + result[MOMENT + 1] * pad[7] + result[MOMENT + 2] * pad[8]
    energy[TISSUE_WORK] += 0.5 * law[PERIOD] * result[PRESS] * (result[DEPTH_RATE] + rate)
    energy[NET_ENERGY] += 0.5 * law[PERIOD] * (result[POWER] + power)


@compiled
def feel(constants: Array, state: Array, joints: int) -> None:
    """Write what the wrist sensor felt in the period that has just ended; the state still holds its beginning."""
    at = places(joints)
    change, acceleration = np.zeros(joints), np.zeros(6)
    for i in range(joints):
        change[i] = (state[MOTION + joints + i] - state[at.speeds + i]) / constants[LAW + PERIOD]
    pad, result = state[PAD:ROOM], state[RESULT:ENERGY]
    tool_acceleration(state[at.lines : at.speeds].reshape((joints + 1, LINE_SIZE)), change, pad, acceleration)
    wrist_wrench(
        constants[TOOL_BODY:TORQUE_LIMIT],
        pad,
        state[ROOM : ROOM + 9].reshape((3, 3)),
        acceleration,
        result[FORCE:FOOT],
        result[FOOT:NORMAL],
        result[MOMENT:RESULT_SIZE],
        state[at.wrench : at.command],
    )


@compiled
def arrive(chain: Array, profile: Array, constants: Array, state: Array, t_s: float) -> None:
    """Take wrist, kinematics, person and energies at the time ``t_s``, at which the rigid bodies have just arrived.

    Args:
        chain: of the arena.
        profile: of the arena.
        constants: of the arena.
        state: of the arena: ``arrived`` and ``command`` are read, the rest is updated.
        t_s: time [s].
    """
    joints = chain.shape[0] - 1
    at = places(joints)
    motion, patient, pad = state[MOTION : at.wrench], state[PATIENT:PAD], state[PAD:ROOM]
    axes = state[at.lines : at.speeds].reshape((joints + 1, LINE_SIZE))
    feel(constants, state, joints)
    tool_motion(chain, motion, pad, state[ROOM:RESULT].reshape((3, 3, 3)), axes)
    state[at.speeds :] = motion[joints:]
    move(profile, t_s, patient)
    count_energy(constants[LAW:LAG_SHARE], pad, patient, state[RESULT:ENERGY], state[ENERGY:MOTION])


@compiled
def depart(joints: int, constants: Array, state: Array, noise: Array) -> None:
    """Take drives, load and senses for the next period; the contact has its forces by now.

    Args:
        joints: number of joints n.
        constants: of the arena.
        state: of the arena.
        noise: (n + 6,) noise of the senses.
    """
    at = places(joints)
    motion, wrench = state[MOTION : at.wrench], state[at.wrench : at.command]
    axes = state[at.lines : at.speeds].reshape((joints + 1, LINE_SIZE))
    result = state[RESULT:ENERGY]
    drive(state[at.command : at.torque], constants[TORQUE_LIMIT:], constants[LAG_SHARE], state[at.torque : at.load])
    state[at.load : at.sensed] = state[at.torque : at.load]
    add_joint_torques(
        axes, result[FORCE:FOOT], result[FOOT:NORMAL], result[MOMENT:RESULT_SIZE], state[at.load : at.sensed]
    )
    sense(motion, wrench, noise, constants[ENCODER_STEP], state[at.sensed : at.lines])


@compiled
def find_skin(layers: Array, constants: Array, state: Array) -> None:
    """Take where the pad is over or in the undeformed skin; the contact's forces come from elsewhere.

    Args:
        layers: of the arena.
        constants: of the arena.
        state: of the arena.
    """
    values = np.zeros((LAYERS, 3))
    grid, radius = constants[GRID:LAW], constants[LAW + RADIUS]
    locate(layers, grid, state[PATIENT:PAD], state[PAD:ROOM], radius, values, state[RESULT:ENERGY])


@compiled
def end_period(
    chain: Array,
    layers: Array,
    profile: Array,
    relaxation: Array,
    constants: Array,
    state: Array,
    noise: Array,
    t_s: float,
) -> None:
    """Advance everything but the rigid bodies to the time ``t_s``, at which these have just arrived.

    Args:
        chain: of the arena.
        layers: of the arena.
        profile: of the arena.
        relaxation: of the arena.
        constants: of the arena.
        state: of the arena: ``arrived`` and ``command`` are read, the rest is updated.
        noise: (n + 6,) noise of the senses.
        t_s: time [s].
    """
    arrive(chain, profile, constants, state, t_s)
    touch(
        layers,
        constants[GRID:LAW],
        state[PATIENT:PAD],
        state[PAD:ROOM],
        constants[LAW:LAG_SHARE],
        relaxation,
        state[MEMORY:PATIENT],
        state[RESULT:ENERGY],
    )
    depart(chain.shape[0] - 1, constants, state, noise)
