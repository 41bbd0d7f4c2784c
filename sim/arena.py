"""The numbers of one simulated arm on one patient, packed so that the compiled period takes few arrays.

Handing an array to compiled code costs as much as a third of the whole contact law, so what belongs together shares
memory; ``Arena`` holds named views of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.tissue import MEMORY_SIZE, RESULT_SIZE

Array = NDArray[np.float64]

RADIUS, FRICTION, PERIOD = 0, 1, 2
"""Order in the ``law``: pad radius [m], skin friction, period [s]."""
GRID, LAW, LAG_SHARE, ENCODER_STEP, TORQUE_LIMIT = 0, 3, 6, 7, 8
"""Where the constants hold the tissue grid (3), the law (3), the share of the drive lag, the encoder step [rad], and
the torque limits (n) [Nm]."""
TISSUE_WORK, NET_ENERGY = 0, 1
"""Order of the energies [J]."""

MEMORY = 0
PATIENT = MEMORY + MEMORY_SIZE
PAD = PATIENT + 4
ROOM = PAD + 9
RESULT = ROOM + 27
ENERGY = RESULT + RESULT_SIZE
MOTION = ENERGY + 2
"""Where the state holds its blocks; behind the motion (2 n) come reaction (6), command (n), torque (n) and what is
sensed (2 n + 6)."""


@dataclass(frozen=True, slots=True, eq=False)
class Arena:
    """Named views of the packed arrays.

    Attributes:
        chain: kinematic chain, packed.
        layers: (5, n, m) of the tissue map.
        profile: of the patient's motion.
        relaxation: filter of the tissue.
        constants: (8 + n,) grid, law, electronics, torque limits.
        state: everything below, packed.
        memory: contact memory.
        patient: (4,) patient motion.
        pad: (9,) tool position [m], velocity [m/s], angular velocity [rad/s] in W.
        rotation: (3, 3) R_WT.
        result: contact at the present instant, which acts in the next physics step.
        energy: (2,) work on the tissue along the normal, net energy from the tool into the body [J].
        arrived: (2 n + 6,) true joint positions and speeds, reaction at the wrist (minus the wrench).
        command: (n,) torque asked for [Nm].
        torque: (n,) torque at the joints, which acts in the next physics step [Nm].
        sensed: (2 n + 6,) what the senses report.
        torque_start: where the state holds the torque.
        sensed_start: where it holds what is sensed, up to its end.
    """

    chain: Array
    layers: Array
    profile: Array
    relaxation: Array
    constants: Array
    state: Array
    memory: Array
    patient: Array
    pad: Array
    rotation: Array
    result: Array
    energy: Array
    arrived: Array
    command: Array
    torque: Array
    sensed: Array
    torque_start: int
    sensed_start: int


def make_arena(chain: Array, layers: Array, profile: Array, relaxation: Array, constants: Array) -> Arena:
    """Return an arena at rest for a chain of n joints, (n + 1, 15)."""
    joints = chain.shape[0] - 1
    state = np.zeros(MOTION + 6 * joints + 12)
    arrived, command, torque = MOTION, MOTION + 2 * joints + 6, MOTION + 3 * joints + 6
    sensed = torque + joints
    return Arena(
        chain=chain,
        layers=layers,
        profile=profile,
        relaxation=relaxation,
        constants=constants,
        state=state,
        memory=state[MEMORY:PATIENT],
        patient=state[PATIENT:PAD],
        pad=state[PAD:ROOM],
        rotation=state[ROOM : ROOM + 9].reshape(3, 3),
        result=state[RESULT:ENERGY],
        energy=state[ENERGY:MOTION],
        arrived=state[arrived:command],
        command=state[command:torque],
        torque=state[torque:sensed],
        sensed=state[sensed:],
        torque_start=torque,
        sensed_start=sensed,
    )
