"""What a period of a plant that differs from its model has beside ``sim.period.period``: two compiled calls."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from sim.period.elastic_joints import ANGLE, BRAKE, MOTOR, ROTOR, SETTINGS, SPEED, SPRING, motor_torque, turn_rotors
from sim.period.packed_state import MOTION, places

Array = NDArray[np.float64]

ROTORS = SETTINGS
OUT = ROTORS + ROTOR
SIDE, ECCENTRICITY, ECCENTRICITY_PHASE, READ, FILTERED, FED_BACK, TRIM = range(OUT + 1, OUT + 8)
SENT = TRIM + 1
"""Rows of the table, (SENT + m, n), behind the settings of ``sim.period.elastic_joints``: its rotors; torque for the
engine [Nm]; 1 where the encoder is at the motor, 0 at the link; eccentricity [rad] and its phase [rad]; position read
last [rad]; filtered speed [rad/s]; 1 where the drive feeds the torque of the link back; what that has added [Nm]; the
last m commands sent, a ring [Nm]."""
TRIM_PER_S = 30.0
"""Rate at which a drive with a torque sensor at the link makes that torque what it should be (assumed: 5 Hz, far below
its joint's oscillation); it takes away the friction of motor and gear and the error of the torque constant."""
CROSSTALK, DRIFT, WRIST_SIZE = 0, 36, 39
"""Where the wrist's numbers hold its matrix (36, by rows) and the drift of its force axes (3) [N/s]."""


@compiled
def _delay(command: Array, sent: Array, tick: int, late: float) -> None:
    """Put a command in memory and write what reaches the drive in this period, ``late`` periods after it was sent.

    A command that comes within a period acts for the rest of it: the mean over the period is taken.
    """
    rows = sent.shape[0]
    sent[tick % rows] = command
    whole = math.floor(late)
    share = late - whole
    newer, older = (tick - int(whole)) % rows, (tick - int(whole) - 1) % rows
    for i in range(command.shape[0]):
        command[i] = sent[newer, i] if share == 0.0 else (1.0 - share) * sent[newer, i] + share * sent[older, i]


@compiled
def lead_elastic(state: Array, table: Array, mass: Array, bias: Array, tick: int, late: float, dt: float) -> None:
    """Let rotors turn through the period and write the engine's torque.

    Args:
        state: of the arena; its command is replaced by the one that reaches the drives.
        table: (rows, n).
        mass: (n, n) inertia of the links.
        bias: (n,) their bias torque [Nm].
        tick: number of the period.
        late: delay of the command beyond one period, in periods.
        dt: period [s].
    """
    n = table.shape[1]
    at = places(n)
    rotor, given = table[ROTORS:OUT], state[at.torque : at.load]
    load = np.zeros(n)
    for i in range(n):
        load[i] = state[at.load + i] - given[i]
    motor_torque(table[:SETTINGS], rotor, given)
    for i in range(n):
        if table[BRAKE, i] > 0.0:
            # A drive behind a closed brake feeds nothing back: it would wind up against the brake until that slips.
            table[TRIM, i] = 0.0
        elif table[FED_BACK, i] != 0.0:
            table[TRIM, i] += dt * TRIM_PER_S * (given[i] - rotor[SPRING, i])
            rotor[MOTOR, i] += table[TRIM, i]
    turn_rotors(state[MOTION : at.wrench], load, mass, bias, table[:SETTINGS], rotor, dt, table[OUT])
    _delay(state[at.command : at.torque], table[SENT:], tick, late)


@compiled
def lead_rigid(state: Array, table: Array, tick: int, late: float) -> None:
    """Write the engine's torque where joints are rigid; arguments as in ``lead_elastic``."""
    n = table.shape[1]
    at = places(n)
    rotor, given = table[ROTORS:OUT], state[at.torque : at.load]
    for i in range(n):
        rotor[ANGLE, i] = state[MOTION + i]
    motor_torque(table[:SETTINGS], rotor, given)
    for i in range(n):
        table[OUT, i] = state[at.load + i] - given[i] + rotor[MOTOR, i]
    _delay(state[at.command : at.torque], table[SENT:], tick, late)


@compiled
def sense_differing(
    state: Array, table: Array, wrist: Array, encoder_step: float, early: float, share: float, dt: float, t_s: float
) -> None:
    """Replace what the senses report in the state by what those of this plant do; the noise in it is kept.

    Args:
        state: of the arena.
        table: (rows, n).
        wrist: (``WRIST_SIZE``,).
        encoder_step: resolution of the positions [rad]; 0 for none.
        early: time by which the joints are read too late [s], negative for too early.
        share: of the filter behind differenced positions in one period; 0 where speeds are true.
        dt: period [s].
        t_s: time [s].
    """
    n = table.shape[1]
    at = places(n)
    rotor, sensed = table[ROTORS:OUT], state[at.sensed : at.lines]
    for i in range(n):
        angle, speed = state[MOTION + i], state[MOTION + n + i]
        noise = sensed[n + i] - speed
        if table[SIDE, i] != 0.0:
            angle, speed = rotor[ANGLE, i], rotor[SPEED, i]
        angle += early * speed + table[ECCENTRICITY, i] * math.sin(angle + table[ECCENTRICITY_PHASE, i])
        if share > 0.0:
            table[FILTERED, i] += share * ((angle - table[READ, i]) / dt - table[FILTERED, i])
            speed = table[FILTERED, i]
        table[READ, i] = angle
        sensed[i] = encoder_step * math.floor(angle / encoder_step + 0.5) if encoder_step > 0.0 else angle
        sensed[n + i] = speed + noise
    for i in range(6):
        read = sensed[2 * n + i] - state[at.wrench + i]
        for j in range(6):
            read += wrist[CROSSTALK + 6 * i + j] * state[at.wrench + j]
        sensed[2 * n + i] = read + (wrist[DRIFT + i] * t_s if i < 3 else 0.0)
