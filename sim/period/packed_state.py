"""The numbers of one simulated arm on one patient, packed so that the compiled period takes few arrays.

Handing an array to compiled code costs as much as a third of the whole contact law, so what belongs together shares
memory; ``Arena`` holds named views of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from sim.period.arm_kinematics import LINE_SIZE
from sim.period.wrist_sensor import BODY_SIZE
from sim.person.contact_law import MEMORY_SIZE, RESULT_SIZE

Array = NDArray[np.float64]

RADIUS, FRICTION, PERIOD = 0, 1, 2
"""Order in the ``law``: pad radius [m], skin friction, period [s]."""
GRID, LAW, LAG_SHARE, ENCODER_STEP, TOOL_BODY, TORQUE_LIMIT = 0, 3, 6, 7, 8, 8 + BODY_SIZE
"""Where the constants hold the tissue grid (3), the law (3), the share of the drive lag, the encoder step [rad], what
is behind the wrist sensor (see ``sim.period.wrist_sensor``), and the torque limits (n) [Nm]."""
TISSUE_WORK, NET_ENERGY = 0, 1
"""Order of the energies [J]."""

MEMORY = 0
PATIENT = MEMORY + MEMORY_SIZE
PAD = PATIENT + 4
ROOM = PAD + 9
RESULT = ROOM + 27
ENERGY = RESULT + RESULT_SIZE
MOTION = ENERGY + 2
"""Where the state holds its blocks; behind the motion (2 n) come the wrist's wrench (6), command (n), torque (n), load
(n), what is sensed (2 n + 6), and for the compiled period alone the lines of the joints (6 n + 6) and their speeds (n)
one period ago."""


@dataclass(frozen=True, slots=True, eq=False)
class Arena:
    """Named views of the packed arrays.

    Attributes:
        chain: kinematic chain, packed.
        layers: (5, n, m) of the tissue map.
        profile: of the patient's motion.
        relaxation: filter of the tissue.
        constants: grid, law, electronics, what is behind the sensor, torque limits.
        state: everything, packed.
        told: its first part, up to the end of what is sensed: everything below but lines and speeds.
        memory: contact memory.
        patient: (4,) patient motion.
        pad: (9,) tool position [m], velocity [m/s], angular velocity [rad/s] in W.
        room: (3, 3, 3) R_WT and room for ``tool_motion``.
        rotation: (3, 3) R_WT.
        result: contact at the present instant, which acts in the next physics step.
        energy: (2,) work on the tissue along the normal, net energy from the tool into the body [J].
        arrived: (2 n,) true joint positions and speeds.
        wrench: (6,) true wrench of the tool side on the wrist sensor over the period that has just ended.
        command: (n,) torque asked for [Nm].
        torque: (n,) torque of the drives, which acts in the next physics step [Nm].
        load: (n,) that torque and the contact's, in the same step [Nm].
        sensed: (2 n + 6,) what the senses report.
        lines: (n + 1, 6) axes of the joints, see ``sim.period.arm_kinematics``.
        speeds: (n,) joint speeds before the next physics step [rad/s].
        torque_start: where the state holds the torque.
        load_start: where it holds the load.
        sensed_start: where it holds what is sensed, up to the end of what is told.
    """

    chain: Array
    layers: Array
    profile: Array
    relaxation: Array
    constants: Array
    state: Array
    told: Array
    memory: Array
    patient: Array
    pad: Array
    room: Array
    rotation: Array
    result: Array
    energy: Array
    arrived: Array
    wrench: Array
    command: Array
    torque: Array
    load: Array
    sensed: Array
    lines: Array
    speeds: Array
    torque_start: int
    load_start: int
    sensed_start: int


class Places(NamedTuple):
    """Where the state holds what depends on the number of joints n; each part ends where the next one begins.

    Attributes:
        wrench: true wrench on the wrist sensor, (6,).
        command: torque asked for, (n,).
        torque: torque of the drives, (n,).
        load: that torque and the contact's, (n,).
        sensed: what the senses report, (2 n + 6,).
        lines: axes of the joints, (n + 1, 6).
        speeds: joint speeds before the next physics step, (n,).
        end: length of the state.
    """

    wrench: int
    command: int
    torque: int
    load: int
    sensed: int
    lines: int
    speeds: int
    end: int


@compiled
def places(joints: int) -> Places:
    """Return where the state holds what depends on the number of joints; the only place that says so."""
    wrench = MOTION + 2 * joints
    command = wrench + 6
    torque = command + joints
    load = torque + joints
    sensed = load + joints
    lines = sensed + 2 * joints + 6
    speeds = lines + LINE_SIZE * (joints + 1)
    return Places(wrench, command, torque, load, sensed, lines, speeds, speeds + joints)


def make_arena(chain: Array, layers: Array, profile: Array, relaxation: Array, constants: Array) -> Arena:
    """Return an arena at rest for a chain of n joints, (n + 1, 15)."""
    joints = chain.shape[0] - 1
    at = places(joints)
    state = np.zeros(at.end)
    return Arena(
        chain=chain,
        layers=layers,
        profile=profile,
        relaxation=relaxation,
        constants=constants,
        state=state,
        told=state[: at.lines],
        memory=state[MEMORY:PATIENT],
        patient=state[PATIENT:PAD],
        pad=state[PAD:ROOM],
        room=state[ROOM:RESULT].reshape(3, 3, 3),
        rotation=state[ROOM : ROOM + 9].reshape(3, 3),
        result=state[RESULT:ENERGY],
        energy=state[ENERGY:MOTION],
        arrived=state[MOTION : at.wrench],
        wrench=state[at.wrench : at.command],
        command=state[at.command : at.torque],
        torque=state[at.torque : at.load],
        load=state[at.load : at.sensed],
        sensed=state[at.sensed : at.lines],
        lines=state[at.lines : at.speeds].reshape(joints + 1, LINE_SIZE),
        speeds=state[at.speeds :],
        torque_start=at.torque,
        load_start=at.load,
        sensed_start=at.sensed,
    )
