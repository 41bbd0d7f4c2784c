"""How joints and tool move, compiled: corrected motion, missing torque, jumps, and speeds beside positions."""

from __future__ import annotations

import math

from controller.certificate.layout import (
    DQ,
    LACK,
    LAST_DQ,
    LAST_Q,
    LOWER,
    MEASURED,
    MOMENTUM,
    OWN_FIRST,
    OWN_SECOND,
    SAMPLE_FASTEST,
    SAMPLE_JOINTS,
    SAMPLE_T,
    SAMPLE_TICK,
    SAMPLES,
    SEEN_RAD,
    SPEED,
    UPPER,
    Array,
    Q,
    Record,
)
from controller.certificate.senses import LARGEST
from controller.compiled import compiled
from controller.safety.missing_torque import SEEN_PER_S
from controller.safety.speed_check import ROUNDING_S, WINDOWS

LONGEST_S = WINDOWS[0][0] + ROUNDING_S
"""Samples are kept for so long."""


@compiled
def twists(
    memory: Record, rows: Array, now: Record, given: Array, limits: Record, jacobian: Array, found: Array
) -> None:
    """``CorrectedMotion.step``: write the twist of T by the law, corrected, and by the joint speeds alone.

    Args:
        memory: of the gate.
        rows: its values of the joints.
        now: numbers of the tick.
        given: values of the joints of the tick.
        limits: of the gate.
        jacobian: J, (6, n).
        found: written, (3, 6); the last row comes with the twist by the joint speeds.
    """
    m, x, lim = memory[0], now[0], limits[0]
    for i in range(6):
        m.gap_first[i] += lim.gap_share * (found[2, i] - x.v_wt[i] - m.gap_first[i])
        m.gap_second[i] += lim.gap_share * (m.gap_first[i] - m.gap_second[i])
        found[0, i] = x.v_wt[i]
        found[1, i] = x.v_wt[i] + m.gap_second[i]
    if lim.own_share == 1.0:
        return
    first, second = rows[OWN_FIRST], rows[OWN_SECOND]
    for j in range(first.shape[0]):
        first[j] += lim.own_share * (given[DQ, j] - first[j])
        second[j] += lim.own_share * (first[j] - second[j])
    for i in range(6):
        total = 0.0
        for j in range(first.shape[0]):
            total += jacobian[i, j] * second[j]
        found[2, i] = total


@compiled
def see_missing(rows: Array, given: Array, momentum: Array, drift: Array, dt_s: float) -> bool:
    """``MissingTorque.see``: advance the momentum observer by a tick in which nothing is stopped."""
    share = SEEN_PER_S * dt_s
    lack, before = rows[LACK], rows[MOMENTUM]
    for j in range(lack.shape[0]):
        p = momentum[j]
        lack[j] = lack[j] - SEEN_PER_S * (p - before[j]) + share * (given[MEASURED, j] + drift[j] - lack[j])
        before[j] = p
        if not abs(lack[j]) <= LARGEST:
            return False
    return True


@compiled
def joints(rows: Array, given: Array, bounds: Array, jump_rad: float, gap: float) -> bool:
    """``LostJoints.believed``, ``Monitor._jump`` and ``Monitor._joints``: places and speeds of all joints."""
    for j in range(given.shape[1]):
        q, dq = given[Q, j], given[DQ, j]
        jumped = abs((q - rows[LAST_Q, j]) - dq * gap)
        is_within = bounds[LOWER, j] <= q <= bounds[UPPER, j] and abs(dq) <= bounds[SPEED, j]
        if not (jumped <= jump_rad and is_within):
            return False
        rows[SEEN_RAD, j] = rows[LAST_Q, j] = q
    return True


@compiled
def keep_sample(memory: Record, rows: Array, given: Array, count: int, ring: Array) -> int:
    """Take a sample as ``SpeedCheck.step`` does; return how many are kept now, -1 where it cannot be held."""
    n, t = given.shape[1], memory[0].now_s
    if not 0 < count < SAMPLES:
        return -1
    last, new = ring[count - 1], ring[count]
    half = 0.5 * (t - last[SAMPLE_T])
    fastest = abs(given[DQ, 0])
    for j in range(n):
        at, dq = SAMPLE_JOINTS + n + j, given[DQ, j]
        new[at] = last[at] + half * (rows[LAST_DQ, j] + dq)
        new[SAMPLE_JOINTS + j] = given[Q, j]
        fastest = abs(dq) if abs(dq) > fastest else fastest
        rows[LAST_DQ, j] = dq
    new[SAMPLE_T], new[SAMPLE_TICK], new[SAMPLE_FASTEST] = t, last[SAMPLE_TICK] + 1.0, fastest
    count += 1
    old = 0
    while t - ring[old, SAMPLE_T] > LONGEST_S:
        old += 1
    for k in range(old, count):
        for column in range(ring.shape[1]):
            ring[k - old, column] = ring[k, column]
    return count - old


@compiled
def speeds(ring: Array, count: int) -> bool:
    """Hold the speeds of the last sample against the positions, over each window, as ``SpeedCheck.step`` does."""
    now = ring[count - 1]
    n = (ring.shape[1] - SAMPLE_JOINTS) // 2
    for length, least, share in WINDOWS:
        before = now[SAMPLE_T] - length
        k = count - 1
        while k > 0 and not ring[k, SAMPLE_T] <= before + ROUNDING_S:
            k -= 1
        then, fastest = ring[k], ring[k, SAMPLE_FASTEST]
        gone = now[SAMPLE_T] - then[SAMPLE_T]
        if not gone >= length - ROUNDING_S:
            continue
        for later in range(k + 1, count):
            fastest = max(fastest, ring[later, SAMPLE_FASTEST])
        allowed = least + share * fastest
        for j in range(SAMPLE_JOINTS, SAMPLE_JOINTS + n):
            apart = abs((now[j] - then[j]) - (now[n + j] - then[n + j])) / gone
            if not (apart <= least or apart <= allowed):
                return False
    return True


@compiled
def is_rotation(matrix: Array) -> bool:
    """Return True where the rows of a matrix (3, 3) are orthonormal, so that its quaternion is made of numbers."""
    for i in range(3):
        for k in range(i, 3):
            along = -1.0 if i == k else 0.0
            for c in range(3):
                along += matrix[i, c] * matrix[k, c]
            if not math.fabs(along) <= 1e-6:
                return False
    return True
