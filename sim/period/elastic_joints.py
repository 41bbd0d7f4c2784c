"""Elastic joints: rotors behind springs, integrated beside the engine, which has the links only.

Joint i, with rotor angle p and speed, link angle q: ``B p'' = u - s - f``, ``s = K (p - q) + D (p' - q')`` and zero
within the play, friction ``f`` on the motor's side; the links: ``M(q) q'' = s + load - h(q, q')``.

The engine takes a step of ``dt`` with a constant torque. Natural frequencies lie far above ``1/dt`` (a wrist), so over
the step rotors and linearised links, ``M`` and ``load - h`` held, are integrated together in substeps by the implicit
midpoint rule, which neither gains nor loses energy. The engine then gets the torque that brings its links to where the
substeps have them. Its semi-implicit step is a second difference of positions,
``q[k+1] - 2 q[k] + q[k-1] = dt^2 a[k]``, so that torque is the mean of ``s`` over two steps, weighted by a triangle:
``P[k] + R[k-1]`` with ``P = sum h (dt - t) s / dt^2`` and ``R = sum h t s / dt^2``. The engine's speed is the mean over
the last step; the speed at its end, from which the substeps start, lies ``lead`` above it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled

Array = NDArray[np.float64]

SUBSTEP_S = 1.25e-4
"""Longest substep: 1 % of error in a frequency of 450 Hz (design choice)."""
(
    STIFFNESS, DAMPING, MOBILITY, HALF_PLAY, FRICTION, STRIBECK, STRIBECK_SPEED, LOAD_SHARE, BRAKE, SCALE, RIPPLE,
    RIPPLE_ORDER, RIPPLE_PHASE, SETTINGS,
) = range(14)  # fmt: skip
"""Rows of the settings, (SETTINGS, n): K [Nm/rad], D [Nms/rad], 1/B [1/(kg m2)], half of the play [rad], Coulomb
friction [Nm], friction at rest over it, its speed [rad/s], friction per transmitted torque, torque of a closed brake
[Nm], torque over what the drive believes, amplitude [Nm], periods per turn and phase [rad] of the ripple."""
ANGLE, SPEED, SPRING, LEAD, REST, GRIP, MOTOR, ROTOR = range(8)
"""Rows of the rotors, (ROTOR, n): angle [rad], speed [rad/s], mean spring torque of the last step [Nm], speed of the
link at the end of the step over the engine's [rad/s], ``R`` of the last step [Nm], friction [Nm], motor torque [Nm]."""
STRETCH, LINK, TORQUE, FALL, GAIN, FLANK, RATE, LIMIT, FREE, GAINED, WORK = range(11)
"""Rows of the numbers of a substep: stretch of the springs [rad], speed of the links [rad/s], spring torque [Nm], the
links' acceleration without springs [rad/s2], ``g`` [Nms/rad], which flank bears, spring torque if the stretch gave no
way [Nm], friction limit [Nm], rotor speed without friction [rad/s], the links' acceleration [rad/s2]."""
FAST = 6.0
"""So many times the Stribeck speed nothing is left of the excess at rest: exp(-36)."""
_SWEEPS = 8
"""Enough for any arm seen: the error falls by a factor of ten or more in each."""


@compiled
def invert(matrix: Array, inverse: Array) -> None:
    """Write the inverse of a well-conditioned matrix (n, n), by elimination with partial pivoting; both are changed."""
    n = matrix.shape[0]
    inverse[:] = 0.0
    for i in range(n):
        inverse[i, i] = 1.0
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(matrix[i, k]) > abs(matrix[best, k]):
                best = i
        if best != k:
            for j in range(n):
                matrix[k, j], matrix[best, j] = matrix[best, j], matrix[k, j]
                inverse[k, j], inverse[best, j] = inverse[best, j], inverse[k, j]
        scale = 1.0 / matrix[k, k]
        for j in range(n):
            matrix[k, j] *= scale
            inverse[k, j] *= scale
        for i in range(n):
            factor = matrix[i, k]
            if i == k or factor == 0.0:
                continue
            for j in range(n):
                matrix[i, j] -= factor * matrix[k, j]
                inverse[i, j] -= factor * inverse[k, j]


@compiled
def flank(half_play: float, stretch: float) -> float:
    """Return which flank bears: 1 or -1, 0 within the play; without play the spring always does."""
    if half_play == 0.0:
        return 1.0
    if abs(stretch) <= half_play:
        return 0.0
    return 1.0 if stretch > 0.0 else -1.0


@compiled
def friction_limit(settings: Array, joint: int, speed: float, spring: float) -> float:
    """Return the largest friction of a joint [Nm]: Coulomb with the excess at rest, load, a closed brake."""
    base, slow = settings[FRICTION, joint], abs(speed) / settings[STRIBECK_SPEED, joint]
    if slow < FAST:
        base *= 1.0 + (settings[STRIBECK, joint] - 1.0) * math.exp(-slow * slow)
    limit: float = base + settings[LOAD_SHARE, joint] * abs(spring) + settings[BRAKE, joint]
    return limit


@compiled
def _bearing(settings: Array, rotor: Array, work: Array, h: float) -> bool:
    """Write which flanks bear in a substep; return whether that has changed."""
    is_changed = False
    for i in range(work.shape[1]):
        bears = flank(settings[HALF_PLAY, i], work[STRETCH, i] + 0.5 * h * (rotor[SPEED, i] - work[LINK, i]))
        is_changed |= bears != work[FLANK, i]
        work[FLANK, i] = bears
    return is_changed


@compiled
def _respond(settings: Array, work: Array, squares: Array, h: float) -> None:
    """Write what answers a substep: spring torque to stretch, ``(1 + g W)^-1``, and rotor speed to friction.

    ``g = K h / 2 + D`` where a flank bears, ``W = h / 2 (1/B + 1/M)``.
    """
    n = work.shape[1]
    mobility, answer, slope, matrix = squares[0], squares[1], squares[2], squares[3]
    for i in range(n):
        work[GAIN, i] = (0.5 * h * settings[STIFFNESS, i] + settings[DAMPING, i]) if work[FLANK, i] != 0.0 else 0.0
        for j in range(n):
            matrix[i, j] = 0.5 * h * work[GAIN, i] * mobility[i, j]
        matrix[i, i] += 1.0 + 0.5 * h * work[GAIN, i] * settings[MOBILITY, i]
    invert(matrix, answer)
    for i in range(n):
        for j in range(n):
            slope[i, j] = -h * settings[MOBILITY, i] * answer[i, j] * work[GAIN, j] * 0.5 * h * settings[MOBILITY, j]
        slope[i, i] += h * settings[MOBILITY, i]


@compiled
def _grip(limits: Array, free: Array, slope: Array, friction: Array) -> None:
    """Write the friction that stops each rotor by the end of the substep, as far as its limit allows.

    Projected Gauss-Seidel on ``speed = free - slope friction``; the diagonal dominates, so a few sweeps do.
    """
    n = free.shape[0]
    for i in range(n):
        friction[i] = min(limits[i], max(-limits[i], friction[i]))
    for _ in range(_SWEEPS):
        change = 0.0
        for i in range(n):
            speed = free[i]
            for j in range(n):
                speed -= slope[i, j] * friction[j]
            wanted = min(limits[i], max(-limits[i], friction[i] + speed / slope[i, i]))
            change = max(change, abs(wanted - friction[i]) / (1e-12 + limits[i]))
            friction[i] = wanted
        if change < 1e-6:
            return


@compiled
def motor_torque(settings: Array, rotor: Array, given: Array) -> None:
    """Write the true torque of the motors: what the drives believe to give, times their constants, with ripple."""
    for i in range(given.shape[0]):
        ripple = settings[RIPPLE, i]
        if ripple != 0.0:
            ripple *= math.sin(settings[RIPPLE_ORDER, i] * rotor[ANGLE, i] + settings[RIPPLE_PHASE, i])
        rotor[MOTOR, i] = settings[SCALE, i] * given[i] + ripple


@compiled
def _begin(motion: Array, load: Array, mass: Array, bias: Array, rotor: Array, work: Array, squares: Array) -> None:
    """Take links and rotors at the beginning of a step: the inverse of the inertia, accelerations without springs."""
    n = load.shape[0]
    mobility, matrix = squares[0], squares[3]
    for i in range(n):
        work[LINK, i] = motion[n + i] + rotor[LEAD, i]
        work[STRETCH, i] = rotor[ANGLE, i] - motion[i]
        work[TORQUE, i] = rotor[SPRING, i]
        work[FLANK, i] = math.nan
        for j in range(n):
            matrix[i, j] = mass[i, j] if i <= j else mass[j, i]
    invert(matrix, mobility)
    for i in range(n):
        work[FALL, i] = rotor[SPRING, i] = rotor[REST, i] = rotor[LEAD, i] = 0.0
        for j in range(n):
            work[FALL, i] += mobility[i, j] * (load[j] - bias[j])


@compiled
def _pull(settings: Array, rotor: Array, work: Array, squares: Array, h: float) -> None:
    """Write spring torques and friction of a substep, mean over it."""
    n = work.shape[1]
    answer, slope = squares[1], squares[2]
    for i in range(n):
        play = work[FLANK, i] * settings[HALF_PLAY, i]
        bearing = abs(work[FLANK, i]) * settings[STIFFNESS, i] * (work[STRETCH, i] - play)
        gained = 0.5 * h * (settings[MOBILITY, i] * rotor[MOTOR, i] - work[FALL, i])
        work[RATE, i] = bearing + work[GAIN, i] * (rotor[SPEED, i] - work[LINK, i] + gained)
        work[LIMIT, i] = friction_limit(settings, i, rotor[SPEED, i], work[TORQUE, i])
    for i in range(n):
        work[TORQUE, i] = 0.0
        for j in range(n):
            work[TORQUE, i] += answer[i, j] * work[RATE, j]
        work[FREE, i] = rotor[SPEED, i] + h * settings[MOBILITY, i] * (rotor[MOTOR, i] - work[TORQUE, i])
    _grip(work[LIMIT], work[FREE], slope, rotor[GRIP])
    for i in range(n):
        for j in range(n):
            work[TORQUE, i] -= answer[i, j] * work[GAIN, j] * 0.5 * h * settings[MOBILITY, j] * rotor[GRIP, j]


@compiled
def _move(settings: Array, rotor: Array, work: Array, squares: Array, h: float) -> None:
    """Move rotors and linearised links through a substep; write the links' accelerations."""
    n = work.shape[1]
    for i in range(n):
        before = rotor[SPEED, i]
        rotor[SPEED, i] += h * settings[MOBILITY, i] * (rotor[MOTOR, i] - work[TORQUE, i] - rotor[GRIP, i])
        turned = 0.5 * h * (before + rotor[SPEED, i])
        rotor[ANGLE, i] += turned
        work[GAINED, i] = work[FALL, i]
        for j in range(n):
            work[GAINED, i] += squares[0, i, j] * work[TORQUE, j]
        work[STRETCH, i] += turned - h * (work[LINK, i] + 0.5 * h * work[GAINED, i])
        work[LINK, i] += h * work[GAINED, i]


@compiled
def turn_rotors(
    motion: Array, load: Array, mass: Array, bias: Array, settings: Array, rotor: Array, dt: float, torque: Array
) -> None:
    """Advance the rotors by one step and write the torque that the engine has to give its links in it.

    Args:
        motion: (2 n,) joint positions and speeds of the engine.
        load: (n,) joint torques of what touches the links [Nm].
        mass: (n, n) inertia of the links without rotors [kg m2]; the upper triangle is read.
        bias: (n,) Coriolis, centrifugal and gravity torque [Nm].
        settings: (SETTINGS, n).
        rotor: (ROTOR, n), changed; motor torques stand in it.
        dt: step of the engine [s].
        torque: (n,) written [Nm].
    """
    n = load.shape[0]
    work, squares = np.zeros((WORK, n)), np.zeros((4, n, n))
    for i in range(n):
        torque[i] = load[i] + rotor[REST, i]
    _begin(motion, load, mass, bias, rotor, work, squares)
    steps = max(1, math.ceil(dt / SUBSTEP_S - 1e-9))
    h = dt / steps
    for step in range(steps):
        if _bearing(settings, rotor, work, h):
            _respond(settings, work, squares, h)
        _pull(settings, rotor, work, squares, h)
        _move(settings, rotor, work, squares, h)
        late = (step + 0.5) * h
        for i in range(n):
            rotor[LEAD, i] += h * late * work[GAINED, i] / dt
            rotor[SPRING, i] += h * work[TORQUE, i] / dt
            rotor[REST, i] += h * late * work[TORQUE, i] / (dt * dt)
            torque[i] += h * (dt - late) * work[TORQUE, i] / (dt * dt)
